import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, noSettings, type Values } from "../addon.ts";
import { copiesOf, tolerationsOf } from "../placement.ts";

export default defineAddon({
  name: "rook-ceph",
  description: "operator for Ceph storage; rook-ceph-cluster makes the cluster on the nodes' disks",
  sources: [
    "https://github.com/rook/rook, v1.19.10: deploy/charts/rook-ceph/values.yaml, deploy/examples/crds.yaml",
    "https://github.com/rook/rook, v1.19.10: Documentation/Getting-Started/Prerequisites/prerequisites.md: Kubernetes 1.30 to 1.35",
    "https://github.com/siderolabs/talos, v1.11.5: internal/integration/k8s/rook.go: tested on Talos with a privileged namespace and no extensions",
  ],
  chart: { repository: "https://charts.rook.io/release", name: "rook-ceph", version: "v1.19.10" },
  valueKeys:
    `allowLoopDevices annotations ceph-csi-operator cephCommandsTimeoutSeconds containerSecurityContext crds csi
    currentNamespaceOnly customHostnameLabel disableDeviceHotplug discover discoverDaemonUdev discoveryDaemonInterval
    enableDiscoveryDaemon enableOBCWatchOperatorNamespace enforceHostNetwork hostpathRequiresPrivileged image
    imagePullSecrets logLevel monitoring nodeSelector obcAllowAdditionalConfigFields obcProvisionerNamePrefix
    operatorMetricsBindAddress operatorPodLabels priorityClassName rbacAggregate rbacEnable reconcileConcurrentClusters
    resources revisionHistoryLimit scaleDownOperator tolerations unreachableNodeTolerationSeconds
    useOperatorHostNetwork`.split(/\s+/),
  // Daemons open disks, and the CSI plugin mounts them for all pods.
  namespace: { name: "rook-ceph", podSecurity: "privileged" },
  settings: noSettings,
  values: (facts) => ({
    crds: { enabled: true },
    priorityClassName: "system-cluster-critical",
    // Nothing looks for disks by itself: the cluster takes those that its settings name.
    enableDiscoveryDaemon: false,
    // Volumes are mounted on every node that takes pods, those of taints as well.
    csi: { provisionerReplicas: copiesOf(facts), ...tolerating(facts) },
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: () => ["crd:ceph.rook.io"],
  definitions: [
    {
      group: "ceph.rook.io",
      version: "v1",
      namespaced: `CephBlockPool CephBlockPoolRadosNamespace CephBucketNotification CephBucketTopic CephCOSIDriver
        CephClient CephCluster CephFilesystem CephFilesystemMirror CephFilesystemSubVolumeGroup CephNFS CephNVMeOFGateway
        CephObjectRealm CephObjectStore CephObjectStoreUser CephObjectZone CephObjectZoneGroup
        CephRBDMirror`.split(/\s+/),
    },
    {
      group: "objectbucket.io",
      version: "v1alpha1",
      namespaced: ["ObjectBucketClaim"],
      clusterWide: ["ObjectBucket"],
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "rook-ceph-operator" }],
  selectedBy: [{ "rook-ceph": "true" }],
});

function tolerating({ nodes }: ClusterFacts): Values {
  const pluginTolerations = tolerationsOf(nodes);
  return pluginTolerations.length > 0 ? { pluginTolerations } : {};
}
