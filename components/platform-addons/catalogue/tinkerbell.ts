import { z } from "zod";
import { defineAddon, type Need } from "../addon.ts";

const settings = z.strictObject({
  /** Address that machines reach its services at: one of the cluster's load-balancer addresses. */
  address: z.ipv4(),
  /** Address that machines fetch its operating system for installations from: another such address. */
  artifactsAddress: z.ipv4(),
  /** Answers DHCP: `reservation` for machines that it knows, `proxy` beside another DHCP server. @default proxy */
  dhcp: z.enum(["reservation", "proxy", "auto-proxy"]).default("proxy"),
});

const artifactsPort = 7173;

export default defineAddon({
  name: "tinkerbell",
  description: "installs bare-metal machines over the network, for Cluster API and for workflows of your own",
  sources: [
    "https://github.com/tinkerbell/tinkerbell, v0.25.0: helm/tinkerbell/README.md, values.yaml, templates/, crd/bases/",
  ],
  chart: { repository: "oci://ghcr.io/tinkerbell/charts", name: "tinkerbell", version: "v0.25.0" },
  valueKeys: ["artifactsFileServer", "deployment", "name", "optional", "publicIP", "rbac", "service", "trustedProxies"],
  // It makes an interface of its own on the node's network, to hear machines that have no address yet.
  namespace: { name: "tinkerbell", podSecurity: "privileged" },
  settings,
  example: { address: "10.101.27.10", artifactsAddress: "10.101.27.11" },
  check: ({ addresses }, { address, artifactsAddress }) =>
    address === artifactsAddress
      ? [
          {
            path: "artifactsAddress",
            value: artifactsAddress,
            message: "is the address of its other services",
            allowed: `another address of ${addresses.loadBalancerRanges.find((cidr) => cidr.includes("."))}`,
          },
        ]
      : [],
  values: ({ addresses }, { address, artifactsAddress, dhcp }) => ({
    publicIP: address,
    artifactsFileServer: `http://${artifactsAddress}:${artifactsPort}`,
    // Requests that come through a service have a pod's address; the machine's own stands in a header then.
    trustedProxies: addresses.podSubnets,
    deployment: {
      envs: { smee: { dhcpMode: dhcp } },
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    // Cilium gives the addresses out and announces them; the chart's own load balancer would do it twice.
    service: { lbClass: "", loadBalancerIP: address, annotations: { "lbipam.cilium.io/ips": address } },
    optional: {
      kubevip: { enabled: false },
      osie: {
        service: {
          lbClass: "",
          loadBalancerIP: artifactsAddress,
          annotations: { "lbipam.cilium.io/ips": artifactsAddress },
        },
      },
    },
  }),
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
  selectedBy: [{ tinkerbell: "true" }],
});

const loadBalancer: Need = {
  capability: "load-balancer",
  otherwise: "give the cluster network.loadBalancerRanges",
};
