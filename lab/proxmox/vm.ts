import type { Properties } from "../protocol/values.ts";
import type { MachinePower } from "../talos/interface.ts";
import type { DataCentre } from "./datacentre.ts";
import { ProxmoxError } from "./errors.ts";
import { migrationProblem, pluggedDisks, pluggedSizeGiB, unplug } from "./plugged.ts";
import type { VmState } from "./state.ts";
import { findFile, reserve } from "./storage.ts";
import { block, blocks, coldPart, hardwareOf, volumesOf } from "./vm-config.ts";
import { assertCanStart } from "./vm-start.ts";

/** Seconds that tasks take. */
const seconds = {
  create: 3,
  perDisk: 1,
  start: 4,
  stop: 2,
  shutdown: 30,
  delete: 2,
  config: 1,
  resize: 1,
  migrate: 40,
};

const path = "/nodes/{node}/qemu";

/** The virtual machines of the data centre. */
export class VirtualMachines {
  private readonly centre: DataCentre;
  private readonly power: MachinePower;

  constructor(centre: DataCentre, power: MachinePower) {
    this.centre = centre;
    this.power = power;
  }

  /** The lowest free VM id from 100 up. */
  async nextId(): Promise<number> {
    return this.centre.call("GET /cluster/nextid", "", () => {
      for (let vmId = 100; ; vmId += 1) if (!this.centre.state.vms[vmId]) return vmId;
    });
  }

  /** Finds a VM on whatever host it is. */
  async locate(vmId: number): Promise<VmState | undefined> {
    return this.centre.call("GET /cluster/resources", `vm/${vmId}`, () => this.centre.state.vms[vmId]);
  }

  /** The configuration file with pending changes in it. */
  async config(vmId: number): Promise<Properties> {
    return this.centre.call(`GET ${path}/{vmid}/config`, `vm/${vmId}`, () => this.get(vmId).config);
  }

  async status(vmId: number): Promise<VmState["status"]> {
    return this.centre.call(`GET ${path}/{vmid}/status/current`, `vm/${vmId}`, () => this.get(vmId).status);
  }

  async create(vmId: number, host: string, config: Properties): Promise<void> {
    const { centre } = this;
    await centre.call(`POST ${path}`, `vm/${vmId}`, async () => {
      centre.host(host);
      this.assertFree(vmId);
      assertConfig(centre, host, config);
      const volumes = volumesOf(config);
      for (const volume of Object.values(volumes)) centre.storage(volume.storage, "images");
      const task = {
        host,
        type: "qmcreate",
        subject: String(vmId),
        seconds: seconds.create + seconds.perDisk * Object.keys(volumes).length,
        locks: [
          `vm/${vmId}`,
          ...this.storageLocks(
            host,
            Object.values(volumes).map((volume) => volume.storage),
          ),
        ],
      };
      await centre.tasks.run(task, () => {
        this.assertFree(vmId);
        for (const volume of Object.values(volumes)) reserve(centre, host, volume.storage, volume.sizeGiB);
        centre.state.vms[vmId] = { vmId, host, status: "stopped", config, volumes };
        this.joinPool(vmId, config.poolId);
        centre.world.record("vm.create", `vm/${vmId}`, { host });
      });
    });
  }

  async start(vmId: number): Promise<void> {
    await this.act(vmId, "start", "qmstart", seconds.start, (vm) => {
      if (vm.status === "running") throw new Error(`VM ${vmId} already running`);
      assertCanStart(this.centre, vm);
      vm.status = "running";
      vm.running = structuredClone(coldPart(vm.config));
      this.centre.world.record("vm.start", `vm/${vmId}`, { host: vm.host });
      this.power.powerOn(hardwareOf(this.centre, vm));
    });
  }

  /** Takes the power away. */
  async stop(vmId: number): Promise<void> {
    await this.act(vmId, "stop", "qmstop", seconds.stop, (vm) => this.switchOff(vm, "vm.stop"));
  }

  /** Asks the guest to shut down, which takes it a while. */
  async shutdown(vmId: number): Promise<void> {
    await this.act(vmId, "shutdown", "qmshutdown", seconds.shutdown, (vm) => this.switchOff(vm, "vm.shutdown"));
  }

