import { readFileSync } from "node:fs";
import type { ProviderFunction } from "../../protocol/provider.ts";
import { sha256 } from "../contents.ts";
import { checkArguments, type TalosContext } from "../context.ts";
import { normalize } from "../tools-folder.ts";

const prefix = "talos:imageFactory/";
const urlsToken = `${prefix}getUrls:getUrls`;
const versionsToken = `${prefix}getVersions:getVersions`;
const extensionsToken = `${prefix}getExtensionsVersions:getExtensionsVersions`;
const overlaysToken = `${prefix}getOverlaysVersions:getOverlaysVersions`;

/** Talos versions, and names of official extensions by minor version. */
interface Catalogue {
  versions: string[];
  extensions: Record<string, string[]>;
}

const catalogue: Catalogue = JSON.parse(readFileSync(new URL("../catalogue.json", import.meta.url), "utf8"));

const overlays = ["jetson_orin_nx", "rock4cplus", "rockpi4", "rockpi4c", "rpi_5", "rpi_generic", "turingrk1"];

/** The Image Factory's functions; `getUrls` computes, the others read the lab's catalogue. */
export function imageFactoryFunctions(context: TalosContext): Record<string, ProviderFunction> {
  return {
    [urlsToken]: async (args) => {
      const failures = checkArguments(urlsToken, args);
      if (failures.length > 0) return { failures };
      if ((args.platform === undefined) === (args.sbc === undefined)) {
        const reason = 'exactly one of "platform" and "sbc" must be set';
        return { failures: [{ property: "platform", reason }] };
      }
      return { result: { ...args, architecture: args.architecture ?? "amd64", id: "", urls: urlsOf(context, args) } };
    },
    [versionsToken]: async (args) => {
      const failures = checkArguments(versionsToken, args);
      if (failures.length > 0) return { failures };
      const stableOnly = (args.filters as { stableVersionsOnly?: boolean } | undefined)?.stableVersionsOnly === true;
      const talosVersions = catalogue.versions.filter((version) => !stableOnly || !version.includes("-"));
      return { result: { ...args, id: "image_factory_versions", talosVersions } };
    },
    [extensionsToken]: async (args) => {
      const failures = checkArguments(extensionsToken, args);
      if (failures.length > 0) return { failures };
      const version = normalize(args.talosVersion as string);
      if (!catalogue.versions.includes(version))
        throw new Error(`failed to get extensions: version ${version} is not available`);
      const exact = (args.exactFilters as { names?: string[] } | undefined)?.names;
      const parts = (args.filters as { names?: string[] } | undefined)?.names;
      const extensionsInfos = extensionsOf(version)
        .map((name) => `siderolabs/${name}`)
        .filter((name) => !exact || exact.includes(name))
        .filter((name) => !parts || parts.some((part) => name.includes(part)))
        .map((name) => imageOf(name, version, { author: "Sidero Labs", description: `system extension ${name}` }));
      return { result: { ...args, id: "extensions_info", extensionsInfos } };
    },
    [overlaysToken]: async (args) => {
      const failures = checkArguments(overlaysToken, args);
      if (failures.length > 0) return { failures };
      const version = normalize(args.talosVersion as string);
      const part = (args.filters as { name?: string } | undefined)?.name ?? "";
      const overlaysInfos = overlays
        .filter((name) => name.includes(part))
        .map((name) => imageOf(name, version, { image: `siderolabs/sbc-${name.split("_")[0]}` }));
      return { result: { ...args, id: "overlays_info", overlaysInfos } };
    },
  };
}

/** Extensions change with minor versions; a newer one than the catalogue's has at least what the newest there has. */
function extensionsOf(version: string): string[] {
  const minor = version.split(".").slice(0, 2).join(".");
  return catalogue.extensions[minor] ?? Object.values(catalogue.extensions).at(-1) ?? [];
}

/** The lab's registry holds images of its own: their digests are those of their references. */
function imageOf<T extends object>(name: string, version: string, more: T) {
  const ref = `registry.lab/${name}:${version}`;
  return { name, ref, digest: `sha256:${sha256(ref)}`, ...more };
}

function urlsOf(context: TalosContext, args: Record<string, unknown>): Record<string, string> {
  const base = context.imageFactoryUrl.replace(/\/$/, "");
  const { host, protocol } = new URL(base);
  const architecture = (args.architecture as string | undefined) ?? "amd64";
  const version = `v${String(args.talosVersion).replace(/^v/, "")}`;
  const schematic = args.schematicId as string;
  const platform = args.platform as string | undefined;
  const file = (name: string) => `${base}/image/${schematic}/${version}/${name}`;
  if (!platform) {
    return { installer: `${host}/metal-installer/${schematic}:${version}`, diskImage: file("metal-arm64.raw.xz") };
  }
  const stem = `${platform}-${architecture}`;
  const pxe = `${protocol}//pxe.${host}/pxe/${schematic}/${version}/${stem}`;
  const metal: Record<string, string> =
    platform === "metal"
      ? {
          diskImage: file(`${stem}.raw.zst`),
          diskImageSecureboot: file(`${stem}-secureboot.raw.zst`),
          kernel: file(`kernel-${architecture}`),
          kernelCommandLine: file(`cmdline-${stem}`),
          initramfs: file(`initramfs-${architecture}.xz`),
          uki: file(`${stem}-secureboot.uki.efi`),
        }
      : { diskImage: file(`${stem}.raw.xz`), diskImageSecureboot: file(`${stem}-secureboot.raw.xz`) };
  return {
    installer: `${host}/${platform}-installer/${schematic}:${version}`,
    installerSecureboot: `${host}/${platform}-installer-secureboot/${schematic}:${version}`,
    iso: file(`${stem}.iso`),
    isoSecureboot: file(`${stem}-secureboot.iso`),
    pxe,
    ...metal,
  };
}
