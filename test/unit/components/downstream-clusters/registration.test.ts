import assert from "node:assert/strict";
import { stringify } from "yaml";
import { connection, registration } from "../../../../components/downstream-clusters/registration.ts";
import { canRunFunctions, execute } from "../../../../lab/kubernetes/crossplane/functions.ts";

const server = "https://10.10.40.16:6443";
const kubeconfig = stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "media", cluster: { server, "certificate-authority-data": "Y2E=" } }],
  users: [{ name: "admin", user: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5" } }],
  contexts: [{ name: "admin@media", context: { cluster: "media", user: "admin" } }],
  "current-context": "admin@media",
});

/** What Go makes of a template with the functions that external-secrets offers, too. */
const evaluated = (template: string) => execute(template, [], { kubeconfig });

describe("registration of downstream clusters with Argo CD", () => {
  it("lets one service account read one Secret", () => {
    const [role, binding, store] = registration("media", {}, {});
    assert.ok(store);
    assert.deepEqual(role?.rules, [
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["media-kubeconfig"], verbs: ["get"] },
    ]);
    assert.deepEqual(binding?.subjects, [{ kind: "ServiceAccount", name: "downstream-clusters", namespace: "argocd" }]);
    assert.deepEqual((store.spec as { conditions: unknown }).conditions, [{ namespaces: ["argocd"] }]);
  });

  it("makes of a kubeconfig what Argo CD wants to know", function () {
    this.timeout(120_000);
    if (!canRunFunctions()) this.skip();
    assert.equal(evaluated(connection.server), server);
    assert.deepEqual(JSON.parse(evaluated(connection.config)), {
      tlsClientConfig: { caData: "Y2E=", certData: "Y2VydA==", keyData: "a2V5" },
    });
  });
});
