import { z } from "zod";
import type { Problem } from "../../../config/problems.ts";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type KubernetesObject, type Need } from "../addon.ts";
import { nodeFolder } from "../node-folder.ts";

const settings = z.strictObject({
  /** Address that machines reach its services at: one of the cluster's load-balancer addresses. */
  address: z.ipv4(),
  /** Address that machines fetch its operating system for installations from: another such address. */
  artifactsAddress: z.ipv4(),
  /** Answers DHCP: `reservation` for machines that it knows, `proxy` beside another DHCP server. @default proxy */
  dhcp: z.enum(["reservation", "proxy", "auto-proxy"]).default("proxy"),
});

type Settings = z.output<typeof settings>;

const namespace = "tinkerbell";
const artifactsPort = 7173;
/** Where nodes keep the operating system for installations. */
const artifactsFolder = "/var/lib/hookos";

export default defineAddon({
  name: "tinkerbell",
  description: "installs bare-metal machines over the network, for Cluster API and for workflows of your own",
  sources: [
    "https://github.com/tinkerbell/tinkerbell, v0.25.0: helm/tinkerbell/README.md, values.yaml, templates/, crd/bases/",
    "https://github.com/cilium/cilium, v1.18.4: Documentation/network/l2-announcements.rst: not with externalTrafficPolicy Local",
  ],
  chart: { repository: "oci://ghcr.io/tinkerbell/charts", name: "tinkerbell", version: "v0.25.0" },
  valueKeys: ["artifactsFileServer", "deployment", "name", "optional", "publicIP", "rbac", "service", "trustedProxies"],
  // It makes an interface of its own on the node's network, to hear machines that have no address yet.
  namespace: { name: namespace, podSecurity: "privileged" },
  settings,
  example: { address: "10.101.27.10", artifactsAddress: "10.101.27.11" },
  check,
  values: ({ addresses }, { address, artifactsAddress, dhcp }) => ({
    publicIP: address,
    artifactsFileServer: `http://${artifactsAddress}:${artifactsPort}`,
    // Requests that come through a service have a pod's address; the machine's own stands in a header then.
    trustedProxies: addresses.podSubnets,
    deployment: {
      envs: { smee: { dhcpMode: dhcp } },
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    // Services that machines see are beside the chart, which has no say in their address family.
    service: { type: "ClusterIP" },
    optional: {
      kubevip: { enabled: false },
      osie: { service: { type: "ClusterIP" }, deployment: { strategy: { type: "Recreate" } } },
      // By default it is in the kubelet's own /tmp, which goes with every restart of it.
      hookos: { persistence: { localPersistentVolume: { path: artifactsFolder, storageClassName: "hookos" } } },
    },
  }),
  objects: (facts, { address, artifactsAddress }) => [
    forMachines(facts, "tinkerbell", address, [
      ["dhcp", 67, "UDP"],
      ["tftp", 69, "UDP"],
      ["syslog", 514, "UDP"],
      ["ssh", 2222, "TCP"],
      ["http", 7080, "TCP"],
      ["grpc", 42_113, "TCP"],
    ]),
    forMachines(facts, "hookos", artifactsAddress, [["hook-http", artifactsPort, "TCP"]]),
  ],
  needs: () => [{ capability: "cni" }, loadBalancer],
  after: ["dns"],
  provides: () => ["crd:tinkerbell.org"],
  definitions: [
    {
      group: "tinkerbell.org",
      version: "v1alpha1",
      namespaced: ["Hardware", "Template", "Workflow", "WorkflowRuleSet"],
    },
    { group: "bmc.tinkerbell.org", version: "v1alpha1", namespaced: ["Job", "Machine", "Task"] },
  ],
  definitionsFrom: "tinkerbell",
  workloads: () => [
    { kind: "Deployment", name: "tinkerbell" },
    { kind: "Deployment", name: "hookos" },
  ],
  machine: () => [
    nodeFolder(
      artifactsFolder,
      "tinkerbell keeps the operating system for installations there, and the kubelet mounts it",
    ),
  ],
  selectedBy: [{ tinkerbell: "true" }],
});

function check({ addresses }: ClusterFacts, { address, artifactsAddress }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (!addresses.serviceSubnets.some(isIpv4)) {
    problems.push({ path: "address", value: address, message: "is IPv4, and the cluster's services are not" });
  }
  if (address === artifactsAddress) {
    problems.push({
      path: "artifactsAddress",
      value: artifactsAddress,
      message: "is the address of its other services",
      allowed: `another address of ${addresses.loadBalancerRanges.find(isIpv4)}`,
    });
  }
  return problems;
}

function isIpv4(cidr: string): boolean {
  return cidr.includes(".");
}

/** Machines that boot from the network ask over IPv4, and are known by the address that they ask from. */
function forMachines(
  { addresses }: ClusterFacts,
  app: string,
  address: string,
  ports: [name: string, port: number, protocol: string][],
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: `${app}-machines`,
      namespace,
      annotations: { "lbipam.cilium.io/ips": address, "pulumi.com/skipAwait": "true" },
    },
    spec: {
      type: "LoadBalancer",
      ipFamilyPolicy: "SingleStack",
      ipFamilies: ["IPv4"],
      // Without BGP a node answers for the address that may have no pod of it.
      externalTrafficPolicy: addresses.bgp ? "Local" : "Cluster",
      selector: { app },
      ports: ports.map(([name, port, protocol]) => ({ name, port, protocol, targetPort: name })),
    },
  };
}

const loadBalancer: Need = {
  capability: "load-balancer",
  otherwise: "give the cluster network.loadBalancerRanges",
};