  /**
   * Writes changes into the configuration; disks are added and removed by it, and grown by {@link resize} only.
   * @param unplugged interfaces that are deleted besides: a running guest loses them at once, and their volumes stay
   */
  async configure(vmId: number, config: Properties, unplugged: readonly string[] = []): Promise<void> {
    const { centre } = this;
    await centre.call(`POST ${path}/{vmid}/config`, `vm/${vmId}`, async () => {
      const { host } = this.get(vmId);
      assertConfig(centre, host, config);
      const task = { host, type: "qmconfig", subject: String(vmId), seconds: seconds.config, locks: [`vm/${vmId}`] };
      await centre.tasks.run(task, () => {
        const vm = this.get(vmId);
        for (const name of unplugged) unplug(centre, vm, name, "vm.unplug");
        const volumes = volumesOf(config);
        for (const [name, volume] of Object.entries(volumes)) {
          const present = vm.plugged?.[name];
          if (vm.volumes[name]) volumes[name] = { ...vm.volumes[name], storage: volume.storage };
          else if (present !== undefined) {
            // What is on the interface stays on it, under the name and options of the new disk.
            volumes[name] = { ...volume, sizeGiB: pluggedSizeGiB(centre, vm, present), takenOver: present };
            delete vm.plugged?.[name];
            centre.world.record("vm.takeOver", `vm/${vmId}`, { disk: name, volume: present });
          } else {
            centre.storage(volume.storage, "images");
            reserve(centre, host, volume.storage, volume.sizeGiB);
          }
        }
        if (vm.config.poolId !== config.poolId) {
          this.leavePools(vmId);
          this.joinPool(vmId, config.poolId);
        }
        vm.volumes = volumes;
        vm.config = config;
        centre.world.record("vm.config", `vm/${vmId}`);
      });
    });
  }

  /** Volumes of others that are plugged into a VM. */
  pluggedDisks(vm: VmState): Properties[] {
    return pluggedDisks(this.centre, vm);
  }

  async resize(vmId: number, disk: string, sizeGiB: number): Promise<void> {
    const { centre } = this;
    await centre.call(`PUT ${path}/{vmid}/resize`, `vm/${vmId}`, async () => {
      const { host } = this.get(vmId);
      const task = { host, type: "resize", subject: String(vmId), seconds: seconds.resize, locks: [`vm/${vmId}`] };
      await centre.tasks.run(task, () => {
        const volume = this.get(vmId).volumes[disk];
        if (!volume) throw new Error(`disk '${disk}' does not exist`);
        if (sizeGiB < volume.sizeGiB) throw new Error("shrinking disks is not supported");
        reserve(centre, host, volume.storage, sizeGiB - volume.sizeGiB);
        volume.sizeGiB = sizeGiB;
        centre.world.record("vm.resize", `vm/${vmId}`, { disk, sizeGiB });
      });
    });
  }

  /** Moves a VM to another host, while it runs when it can. */
  async migrate(vmId: number, target: string): Promise<void> {
    const { centre } = this;
    await centre.call(`POST ${path}/{vmid}/migrate`, `vm/${vmId}`, async () => {
      centre.host(target);
      const { host } = this.get(vmId);
      const task = { host, type: "qmigrate", subject: String(vmId), seconds: seconds.migrate, locks: [`vm/${vmId}`] };
      await centre.tasks.run(task, () => {
        const vm = this.get(vmId);
        if (vm.status === "running" && blocks(vm.config, "hostpcis").length > 0) {
          throw new Error("can't migrate running VM which uses passed-through devices: hostpci0");
        }
        const problem = migrationProblem(centre, vm);
        if (problem !== undefined) throw new Error(problem);
        const moved = { ...vm, host: target };
        for (const volume of Object.values(vm.volumes)) {
          if (!centre.state.storages[volume.storage]?.shared) reserve(centre, target, volume.storage, volume.sizeGiB);
        }
        if (vm.status === "running") assertCanStart(centre, moved);
        vm.host = target;
        centre.world.record("vm.migrate", `vm/${vmId}`, { from: host, to: target });
      });
    });
  }

