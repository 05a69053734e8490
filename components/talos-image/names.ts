/** What files, references and URLs of an image are called. All of them carry version and schematic. */
import type { Release } from "../../config/index.ts";

/** How much of a schematic's id names go by where there is little room; 48 bits tell images of one project apart. */
const shortIdLength = 12;

/** Names an image among all of a project: `v1.11.5-a1b2c3d4e5f6`; `arm64` or `metal` is added where it is not the usual. */
export function imageName(release: Release, schematic: string): string {
  const unusual = [release.platform, release.architecture].filter((part) => part !== "nocloud" && part !== "amd64");
  return [release.talos, schematic.slice(0, shortIdLength), ...unusual].join("-");
}

/** The ISO's file name; a new version or schematic is a new file, so that nothing is overwritten under running VMs. */
export function imageFileName(release: Release, schematic: string): string {
  return `talos-${release.talos}-${schematic}-${release.platform}-${release.architecture}.iso`;
}

/**
 * What `machine.install.image` says.
 *
 * @param platform of the machine. @default the release's
 */
export function installerReference(release: Release, schematic: string, platform: string = release.platform): string {
  if (release.image.source === "factory") {
    return `${new URL(release.image.url).host}/${platform}-installer/${schematic}:${release.talos}`;
  }
  const suffix = platform === release.platform ? "" : `-${platform}`;
  return `${release.image.repository}/installer:${release.talos}-${schematic.slice(0, shortIdLength)}${suffix}`;
}

/** Where a factory serves the ISO. */
export function isoUrl(factory: string, release: Release, schematic: string): string {
  const base = factory.replace(/\/+$/, "");
  return `${base}/image/${schematic}/${release.talos}/${release.platform}-${release.architecture}.iso`;
}
