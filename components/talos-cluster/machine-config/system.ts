/** Kernel, containerd, Talos' own features and what is installed on the disk. */
import type { ClusterFacts, NodePlan } from "../../facts.ts";
import type { ConfigDocument, MachinePatch } from "./types.ts";

/** Routing on every node; static addresses only. */
export function sysctlsPatch({ addresses }: ClusterFacts): MachinePatch {
  const ipv6 = addresses.nodeSubnets.some(({ family }) => family === "ipv6");
  const ipv4 = addresses.nodeSubnets.some(({ family }) => family === "ipv4");
  return {
    machine: {
      sysctls: {
        ...(ipv4 ? { "net.ipv4.ip_forward": "1" } : {}),
        ...(ipv6
          ? {
              // An address learnt from an advertisement would be taken for the node's own by Cilium and etcd.
              "net.ipv6.conf.all.accept_ra": "0",
              "net.ipv6.conf.default.accept_ra": "0",
              "net.ipv6.conf.all.forwarding": "1",
              // Talos announces a moved VIP in IPv4 only; the kernel does it in IPv6 when it is told to.
              "net.ipv6.conf.all.ndisc_notify": "1",
            }
          : {}),
      },
    },
  };
}

/** Settings of a node's own, over those of all. */
export function nodeSysctlsPatch(node: NodePlan): MachinePatch | undefined {
  return node.settings.sysctls && { machine: { sysctls: node.settings.sysctls } };
}

/** Layers stay packed for peers to fetch (Spegel), and containers may own the devices that they are given. */
export function containerdPatch(): MachinePatch {
  const content = [
    '[plugins."io.containerd.cri.v1.images"]',
    "  discard_unpacked_layers = false",
    '[plugins."io.containerd.cri.v1.runtime"]',
    "  device_ownership_from_security_context = true",
    "",
  ].join("\n");
  return {
    machine: { files: [{ path: "/etc/cri/conf.d/20-customization.part", op: "create", permissions: 0o600, content }] },
  };
}

/**
 * The API server's local balancer that Cilium reaches it by, and Talos' resolver. CoreDNS asks the name servers itself:
 * forwarding to the host's resolver goes through a link-local address that BPF masquerading cuts off (siderolabs/talos#10002).
 */
export function featuresPatch(): MachinePatch {
  return {
    machine: {
      features: {
        kubePrism: { enabled: true, port: 7445 },
        hostDNS: { enabled: true, forwardKubeDNSToHost: false },
      },
    },
  };
}

/** Installer and disk. The image is always set, because the generated default knows no extensions. */
export function installPatch(node: NodePlan, installer: string): MachinePatch {
  const disk = node.metal?.installDisk ?? "/dev/sda";
  if (typeof disk === "string") return { machine: { install: { image: installer, disk } } };
  return { machine: { install: { image: installer, diskSelector: disk } } };
}

/** Resets a machine whose system hangs; Proxmox' watchdog device, or the machine's own. */
export function watchdogPatch(node: NodePlan): ConfigDocument | undefined {
  if (!node.settings.watchdog) return undefined;
  return { apiVersion: "v1alpha1", kind: "WatchdogTimerConfig", device: "/dev/watchdog0", timeout: "2m0s" };
}
