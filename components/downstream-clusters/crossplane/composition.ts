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

const standIn = {
  name: "stand-in-cluster",
  label: "stand-in-label",
  annotation: "stand-in-annotation",
  installer: "stand-in-installer",
  tags: ["stand-in-tag-one", "stand-in-tag-two"],
  image: "stand-in-image",
  kubernetes: "0.990801.0",
  talos: "v0.990802.0",
  vip: "240.0.0.16",
  nodes: { first: "240.0.0.17", last: "240.0.0.31" },
  pods: "240.1.0.0/17",
  services: "240.2.0.0/20",
  loadBalancers: "240.3.0.16/28",
  managementId: 990_001,
  cores: 990_101,
  memoryMiB: 990_208,
  diskGiB: 990_301,
  controlPlanes: 990_401,
  workers: 990_502,
  scaled: { min: 990_503, max: 990_505 },
  patch: "stand-in-patch",
  unhealthyAfterSeconds: 990_601,
  startTimeoutSeconds: 990_701,
};

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

function withStandIns(
  base: DownstreamCluster,
  infrastructure: "proxmox" | "harvester",
  workers: number | { min: number; max: number },
): DownstreamCluster {
  const { harvester } = base.downstream;
  return {
    ...base,
    name: standIn.name,
    releaseName: standIn.image,
    managementId: standIn.managementId,
    selection: { labels: {}, annotations: { [standIn.annotation]: standIn.annotation } },
    requirements: [],
    installer: standIn.installer,
    templateTags: standIn.tags,
    release: { ...base.release, talos: standIn.talos, kubernetes: standIn.kubernetes },
    addresses: {
      ...base.addresses,
      clusterName: standIn.name,
      vip: standIn.vip,
      nodeRange: standIn.nodes,
      podSubnets: [standIn.pods],
      serviceSubnets: [standIn.services],
      loadBalancerRanges: [standIn.loadBalancers],
    },
    downstream: {
      ...base.downstream,
      ...(harvester ? { harvester: { ...harvester, images: { [standIn.image]: standIn.image } } } : {}),
    },
    config: {
      ...base.config,
      id: 1,
      infrastructure,
      workers,
      // A number that no cluster has; the type names those that one may have.
      controlPlanes: standIn.controlPlanes as 1,
      cores: standIn.cores,
      memoryMiB: standIn.memoryMiB,
      diskGiB: standIn.diskGiB,
      unhealthyAfterSeconds: standIn.unhealthyAfterSeconds,
      startTimeoutSeconds: standIn.startTimeoutSeconds,
      labels: { [standIn.label]: standIn.label },
      renewal: undefined,
      patches: [{ [standIn.patch]: standIn.patch }],
    },
  };
}

/** Stand-ins and what they stand for; what is part of another one comes after it. */
function expressions(): [string, string][] {
  const { start, end } = vmIdRange(standIn.managementId, 1);
  const spec = (key: keyof typeof standIn & string): [string, string] => [`${standIn[key]}`, `{{ $c.spec.${key} }}`];
  return [
    [
      `\n    ${standIn.label}: ${standIn.label}`,
      "{{- range $key, $value := $c.spec.labels }}\n    {{ $key }}: {{ $value | quote }}{{- end }}",
    ],
    [
      `\n    ${standIn.annotation}: ${standIn.annotation}`,
      "{{- range $key, $value := $c.block.annotations }}\n    {{ $key }}: {{ $value | quote }}{{- end }}",
    ],
    [standIn.name, "{{ $c.name }}"],
    [standIn.installer, "{{ $c.release.installer }}"],
    ...standIn.tags.map((tag, index): [string, string] => [tag, `{{ index $c.release.tags ${index} }}`]),
    [standIn.image, "{{ $c.release.image }}"],
    [standIn.kubernetes, "{{ $c.release.kubernetes }}"],
    [standIn.talos.split(".").slice(0, 2).join("."), "{{ $c.release.talos }}"],
    [standIn.vip, "{{ $c.block.vip }}"],
    [standIn.nodes.first, "{{ $c.block.first }}"],
    [standIn.nodes.last, "{{ $c.block.last }}"],
    [standIn.pods, "{{ $c.block.pods }}"],
    [standIn.services, "{{ $c.block.services }}"],
    [standIn.loadBalancers, "{{ $c.block.loadBalancers }}"],
    [`${start}`, "{{ $c.block.start }}"],
    [`${end}`, "{{ $c.block.end }}"],
    ["allowSchedulingOnControlPlanes: false", "allowSchedulingOnControlPlanes: {{ eq (int $c.most) 0 }}"],
    [`${Math.floor(standIn.workers / 2)}`, "{{ $c.atMost }}"],
    [`${standIn.workers}`, "{{ $c.spec.workers.count }}"],
    [`${standIn.scaled.min}`, "{{ $c.spec.workers.min }}"],
    [`${standIn.scaled.max}`, "{{ $c.spec.workers.max }}"],
    ...(
      ["cores", "memoryMiB", "diskGiB", "controlPlanes", "unhealthyAfterSeconds", "startTimeoutSeconds"] as const
    ).map(spec),
  ];
}

function replaced(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
