import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { imageLocations } from "../components/talos-image/locations.ts";
import { sharedSchema } from "../config/index.ts";

const project = resolve(import.meta.dirname, "..");
const stackFiles = join(project, "examples", "fleet");

/** A project folder with stack files made for a measurement. */
export interface Scenario {
  folder: string;
  /** Cluster stacks, without `shared`. */
  stacks: string[];
  nodesPerCluster: number;
  /** Boot images that the shared file asks for: one per release and place that holds images. */
  images: number;
}

/**
 * Writes the stack files of `clusters` clusters of `nodes` nodes each into an empty folder. They are the
 * shared file that the project comes with and a cluster file as small as a user's, so that what is measured is what is used.
 */
export function writeScenario(folder: string, clusters: number, nodes: number): Scenario {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const shared = sharedFile();
  writeFileSync(join(folder, "Pulumi.shared.yaml"), stringify(shared));
  const stacks = Array.from({ length: clusters }, (_, index) => `c${String(index + 1).padStart(3, "0")}`);
  for (const [index, stack] of stacks.entries()) {
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), clusterFile(index + 1, nodes));
  }
  const { proxmox, releases } = sharedSchema.parse(shared.config["orrery:shared"]);
  const images = Object.keys(releases).length * imageLocations(proxmox).length;
  return { folder, stacks, nodesPerCluster: nodes, images };
}

/** Without the hosts' limits: three hosts have to hold what is measured. */
function sharedFile() {
  const file = parse(readFileSync(join(stackFiles, "Pulumi.shared.yaml"), "utf8"));
  for (const host of Object.values<Record<string, unknown>>(file.config["orrery:shared"].proxmox.hosts)) {
    delete host.memoryMiB;
    delete host.threads;
  }
  return file;
}

function clusterFile(id: number, nodes: number): string {
  const controlPlanes = nodes >= 4 ? 3 : 1;
  const cluster = {
    ...parse(readFileSync(join(stackFiles, "Pulumi.luna.yaml"), "utf8")).config["orrery:cluster"],
    id,
    controlPlanes: { count: controlPlanes },
    workers: { wk: { count: nodes - controlPlanes } },
  };
  return stringify({ config: { "orrery:cluster": cluster } });
}
