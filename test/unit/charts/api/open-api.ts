import type { OpenApi } from "../../../../charts/api/openapi.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const texts = { type: "object", additionalProperties: { type: "string" } };

/** A description of a very small Kubernetes, in the form of the real one's. */
export const openApi: OpenApi = {
  definitions: {
    [meta]: { type: "object", properties: { name: { type: "string" }, namespace: { type: "string" }, labels: texts } },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "string", format: "int-or-string" },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
    Extension: { type: "object" },
    Deployment: {
      ...object({ spec: { $ref: "#/definitions/DeploymentSpec" } }),
      "x-kubernetes-group-version-kind": [{ group: "apps", version: "v1", kind: "Deployment" }],
    },
    DeploymentSpec: {
      type: "object",
      required: ["selector"],
      properties: {
        selector: texts,
        replicas: { type: "integer", format: "int32" },
        args: { type: "array", items: { type: "string" } },
        port: { $ref: "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString" },
        memory: { $ref: "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity" },
        extra: { $ref: "#/definitions/Extension" },
      },
    },
    Secret: {
      ...object({ data: { type: "object", additionalProperties: { type: "string", format: "byte" } } }),
      "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Secret" }],
    },
    FlowSchema: {
      ...object({}),
      "x-kubernetes-group-version-kind": ["v1beta2", "v1beta3"].map((version) => ({
        group: "flowcontrol.apiserver.k8s.io",
        version,
        kind: "FlowSchema",
      })),
    },
    DeleteOptions: {
      type: "object",
      properties: { apiVersion: { type: "string" }, kind: { type: "string" } },
      "x-kubernetes-group-version-kind": [{ group: "extensions", version: "v1beta1", kind: "DeleteOptions" }],
    },
  },
};

function object(properties: Record<string, unknown>): Record<string, unknown> {
  const text = { type: "string" };
  return {
    type: "object",
    properties: { apiVersion: text, kind: text, metadata: { $ref: `#/definitions/${meta}` }, ...properties },
  };
}
