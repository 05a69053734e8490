import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type Need, type Values } from "../addon.ts";
import { announcements, announcesOnLink, speaksBgp } from "../cilium-announcements.ts";

const settings = z.strictObject({
  /** Cilium serves the Gateway API. @default true */
  gatewayApi: z.boolean().default(true),
  /** Hubble: flows of the network, with relay and user interface. @default true */
  hubble: z.boolean().default(true),
  /** Announces pod ranges by BGP besides load-balancer addresses. @default true */
  announcePods: z.boolean().default(true),
  /** Answers ARP and NDP for load-balancer addresses. @default true where no BGP speaker announces them, and in VLAN mode */
  l2Announcements: z.boolean().optional(),
  /** Router that Cilium peers with itself. @default the BGP speaker on its node, where there is one */
  router: z
    .strictObject({
      /** Address of the router. */
      address: z.union([z.ipv4(), z.ipv6()], { error: "an IPv4 or IPv6 address" }),
      /** ASN of the router. */
      asn: z.number().int().min(1).max(4_294_967_294),
      /** ASN of Cilium. @default 4220000000 + id * 1000 */
      localAsn: z.number().int().min(1).max(4_294_967_294).optional(),
    })
    .optional(),
});
type Settings = z.output<typeof settings>;

export default defineAddon({
  name: "cilium",
  description: "network, kube-proxy replacement, load balancer, Gateway API and Hubble",
  sources: [
    "https://github.com/cilium/charts, cilium-1.18.4.tgz: values.yaml, values.schema.json, templates/; github.com/cilium/cilium, v1.19.5: install/kubernetes/cilium/values.yaml",
    "https://github.com/cilium/cilium, Documentation/network/bgp-control-plane/bgp-control-plane-v2.rst, 1.18",
    "https://www.talos.dev/v1.11/kubernetes-guides/network/deploying-cilium/",
  ],
  chart: { repository: "https://helm.cilium.io", name: "cilium", version: ({ release }) => release.cilium },
  valueKeys: `MTU affinity agent agentNotReadyTaintKey aksbyocni alibabacloud annotateK8sNode annotations apiRateLimit
    authentication autoDirectNodeRoutes azure bandwidthManager bgpControlPlane bpf bpfClockProbe certgen cgroup
    ciliumEndpointSlice cleanBpfState cleanState cluster clustermesh cni commonLabels configDriftDetection
    connectivityProbeFrequencyRatio conntrackGCInterval conntrackGCMaxInterval crdWaitTimeout customCalls daemon
    dashboards debug defaultLBServiceIPAM directRoutingSkipUnreachable disableEndpointCRD dnsPolicy dnsProxy
    egressGateway enableCriticalPriorityClass enableIPv4BIGTCP enableIPv4Masquerade enableIPv6BIGTCP
    enableIPv6Masquerade enableInternalTrafficPolicy enableLBIPAM enableMasqueradeRouteSource
    enableNoServiceEndpointsRoutable enableNonDefaultDenyPolicies enableXTSocketFallback encryption
    endpointHealthChecking endpointLockdownOnMapOverflow endpointPolicyUpdateTimeoutDuration endpointRoutes eni envoy
    envoyConfig etcd extraArgs extraConfig extraContainers extraEnv extraHostPathMounts extraInitContainers
    extraVolumeMounts extraVolumes forceDeviceDetection gatewayAPI gke healthCheckICMPFailureThreshold healthChecking
    healthPort hostFirewall hubble identityAllocationMode identityChangeGracePeriod identityManagementMode image
    imagePullSecrets ingressController initResources installNoConntrackIptablesRules ipMasqAgent ipam
    iptablesRandomFully ipv4 ipv4NativeRoutingCIDR ipv6 ipv6NativeRoutingCIDR k8s k8sClientExponentialBackoff
    k8sClientRateLimit k8sNetworkPolicy k8sServiceHost k8sServiceHostRef k8sServiceLookupConfigMapName
    k8sServiceLookupNamespace k8sServicePort keepDeprecatedLabels keepDeprecatedProbes kubeConfigPath
    kubeProxyReplacement kubeProxyReplacementHealthzBindAddr l2NeighDiscovery l2announcements l2podAnnouncements l7Proxy
    livenessProbe loadBalancer localRedirectPolicies localRedirectPolicy logSystemLoad maglev monitor name
    namespaceOverride nat nat46x64Gateway nodeIPAM nodePort nodeSelector nodeSelectorLabels nodeinit operator
    pmtuDiscovery podAnnotations podLabels podSecurityContext policyCIDRMatchMode policyDenyResponse
    policyEnforcementMode pprof preflight priorityClassName prometheus rbac readinessProbe resourceQuotas resources
    rollOutCiliumPods routingMode scheduling sctp secretsNamespaceAnnotations secretsNamespaceLabels securityContext
    serviceAccounts serviceNoBackendResponse sleepAfterInit socketLB standaloneDnsProxy startupProbe svcSourceRangeCheck
    synchronizeK8sNodes sysctlfix terminationGracePeriodSeconds tls tmpVolume tolerations tunnelPort tunnelProtocol
    tunnelSourcePortRange underlayProtocol updateStrategy upgradeCompatibility vtep waitForKubeProxy
    wellKnownIdentities`.split(/\s+/),
  // Kubernetes brings the namespace; Talos exempts it from pod security.
  namespace: { name: "kube-system" },
  settings,
  values,
  objects: announcements,
  needs: (_, { gatewayApi }) => (gatewayApi ? [gatewayCrds] : []),
  provides: ({ addresses }) => [
    "cni",
    "crd:cilium.io",
    ...(addresses.loadBalancerRanges.length > 0 ? ["load-balancer"] : []),
  ],
  definitions: [
    {
      group: "cilium.io",
      version: "v2",
      namespaced: ["CiliumNetworkPolicy"],
      clusterWide: [
        "CiliumBGPAdvertisement",
        "CiliumBGPClusterConfig",
        "CiliumBGPPeerConfig",
        "CiliumClusterwideNetworkPolicy",
        "CiliumLoadBalancerIPPool",
      ],
    },
    { group: "cilium.io", version: "v2alpha1", clusterWide: ["CiliumL2AnnouncementPolicy"] },
  ],
  definitionsFrom: "cilium-operator",
  workloads: (chartValues) => [
    { kind: "DaemonSet", name: "cilium", hostNetwork: true },
    { kind: "DaemonSet", name: "cilium-envoy", hostNetwork: true },
    { kind: "Deployment", name: "cilium-operator", hostNetwork: true },
    ...(switchedOn(chartValues.hubble)
      ? ([
          { kind: "Deployment", name: "hubble-relay" },
          { kind: "Deployment", name: "hubble-ui" },
        ] as const)
      : []),
  ],
  selectedBy: [{ cni: "cilium" }],
  byDefault: true,
  directOnly: "nothing else can run before there is a network",
  // The first installation pulls large images on every node. Longer would be of no use: Talos reboots nodes that
  // are not ready after about ten minutes, and a node that starts again gets a fresh chance within this time.
  timeoutSeconds: 1200,
});

