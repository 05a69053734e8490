/**
 * Stand-ins: values that are found nowhere else, so that each can be replaced, in what the planner makes of them, by the
 * expression for what it stands for.
 */
import type { DownstreamCluster } from "../plan.ts";
import { vmIdRange } from "../proxmox.ts";

/** The values. */
export const standIn = {
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

/** A cluster that has stand-ins for all that differs between clusters. */
export function withStandIns(
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
export function expressions(): [string, string][] {
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
