import { randomUUID } from "node:crypto";
import type { CheckFailure, LabProvider } from "../protocol/provider.ts";
import { isUnknown, type Properties } from "../protocol/values.ts";
import { loadSchema } from "../schema/tables.ts";
import type { Site } from "../site.ts";
import type { MachinePower } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { DataCentre } from "./datacentre.ts";
import { proxmoxFunctions } from "./functions.ts";
import { clusterResources } from "./resources/cluster.ts";
import { fileResources } from "./resources/files.ts";
import { firewallResources } from "./resources/firewall.ts";
import { sdnResources } from "./resources/sdn.ts";
import { vmResource } from "./resources/vm.ts";
import { emptyProxmox } from "./state.ts";
import { VirtualMachines } from "./vm.ts";

/** Where the lab's data centre pretends to be. */
export const endpoint = "https://pve.lab.internal:8006/";

/** The Proxmox VE of the lab. */
export interface Proxmox {
  provider: LabProvider;
  centre: DataCentre;
  vms: VirtualMachines;
  /** For `PROXMOX_VE_API_TOKEN`; made with the world. */
  apiToken: string;
}

/** Opens the data centre in a world; hosts, storages and bridges are what the site says now. */
export function openProxmox(world: World, site: Site, power: MachinePower): Proxmox {
  const state = world.part("proxmox", () => emptyProxmox(`orrery@pve!lab=${randomUUID()}`));
  Object.assign(state, structuredClone({ hosts: site.hosts, storages: site.storages, bridges: site.bridges }));
  world.touch();
  const centre = new DataCentre(world, state);
  const vms = new VirtualMachines(centre, power);
  const provider: LabProvider = {
    name: "proxmoxve",
    version: loadSchema("proxmoxve").version,
    checkConfig,
    async configure(config) {
      const token = config.apiToken;
      if (typeof token === "string" && !isUnknown(token) && token !== state.apiToken) {
        throw new Error("received an HTTP 401 response - Reason: invalid token value!");
      }
    },
    resources: Object.fromEntries([
      vmResource(centre, vms),
      ...fileResources(centre),
      ...sdnResources(centre),
      ...firewallResources(centre),
      ...clusterResources(centre),
    ]),
    functions: proxmoxFunctions(centre),
  };
  return { provider, centre, vms, apiToken: state.apiToken };
}

const configKeys = new Set([
  "apiToken",
  "authTicket",
  "csrfPreventionToken",
  "endpoint",
  "insecure",
  "minTls",
  "otp",
  "password",
  "pluginDownloadURL",
  "randomVmIdEnd",
  "randomVmIdStart",
  "randomVmIds",
  "ssh",
  "tmpDir",
  "username",
  "version",
]);

function checkConfig(config: Properties): CheckFailure[] {
  const failures = Object.keys(config)
    .filter((name) => !configKeys.has(name) && !name.startsWith("__"))
    .map((name) => ({ property: name, reason: "unknown property" }));
  const { endpoint: given } = config;
  if (typeof given === "string" && !isUnknown(given) && !/^https:\/\/[^/]+\/?$/.test(given)) {
    failures.push({ property: "endpoint", reason: `must be an https URL without path, got "${given}"` });
  }
  return failures;
}
