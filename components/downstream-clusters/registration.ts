/**
 * Downstream clusters as Argo CD knows them: a Secret in its namespace, made by external-secrets out of the kubeconfig that
 * Cluster API keeps. The credentials never leave the management cluster, and nobody writes them down anywhere else.
 *
 * Facts: github.com/external-secrets/external-secrets, v2.9.0: docs/provider/kubernetes.md,
 * apis/externalsecrets/v1/secretstore_kubernetes_types.go, providers/v1/kubernetes/validate.go (rights that a store needs),
 * docs/guides/templating.md (`fromYaml`); github.com/argoproj/argo-cd, v3.2.3: docs/operator-manual/declarative-setup.md
 * (clusters); kubernetes-sigs/cluster-api, v1.12.10: util/secret/consts.go (`<cluster>-kubeconfig`, key `value`).
 */
import type { KubernetesObject } from "../facts.ts";

const engineNamespace = "argocd";
const reader = "downstream-clusters";

/** Who reads kubeconfigs for external-secrets; each cluster lets it read its own. */
export function kubeconfigReader(): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: reader, namespace: engineNamespace } };
}

/**
 * What makes the Secret of a cluster as soon as there is a kubeconfig, and again whenever it changes.
 * @param labels by which ApplicationSets select it
 * @param annotations that templates of ApplicationSets read
 */
export function registration(
  cluster: string,
  labels: Record<string, string>,
  annotations: Record<string, string>,
): KubernetesObject[] {
  const kubeconfig = `${cluster}-kubeconfig`;
  const name = `${cluster}-registration`;
  const store = `downstream-${cluster}`;
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name, namespace: cluster },
      // The other Secrets of the namespace are no business of Argo CD's.
      rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [kubeconfig], verbs: ["get"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace: cluster },
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name: reader, namespace: engineNamespace }],
    },
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      metadata: { name: store },
      spec: {
        conditions: [{ namespaces: [engineNamespace] }],
        provider: {
          kubernetes: {
            remoteNamespace: cluster,
            server: {
              caProvider: { type: "ConfigMap", name: "kube-root-ca.crt", namespace: engineNamespace, key: "ca.crt" },
            },
            auth: { serviceAccount: { name: reader, namespace: engineNamespace } },
          },
        },
      },
    },
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: `cluster-${cluster}`, namespace: engineNamespace },
      spec: {
        // Talos renews the certificate in it before it ends.
        refreshInterval: "5m0s",
        secretStoreRef: { kind: "ClusterSecretStore", name: store },
        target: {
          name: `cluster-${cluster}`,
          creationPolicy: "Owner",
          template: {
            engineVersion: "v2",
            metadata: { labels: { ...labels, "argocd.argoproj.io/secret-type": "cluster" }, annotations },
            data: { name: cluster, ...connection },
          },
        },
        data: [{ secretKey: "kubeconfig", remoteRef: { key: kubeconfig, property: "value" } }],
      },
    },
  ];
}

/** What Argo CD wants to know, as templates of the kubeconfig. */
export const connection = {
  server: "{{ (index (.kubeconfig | fromYaml).clusters 0).cluster.server }}",
  config: [
    "{{- $config := .kubeconfig | fromYaml -}}",
    "{{- $cluster := (index $config.clusters 0).cluster -}}",
    "{{- $user := (index $config.users 0).user -}}",
    '{"tlsClientConfig":{"caData":"{{ index $cluster "certificate-authority-data" }}",',
    '"certData":"{{ index $user "client-certificate-data" }}","keyData":"{{ index $user "client-key-data" }}"}}',
  ].join(""),
} as const;
