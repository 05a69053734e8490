/** The node plan: every node of a cluster, fully decided, from plain values. */
import type { ClusterConfig, SharedConfig } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import { either, suggestion } from "../../config/suggest.ts";
import { loopbacks, macAddress, nodeAsn, vmId, withPrefixLength } from "../addressing.ts";
import type { AddressPlan, NodePlan } from "../facts.ts";
import { addressProblems, planNodeAddresses } from "./node-addresses.ts";
import { inRange, type Member, planMembers } from "./node-members.ts";
import { placeNode, planDisks, poolHostProblems, sharingProblems, storageProblems } from "./node-placement.ts";
import { mergeSettings, type SettingsLayer, settingsOf, sizeProblems, sizesOf } from "./node-settings.ts";
import { patchProblems } from "./patch-problems.ts";

/** Decides every node of a cluster; problems are all that is wrong, with paths relative to `orrery:cluster`. */
export function planNodes(
  config: ClusterConfig,
  shared: SharedConfig,
  addresses: AddressPlan,
): { nodes: NodePlan[]; problems: Problem[] } {
  const { members, problems } = planMembers(config, addresses.clusterName);
  // What a suffix outside its range stands for cannot be planned; it is refused.
  const planned = members.filter(inRange).map((member) => planNode(member, config, shared, addresses));
  const nodes = planned.map(({ node }) => node);
  const virtual = planned.flatMap(({ member, node }) =>
    node.vm ? [{ member, host: node.vm.host, override: config.overrides[member.name] }] : [],
  );
  // A wrong suffix is told once, not again for the addresses that follow from it.
  const numbered = planned.filter(({ member }) => !problems.some(({ path }) => path === member.path));
  problems.push(
    ...planned.flatMap((plan) => plan.problems),
    ...addressProblems(
      addresses,
      numbered.map(({ member, node }) => ({ name: node.name, addresses: node.addresses, path: addressPath(member) })),
    ),
    ...poolHostProblems(config, shared.proxmox),
    ...sharingProblems(virtual, config, shared.proxmox),
    ...settingsProblems(config, shared, members),
    ...overrideProblems(config, members),
    ...capacityProblems(nodes, addresses),
  );
  return { nodes, problems };
}

function planNode(member: Member, config: ClusterConfig, shared: SharedConfig, plan: AddressPlan) {
  const { name, role, pool, suffix, metal } = member;
  const override = config.overrides[name];
  const poolSettings = role === "controlplane" ? config.controlPlanes : config.workers[pool];
  const settings = mergeSettings(
    ...[config.nodes, poolSettings, metal, override].map((layer) => layer && settingsOf(layer)),
  );
  const given = metal ? metal.addresses : override?.addresses;
  const { addresses, problems } = planNodeAddresses(plan, suffix, given, addressPath(member));
  const placement = metal ? { host: undefined, problems: [] } : placeNode(member, config, shared.proxmox);
  problems.push(...placement.problems);
  if (metal && plan.bgp && !metal.interface) problems.push(unknownInterface(member));
  const node: NodePlan = {
    name,
    role,
    pool,
    suffix,
    addresses,
    interfaceAddresses: addresses.map((address) => withPrefixLength(plan, address)),
    loopbacks: plan.bgp ? loopbacks(plan, suffix) : [],
    settings,
  };
  if (plan.bgp) node.asn = nodeAsn(plan.clusterId, suffix);
  if (metal) {
    if (metal.macAddress) node.macAddress = metal.macAddress;
    node.metal = {
      maintenanceAddress: metal.maintenanceAddress ?? addresses[0] ?? "",
      installDisk: metal.installDisk,
      extensions: metal.extensions,
      ...(metal.releaseExtensions ? {} : { releaseExtensions: false }),
      ...(metal.interface ? { interface: metal.interface } : {}),
    };
  } else if (placement.host) {
    const { diskGiB, ...sizes } = sizesOf(settings, role);
    const disks = planDisks(placement.host, settings, diskGiB, shared.proxmox);
    node.macAddress = macAddress(plan.clusterId, suffix);
    node.vm = { vmId: vmId(plan.clusterId, suffix), host: placement.host, ...sizes, disks };
    if (override?.gpu) node.gpu = override.gpu;
  }
  return { member, node, problems };
}

