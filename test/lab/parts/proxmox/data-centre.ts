import { type CallContext, PartialFailure, type ResourceState } from "../../../../lab/protocol/provider.ts";
import type { Properties } from "../../../../lab/protocol/values.ts";
import { openProxmox, type Proxmox } from "../../../../lab/proxmox/open.ts";
import type { Site } from "../../../../lab/site.ts";
import type { MachineHardware } from "../../../../lab/talos/interface.ts";
import type { FaultRule } from "../../../../lab/world/faults.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";

/** A data centre for tests: two hosts, one shared and one local storage. */
export interface TestCentre extends Proxmox {
  world: World;
  /** What the hypervisor did to machines: `on vm/101`, `off vm/101`, `destroyed vm/101`. */
  power: string[];
  hardware: Map<string, MachineHardware>;
  /** Checks and creates; answers the state with the checked inputs. */
  create(token: string, inputs: Properties): Promise<Required<ResourceState>>;
  check(token: string, inputs: Properties): { inputs: Properties; failures: string[] };
  diff(token: string, state: Required<ResourceState>, inputs: Properties, ignore?: string[]): Promise<DiffSummary>;
  update(token: string, state: Required<ResourceState>, inputs: Properties): Promise<Required<ResourceState>>;
  /** Looks an object up as an import does, or as a refresh does when inputs are given. */
  read(token: string, id: string, inputs?: Properties): Promise<ResourceState | undefined>;
  remove(token: string, state: Required<ResourceState>): Promise<void>;
  /** Calls of Proxmox' API so far, by route. */
  calls(): Record<string, number>;
}

interface DiffSummary {
  changed: string[];
  replaces: string[];
}

export const site: Site = {
  hosts: {
    pve01: { threads: 16, memoryMiB: 32_768, addresses: [], devices: { "0000:00:02.0": { id: "8086:46a6" } } },
    pve02: { threads: 16, memoryMiB: 32_768, addresses: [], devices: {} },
  },
  storages: {
    resources: { shared: true, content: ["iso", "import"], sizeGiB: 10 },
    "rbd-vm": { shared: true, content: ["images"], sizeGiB: 1000 },
    local: { shared: false, content: ["iso", "images"], sizeGiB: 100 },
  },
  bridges: ["vmbr0"],
  routers: {},
  repositories: [],
  metal: [],
};

/** Opens a fresh data centre. */
export function newCentre(faults: FaultRule[] = []): TestCentre {
  const world = new World(emptyWorld(), () => {}, faults, 1);
  const power: string[] = [];
  const hardware = new Map<string, MachineHardware>();
  const proxmox = openProxmox(world, site, {
    powerOn: (machine) => {
      hardware.set(machine.key, machine);
      power.push(`on ${machine.key}`);
    },
    powerOff: (key) => void power.push(`off ${key}`),
    reset: (key) => void power.push(`reset ${key}`),
    destroyed: (key) => void power.push(`destroyed ${key}`),
  });
  const typeOf = (token: string) => {
    const type = proxmox.provider.resources[token];
    if (!type) throw new Error(`no resource type ${token}`);
    return type;
  };
  const context = (ignoreChanges: string[] = []): CallContext => ({
    urn: "urn:pulumi:test::orrery::t::test",
    preview: false,
    timeoutSeconds: 0,
    ignoreChanges,
  });
  const checked = (token: string, inputs: Properties) => {
    const result = typeOf(token).check(inputs, undefined, context());
    if (result instanceof Promise) throw new Error("checks answer at once");
    return {
      inputs: result.inputs,
      failures: result.failures.map(({ property, reason }) => `${property}: ${reason}`),
    };
  };
  const accepted = (token: string, inputs: Properties): Properties => {
    const result = checked(token, inputs);
    if (result.failures.length > 0) throw new Error(result.failures.join("; "));
    return result.inputs;
  };
  return {
    ...proxmox,
    world,
    power,
    hardware,
    check: checked,
    async create(token, inputs) {
      const news = accepted(token, inputs);
      return { inputs: news, ...(await typeOf(token).create(news, context())) };
    },
    async diff(token, state, inputs, ignore) {
      const news = accepted(token, inputs);
      return typeOf(token).diff(state.id, state.inputs, state.outputs, news, context(ignore));
    },
    async update(token, state, inputs) {
      const news = accepted(token, inputs);
      const outputs = await typeOf(token).update(state.id, state.inputs, state.outputs, news, context());
      return { id: state.id, inputs: news, outputs };
    },
    read: async (token, id, inputs = {}) => typeOf(token).read(id, inputs, {}, context()),
    remove: (token, state) => typeOf(token).delete(state.id, state.inputs, state.outputs, context()),
    calls: () =>
      Object.fromEntries(
        Object.entries(world.state.counters)
          .filter(([name]) => name.startsWith("proxmox."))
          .map(([name, count]) => [name.slice("proxmox.".length), count]),
      ),
  };
}

