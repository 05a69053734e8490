/** What the shared configuration may say beyond its shape: names it uses have to exist, versions have to go together. */
import { kubernetesRange, supportedTalos } from "./compatibility.ts";
import { type Problem, pathOf } from "./problems.ts";
import type { Release, SharedConfig } from "./shared.ts";
import { either, suggestion } from "./suggest.ts";

/** Problems between the parts of a shared configuration; paths are relative to `orrery:shared`. */
export function sharedProblems(shared: SharedConfig): Problem[] {
  return [
    ...storageProblems(shared),
    ...hostProblems(shared),
    ...Object.entries(shared.releases).flatMap(([name, release]) => releaseProblems(name, release)),
  ];
}

/** A name that has to be one of the known ones, or the problem that it is not. */
export function unknownName(path: string, name: string, what: string, known: readonly string[]): Problem[] {
  if (known.includes(name)) return [];
  const allowed = known.length > 0 ? either(known) : `none, because there is no ${what}`;
  return [{ path, value: name, message: `${what} does not exist`, allowed, hint: suggestion(name, known) }];
}

function storageProblems({ proxmox }: SharedConfig): Problem[] {
  const uses = [
    { path: "proxmox.diskStorage", storage: proxmox.diskStorage, content: "images" },
    { path: "proxmox.imageStorage", storage: proxmox.imageStorage, content: "iso" },
    ...Object.entries(proxmox.hosts).flatMap(([host, { diskStorage, imageStorage }]) => [
      { path: pathOf(["proxmox", "hosts", host, "diskStorage"]), storage: diskStorage, content: "images" },
      { path: pathOf(["proxmox", "hosts", host, "imageStorage"]), storage: imageStorage, content: "iso" },
    ]),
  ];
  return uses.flatMap(({ path, storage, content }) => {
    if (storage === undefined) return [];
    const known = proxmox.storages[storage];
    if (!known) return unknownName(path, storage, "storage", Object.keys(proxmox.storages));
    if (known.content.some((kind) => kind === content)) return [];
    return [
      {
        path,
        value: storage,
        message: `storage holds no ${content === "iso" ? "boot images" : "VM disks"}`,
        allowed: `a storage with content "${content}"`,
      },
    ];
  });
}

function hostProblems({ proxmox, sdn }: SharedConfig): Problem[] {
  const hosts = Object.keys(proxmox.hosts);
  const mappings = Object.entries(proxmox.pciMappings).flatMap(([name, maps]) =>
    maps.flatMap(({ host }, index) =>
      unknownName(pathOf(["proxmox", "pciMappings", name, index, "host"]), host, "host", hosts),
    ),
  );
  const exits = (sdn?.exitNodes ?? []).flatMap((host, index) =>
    unknownName(pathOf(["sdn", "exitNodes", index]), host, "host", hosts),
  );
  const primary =
    sdn?.primaryExitNode === undefined
      ? []
      : unknownName("sdn.primaryExitNode", sdn.primaryExitNode, "exit node", sdn.exitNodes);
  return [...mappings, ...exits, ...primary];
}

function releaseProblems(name: string, release: Release): Problem[] {
  const path = (...keys: PropertyKey[]) => pathOf(["releases", name, ...keys]);
  return [...versionProblems(release, path), ...imageProblems(release, path), ...speakerProblems(release, path)];
}

type Path = (...keys: PropertyKey[]) => string;

function versionProblems(release: Release, path: Path): Problem[] {
  const range = kubernetesRange(release.talos);
  if (!range) {
    const allowed = `Talos ${either(supportedTalos)}`;
    return [{ path: path("talos"), value: release.talos, message: "is not a supported Talos version", allowed }];
  }
  if (range.holds(release.kubernetes)) return [];
  return [
    {
      path: path("kubernetes"),
      value: release.kubernetes,
      message: `does not run on Talos ${release.talos}`,
      allowed: range.text,
    },
  ];
}

function imageProblems(release: Release, path: Path): Problem[] {
  const custom = release.customExtensions.findIndex(({ enabled }) => enabled);
  if (release.image.source !== "factory" || custom < 0) return [];
  return [
    {
      path: path("customExtensions", custom),
      value: release.customExtensions[custom]?.name,
      message: "is in no Image Factory",
      hint: "use image.source imager, or switch the extension off with enabled: false",
    },
  ];
}

function speakerProblems(release: Release, path: Path): Problem[] {
  const speaker = release.bgpSpeaker;
  if (speaker === "none") return [];
  const carried =
    speaker === "bird"
      ? release.extensions.some(({ name }) => name === "siderolabs/bird2")
      : release.customExtensions.some(({ name, enabled }) => enabled && /\bfrr\b/.test(name));
  if (carried) return [];
  return [
    {
      path: path("bgpSpeaker"),
      value: speaker,
      message: "has no extension in the image",
      hint:
        speaker === "bird"
          ? "add siderolabs/bird2 to extensions (Talos 1.12 or later has it)"
          : "add a custom extension with frr in its name, enable it, or set bgpSpeaker: none",
    },
  ];
}