function switchedOn(part: unknown): boolean {
  return (part as { enabled?: boolean } | undefined)?.enabled === true;
}

const gatewayCrds: Need = {
  capability: "crd:gateway.networking.k8s.io",
  otherwise: "or set addons.cilium.settings.gatewayApi to false",
};

function values(facts: ClusterFacts, chosen: Settings): Values {
  const { addresses, nodes } = facts;
  // They run on control planes as well, and no node takes two of them.
  const operators = Math.min(2, nodes.length);
  const podRange = (v6: boolean) => addresses.podSubnets.find((cidr) => cidr.includes(":") === v6);
  return {
    cluster: { name: addresses.clusterName, id: addresses.clusterId },
    // Talos' controller manager hands every node its ranges.
    ipam: { mode: "kubernetes" },
    ipv4: { enabled: podRange(false) !== undefined },
    ipv6: { enabled: podRange(true) !== undefined },
    // Nodes share a link, so pods reach each other without tunnels.
    routingMode: "native",
    autoDirectNodeRoutes: true,
    ipv4NativeRoutingCIDR: podRange(false),
    ipv6NativeRoutingCIDR: podRange(true),
    MTU: addresses.mtu,
    // `bpf.masquerade` stays off: it breaks cluster DNS where Talos forwards it to the host.
    kubeProxyReplacement: true,
    // KubePrism: an API endpoint on every node that works before there is a network, and without the VIP.
    k8sServiceHost: "localhost",
    k8sServicePort: 7445,
    // Talos mounts cgroup v2 itself and lets no pod load kernel modules.
    cgroup: { autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" },
    securityContext: { capabilities: { ciliumAgent: agentCapabilities, cleanCiliumState: cleanCapabilities } },
    gatewayAPI: chosen.gatewayApi ? { enabled: true, enableAlpn: true, enableAppProtocol: true } : { enabled: false },
    bgpControlPlane: { enabled: speaksBgp(facts, chosen) },
    l2announcements: { enabled: announcesOnLink(facts, chosen) },
    // Every announced service is a lease that is renewed through the API.
    k8sClientRateLimit: announcesOnLink(facts, chosen) ? { qps: 32, burst: 64 } : undefined,
    hubble: chosen.hubble ? hubble : { enabled: false },
    // No limits: a network that is stopped for its memory takes everything with it.
    resources: { requests: { cpu: "100m", memory: "384Mi" } },
    envoy: { resources: { requests: { cpu: "50m", memory: "96Mi" } } },
    operator: {
      replicas: operators,
      rollOutPods: true,
      resources: { requests: { cpu: "20m", memory: "128Mi" } },
      podDisruptionBudget: { enabled: operators > 1, maxUnavailable: 1 },
    },
    // Agents take up changed settings by a rolling restart of their own.
    rollOutCiliumPods: true,
  };
}

const agentCapabilities = `CHOWN KILL NET_ADMIN NET_RAW IPC_LOCK SYS_ADMIN SYS_RESOURCE DAC_OVERRIDE FOWNER SETGID
  SETUID`.split(/\s+/);
const cleanCapabilities = ["NET_ADMIN", "SYS_ADMIN", "SYS_RESOURCE"];

const hubble = {
  enabled: true,
  relay: {
    enabled: true,
    rollOutPods: true,
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
  },
  ui: {
    enabled: true,
    rollOutPods: true,
    frontend: { resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } } },
    backend: { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } } },
  },
  // Helm makes the certificates anew with every change of the release. Three years, because the chart's one year
  // may pass without a change. Its other way, a job after the installation, never gets to run when Helm waits.
  tls: { auto: { method: "helm", certValidityDuration: 1095 } },
};