function addressPath(member: Member): string {
  if (member.metal) return member.path.replace(/suffix$/, "addresses");
  return `overrides.${member.name}.addresses`;
}

function unknownInterface(member: Member): Problem {
  return {
    path: member.path.replace(/suffix$/, "interface"),
    message: `${member.name} speaks BGP and does not say over which interface`,
    allowed: 'the name of its network interface, such as "enp1s0"',
  };
}

/** Settings are checked where they stand, so that one mistake for all nodes is told once. */
function settingsProblems(config: ClusterConfig, shared: SharedConfig, members: Member[]): Problem[] {
  const talos = shared.releases[config.release]?.talos;
  const layers = [
    { path: "nodes", settings: config.nodes },
    { path: "controlPlanes", settings: config.controlPlanes },
    ...Object.entries(config.workers).map(([pool, settings]) => ({ path: `workers.${pool}`, settings })),
    ...Object.entries(config.overrides).map(([name, settings]) => ({ path: `overrides.${name}`, settings })),
  ];
  const patches = [
    ...layers.map(({ path, settings }) => ({ path: `${path}.patches`, patches: settings.patches })),
    ...config.metal.map(({ patches }, index) => ({ path: `metal[${index}].patches`, patches })),
    { path: "machine.patches", patches: config.machine.patches },
    { path: "machine.controlPlanePatches", patches: config.machine.controlPlanePatches },
    { path: "machine.workerPatches", patches: config.machine.workerPatches },
  ];
  return [
    ...layers.flatMap(({ path, settings }) => storageProblems(path, settings, shared.proxmox)),
    ...uniqueByPath(
      members.filter(({ metal }) => !metal).flatMap((member) => sizeProblems(member.role, layersOf(member, config))),
    ),
    ...(talos ? patches.flatMap(({ path, patches }) => patchProblems(path, patches, talos)) : []),
  ];
}

/** Where settings of a virtual node stand, from the general to the specific. */
function layersOf(member: Member, config: ClusterConfig): SettingsLayer[] {
  const controlPlane = member.role === "controlplane";
  const pool = controlPlane ? config.controlPlanes : (config.workers[member.pool] ?? {});
  return [
    { path: "nodes", settings: config.nodes },
    { path: controlPlane ? "controlPlanes" : `workers.${member.pool}`, settings: pool },
    { path: `overrides.${member.name}`, settings: config.overrides[member.name] ?? {} },
  ];
}

function uniqueByPath(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [problem.path, problem])).values()];
}

function overrideProblems(config: ClusterConfig, members: Member[]): Problem[] {
  const names = members.map(({ name }) => name);
  return Object.keys(config.overrides).flatMap((name) => {
    const member = members.find((candidate) => candidate.name === name);
    if (member && !member.metal) return [];
    return [
      {
        path: `overrides.${name}`,
        message: member ? `${name} is bare metal: its settings stand with it` : `there is no node called "${name}"`,
        allowed: member ? member.path.replace(/\.suffix$/, "") : either(names),
        hint: member ? undefined : suggestion(name, names),
      },
    ];
  });
}

function capacityProblems(nodes: NodePlan[], plan: AddressPlan): Problem[] {
  if (nodes.length <= plan.maxNodes) return [];
  return [
    {
      path: "workers",
      value: nodes.length,
      message: `the cluster has ${nodes.length} nodes, more than the pod ranges ${either(plan.podSubnets)} hold`,
      allowed: `${plan.maxNodes} nodes`,
    },
  ];
}
