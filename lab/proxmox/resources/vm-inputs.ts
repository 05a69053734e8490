import type { CheckFailure } from "../../protocol/provider.ts";
import { isUnknown, type Properties } from "../../protocol/values.ts";
import { contains } from "../sdn.ts";
import { block, blocks } from "../vm-config.ts";
import { applyRules, between, matching, oneOf, type Rules } from "./rules.ts";

/** Defaults of the provider, as its schema has them. */
export const vmDefaults: Properties = {
  acpi: true,
  agent: { enabled: false, timeout: "15m", trim: false, type: "virtio" },
  bios: "seabios",
  cdrom: { enabled: false, fileId: "", interface: "ide3" },
  cpu: { cores: 1, hotplugged: 0, limit: 0, numa: false, sockets: 1, type: "qemu64" },
  deleteUnreferencedDisksOnDestroy: true,
  disks: [
    {
      aio: "io_uring",
      backup: true,
      cache: "none",
      datastoreId: "local-lvm",
      discard: "ignore",
      fileId: "",
      importFrom: "",
      iothread: false,
      queues: 0,
      replicate: true,
      serial: "",
      size: 8,
      ssd: false,
    },
  ],
  efiDisk: { datastoreId: "local-lvm", fileFormat: "raw", preEnrolledKeys: false, type: "2m" },
  hostpcis: [{ pcie: false, rombar: true, xvga: false }],
  initialization: { datastoreId: "local-lvm" },
  keyboardLayout: "en-us",
  memory: { dedicated: 512, floating: 0, keepHugepages: false, shared: 0 },
  migrate: false,
  networkDevices: [
    {
      bridge: "vmbr0",
      disconnected: false,
      enabled: true,
      firewall: false,
      model: "virtio",
      mtu: 0,
      queues: 0,
      rateLimit: 0,
      trunks: "",
      vlanId: 0,
    },
  ],
  onBoot: true,
  operatingSystem: { type: "other" },
  protection: false,
  purgeOnDestroy: true,
  reboot: false,
  rebootAfterUpdate: true,
  scsiHardware: "virtio-scsi-pci",
  serialDevices: [{ device: "socket" }],
  started: true,
  startup: { downDelay: -1, order: -1, upDelay: -1 },
  stopOnDestroy: false,
  tabletDevice: true,
  template: false,
  timeoutClone: 1800,
  timeoutCreate: 1800,
  timeoutMigrate: 1800,
  timeoutMoveDisk: 1800,
  timeoutReboot: 1800,
  timeoutShutdownVm: 1800,
  timeoutStartVm: 1800,
  timeoutStopVm: 300,
  tpmState: { datastoreId: "local-lvm", version: "v2.0" },
  vga: { memory: 16, type: "std" },
  watchdog: { action: "none", enabled: false, model: "i6300esb" },
};

