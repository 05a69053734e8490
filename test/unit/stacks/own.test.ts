import { resolve } from "node:path";
import { describe, it } from "mocha";
import { checkStackFiles } from "../../../config/load.ts";
import { ConfigError } from "../../../config/problems.ts";
import { planCluster } from "../../../stacks/plan.ts";

const folder = resolve(import.meta.dirname, "../../..");

// Whatever they say: these files are for people to change, so that nothing else of the tests looks at them.
describe("the stack files of this folder", () => {
  const { shared, clusters, problems } = checkStackFiles(folder);

  it("have no mistakes", () => {
    if (problems.length > 0) throw new ConfigError(problems);
  });

  for (const stack of Object.keys(clusters)) {
    it(`have a plan for ${stack}`, () => {
      if (shared) planCluster(stack, { shared, clusters });
    });
  }
});
