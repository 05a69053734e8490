/** A node's virtual machine as Proxmox takes it. */
import type { VmLegacyArgs } from "@muhlba91/pulumi-proxmoxve/vmLegacy.js";
import type { ClusterConfig, SharedConfig } from "../../config/index.ts";
import type { ClusterFacts, NodePlan, PublishedImage, VmPlan } from "../facts.ts";

/** What a VM's arguments are made of, besides the node. */
export interface VmContext {
  facts: ClusterFacts;
  config: ClusterConfig;
  shared: SharedConfig;
  image: PublishedImage;
  /** Whether Proxmox filters what reaches the VM. */
  firewall: boolean;
}

const guestAgent = "siderolabs/qemu-guest-agent";

/**
 * Arguments of a node's VM. It boots the ISO while its disk is empty, with static addresses from cloud-init, so that it
 * can be reached before Talos is configured, without DHCP and without guest agent.
 */
export function vmArguments(context: VmContext, node: NodePlan, vm: VmPlan): VmLegacyArgs {
  const { facts, config, image, firewall } = context;
  const { addresses, release } = facts;
  const storage = vm.disks[0]?.storage;
  return {
    nodeName: vm.host,
    vmId: vm.vmId,
    name: node.name,
    description: descriptionOf(facts, node),
    tags: tagsOf(context, node),
    operatingSystem: { type: "l26" },
    machine: "q35",
    bios: "ovmf",
    efiDisk: { datastoreId: storage, fileFormat: "raw", type: "4m", preEnrolledKeys: false },
    cpu: { cores: vm.cores, type: vm.cpuType },
    memory: { dedicated: vm.memoryMiB },
    // The agent only answers where its extension is in the image; its addresses are not needed.
    ...(release.extensions.some(({ name }) => name === guestAgent)
      ? { agent: { enabled: true, waitForIp: { disabled: true } } }
      : {}),
    scsiHardware: "virtio-scsi-pci",
    disks: vm.disks.map((disk) => ({
      interface: disk.interface,
      datastoreId: disk.storage,
      size: disk.sizeGiB,
      fileFormat: "raw",
      discard: "on",
      ssd: true,
    })),
    // On q35 only ide0 and ide2 exist.
    cdrom: { interface: "ide0", fileId: image.fileIds[vm.host] },
    initialization: {
      interface: "ide2",
      datastoreId: storage,
      ipConfigs: [ipConfig(context, node)],
    },
    bootOrders: ["scsi0", "ide0"],
    networkDevices: [
      {
        bridge: addresses.bridge,
        macAddress: node.macAddress?.toUpperCase(),
        mtu: addresses.mtu,
        firewall,
        ...(addresses.vlanId === undefined ? {} : { vlanId: addresses.vlanId }),
      },
    ],
    serialDevices: [{ device: "socket" }],
    ...(node.gpu
      ? { hostpcis: [{ device: "hostpci0", mapping: node.gpu.mapping, pcie: true, xvga: node.gpu.primary }] }
      : {}),
    ...(config.machine.diskEncryption === "tpm" ? { tpmState: { datastoreId: storage, version: "v2.0" } } : {}),
    ...(node.settings.watchdog ? { watchdog: { enabled: true, model: "i6300esb", action: "reset" } } : {}),
    // A change of cores or memory stays pending in Proxmox: no node reboots but by the rollout.
    rebootAfterUpdate: false,
    // Another host is a migration, not another machine.
    migrate: true,
    // Talos without agent does not hear a shutdown; a node that goes has been emptied before.
    stopOnDestroy: true,
  };
}

/**
 * The provider reports speed limits that nobody set and wants to change them for ever; each disk has to be named. The
 * consequence: speed limits set by hand stay.
 */
export function ignoredVmChanges(vm: VmPlan): string[] {
  return vm.disks.map((_, index) => `disks[${index}].speed`);
}

function ipConfig({ facts }: VmContext, node: NodePlan) {
  return Object.fromEntries(
    facts.addresses.nodeSubnets.map(({ family, gateway }, index) => [
      family,
      { address: node.interfaceAddresses[index], gateway },
    ]),
  );
}

function descriptionOf({ name, purpose, owner, contacts }: ClusterFacts, node: NodePlan): string {
  const role = node.role === "controlplane" ? "control plane" : `worker of pool ${node.pool}`;
  return [
    `${role} of cluster ${name}${purpose ? ` (${purpose})` : ""}`,
    ...(owner ? [`owner: ${owner}`] : []),
    ...(contacts.length > 0 ? [`contacts: ${contacts.join(", ")}`] : []),
  ].join("; ");
}

/** Proxmox sorts tags and takes lower-case letters, digits and a few signs. */
function tagsOf({ facts, shared }: VmContext, node: NodePlan): string[] {
  const tags = [
    "talos",
    facts.name,
    node.role,
    facts.purpose,
    facts.owner,
    ...Object.entries(shared.tags).map(([key, value]) => (value ? `${key}-${value}` : key)),
  ];
  const valid = tags.map((tag) =>
    tag
      .toLowerCase()
      .replace(/[^a-z0-9_.-]+/g, "-")
      .replace(/^[^a-z0-9_]+|-+$/g, ""),
  );
  return [...new Set(valid.filter((tag) => tag !== ""))].sort();
}
