/** Which nodes a cluster has: name, role, pool and suffix of each, from what the stack file says of pools and metal. */
import type { ClusterConfig, MetalNode } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";

/** A node before anything but its identity is decided. */
export interface Member {
  name: string;
  role: "controlplane" | "worker";
  /** The pool's name; `cp` for virtual control planes, `metal` for bare-metal workers. */
  pool: string;
  suffix: number;
  /** Where the stack file says it: `workers.gpu.suffixes[1]`. */
  path: string;
  metal?: MetalNode;
}

/** Suffixes of control planes. */
export const controlPlaneRange = { first: 11, last: 20 } as const;
/** Suffixes of workers. */
export const workerRange = { first: 21, last: 253 } as const;

const reservedPools = new Set(["cp", "metal"]);

/** All nodes, control planes first, each role in order of suffixes; and what is wrong with the numbers given. */
export function planMembers(config: ClusterConfig, clusterName: string): { members: Member[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const members = [
    ...controlPlaneMembers(config, clusterName, problems),
    ...Object.keys(config.workers).flatMap((pool) => poolMembers(config, clusterName, pool, problems)),
    ...config.metal.map((metal, index) => metalMember(metal, clusterName, `metal[${index}]`)),
  ].sort((a, b) => a.suffix - b.suffix || a.name.localeCompare(b.name));
  problems.push(...rangeProblems(members), ...duplicateProblems(members), ...quorumProblems(members));
  return { members, problems };
}

function controlPlaneMembers(config: ClusterConfig, clusterName: string, problems: Problem[]): Member[] {
  const { count, suffixes } = config.controlPlanes;
  problems.push(...countProblems("controlPlanes", count, suffixes));
  return numbered(count ?? 3, suffixes, controlPlaneRange.first).map(({ suffix, from }) => ({
    name: nodeName(clusterName, "cp", suffix, controlPlaneRange.first),
    role: "controlplane",
    pool: "cp",
    suffix,
    path: `controlPlanes.${from}`,
  }));
}

function poolMembers(config: ClusterConfig, clusterName: string, pool: string, problems: Problem[]): Member[] {
  const settings = config.workers[pool];
  if (!settings) return [];
  const path = `workers.${pool}`;
  if (reservedPools.has(pool)) {
    problems.push({ path, value: pool, message: `a worker pool may not be called "${pool}"`, allowed: "another name" });
  }
  problems.push(...countProblems(path, settings.count, settings.suffixes));
  const first = settings.firstSuffix ?? firstSuffixOf(pool, settings.suffixes);
  if (first === undefined) {
    problems.push({
      path,
      message: `the pool "${pool}" does not say which suffixes its nodes have`,
      allowed: `firstSuffix, from ${workerRange.first} to ${workerRange.last}`,
      hint: `only the pool "wk" has one by itself: ${workerRange.first}`,
    });
    return [];
  }
  if (settings.firstSuffix === undefined && spansTens(pool, settings.suffixes)) {
    problems.push({
      path: `${path}.suffixes`,
      value: settings.suffixes,
      message: `the suffixes of the pool "${pool}" span more than one ten, so that names would depend on which are there`,
      allowed: "firstSuffix besides suffixes",
    });
  }
  const count = settings.count ?? (pool === "wk" ? 3 : 1);
  return numbered(count, settings.suffixes, first).map(({ suffix, from }) => {
    if (suffix < first && suffix >= workerRange.first) {
      problems.push({
        path: `${path}.${from}`,
        value: suffix,
        message: `suffix ${suffix} lies before the first suffix of the pool "${pool}"`,
        allowed: `${first} to ${workerRange.last}`,
      });
    }
    return { name: nodeName(clusterName, pool, suffix, first), role: "worker", pool, suffix, path: `${path}.${from}` };
  });
}

function metalMember(metal: MetalNode, clusterName: string, path: string): Member {
  const controlPlane = metal.role === "controlplane";
  const first = controlPlane ? controlPlaneRange.first : workerRange.first;
  return {
    name: metal.name ?? nodeName(clusterName, controlPlane ? "cp" : "wk", metal.suffix, first),
    role: metal.role,
    pool: controlPlane ? "cp" : "metal",
    suffix: metal.suffix,
    path: `${path}.suffix`,
    metal,
  };
}

function nodeName(clusterName: string, pool: string, suffix: number, first: number): string {
  return `${clusterName}${pool}${String(suffix - first + 1).padStart(2, "0")}`;
}

/** The first suffix must not depend on which nodes are there, or names would shift: `wk` has a fixed one, others a ten. */
function firstSuffixOf(pool: string, suffixes: number[] | undefined): number | undefined {
  if (pool === "wk") return workerRange.first;
  return suffixes && suffixes.length > 0 ? tenOf(Math.min(...suffixes)) : undefined;
}

function spansTens(pool: string, suffixes: number[] | undefined): boolean {
  return pool !== "wk" && new Set((suffixes ?? []).map(tenOf)).size > 1;
}

function tenOf(suffix: number): number {
  return Math.floor((suffix - 1) / 10) * 10 + 1;
}

function numbered(count: number, suffixes: number[] | undefined, first: number): { suffix: number; from: string }[] {
  if (suffixes) return suffixes.map((suffix, index) => ({ suffix, from: `suffixes[${index}]` }));
  return Array.from({ length: count }, (_, index) => ({ suffix: first + index, from: "count" }));
}

function countProblems(path: string, count: number | undefined, suffixes: number[] | undefined): Problem[] {
  if (count === undefined || !suffixes || suffixes.length === count) return [];
  return [
    {
      path: `${path}.count`,
      value: count,
      message: `count is ${count}, but ${suffixes.length} suffixes are given`,
      allowed: "count or suffixes, not both",
    },
  ];
}

/** Whether a node's addresses can follow from its suffix. */
export function inRange({ role, suffix }: Pick<Member, "role" | "suffix">): boolean {
  const { first, last } = rangeOf(role);
  return suffix >= first && suffix <= last;
}

function rangeOf(role: Member["role"]) {
  return role === "controlplane" ? controlPlaneRange : workerRange;
}

function rangeProblems(members: Member[]): Problem[] {
  const outside = members.filter((member) => !inRange(member));
  // A count that is too large is told once, not for every node.
  const first = outside.filter(({ path }, index) => outside.findIndex((member) => member.path === path) === index);
  return first.map((member) => {
    const range = rangeOf(member.role);
    const role = member.role === "controlplane" ? "control planes" : "workers";
    return {
      path: member.path,
      value: member.suffix,
      message: `suffix ${member.suffix} lies outside the range of ${role}`,
      allowed: `${range.first} to ${range.last}`,
    };
  });
}

function duplicateProblems(members: Member[]): Problem[] {
  const problems: Problem[] = [];
  const bySuffix = new Map<number, Member>();
  const byName = new Map<string, Member>();
  for (const member of members) {
    const same = bySuffix.get(member.suffix);
    if (same) {
      problems.push({
        path: member.path,
        value: member.suffix,
        message: `suffix ${member.suffix} of ${member.name} is used twice: ${same.name} has it by ${same.path}`,
        allowed: "each suffix once; pools may not overlap",
      });
    } else if (byName.has(member.name)) {
      problems.push({
        path: member.path,
        value: member.name,
        message: `two nodes are called ${member.name}: the other one is at ${byName.get(member.name)?.path}`,
        allowed: "each name once",
      });
    }
    bySuffix.set(member.suffix, same ?? member);
    byName.set(member.name, byName.get(member.name) ?? member);
  }
  return problems;
}

function quorumProblems(members: Member[]): Problem[] {
  const controlPlanes = members.filter(({ role }) => role === "controlplane");
  if (controlPlanes.length % 2 === 1) return [];
  return [
    {
      path: "controlPlanes",
      value: controlPlanes.length,
      message:
        controlPlanes.length === 0
          ? "the cluster has no control plane"
          : `${controlPlanes.length} control planes tolerate no more failures than ${controlPlanes.length - 1}, and lose quorum more easily`,
      allowed: "an odd number: 1, 3, 5, 7 or 9",
    },
  ];
}
