import { File } from "@muhlba91/pulumi-proxmoxve/download/file.js";
import { FileLegacy } from "@muhlba91/pulumi-proxmoxve/fileLegacy.js";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { Schematic } from "@pulumiverse/talos/imagefactory/schematic.js";
import type { Release, SharedConfig } from "../config/index.ts";
import type { PublishedImage } from "./facts.ts";
import { imagerScript } from "./talos-image/imager.ts";
import { isoUrl } from "./talos-image/names.ts";
import { type ImagePlan, type MetalMachine, planImage, planMetalInstallers } from "./talos-image/plan.ts";
import { whyUnusable } from "./talos-image/published.ts";
import { type Schematic as SchematicPlan, schematicYaml } from "./talos-image/schematic.ts";

/**
 * A file that comes from elsewhere now, or through another host, has the name that it had: made first and deleted
 * afterwards, as Pulumi does it otherwise, it would be gone in the end.
 */
const sameFile = { deleteBeforeReplace: true };

/** What a {@link TalosImage} is made of. */
export interface TalosImageArgs {
  /** The release's name, for messages. */
  releaseName: string;
  release: Release;
  /** `publish` builds the image and puts it on the hosts; `use` takes what is published. */
  use: "publish" | "use";
  /** Hosts and storages of the data centre. */
  proxmox: SharedConfig["proxmox"];
  /** What the stack `shared` exports for the release; only for `use`. */
  published?: PublishedImage;
  /** Bare-metal machines, which get installers of their own; only for `use`. @default none */
  metal?: MetalMachine[];
}

/**
 * A release's boot ISO and installer, either out of an Image Factory or built by Talos' imager.
 *
 * The stack `shared` publishes an image once per host, or once per storage that hosts share. A cluster stack uses what
 * is published and is refused before it changes anything when that is missing.
 */
export class TalosImage extends pulumi.ComponentResource {
  /** Names and references; plain, so that they show in a preview. */
  readonly image: PublishedImage;
  /** The same once all of it exists: what a stack exports for others. */
  readonly ready: pulumi.Output<PublishedImage>;

  constructor(name: string, args: TalosImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("orrery:index:TalosImage", name, {}, opts);
    const plan = planImage(args.release, args.proxmox);

    const made = args.use === "publish" ? this.publish(name, args, plan) : this.use(args, plan);
    const installers = this.metalInstallers(name, args);

    this.image = { ...plan.published, ...(args.metal ? { metalInstallers: installers.references } : {}) };
    this.ready = pulumi.all([...made, ...installers.made]).apply(() => this.image);
    this.registerOutputs({});
  }

  private publish(name: string, args: TalosImageArgs, plan: ImagePlan): pulumi.Output<string>[] {
    const source = args.release.image;
    if (source.source === "factory") {
      const { made, resource } = this.register(name, plan.schematic, plan.published.schematic);
      return [made, ...this.download(name, args.release, source.url, plan, resource)];
    }
    const fileName = plan.fileName;
    const installer = plan.published.installer;
    const build = this.build(name, args.release, plan.schematic, args.release.platform, installer, fileName);
    return [build.id, ...this.upload(name, `${source.folder}/${fileName}`, plan, build)];
  }

  private use({ releaseName, published }: TalosImageArgs, plan: ImagePlan): pulumi.Output<string>[] {
    const reason = whyUnusable(releaseName, plan, published);
    if (reason !== undefined) throw new pulumi.RunError(reason);
    return [];
  }

  private metalInstallers(name: string, { release, metal = [] }: TalosImageArgs) {
    const references: Record<string, string> = {};
    const made: pulumi.Output<string>[] = [];
    for (const installer of planMetalInstallers(release, metal)) {
      const child = `${name}-${installer.name}`;
      made.push(
        release.image.source === "factory"
          ? this.register(child, installer.schematic, installer.id).made
          : this.build(child, release, installer.schematic, "metal", installer.reference).id,
      );
      for (const machine of installer.machines) references[machine] = installer.reference;
    }
    return { references, made };
  }

  /** Tells the factory the schematic and holds its answer against the id that all names were made of. */
  private register(name: string, schematic: SchematicPlan, id: string) {
    const resource = new Schematic(`${name}-schematic`, { schematic: schematicYaml(schematic) }, { parent: this });
    const made = resource.id.apply((answer) => {
      if (answer === id) return answer;
      throw new pulumi.RunError(`the Image Factory calls the schematic ${answer}, not ${id} as computed`);
    });
    return { resource, made };
  }

  private download(name: string, release: Release, factory: string, plan: ImagePlan, dependsOn: pulumi.Resource) {
    const url = isoUrl(factory, release, plan.published.schematic);
    return plan.locations.map((location) => {
      const args = {
        nodeName: location.through,
        datastoreId: location.storage,
        contentType: "iso",
        fileName: plan.fileName,
        url,
        // The name carries the content: a file that is there is the right one, whoever put it there.
        overwrite: false,
        overwriteUnmanaged: true,
      };
      return new File(`${name}-${location.name}`, args, { ...sameFile, parent: this, dependsOn }).id;
    });
  }

  /** There is no delete command: what was pushed may still be installed on machines. */
  private build(
    name: string,
    release: Release,
    schematic: SchematicPlan,
    platform: string,
    installer: string,
    fileName?: string,
  ): Command {
    const folder = release.image.source === "imager" ? release.image.folder : ".";
    const create = imagerScript({ release, schematic, platform, folder, fileName, installer });
    return new Command(`${name}-build`, { create, addPreviousOutputInEnv: false }, { parent: this });
  }

  private upload(name: string, path: string, plan: ImagePlan, dependsOn: pulumi.Resource) {
    return plan.locations.map((location) => {
      const args = {
        nodeName: location.through,
        datastoreId: location.storage,
        contentType: "iso",
        sourceFile: { path },
      };
      return new FileLegacy(`${name}-${location.name}`, args, { ...sameFile, parent: this, dependsOn }).id;
    });
  }
}
