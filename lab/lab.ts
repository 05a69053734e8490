import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openCommand } from "./command/index.ts";
import { Repositories } from "./git/repositories.ts";
import { connectHypervisors } from "./hypervisors.ts";
import { openKubernetes } from "./kubernetes/open.ts";
import type { LabProvider } from "./protocol/provider.ts";
import { type ServedProvider, serveProvider } from "./protocol/serve.ts";
import { endpoint, openProxmox } from "./proxmox/open.ts";
import type { Site } from "./site.ts";
import { openTalos, type TalosLab } from "./talos/open.ts";
import { openLabTools } from "./tools/register.ts";
import { openTransit, secretsProvider } from "./vault/transit.ts";
import { routersOf } from "./vyos/tool.ts";
import type { FaultRule } from "./world/faults.ts";
import { openStore, type Store } from "./world/store.ts";
import { World } from "./world/world.ts";

export { type Site, siteOf } from "./site.ts";

/** Folder of the command-line tools that answer from the lab. */
const toolsFolder = fileURLToPath(new URL("./bin", import.meta.url));

/** How long a creation is waited for that others wait for, on a machine that is busy. */
const patienceMs = 5000;

declare module "./world/world.ts" {
  interface WorldParts {
    /** Machines of their own that were switched on when the lab first saw them, by key. */
    metal: string[];
  }
}

/** How a lab is opened. */
export interface LabOptions {
  /** Where the world is kept; one process at a time. */
  folder: string;
  site: Site;
  /** @default none */
  faults?: FaultRule[];
  /** Decides which calls faults with a probability hit. @default 0 */
  seed?: number;
}

/** An open lab. */
export interface Lab {
  world: World;
  /** What a Pulumi engine needs to know to work in it. */
  env: Record<string, string>;
  /** URL of what encrypts the secrets of its stacks. */
  secretsProvider: string;
  /** Saves the world and ends everything that listens. */
  close(): Promise<void>;
}

/**
 * Opens the simulated data centre in a folder: its world goes on where it stopped.
 * @throws Error that names the process when another one has it open
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  // Tools find it from wherever they run.
  const folder = resolve(options.folder);
  const store = openStore(folder);
  try {
    const world = new World(store.state, store.changed, options.faults, options.seed);
    world.clock.patienceMs = patienceMs;
    return await openParts(world, { ...options, folder }, store);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function openParts(world: World, { folder, site }: LabOptions, store: Store): Promise<Lab> {
  const talos = openTalos(world, folder);
  const repositories = new Repositories(join(folder, "repositories"));
  for (const url of site.repositories) repositories.create(url);
  const kubernetes = openKubernetes(world, talos.clusters, repositories);
  talos.connectKubernetes(kubernetes);
  const proxmox = openProxmox(world, site, talos.power);
  connectHypervisors(kubernetes, proxmox.centre);
  const tools = openLabTools(world, talos);
  const transit = await openTransit(folder);
  const env: Record<string, string> = {
    ...transit.env,
    ORRERY_LAB: await tools.listen(),
    ORRERY_LAB_FOLDER: folder,
    ORRERY_POLL_INTERVAL_MS: "5",
    PATH: [toolsFolder, process.env.PATH].filter(Boolean).join(delimiter),
    PROXMOX_VE_API_TOKEN: proxmox.apiToken,
    PROXMOX_VE_ENDPOINT: endpoint,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const command = openCommand(world, { env: { ...process.env, ...env } });
  const served = await serveAll(world, [proxmox.provider, talos.provider, kubernetes.provider, command.provider]);
  env.PULUMI_DEBUG_PROVIDERS = served.map(({ attachment }) => attachment).join(",");
  switchOnMetal(world, site, talos);
  installRouters(world, site);
  return {
    world,
    env,
    secretsProvider,
    async close() {
      command.close();
      for (const { close } of served) close();
      tools.close();
      transit.close();
      store.close();
    },
  };
}

function serveAll(world: World, providers: LabProvider[]): Promise<ServedProvider[]> {
  return Promise.all(providers.map((provider) => serveProvider(provider, world)));
}

/** Routers are there before anything is built; those that the lab knows already keep what they have. */
function installRouters(world: World, site: Site): void {
  const known = routersOf(world);
  for (const [host, router] of Object.entries(site.routers)) known[host] ??= router;
  world.touch();
}

/** Somebody put a boot image into each machine and pressed the button, once. */
function switchOnMetal(world: World, site: Site, talos: TalosLab): void {
  const seen = world.part("metal", () => []);
  for (const machine of site.metal) {
    if (seen.includes(machine.key)) continue;
    seen.push(machine.key);
    talos.power.powerOn(machine);
  }
  world.touch();
}
