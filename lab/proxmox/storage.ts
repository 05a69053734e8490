import type { DataCentre } from "./datacentre.ts";
import { ProxmoxError } from "./errors.ts";
import { type FileState, fileKey } from "./state.ts";

/** Seconds that a download or upload takes. */
const transferSeconds = 45;

/** Endings that Proxmox accepts, by content type. */
const endings: Record<string, RegExp> = {
  iso: /\.(iso|img)$/i,
  import: /\.(qcow2|raw|vmdk|ova)$/i,
  vztmpl: /\.tar\.(gz|xz|zst|bz2)$/i,
  snippets: /^[^/]+$/,
};

/** GiB that files and disks take on a storage, as one host sees it. */
export function usedGiB(centre: DataCentre, host: string, storage: string): number {
  const { files, vms, storages, volumes = {} } = centre.state;
  const prefix = storages[storage]?.shared ? `${storage}:` : `${host}/${storage}:`;
  let used = 0;
  for (const [key, file] of Object.entries(files)) if (key.startsWith(prefix)) used += file.sizeMiB / 1024;
  for (const [key, volume] of Object.entries(volumes)) if (key.startsWith(prefix)) used += volume.sizeGiB;
  for (const vm of Object.values(vms)) {
    if (!storages[storage]?.shared && vm.host !== host) continue;
    for (const volume of Object.values(vm.volumes)) if (volume.storage === storage) used += volume.sizeGiB;
  }
  return used;
}

/** @throws ProxmoxError when the storage does not hold that much more */
export function reserve(centre: DataCentre, host: string, storage: string, sizeGiB: number): void {
  const free = (centre.state.storages[storage]?.sizeGiB ?? 0) - usedGiB(centre, host, storage);
  if (sizeGiB > free) {
    throw new ProxmoxError(
      500,
      `storage '${storage}' on node '${host}' has not enough free space: ${sizeGiB} GiB needed, ${Math.floor(free)} GiB free`,
    );
  }
}

/** The volume id of a file: `resources:iso/talos.iso`. */
export function volumeId(storage: string, contentType: string, name: string): string {
  return `${storage}:${contentType}/${name}`;
}

/** The file behind a volume id as a host sees it. */
export function findFile(centre: DataCentre, host: string, id: string): FileState | undefined {
  return centre.state.files[fileKey(centre.state, host, id)];
}

/** Lets the host fetch a file into a storage. */
export async function downloadFile(
  centre: DataCentre,
  host: string,
  storage: string,
  file: { contentType: string; name: string; url: string; sizeMiB: number },
): Promise<void> {
  const id = volumeId(storage, file.contentType, file.name);
  await centre.call("POST /nodes/{node}/storage/{storage}/download-url", `${host}/${id}`, async () => {
    admit(centre, host, storage, file);
    if (findFile(centre, host, id)) throw new ProxmoxError(400, `refusing to override existing file '${file.name}'`);
    const key = fileKey(centre.state, host, id);
    // The lock is per file: storages take several downloads at a time, but never two of the same.
    const task = { host, type: "download", subject: file.name, seconds: transferSeconds, locks: [`file/${key}`] };
    await centre.tasks.run(task, () => {
      if (findFile(centre, host, id)) throw new Error(`refusing to override existing file '${file.name}'`);
      centre.state.files[key] = { sizeMiB: file.sizeMiB, contentType: file.contentType, url: file.url };
      centre.state.downloads[key] = (centre.state.downloads[key] ?? 0) + 1;
      centre.world.record("file.downloaded", key);
    });
  });
}

/** Takes a file from the client. */
export async function uploadFile(
  centre: DataCentre,
  host: string,
  storage: string,
  file: { contentType: string; name: string; sizeMiB: number },
): Promise<void> {
  const id = volumeId(storage, file.contentType, file.name);
  await centre.call("POST /nodes/{node}/storage/{storage}/upload", `${host}/${id}`, async () => {
    admit(centre, host, storage, file);
    const key = fileKey(centre.state, host, id);
    const task = { host, type: "imgcopy", subject: file.name, seconds: transferSeconds, locks: [`file/${key}`] };
    await centre.tasks.run(task, () => {
      centre.state.files[key] = { sizeMiB: file.sizeMiB, contentType: file.contentType };
      centre.world.record("file.uploaded", key);
    });
  });
}

/** Deletes a file, even one that a VM's drive names. */
export async function deleteFile(centre: DataCentre, host: string, id: string): Promise<void> {
  await centre.call("DELETE /nodes/{node}/storage/{storage}/content/{volume}", `${host}/${id}`, async () => {
    if (!findFile(centre, host, id)) return;
    await centre.tasks.run({ host, type: "imgdel", subject: id, seconds: 1 }, () => {
      delete centre.state.files[fileKey(centre.state, host, id)];
      centre.world.record("file.deleted", `${host}/${id}`);
    });
  });
}

function admit(
  centre: DataCentre,
  host: string,
  storage: string,
  file: { contentType: string; name: string; sizeMiB: number },
): void {
  centre.host(host);
  centre.storage(storage, file.contentType);
  if (!endings[file.contentType]?.test(file.name) || /[^A-Za-z0-9._+-]/.test(file.name)) {
    throw new ProxmoxError(400, `filename '${file.name}': wrong file extension for content type '${file.contentType}'`);
  }
  reserve(centre, host, storage, file.sizeMiB / 1024);
}
