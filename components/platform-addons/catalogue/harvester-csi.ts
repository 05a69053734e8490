import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, secretPlaceholder } from "../addon.ts";
import { storageClass } from "../named-things.ts";
import { budgetOf, copiesOf } from "../placement.ts";

const settings = z.strictObject({
  /** Storage class on Harvester that the volumes are made with. @default Harvester's own default */
  hostStorageClass: z.string().optional(),
  /** Copies of the controller, on as many control planes. @default 2, or 1 in a cluster of one control plane */
  replicas: z.number().int().min(1).optional(),
});

const configSecret = "harvester-cloud-config";
const controllers = {
  name: "harvester-csi-driver-controllers",
  namespace: "kube-system",
  matchLabels: { component: "csi-controllers", "app.kubernetes.io/instance": "harvester-csi" },
};

export default defineAddon({
  name: "harvester-csi",
  description: "persistent volumes on the Harvester that the nodes run on",
  sources: [
    "https://github.com/harvester/charts, release: charts/harvester-csi-driver 0.1.31: values.yaml, templates/",
  ],
  chart: { repository: "https://charts.harvesterhci.io", name: "harvester-csi-driver", version: "0.1.31" },
  valueKeys: `cloudConfig fullnameOverride global hostStorageClass image kubeletRootDir nameOverride nodeSelector
    replicasCount tolerations`.split(/\s+/),
  // Talos exempts the namespace from pod security; the driver mounts volumes for all pods.
  namespace: { name: "kube-system" },
  settings,
  // The chart takes neither requests nor priorities; a LimitRange would be for everything in kube-system.
  values: (facts, { hostStorageClass, replicas }) => ({
    replicasCount: copiesOf(facts, replicas, controlPlanesOf(facts)),
    hostStorageClass,
    // By default it looks for a file that RKE2 writes and Talos does not.
    cloudConfig: { secretName: configSecret },
  }),
  objects: (facts, { replicas }) =>
    budgetOf(facts, copiesOf(facts, replicas, controlPlanesOf(facts)), controllers, controlPlanesOf(facts)),
  // The chart brings a class of snapshots.
  needs: () => [{ capability: "cni" }, { capability: "crd:snapshot.storage.k8s.io" }],
  after: ["dns"],
  // Its class is the default, and nothing in the values changes that.
  provides: () => storageClass("harvester", true),
  workloads: () => [
    { kind: "Deployment", name: "harvester-csi-driver-controllers" },
    { kind: "DaemonSet", name: "harvester-csi-driver" },
  ],
  secrets: () => [
    {
      configKey: "harvesterCloudConfig",
      description: "kubeconfig of Harvester, with rights in the namespace of the cluster's VMs",
      name: configSecret,
      namespace: "kube-system",
      keys: { "cloud-provider-config": secretPlaceholder },
    },
  ],
  selectedBy: [{ "harvester-csi": "true" }],
});

/** The chart lets controllers run on control planes and nowhere else. */
function controlPlanesOf({ nodes }: ClusterFacts): number {
  return nodes.filter(({ role }) => role === "controlplane").length;
}