/** The state that a create left behind when it failed half-way. */
export async function partialState(creating: Promise<unknown>): Promise<{ message: string; state: ResourceState }> {
  try {
    await creating;
  } catch (error) {
    if (error instanceof PartialFailure) return { message: error.message, state: error.state };
    throw error;
  }
  throw new Error("expected to fail");
}

export const tokens = {
  vm: "proxmoxve:index/vmLegacy:VmLegacy",
  download: "proxmoxve:download/file:File",
  upload: "proxmoxve:index/fileLegacy:FileLegacy",
  controller: "proxmoxve:sdn/controller/evpn:Evpn",
  zone: "proxmoxve:sdn/zone/evpn:Evpn",
  vnet: "proxmoxve:sdn/vnet:Vnet",
  subnet: "proxmoxve:sdn/subnet:Subnet",
  applier: "proxmoxve:sdn/applier:Applier",
  group: "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy",
  rules: "proxmoxve:firewall/rulesLegacy:RulesLegacy",
  ipset: "proxmoxve:firewall/ipsetLegacy:IpsetLegacy",
  options: "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
  alias: "proxmoxve:firewall/aliasLegacy:AliasLegacy",
  nodeFirewall: "proxmoxve:node/firewall:Firewall",
  clusterFirewall: "proxmoxve:cluster/firewallLegacy:FirewallLegacy",
  pci: "proxmoxve:hardware/mapping/pci:Pci",
  haResource: "proxmoxve:index/haresource:Haresource",
  haRule: "proxmoxve:index/harule:Harule",
  pool: "proxmoxve:index/poolLegacy:PoolLegacy",
  membership: "proxmoxve:pool/membership:Membership",
};

const schematic = "c9078f9419961640c712a8bf2bb9174933dfcf1da383fd8ea2b7dc21493f8bac";

/** A download of a Talos ISO to the shared storage. */
export const talosIso: Properties = {
  contentType: "iso",
  datastoreId: "resources",
  nodeName: "pve01",
  fileName: "talos.iso",
  url: `https://factory.talos.dev/image/${schematic}/v1.11.5/nocloud-amd64.iso`,
  overwrite: false,
};

/** Arguments of a VM as the program gives them. */
export function vmArgs(vmId: number, changes: Properties = {}): Properties {
  const last = vmId % 1000;
  return {
    vmId,
    nodeName: "pve01",
    name: `test${last}`,
    machine: "q35",
    bios: "ovmf",
    efiDisk: { datastoreId: "rbd-vm", fileFormat: "raw", type: "4m" },
    cdrom: { interface: "ide0", fileId: "resources:iso/talos.iso" },
    initialization: {
      interface: "ide2",
      datastoreId: "rbd-vm",
      ipConfigs: [
        {
          ipv6: { address: `fd00:102::${last}/64`, gateway: "fd00:102::fffe" },
          ipv4: { address: `10.102.0.${last}/24`, gateway: "10.102.0.254" },
        },
      ],
    },
    cpu: { cores: 2, type: "host" },
    memory: { dedicated: 4096 },
    disks: [{ interface: "scsi0", datastoreId: "rbd-vm", size: 40, fileFormat: "raw" }],
    networkDevices: [{ bridge: "vmbr0", macAddress: `bc:24:11:00:00:${last.toString().padStart(2, "0")}` }],
    bootOrders: ["scsi0", "ide0"],
    tags: ["luna", "talos"],
    stopOnDestroy: true,
    rebootAfterUpdate: false,
    migrate: true,
    ...changes,
  };
}

/** What the program ignores on every VM. */
export const ignoreSpeed = ["disks[0].speed"];
