import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallContext } from "../../../../lab/protocol/provider.ts";
import type { Properties } from "../../../../lab/protocol/values.ts";
import { unwrap } from "../../../../lab/protocol/values.ts";
import type { ClientCredentials } from "../../../../lab/talos/credentials.ts";
import type { MachineSecrets } from "../../../../lab/talos/generate.ts";
import type { ConnectedKubernetes, MachineHardware } from "../../../../lab/talos/interface.ts";
import { openTalos, type TalosLab } from "../../../../lab/talos/open.ts";
import { World, type WorldRecord } from "../../../../lab/world/world.ts";

/** A lab with machines only, in a temporary folder. */
export interface TestLab {
  world: World;
  talos: TalosLab;
  folder: string;
  records(...kinds: string[]): WorldRecord[];
  remove(): void;
}

export const context: CallContext = { urn: "urn:test", preview: false, timeoutSeconds: 0 };

export function openTestLab(): TestLab {
  const folder = mkdtempSync(join(tmpdir(), "orrery-talos-"));
  const world = new World({ version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} }, () => {});
  const talos = openTalos(world, folder);
  return {
    world,
    talos,
    folder,
    records: (...kinds) => world.state.records.filter((record) => kinds.includes(record.kind)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A virtual machine with one disk that boots the Talos ISO. */
export function hardware(suffix: number, more: Partial<MachineHardware> = {}): MachineHardware {
  return {
    key: `vm/102${String(suffix).padStart(3, "0")}`,
    kind: "vm",
    host: "pve01",
    cores: 4,
    memoryMiB: 8192,
    disks: [{ name: "sda", sizeGiB: 40 }],
    macAddresses: [],
    addresses: [address(suffix)],
    bootImage: { talosVersion: "v1.11.5", schematic: "0", platform: "nocloud" },
    pciMappings: [],
    ...more,
  };
}

export function address(suffix: number): string {
  return `fd00:102::${suffix}`;
}

/** The secrets of a test cluster, made once for all tests by the real `talosctl`. */
let made: Promise<{ machineSecrets: MachineSecrets; clientConfiguration: ClientCredentials }> | undefined;

export function testSecrets(lab: TestLab) {
  made ??= create(lab, "talos:machine/secrets:Secrets", { talosVersion: "v1.11.5" }).then(
    ({ outputs }) => outputs as unknown as Awaited<NonNullable<typeof made>>,
  );
  return made;
}

/** Creates a resource of the provider and answers plain outputs. */
export async function create(lab: TestLab, token: string, inputs: Properties) {
  const type = lab.talos.provider.resources[token];
  if (!type) throw new Error(`no resource type ${token}`);
  const { failures } = await type.check(inputs, undefined, context);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  const { id, outputs } = await type.create(inputs, context);
  return { id, outputs: unwrap(outputs).properties };
}

/** Calls a function of the provider and answers its plain result. */
export async function call(lab: TestLab, token: string, args: Properties): Promise<Properties> {
  const outcome = await lab.talos.provider.functions[token]?.(args, { preview: false });
  if (!outcome || "failures" in outcome) throw new Error(JSON.stringify(outcome));
  return unwrap(outcome.result).properties;
}

/** A machine configuration for a node of the test cluster. */
export async function configuration(
  lab: TestLab,
  suffix: number,
  machineType: "controlplane" | "worker",
  patch = "",
): Promise<string> {
  const { machineSecrets } = await testSecrets(lab);
  const base = `machine:
  network:
    hostname: node${suffix}
    interfaces:
      - deviceSelector: {physical: true}
        addresses: ["${address(suffix)}/64"]
  install:
    image: ghcr.io/siderolabs/installer:v1.11.5
cluster:
  network:
    cni: {name: none}
`;
  const result = await call(lab, "talos:machine/getConfiguration:getConfiguration", {
    clusterName: "luna",
    clusterEndpoint: "https://[fd00:102::10]:6443",
    machineType,
    machineSecrets,
    talosVersion: "v1.11.5",
    kubernetesVersion: "1.31.4",
    configPatches: patch ? [base, patch] : [base],
  });
  return result.machineConfiguration as string;
}

/** Powers a machine on and applies its configuration through the provider. */
export async function addNode(
  lab: TestLab,
  suffix: number,
  machineType: "controlplane" | "worker",
  more: { patch?: string; inputs?: Properties; hardware?: Partial<MachineHardware> } = {},
) {
  lab.talos.power.powerOn(hardware(suffix, more.hardware));
  const { clientConfiguration } = await testSecrets(lab);
  return create(lab, "talos:machine/configurationApply:ConfigurationApply", {
    node: address(suffix),
    clientConfiguration,
    machineConfigurationInputWo: await configuration(lab, suffix, machineType, more.patch),
    ...more.inputs,
  });
}

/** A running cluster of control planes, bootstrapped on the first. */
export async function cluster(lab: TestLab, suffixes: number[]): Promise<ClientCredentials> {
  for (const suffix of suffixes) await addNode(lab, suffix, "controlplane");
  const { clientConfiguration } = await testSecrets(lab);
  await create(lab, "talos:machine/bootstrap:Bootstrap", { node: address(suffixes[0] ?? 0), clientConfiguration });
  await lab.world.clock.pass(60_000);
  return clientConfiguration;
}

/** A Kubernetes part that knows only whether a CNI runs. */
export function kubernetesWithCni(running: () => boolean): ConnectedKubernetes {
  return {
    cniRunning: running,
    list: () => [],
    setUnschedulable: () => true,
    deleteObject: () => true,
  };
}
