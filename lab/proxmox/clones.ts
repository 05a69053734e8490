/**
 * Clones of templates, as Cluster API's provider for Proxmox makes them.
 *
 * Facts: github.com/ionos-cloud/cluster-api-provider-proxmox, v0.8.2: api/v1alpha2/proxmoxmachine_types.go (templates are
 * found by exactly these tags), internal/service/scheduler (a host that has room), internal/service/vmservice;
 * github.com/proxmox/qemu-server: src/PVE/API2/Qemu.pm (what is on local storage is cloned on its own host only).
 */
import { isDeepStrictEqual } from "node:util";
import type { Hypervisor } from "../kubernetes/cluster-api/hypervisor.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import type { DataCentre } from "./datacentre.ts";
import type { VmState } from "./state.ts";
import { block, runningMemoryMiB } from "./vm-config.ts";

/** Proxmox VE as Cluster API uses it. */
export function proxmoxHypervisor(centre: DataCentre): Hypervisor {
  const { state, world } = centre;
  return {
    clusterKind: "ProxmoxCluster",
    templateKind: "ProxmoxMachineTemplate",

    create({ name, spec, cluster }) {
      const { templateSelector, vmIDRange, memoryMiB } = spec;
      const tags = isRecord(templateSelector) ? (templateSelector.matchTags as string[]) : [];
      const templates = Object.values(state.vms).filter(({ config }) => isTemplate(config, tags));
      const [template] = templates;
      if (!template || templates.length > 1) {
        return { problem: `found ${templates.length} VM templates with tags ${tags.join(", ")}` };
      }
      const range = vmIDRange as { start: number; end: number };
      const vmId = firstFree(centre, range);
      if (vmId === undefined) return { problem: `no VM id is free in ${range.start} to ${range.end}` };
      const host = roomiest(centre, cluster.allowedNodes as string[], Number(memoryMiB));
      if (host === undefined) return { problem: `cannot reserve ${memoryMiB} MiB on any host` };
      if (host !== template.host && !isShared(centre, template)) {
        return { problem: `can't clone VM to node '${host}' (VM uses local storage)` };
      }
      state.vms[vmId] = clone(template, vmId, host, name, spec);
      world.record("vm.clone", `vm/${vmId}`, { host, name, template: template.vmId });
      return { id: String(vmId) };
    },

    size: ({ numSockets, numCores, memoryMiB }) => ({
      cores: Number(numSockets ?? 1) * Number(numCores),
      memoryMiB: Number(memoryMiB),
    }),

    runs: (id) => state.vms[id]?.status === "running",

    remove(id) {
      const vm = state.vms[id];
      if (!vm) return undefined;
      if (vm.config.protection === true) return `can't remove VM ${id} - protection mode enabled`;
      delete state.vms[id];
      world.record("vm.delete", `vm/${id}`);
      return undefined;
    },
  };
}

function isTemplate(config: Properties, tags: readonly string[]): boolean {
  const own = Array.isArray(config.tags) ? config.tags.map(String) : [];
  return config.template === true && isDeepStrictEqual(own.toSorted(), [...tags].sort());
}

/** Whether disks and image of a VM are on storage that all hosts see. */
function isShared({ state }: DataCentre, { volumes, config }: VmState): boolean {
  const { fileId } = block(config, "cdrom");
  const image = typeof fileId === "string" ? fileId.split(":") : [];
  const storages = [...Object.values(volumes).map(({ storage }) => storage), ...image.slice(0, 1)];
  return storages.every((storage) => state.storages[storage]?.shared ?? true);
}

function firstFree({ state }: DataCentre, { start, end }: { start: number; end: number }): number | undefined {
  for (let vmId = start; vmId <= end; vmId += 1) if (!state.vms[vmId] && !state.containers?.[vmId]) return vmId;
  return undefined;
}

function roomiest({ state }: DataCentre, hosts: readonly string[], memoryMiB: number): string | undefined {
  const free = hosts.flatMap((host) => {
    const known = state.hosts[host];
    if (!known) return [];
    const running = Object.values(state.vms).filter((vm) => vm.host === host && vm.status === "running");
    return [{ host, freeMiB: known.memoryMiB - running.reduce((sum, vm) => sum + runningMemoryMiB(vm), 0) }];
  });
  return free.filter(({ freeMiB }) => freeMiB >= memoryMiB).sort((a, b) => b.freeMiB - a.freeMiB)[0]?.host;
}

function clone(template: VmState, vmId: number, host: string, name: string, spec: Record<string, unknown>): VmState {
  const { numCores, memoryMiB, network, tags } = spec;
  const devices = isRecord(network) && Array.isArray(network.networkDevices) ? network.networkDevices : [];
  const config: Properties = {
    ...structuredClone(template.config),
    template: false,
    name,
    tags: tags as string[],
    cpu: { ...block(template.config, "cpu"), cores: Number(numCores) },
    memory: { dedicated: Number(memoryMiB) },
    networkDevices: devices.filter(isRecord).map(({ bridge, vlan }) => ({ bridge, vlanId: vlan })) as Properties[],
  };
  return { vmId, host, status: "running", config, volumes: structuredClone(template.volumes) };
}
