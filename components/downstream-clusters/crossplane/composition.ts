/**
 * The composition of `TenantCluster`. Its template is not written by hand: the planner of downstream clusters plans one
 * with stand-ins, values that are found nowhere else, and each stand-in becomes the expression for what it stands for.
 *
 * Facts: github.com/crossplane-contrib/function-go-templating, v0.12.2: function_maps.go (`include`, `fromYaml`);
 * github.com/Masterminds/sprig v3.3.0.
 */
import { stringify } from "yaml";
import type { Release } from "../../../config/index.ts";
import type { KubernetesObject } from "../../facts.ts";
import { sorted } from "../names.ts";
import { type DownstreamCluster, planDownstreamCluster } from "../plan.ts";
import { vmIdRange } from "../proxmox.ts";
import { readinessOf } from "../wait.ts";
import { composition } from "./definition.ts";
import { expressions, standIn, withStandIns } from "./stand-ins.ts";
import { settled, wrapped, wrapping } from "./wrapping.ts";

/** What the composition has to know about a release. */
export interface ReleaseFacts {
  release: Release;
  installer: string;
  templateTags: string[];
}

/** What the composition has to know about the number of a cluster. */
export interface Block {
  addresses: DownstreamCluster["addresses"];
  /** Annotations of its `Cluster`. */
  annotations: Record<string, string>;
}

/**
 * The composition.
 * @param base a downstream cluster: what all of them have in common is taken from it
 * @param blocks by id, of every id that a cluster may have
 */
export function tenantClusterComposition(
  base: DownstreamCluster,
  releases: Readonly<Record<string, ReleaseFacts>>,
  blocks: Readonly<Record<number, Block>>,
): KubernetesObject {
  const kinds = (["proxmox", "harvester"] as const).filter((kind) => base.downstream[kind]);
  const parts = kinds.map((kind) => ({ kind, ...documents(base, kind) }));
  const branches = parts.map(({ kind, body }) => `{{- if eq $c.spec.infrastructure "${kind}" }}\n${body}{{- end }}\n`);
  // Go takes definitions at the top only.
  const definitions = parts.map((part) => part.definitions).join("");
  return composition(
    "TenantCluster",
    `${definitions}${wrapping}${preamble(base, releases, blocks)}${branches.join("")}${settled}`,
  );
}

/** What is known by release and by id, and the names of what the template speaks of. */
function preamble(
  base: DownstreamCluster,
  releases: Readonly<Record<string, ReleaseFacts>>,
  blocks: Readonly<Record<number, Block>>,
): string {
  const byRelease = Object.fromEntries(
    Object.entries(releases).map(([name, { release, installer, templateTags }]) => [
      name,
      {
        kubernetes: release.kubernetes,
        talos: release.talos.split(".").slice(0, 2).join("."),
        installer,
        tags: templateTags,
        image: base.downstream.harvester?.images[name] ?? "",
      },
    ]),
  );
  const byId = Object.fromEntries(
    Object.entries(blocks).map(([id, { addresses, annotations }]) => {
      const { vip, nodeRange, podSubnets, serviceSubnets, loadBalancerRanges } = addresses;
      const { start, end } = vmIdRange(base.managementId, Number(id));
      const [pods, services, loadBalancers] = [podSubnets[0], serviceSubnets[0], loadBalancerRanges[0]];
      return [id, { vip, ...nodeRange, pods, services, loadBalancers, start, end, annotations }];
    }),
  );
  return [
    `{{- $releases := fromJson \`${JSON.stringify(byRelease)}\` -}}`,
    `{{- $blocks := fromJson \`${JSON.stringify(byId)}\` -}}`,
    "{{- $xr := .observed.composite.resource -}}",
    "{{- $workers := $xr.spec.workers -}}",
    '{{- $most := dig "max" (dig "count" 0 $workers) $workers -}}',
    "{{- $c := dict",
    '  "observed" (dig "observed" "resources" (dict) .)',
    '  "name" $xr.metadata.name',
    '  "spec" $xr.spec',
    '  "release" (index $releases $xr.spec.release)',
    '  "block" (index $blocks (toString $xr.spec.id))',
    '  "most" $most',
    '  "atMost" (max 1 (div $most 2))',
    "-}}",
    "",
  ].join("\n");
}

