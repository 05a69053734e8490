import * as pulumi from "@pulumi/pulumi";
import type { PublishedImage } from "../components/facts.ts";
import { planImage } from "../components/talos-image/plan.ts";
import { TalosImage } from "../components/talos-image.ts";
import type { SharedConfig } from "../config/index.ts";
import type { Outputs } from "./index.ts";
import { proxmoxProvider } from "./proxmox.ts";
import { clusterFirewall } from "./shared/firewall.ts";
import { imagesToKeep, type PreviousImages } from "./shared/images.ts";
import { pciMappings } from "./shared/pci-mappings.ts";
import { evpnZone } from "./shared/sdn.ts";

/** What all clusters share: boot images of all releases, SDN zone, firewall of the data centre, PCI mappings. */
export async function shared(config: SharedConfig): Promise<Outputs> {
  const opts = { provider: proxmoxProvider(config).proxmoxve };

  const { current, retired } = imagesToKeep(config, await previousImages());
  const ready: Record<string, pulumi.Output<PublishedImage>> = {};
  for (const [name, { releaseName, release }] of Object.entries({ ...current, ...retired })) {
    const args = { releaseName, release, use: "publish", proxmox: config.proxmox } as const;
    ready[name] = new TalosImage(`talos-${name}`, args, { providers: [opts.provider] }).ready;
  }

  const zone = evpnZone(config, opts);
  clusterFirewall(config, opts);
  pciMappings(config, opts);

  // The images are exported when the last one is in place: what others read is there.
  const images = pulumi.all(Object.values(ready)).apply(() => publishedImages(config));
  const retiredReleases = Object.fromEntries(
    Object.values(retired).map(({ releaseName, release }) => [releaseName, release]),
  );
  return { releases: config.releases, images, sdn: zone, retiredReleases };
}

/** The image of each release; plain, because all names follow from what is in it. */
function publishedImages(config: SharedConfig): Record<string, PublishedImage> {
  return Object.fromEntries(
    Object.entries(config.releases).map(([name, release]) => [name, planImage(release, config.proxmox).published]),
  );
}

/** What this stack exported the last time; a stack may read itself. */
async function previousImages(): Promise<PreviousImages> {
  const self = new pulumi.StackReference("previous", {
    name: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
  });
  const [releases, retiredReleases] = await Promise.all(
    ["releases", "retiredReleases"].map(async (output) => (await self.getOutputDetails(output)).value),
  );
  return { releases, retiredReleases };
}