  async delete(vmId: number, purge: boolean): Promise<void> {
    const { centre } = this;
    await centre.call(`DELETE ${path}/{vmid}`, `vm/${vmId}`, async () => {
      const { host, config } = this.get(vmId);
      if (config.protection === true) throw new ProxmoxError(500, `can't remove VM ${vmId} - protection mode enabled`);
      if (centre.state.haResources[`vm:${vmId}`] && !purge) {
        throw new ProxmoxError(500, `unable to remove VM ${vmId} - used in HA resources and purge parameter not set`);
      }
      const task = { host, type: "qmdestroy", subject: String(vmId), seconds: seconds.delete, locks: [`vm/${vmId}`] };
      await centre.tasks.run(task, () => {
        if (this.get(vmId).status === "running") throw new Error(`VM ${vmId} is running - destroy failed`);
        // Volumes of others that are plugged in stay on their storages, whatever is purged.
        delete centre.state.vms[vmId];
        delete centre.state.firewall[`vm/${vmId}`];
        delete centre.state.haResources[`vm:${vmId}`];
        this.leavePools(vmId);
        centre.world.record("vm.delete", `vm/${vmId}`);
        this.power.destroyed(`vm/${vmId}`);
      });
    });
  }

  private async act(
    vmId: number,
    verb: string,
    type: string,
    taskSeconds: number,
    work: (vm: VmState) => void,
  ): Promise<void> {
    await this.centre.call(`POST ${path}/{vmid}/status/${verb}`, `vm/${vmId}`, async () => {
      const { host } = this.get(vmId);
      const task = { host, type, subject: String(vmId), seconds: taskSeconds, locks: [`vm/${vmId}`] };
      await this.centre.tasks.run(task, () => work(this.get(vmId)));
    });
  }

  private switchOff(vm: VmState, kind: string): void {
    if (vm.status === "stopped") return;
    vm.status = "stopped";
    delete vm.running;
    this.centre.world.record(kind, `vm/${vm.vmId}`, { host: vm.host });
    this.power.powerOff(`vm/${vm.vmId}`);
  }

  private get(vmId: number): VmState {
    const vm = this.centre.state.vms[vmId];
    if (!vm) throw new ProxmoxError(500, `Configuration file 'qemu-server/${vmId}.conf' does not exist`);
    return vm;
  }

  private assertFree(vmId: number): void {
    if (this.centre.state.vms[vmId]) {
      throw new ProxmoxError(500, `unable to create VM ${vmId}: config file already exists`);
    }
    const container = this.centre.state.containers?.[vmId];
    if (container) throw new ProxmoxError(500, `CT ${vmId} already exists on node '${container.host}'`);
  }

  private storageLocks(host: string, storages: string[]): string[] {
    return [...new Set(storages)].map((name) =>
      this.centre.state.storages[name]?.shared ? `storage/${name}` : `storage/${host}/${name}`,
    );
  }

  private joinPool(vmId: number, poolId: unknown): void {
    if (!poolId) return;
    const pool = this.centre.state.pools[String(poolId)];
    if (!pool) throw new Error(`pool '${poolId}' does not exist`);
    if (!pool.vmIds.includes(vmId)) pool.vmIds.push(vmId);
  }

  private leavePools(vmId: number): void {
    for (const pool of Object.values(this.centre.state.pools)) pool.vmIds = pool.vmIds.filter((each) => each !== vmId);
  }
}

/** @throws ProxmoxError when Proxmox would not write the configuration */
function assertConfig(centre: DataCentre, host: string, config: Properties): void {
  const fileId = block(config, "cdrom").fileId;
  if (typeof fileId === "string" && fileId !== "" && fileId !== "none" && fileId !== "cdrom") {
    const [storage = ""] = fileId.split(":");
    centre.storage(storage, "iso");
    if (!findFile(centre, host, fileId)) throw new ProxmoxError(500, `volume '${fileId}' does not exist`);
  }
  for (const disk of blocks(config, "disks")) {
    if (disk.importFrom && !findFile(centre, host, String(disk.importFrom))) {
      throw new ProxmoxError(500, `volume '${disk.importFrom}' does not exist`);
    }
    if (disk.ssd === true && String(disk.interface).startsWith("virtio")) {
      throw new ProxmoxError(
        400,
        `Parameter verification failed. (${disk.interface}: invalid format - ssd: property is not defined in schema)`,
      );
    }
  }
  if (config.poolId && !centre.state.pools[String(config.poolId)]) {
    throw new ProxmoxError(500, `pool '${config.poolId}' does not exist`);
  }
}