/** The documents of a cluster on one infrastructure, and the definitions that they are made from. */
function documents(
  base: DownstreamCluster,
  infrastructure: "proxmox" | "harvester",
): { definitions: string; body: string } {
  const plan = planDownstreamCluster(withStandIns(base, infrastructure, standIn.workers));
  const scaled = planDownstreamCluster(withStandIns(base, infrastructure, standIn.scaled));
  const objects = [plan.cluster, ...plan.steps.flat()];
  const hashed = objects.filter(({ kind }) => kind.endsWith("Template"));
  const replacements = [
    ...hashed.map(({ metadata, kind }): [string, string] => [
      metadata.name,
      `{{ $c.${variableOf(kind, metadata.name)} }}`,
    ]),
    ...expressions(),
  ];
  const text = (value: unknown) => stringify(sorted(value), { lineWidth: 0, compat: "yaml-1.1" });
  const expressed = (value: unknown, kind: string) => replaced(withPatches(text(value), kind), replacements);
  const define = (name: string, content: string) =>
    `{{- define "${infrastructure} ${name}" -}}\n{{- $c := . -}}\n${content}{{- end -}}\n`;
  const names: string[] = [];
  const parts: string[] = [];
  let definitions = "";
  for (const { kind, metadata, spec } of hashed) {
    const name = variableOf(kind, metadata.name);
    const prefix = metadata.name.slice(standIn.name.length, metadata.name.lastIndexOf("-"));
    definitions += define(name, expressed(spec, kind));
    names.push(
      `{{- $_ := set $c "${name}" (printf "%s${prefix}-%s" $c.name (include "${infrastructure} ${name}" $c | fromYaml | toRawJson | sha256sum | trunc 8)) -}}`,
    );
  }
  const others = [scaled.cluster, ...scaled.steps.flat()];
  for (const object of objects) {
    const { kind, metadata } = object;
    const replacedOne = hashed.includes(object);
    const name = replacedOne ? `whole ${variableOf(kind, metadata.name)}` : kind.toLowerCase();
    const bounds = others.find((other) => other.kind === kind && kind === "MachineDeployment");
    definitions += define(
      name,
      bounds
        ? `{{- if hasKey $c.spec.workers "max" }}\n${expressed(bounds, kind)}{{- else }}\n${expressed(object, kind)}{{- end }}`
        : expressed(object, kind),
    );
    // A template that is renamed is another one to Crossplane, too.
    const key = replacedOne
      ? `(printf "${kind.toLowerCase()}-%s" $c.${variableOf(kind, metadata.name)})`
      : `"${kind.toLowerCase()}"`;
    parts.push(
      wrapped({
        key,
        manifest: `(include "${infrastructure} ${name}" $c | fromYaml)`,
        deletes: object === plan.cluster,
        ready: readinessOf(object),
      }),
    );
  }
  return { definitions, body: `${[...names, ...parts].join("\n")}\n` };
}

/** Patches for the machine configurations, one after the other, where the planner has put a stand-in for one. */
function withPatches(text: string, kind: string): string {
  const nodes = kind === "TalosControlPlane" ? "controlPlanes" : "workers";
  const mark = new RegExp(`\\n( *)- \\|\\n +${standIn.patch}: ${standIn.patch}\\n`);
  return text.replace(
    mark,
    (_, indent) => `{{- range $c.spec.patches.${nodes} }}\n${indent}- {{ . | toRawJson }}{{- end }}\n`,
  );
}

function variableOf(kind: string, name: string): string {
  if (kind === "TalosConfigTemplate") return "bootstrap";
  return name.includes("control-plane") ? "controlPlane" : "worker";
}

function replaced(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