const rules: Rules = {
  bios: oneOf("ovmf", "seabios"),
  machine: matching(
    /^$|^(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?|q35(,viommu=(intel|virtio))?|pc-q35-\d+(\.\d+)+(\+pve\d+)?)$/,
    "must be a valid machine type",
  ),
  name: matching(
    /^$|^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    "must be a valid DNS name",
  ),
  vmId: between(100, 999_999_999),
  scsiHardware: oneOf("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
  "agent.type": oneOf("isa", "virtio"),
  "cdrom.interface": matching(/^(ide[0-3]|sata[0-5]|scsi([0-9]|1[0-3]))$/, "must be one of ide0-3, sata0-5, scsi0-13"),
  "cdrom.fileId": matching(/^$|^none$|^cdrom$|^[^:/]+:iso\/[^/]+$/, "must be an ISO file's id such as local:iso/x.iso"),
  "cpu.cores": between(1, 1024),
  "cpu.sockets": between(1, 16),
  "disks[].aio": oneOf("native", "io_uring", "threads"),
  "disks[].cache": oneOf("none", "directsync", "writethrough", "writeback", "unsafe"),
  "disks[].discard": oneOf("ignore", "on"),
  "disks[].fileFormat": oneOf("qcow2", "raw", "vmdk"),
  "disks[].interface": matching(
    /^(scsi([0-9]|[12][0-9]|30)|sata[0-5]|virtio([0-9]|1[0-5]))$/,
    "must be scsi0-30, sata0-5 or virtio0-15",
  ),
  "disks[].size": between(1, 131_072),
  "efiDisk.fileFormat": oneOf("qcow2", "raw", "vmdk"),
  "efiDisk.type": oneOf("2m", "4m"),
  "hostpcis[].device": matching(/^hostpci([0-9]|1[0-5])$/, "must be hostpci0-15"),
  "initialization.interface": matching(
    /^$|^(ide[0-3]|sata[0-5]|scsi([0-9]|[12][0-9]|30))$/,
    "must be ide0-3, sata0-5 or scsi0-30",
  ),
  "initialization.type": oneOf("configdrive2", "nocloud"),
  "memory.dedicated": between(64, 268_435_456),
  "memory.floating": between(0, 268_435_456),
  "networkDevices[].macAddress": matching(/^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/, "must be a MAC address"),
  "networkDevices[].model": oneOf("e1000", "e1000e", "rtl8139", "virtio", "vmxnet3"),
  "networkDevices[].mtu": between(0, 65_520),
  "networkDevices[].vlanId": between(0, 4094),
  "operatingSystem.type": oneOf(
    "l24",
    "l26",
    "other",
    "solaris",
    "w2k",
    "w2k3",
    "w2k8",
    "win10",
    "win11",
    "win7",
    "win8",
    "wvista",
    "wxp",
  ),
  "tags[]": matching(/^[a-z0-9_][a-z0-9_\-+.]*$/, "must be a tag in lower case"),
  "tpmState.version": oneOf("v1.2", "v2.0"),
  "vga.memory": between(4, 512),
  "watchdog.action": oneOf("debug", "none", "pause", "poweroff", "reset", "shutdown"),
};

/** What the provider and Proxmox refuse before anything is made. */
export function validateVm(inputs: Properties): CheckFailure[] {
  const failures = applyRules(inputs, rules);
  const drives = [
    { property: "cdrom.interface", value: inputs.cdrom ? block(inputs, "cdrom").interface : undefined },
    {
      property: "initialization.interface",
      value: inputs.initialization ? block(inputs, "initialization").interface : undefined,
    },
  ];
  for (const { property, value } of drives) {
    if (String(inputs.machine ?? "").includes("q35") && (value === "ide1" || value === "ide3")) {
      failures.push({ property, reason: `${value} does not exist on machine type q35: use ide0 or ide2` });
    }
  }
  if (drives[0]?.value !== undefined && drives[0].value === drives[1]?.value) {
    failures.push({ property: "cdrom.interface", reason: `${drives[0].value} is taken by the cloud-init drive` });
  }
  failures.push(...duplicates(inputs), ...ipConfigs(inputs));
  blocks(inputs, "hostpcis").forEach((device, index) => {
    if ((device.id === undefined) === (device.mapping === undefined)) {
      failures.push({ property: `hostpcis[${index}]`, reason: "exactly one of id and mapping must be set" });
    } else if (device.id !== undefined) {
      failures.push({
        property: `hostpcis[${index}].id`,
        reason: "needs root@pam with a password, not an API token: use mapping",
      });
    }
  });
  return failures;
}

function duplicates(inputs: Properties): CheckFailure[] {
  const seen = new Set<unknown>();
  return blocks(inputs, "disks").flatMap((disk, index) => {
    if (isUnknown(disk.interface) || !seen.has(disk.interface)) {
      seen.add(disk.interface);
      return [];
    }
    return [{ property: `disks[${index}].interface`, reason: `duplicate disk interface ${disk.interface}` }];
  });
}

function ipConfigs(inputs: Properties): CheckFailure[] {
  return blocks(block(inputs, "initialization"), "ipConfigs").flatMap((ipConfig, index) =>
    ["ipv4", "ipv6"].flatMap((family): CheckFailure[] => {
      const property = `initialization.ipConfigs[${index}].${family}`;
      const { address, gateway } = block(ipConfig, family);
      if (isUnknown(address) || isUnknown(gateway) || address === undefined) return [];
      if (address === "dhcp" || (family === "ipv6" && address === "auto")) {
        return gateway ? [{ property: `${property}.gateway`, reason: `must be left out with "${address}"` }] : [];
      }
      const form = family === "ipv4" ? /^\d+(\.\d+){3}\/\d{1,2}$/ : /^[0-9a-fA-F:]*:[0-9a-fA-F:]*\/\d{1,3}$/;
      if (!form.test(String(address))) {
        return [{ property: `${property}.address`, reason: `must be in CIDR notation, got "${address}"` }];
      }
      if (gateway && !contains(String(address), String(gateway))) {
        return [{ property: `${property}.gateway`, reason: `gateway ${gateway} is outside of ${address}` }];
      }
      return [];
    }),
  );
}
