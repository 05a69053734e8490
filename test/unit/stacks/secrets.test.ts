import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describe as tell } from "../../../config/problems.ts";
import { expectedSecrets, missingSecrets } from "../../../stacks/secrets.ts";
import { testCluster } from "../../support/site.ts";

describe("secrets of a stack", () => {
  const config = testCluster({ network: { mode: "vlan", router: "vyos01" } });

  it("are expected by the router that the cluster names", () => {
    const [problem] = missingSecrets(expectedSecrets({ addons: [], config }), "sol", []);
    assert.ok(problem);
    assert.equal(
      tell(problem),
      "Pulumi.sol.yaml: orrery:routerKey: is missing, and the router vyos01 needs it (allowed private SSH key of the router's user; pulumi config set --secret orrery:routerKey --stack sol)",
    );
  });

  it("are told once, with everybody who needs them", () => {
    const expected = ["media", "dev"].map((name) => ({
      configKey: "token",
      description: "a token",
      neededBy: `the downstream cluster ${name}`,
    }));
    assert.deepEqual(missingSecrets(expected, "sol", []).map(tell), [
      "Pulumi.sol.yaml: orrery:token: is missing, and the downstream cluster media and the downstream cluster dev need it (allowed a token; pulumi config set --secret orrery:token --stack sol)",
    ]);
  });

  it("are not missing when they are set, or when nobody needs them", () => {
    assert.deepEqual(missingSecrets(expectedSecrets({ addons: [], config }), "sol", ["routerKey"]), []);
    assert.deepEqual(expectedSecrets({ addons: [], config: testCluster() }), []);
  });
});
