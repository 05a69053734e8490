import { imageName } from "../../components/talos-image/names.ts";
import { planImage } from "../../components/talos-image/plan.ts";
import { type Release, releaseSchema, type SharedConfig } from "../../config/shared.ts";

/** A release whose image has to lie on the hosts, under the image's name. */
export interface KeptImage {
  releaseName: string;
  release: Release;
}

/** What the stack exported when it was brought up last; undefined values before the first time. */
export interface PreviousImages {
  releases: unknown;
  retiredReleases: unknown;
}

/**
 * The images of all releases, each once however many releases share it, and the images that former releases had: a VM
 * whose drive names a deleted ISO does not start again, so an image stays until the stack file says
 * `retiredImages: remove`.
 *
 * @returns by image name; `retired` are those that no release names any more
 */
export function imagesToKeep(
  config: SharedConfig,
  previous: PreviousImages,
): { current: Record<string, KeptImage>; retired: Record<string, KeptImage> } {
  const current: Record<string, KeptImage> = {};
  for (const [releaseName, release] of Object.entries(config.releases)) {
    current[nameOf(release, config)] ??= { releaseName, release };
  }
  const retired: Record<string, KeptImage> = {};
  if (config.retiredImages === "remove") return { current, retired };
  for (const former of [previous.retiredReleases, previous.releases]) {
    for (const [releaseName, value] of Object.entries(former ?? {})) {
      const release = releaseSchema.safeParse(value);
      if (!release.success) continue;
      const name = nameOf(release.data, config);
      if (!current[name]) retired[name] = { releaseName: formerName(releaseName, name), release: release.data };
    }
  }
  return { current, retired };
}

/** The name of a release's image. */
function nameOf(release: Release, config: SharedConfig): string {
  return imageName(release, planImage(release, config.proxmox).published.schematic);
}

/** `stable v1.11.5-a1b2c3d4e5f6`; a release that was retired before has such a name already. */
function formerName(releaseName: string, image: string): string {
  return releaseName.endsWith(image) ? releaseName : `${releaseName} ${image}`;
}
