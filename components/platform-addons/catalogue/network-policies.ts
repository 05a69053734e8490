import { z } from "zod";
import { defineAddon, type KubernetesObject, type Platform } from "../addon.ts";
import { istioProbeAddresses } from "../istio.ts";

const settings = z.strictObject({
  /** What is denied unless a policy allows it. @default both */
  deny: z
    .array(z.enum(["ingress", "egress"]))
    .min(1)
    .default(["ingress", "egress"]),
  /** Namespaces besides the platform's own that are left out. @default none */
  exempt: z.array(z.string().min(1)).default([]),
});
type Settings = z.output<typeof settings>;

const namespaceLabel = "k8s:io.kubernetes.pod.namespace";

export default defineAddon({
  name: "network-policies",
  description:
    "pods outside of the platform's namespaces reach and are reached by what policies allow, and by nothing else",
  sources: [
    "https://github.com/cilium/cilium, v1.18.4: Documentation/security/policy/language.rst, Documentation/network/kubernetes/policy.rst: CiliumClusterwideNetworkPolicy, enableDefaultDeny, entities",
    "https://istio.io/latest/docs/ambient/install/platform-prerequisites/#cilium: probes of pods in the mesh",
  ],
  // The policies are the cluster's; the namespace is where an engine that delivers them would look.
  namespace: { name: "kube-system" },
  settings,
  objects: (_, chosen, platform) => [
    defaultDeny(chosen, platform),
    ...(platform?.addons.includes("istio-cni") ? [meshProbes] : []),
  ],
  needs: () => [{ capability: "cni" }, { capability: "crd:cilium.io" }],
  selectedBy: [{ "network-policies": "true" }],
});

/** Names come from the cluster's DNS, the API answers, and the platform comes in: gateways, metrics and backups. */
function defaultDeny({ deny, exempt }: Settings, platform?: Platform): KubernetesObject {
  const system = [
    ...new Set(["kube-node-lease", "kube-public", "kube-system", ...(platform?.namespaces ?? [])]),
  ].sort();
  const outside = [...new Set([...system, ...exempt])].sort();
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumClusterwideNetworkPolicy",
    metadata: { name: "default-deny" },
    spec: {
      description: "denies what no policy allows, outside of the platform's namespaces",
      endpointSelector: { matchExpressions: [{ key: namespaceLabel, operator: "NotIn", values: outside }] },
      enableDefaultDeny: { ingress: deny.includes("ingress"), egress: deny.includes("egress") },
      ...(deny.includes("ingress")
        ? {
            ingress: [
              // Kubelets look after pods of their own node; Cilium's gateways come from outside as `ingress`.
              { fromEntities: ["host", "remote-node", "health", "ingress"] },
              { fromEndpoints: [{ matchExpressions: [{ key: namespaceLabel, operator: "In", values: system }] }] },
            ],
          }
        : {}),
      ...(deny.includes("egress")
        ? {
            egress: [
              {
                toEndpoints: [{ matchLabels: { [namespaceLabel]: "kube-system", "k8s:k8s-app": "kube-dns" } }],
                toPorts: [
                  {
                    ports: [
                      { port: "53", protocol: "UDP" },
                      { port: "53", protocol: "TCP" },
                    ],
                    // Cilium sees the answers, so that other policies may name hosts.
                    rules: { dns: [{ matchPattern: "*" }] },
                  },
                ],
              },
              { toEntities: ["kube-apiserver"] },
            ],
          }
        : {}),
    },
  };
}

/** Istio has the probes of kubelets come from addresses of its own, which Cilium does not know as the node's. */
const meshProbes: KubernetesObject = {
  apiVersion: "cilium.io/v2",
  kind: "CiliumClusterwideNetworkPolicy",
  metadata: { name: "mesh-probes" },
  spec: {
    description: "lets kubelets look after pods in the mesh",
    endpointSelector: {},
    enableDefaultDeny: { ingress: false, egress: false },
    ingress: [{ fromCIDR: [...istioProbeAddresses] }],
  },
};
