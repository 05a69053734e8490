/** Disk encryption and user volumes. */
import type { NodePlan } from "../../facts.ts";
import type { ConfigDocument, PatchContext } from "./types.ts";

/** Encryption of the partitions that hold state and data, with a key that the machine itself provides. */
export function encryptionPatches({ config }: PatchContext): ConfigDocument[] {
  const encryption = encryptionOf(config.machine.diskEncryption);
  if (!encryption) return [];
  return ["STATE", "EPHEMERAL"].map((name) => ({ apiVersion: "v1alpha1", kind: "VolumeConfig", name, encryption }));
}

/** User volumes on further disks, encrypted like the system's. */
export function userVolumePatches({ config }: PatchContext, node: NodePlan): ConfigDocument[] {
  const encryption = encryptionOf(config.machine.diskEncryption);
  return (node.settings.userVolumes ?? []).map((volume) => ({
    apiVersion: "v1alpha1",
    kind: "UserVolumeConfig",
    name: volume.name,
    provisioning: {
      diskSelector: { match: volume.diskMatch },
      minSize: `${volume.minSizeGiB}GiB`,
      ...(volume.maxSizeGiB ? { maxSize: `${volume.maxSizeGiB}GiB` } : { grow: true }),
    },
    filesystem: { type: volume.filesystem },
    ...(encryption ? { encryption } : {}),
  }));
}

function encryptionOf(method: "none" | "nodeID" | "tpm") {
  if (method === "none") return undefined;
  return { provider: "luks2", keys: [{ slot: 0, [method]: {} }] };
}
