import { z } from "zod";
import type { MachineRequirement } from "../../facts.ts";
import { defineAddon } from "../addon.ts";
import { missingExtensions } from "../extensions.ts";
import { gpuNodes } from "../gpu-nodes.ts";
import { tolerationsOf } from "../placement.ts";

const settings = z.strictObject({
  /**
   * PCI mappings of GPUs by NVIDIA; nodes whose GPU override names one get the plugin. Bare-metal machines get it that have
   * kernel modules by NVIDIA among their own extensions. @default every GPU override
   */
  mappings: z.array(z.string().min(1)).min(1).optional(),
});

const runtimeClass = {
  apiVersion: "node.k8s.io/v1",
  kind: "RuntimeClass",
  metadata: { name: "nvidia" },
  handler: "nvidia",
};

const drivers = [
  "siderolabs/nvidia-open-gpu-kernel-modules-lts",
  "siderolabs/nvidia-open-gpu-kernel-modules-production",
  "siderolabs/nonfree-kmod-nvidia-lts",
  "siderolabs/nonfree-kmod-nvidia-production",
];
const gpuLabel = "nvidia.com/gpu.present";

export default defineAddon({
  name: "nvidia-device-plugin",
  description: "lets pods ask for the GPUs by NVIDIA that nodes have",
  sources: [
    "https://github.com/NVIDIA/k8s-device-plugin, v0.20.0: deployments/helm/nvidia-device-plugin/values.yaml, README.md: Kubernetes 1.10 and newer",
    "https://github.com/siderolabs/docs, public/talos/v1.11/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu.mdx: extensions, kernel modules, runtime class",
  ],
  chart: {
    repository: "https://nvidia.github.io/k8s-device-plugin",
    name: "nvidia-device-plugin",
    version: "0.20.0",
  },
  valueKeys: `affinity allowDefaultNamespace cdi compatWithCPUManager config deviceDiscoveryStrategy deviceIDStrategy
    deviceListStrategy devicePlugin failOnInitError fullnameOverride gdrcopyEnabled gdsEnabled gfd image
    imagePullSecrets migStrategy mofedEnabled mps nameOverride namespaceOverride nfd nodeSelector nvidiaDriverRoot
    podAnnotations podSecurityContext priorityClassName resources runtimeClassName securityContext selectorLabelsOverride
    tolerations updateStrategy`.split(/\s+/),
  // It opens devices of the host.
  namespace: { name: "nvidia-device-plugin", podSecurity: "privileged" },
  settings,
  // The chart itself has the priority system-node-critical and looks for nodes with the label below.
  values: (facts, { mappings }) => ({
    runtimeClassName: "nvidia",
    // The chart's own, and those of nodes that are kept for pods with a GPU.
    tolerations: [
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
      ...tolerationsOf(gpuNodes(facts, mappings, drivers)),
    ],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  }),
  needs: (facts, { mappings }) => [
    { capability: "cni" },
    ...missingExtensions(
      facts,
      [drivers, ["siderolabs/nvidia-container-toolkit-lts", "siderolabs/nvidia-container-toolkit-production"]],
      gpuNodes(facts, mappings, drivers),
    ),
  ],
  workloads: () => [{ kind: "DaemonSet", name: "nvidia-device-plugin" }],
  machine: (facts, { mappings }) => [
    // Pods of a runtime class that is not there are refused: Talos has it in place before the chart comes.
    {
      nodes: "controlplane",
      patch: {
        cluster: { inlineManifests: [{ name: "runtime-class-nvidia", contents: JSON.stringify(runtimeClass) }] },
      },
      reason: "pods with a GPU by NVIDIA run by its container runtime",
    },
    ...gpuNodes(facts, mappings, drivers).map(
      ({ name }): MachineRequirement => ({
        nodes: { name },
        patch: {
          machine: {
            kernel: {
              modules: ["nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset"].map((module) => ({ name: module })),
            },
            sysctls: { "net.core.bpf_jit_harden": "1" },
            nodeLabels: { [gpuLabel]: "true" },
          },
        },
        reason: "the node has a GPU by NVIDIA",
      }),
    ),
  ],
  selectedBy: [{ "nvidia-device-plugin": "true" }],
});
