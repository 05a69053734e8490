import { z } from "zod";
import { defineAddon, type KubernetesObject } from "../addon.ts";
import { authorityNeed } from "../named-things.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** Copies, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** A bundle of authorities that every namespace gets as a ConfigMap. @default `cluster-trust` with the public ones and the cluster's own */
  bundle: z
    .strictObject({
      /** Name of the bundle and of the ConfigMaps. @default cluster-trust */
      name: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes")
        .default("cluster-trust"),
      /** The authorities that public web sites use. @default true */
      publicAuthorities: z.boolean().default(true),
      /** Secrets in the namespace cert-manager whose `tls.crt` is an authority. @default the one of the issuer `cluster-ca` */
      secrets: z.array(z.string().min(1)).default(["cluster-ca"]),
    })
    .prefault({}),
});
type Settings = z.output<typeof settings>;

export default defineAddon({
  name: "trust-manager",
  description: "bundles of trusted certificate authorities in every namespace",
  sources: [
    "https://github.com/cert-manager/trust-manager, v0.24.0: deploy/charts/trust-manager (values.yaml, Chart.yaml: Kubernetes 1.25 and newer, CRD of Bundle)",
  ],
  chart: { repository: "https://charts.jetstack.io", name: "trust-manager", version: "v0.24.0" },
  valueKeys: `affinity app automountServiceAccountToken commonAnnotations commonLabels crds defaultPackage
    defaultPackageImage enabled extraObjects filterExpiredCertificates filterNonCACerts global image imageNamespace
    imagePullSecrets imageRegistry nameOverride namespace nodeSelector podDisruptionBudget podSecurityContext
    priorityClassName replicaCount resources revisionHistoryLimit secretTargets serviceAccount tolerations
    topologySpreadConstraints volumeMounts volumes`.split(/\s+/),
  // It reads sources in cert-manager's namespace and belongs there.
  namespace: { name: "cert-manager", podSecurity: "restricted" },
  settings,
  values: (facts, { replicas }) => ({
    // Definitions stay when the release goes: with them all bundles would go.
    crds: { enabled: true, keep: true },
    replicaCount: copiesOf(facts, replicas),
    priorityClassName: "system-cluster-critical",
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    podDisruptionBudget: movesOneByOne(facts, copiesOf(facts, replicas))
      ? { enabled: true, minAvailable: 1 }
      : { enabled: false },
    topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": "trust-manager" }),
    // An expired authority or a leaf certificate among the sources is left out instead of spread everywhere.
    filterExpiredCertificates: { enabled: true },
    filterNonCACerts: { enabled: true },
    app: { trust: { namespace: "cert-manager" } },
  }),
  objects: (_, { bundle }) => [bundleObject(bundle)],
  needs: (_, { bundle }) => [
    { capability: "cni" },
    { capability: "crd:cert-manager.io" },
    // A bundle with a source that is not there is not made at all.
    ...bundle.secrets.flatMap((secret, index) => authorityNeed(secret, `bundle.secrets[${index}]`)),
  ],
  after: ["dns"],
  provides: () => ["crd:trust.cert-manager.io"],
  definitions: [{ group: "trust.cert-manager.io", version: "v1alpha1", clusterWide: ["Bundle"] }],
  workloads: () => [{ kind: "Deployment", name: "trust-manager" }],
  selectedBy: [{ "trust-manager": "true" }],
});

function bundleObject({ name, publicAuthorities, secrets }: Settings["bundle"]): KubernetesObject {
  return {
    apiVersion: "trust.cert-manager.io/v1alpha1",
    kind: "Bundle",
    metadata: { name },
    spec: {
      sources: [
        ...(publicAuthorities ? [{ useDefaultCAs: true }] : []),
        ...secrets.map((secret) => ({ secret: { name: secret, key: "tls.crt" } })),
      ],
      target: { configMap: { key: "ca-certificates.crt" } },
    },
  };
}
