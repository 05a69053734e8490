import type { SharedConfig } from "../../config/index.ts";

/** A place that holds an image: a host's own storage, or a storage that several hosts share. */
export interface ImageLocation {
  /** `resources` for a shared storage, `local-pve01` for a host's own. */
  name: string;
  storage: string;
  /** The host that fetches the file. */
  through: string;
  /** The hosts that see it there. */
  hosts: string[];
}

/** Where a boot image has to lie so that every host can boot from it: once per shared storage, once per other host. */
export function imageLocations(proxmox: SharedConfig["proxmox"]): ImageLocation[] {
  const locations = new Map<string, ImageLocation>();
  for (const host of Object.keys(proxmox.hosts).sort()) {
    const storage = proxmox.hosts[host]?.imageStorage ?? proxmox.imageStorage;
    const name = proxmox.storages[storage]?.shared ? storage : `${storage}-${host}`;
    const known = locations.get(name);
    if (known) known.hosts.push(host);
    else locations.set(name, { name, storage, through: host, hosts: [host] });
  }
  return [...locations.values()];
}
