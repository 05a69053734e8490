import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { missingExtensions } from "../extensions.ts";
import { gpuNodes } from "../gpu-nodes.ts";
import { tolerationsOf } from "../placement.ts";

const settings = z.strictObject({
  /**
   * PCI mappings of GPUs by Intel; nodes whose GPU override names one get the plugin. Bare-metal machines get it that have
   * the driver, `siderolabs/i915` or `siderolabs/xe`, among their own extensions. @default every GPU override
   */
  mappings: z.array(z.string().min(1)).min(1).optional(),
  /** Pods that may share one GPU. @default 1 */
  sharedBy: z.number().int().min(1).default(1),
});

const version = "0.36.0";
const drivers = ["siderolabs/i915", "siderolabs/xe"];
const gpuLabel = "intel.feature.node.kubernetes.io/gpu";

export default defineAddon({
  name: "intel-device-plugins",
  description: "lets pods ask for the GPUs by Intel that nodes have",
  sources: [
    "https://github.com/intel/helm-charts, intel-device-plugins-operator-0.36.0: charts/device-plugin-operator/values.yaml, crds/, README.md: needs cert-manager",
    "https://github.com/intel/helm-charts, intel-device-plugins-gpu-0.36.0: charts/gpu-device-plugin/templates/gpu.yaml: fields of GpuDevicePlugin",
    "https://github.com/intel/intel-device-plugins-for-kubernetes, README.md: newer plugins work with older Kubernetes",
  ],
  chart: {
    repository: "https://intel.github.io/helm-charts",
    name: "intel-device-plugins-operator",
    version: "0.36.0",
  },
  valueKeys: "controllerExtraArgs manager nodeSelector privateRegistry resources tolerations".split(" "),
  // Plugins open devices of the host.
  namespace: { name: "intel-device-plugins", podSecurity: "privileged" },
  settings,
  values: () => ({ manager: { devices: { gpu: true } } }),
  objects: (facts, { sharedBy, mappings }) => [
    {
      apiVersion: "deviceplugin.intel.com/v1",
      kind: "GpuDevicePlugin",
      metadata: { name: "gpu" },
      spec: {
        image: `intel/intel-gpu-plugin:${version}`,
        sharedDevNum: sharedBy,
        logLevel: 2,
        enableMonitoring: true,
        nodeSelector: { [gpuLabel]: "true" },
        tolerations: tolerationsOf(gpuNodes(facts, mappings, drivers)),
      },
    },
  ],
  needs: (facts, { mappings }) => [
    { capability: "cni" },
    { capability: "crd:cert-manager.io" },
    ...missingExtensions(facts, [drivers], gpuNodes(facts, mappings, drivers)),
  ],
  after: ["dns"],
  provides: () => ["crd:deviceplugin.intel.com"],
  definitions: [
    {
      group: "deviceplugin.intel.com",
      version: "v1",
      clusterWide: `DlbDevicePlugin DsaDevicePlugin FpgaDevicePlugin GpuDevicePlugin IaaDevicePlugin NpuDevicePlugin
        QatDevicePlugin SgxDevicePlugin`.split(/\s+/),
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "inteldeviceplugins-controller-manager" }],
  // What node feature discovery would find out is known here already.
  machine: (facts, { mappings }) =>
    gpuNodes(facts, mappings, drivers).map(({ name }) => ({
      nodes: { name },
      patch: { machine: { nodeLabels: { [gpuLabel]: "true" } } },
      reason: "the node has a GPU by Intel",
    })),
  selectedBy: [{ "intel-device-plugins": "true" }],
});
