import { documentsOf } from "../../components/talos-cluster/lifecycle/configuration-diff.ts";
import { issueClientCertificate } from "./certificate.ts";
import { decode, encode } from "./credentials.ts";

/** Life of the client certificate in a kubeconfig, in hours: one year. */
const certificateHours = 8760;

// The machine configuration is open YAML.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Yaml = any;

/** A kubeconfig for the administrator of a cluster, made from a control plane's machine configuration. */
export function kubeconfigOf(machineConfiguration: string): string {
  const main = documentsOf(machineConfiguration).find((document) => document.kind === undefined) as Yaml;
  const cluster = main.cluster;
  const ca = { certificate: decode(cluster.ca.crt), key: decode(cluster.ca.key) };
  const user = issueClientCertificate(ca, { commonName: "admin", organization: "system:masters" }, certificateHours);
  const name: string = cluster.clusterName;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${cluster.controlPlane.endpoint}
    certificate-authority-data: ${cluster.ca.crt}
users:
- name: admin@${name}
  user:
    client-certificate-data: ${encode(user.certificate)}
    client-key-data: ${encode(user.key)}
contexts:
- context:
    cluster: ${name}
    namespace: default
    user: admin@${name}
  name: admin@${name}
current-context: admin@${name}
`;
}

/** What a kubeconfig's current context says. */
export interface KubeconfigParts {
  cluster: string;
  host: string;
  /** PEM, base64 encoded, like the others. */
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

/** Reads the current context of a kubeconfig. */
export function partsOf(kubeconfig: string): KubeconfigParts {
  const [config] = documentsOf(kubeconfig) as Yaml[];
  const context = config.contexts.find((entry: Yaml) => entry.name === config["current-context"]).context;
  const cluster = config.clusters.find((entry: Yaml) => entry.name === context.cluster).cluster;
  const user = config.users.find((entry: Yaml) => entry.name === context.user).user;
  return {
    cluster: context.cluster,
    host: cluster.server,
    caCertificate: cluster["certificate-authority-data"],
    clientCertificate: user["client-certificate-data"],
    clientKey: user["client-key-data"],
  };
}
