/**
 * What the CSI plugin for Proxmox and Kubernetes' attach-detach controller do together: a volume that is to be attached is
 * plugged into the node's VM, and taken off it once no pod of the node uses it any more.
 *
 * Facts: github.com/sergelogvinov/proxmox-csi-plugin, v0.19.1: pkg/csi/driver.go (name), pkg/csi/utils.go (the first free
 * SCSI interface from 1 on; the volume is looked for on all VMs), pkg/utils/volume (form of a volume handle).
 */
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { type ClusterApi, timestamp } from "./api.ts";

/** Name of the plugin's driver. */
const driver = "csi.proxmox.sinextra.dev";

/** How long it takes from the last pod's end until a volume is off the VM: unmounting, and two controllers. */
const detachMs = 12_000;

/** A hypervisor whose VMs' disks come and go while they run. */
export interface DiskHost {
  /** Plugs a volume into the VM of a node; answers why it cannot. */
  plug(node: string, volume: string): string | undefined;
  /** Takes a volume off whatever VM has it. */
  unplug(volume: string): void;
}

interface Attachment {
  attacher: string;
  nodeName: string;
  source: { persistentVolumeName: string };
}

interface Volume {
  csi?: { volumeHandle: string };
  claimRef?: { namespace: string; name: string };
}

/** Lets the plugin of a cluster attach and detach, as far as the present time allows. */
export function attachVolumes(world: World, api: ClusterApi, host: DiskHost): void {
  if (!api.get("storage.k8s.io/v1", "CSIDriver", driver)) return;
  for (const attachment of api.list("volumeattachments") ?? []) {
    const { attacher, nodeName, source } = attachment.spec as Attachment;
    const volume = api.get("v1", "PersistentVolume", source.persistentVolumeName)?.spec as Volume | undefined;
    if (attacher !== driver || !volume) continue;
    const id = volumeId(volume);
    if (!isRecord(attachment.status)) {
      const problem = host.plug(nodeName, id);
      attachment.status = problem === undefined ? { attached: true } : { attached: false, attachError: problem };
      world.touch();
    }
    if (isUsed(api, nodeName, volume)) continue;
    const { metadata } = attachment;
    if (metadata.deletionTimestamp === undefined) {
      metadata.deletionTimestamp = timestamp(world.clock.nowMs);
      world.touch();
    } else if (timestamp(world.clock.nowMs - detachMs) >= String(metadata.deletionTimestamp)) {
      host.unplug(id);
      api.release(attachment);
    }
  }
}

/** `region/zone/storage/vm-9999-pvc-1`, as Proxmox names it: `storage:vm-9999-pvc-1`. */
function volumeId({ csi }: Volume): string {
  const [, , storage = "", ...path] = (csi?.volumeHandle ?? "").split("/");
  return `${storage}:${path.join("/")}`;
}

function isUsed(api: ClusterApi, node: string, { claimRef }: Volume): boolean {
  return (api.list("pods") ?? []).some(({ metadata, spec }: KubernetesObject) => {
    if (!isRecord(spec) || spec.nodeName !== node || metadata.namespace !== claimRef?.namespace) return false;
    const volumes = Array.isArray(spec.volumes) ? spec.volumes.filter(isRecord) : [];
    return volumes.some(({ persistentVolumeClaim: claim }) => isRecord(claim) && claim.claimName === claimRef?.name);
  });
}
