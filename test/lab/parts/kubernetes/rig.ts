import { type LabKubernetes, openKubernetes } from "../../../../lab/kubernetes/open.ts";

import type { CallContext, ResourceState, ResourceType } from "../../../../lab/protocol/provider.ts";
import type { Properties } from "../../../../lab/protocol/values.ts";
import type { RunningNode } from "../../../../lab/talos/interface.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";

/** A world with one cluster that tests can give nodes to, and take its quorum from. */
export interface Rig {
  world: World;
  kubernetes: LabKubernetes;
  nodes: RunningNode[];
  quorum: boolean;
  /** A call of the stack luna. */
  context: CallContext;
  /** The provider's type of a token. */
  type(token: string): ResourceType;
  /** Checks and creates; fails the test's way when a check fails. */
  create(token: string, inputs: Properties): Promise<ResourceState>;
  release(chart: keyof typeof charts, more?: Properties): Properties;
}

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: luna, cluster: {server: "https://[fd00:102::10]:6443"}}]
users: [{name: admin, user: {client-certificate-data: "${Buffer.from("luna's certificate").toString("base64")}"}}]
contexts: [{name: admin@luna, context: {cluster: luna, user: admin}}]
current-context: admin@luna
`;

const charts = {
  cilium: { chart: "cilium", version: "1.18.4", repositoryOpts: { repo: "https://helm.cilium.io" } },
  "metrics-server": {
    chart: "metrics-server",
    version: "3.13.1",
    repositoryOpts: { repo: "https://kubernetes-sigs.github.io/metrics-server" },
  },
  "proxmox-csi": { chart: "oci://ghcr.io/sergelogvinov/charts/proxmox-csi-plugin", version: "0.5.9" },
};

/** Opens a world whose cluster `luna` has one control plane and one worker and whose provider is configured. */
export async function openRig(settings: Properties = {}): Promise<Rig> {
  const world = new World(emptyWorld(), () => undefined);
  const rig = {
    world,
    quorum: true,
    nodes: [nodeOf("lunacp01", "controlplane"), nodeOf("lunawk01", "worker")],
    context: { urn: "urn:pulumi:luna::orrery::x::luna-x", preview: false, timeoutSeconds: 0 },
  } as unknown as Rig;
  rig.kubernetes = openKubernetes(world, {
    hasQuorum: () => rig.quorum,
    runningNodes: () => rig.nodes,
    clusterAt: (server, certificate) =>
      server === "https://[fd00:102::10]:6443" && certificate === "luna's certificate" ? "luna" : undefined,
  });
  await rig.kubernetes.provider.configure?.(
    { kubeconfig, ...settings },
    { urn: "urn:pulumi:luna::orrery::pulumi:providers:kubernetes::luna-kubernetes" },
  );
  rig.type = (token) => {
    const { resources, otherResources } = rig.kubernetes.provider;
    const type = resources[token] ?? otherResources?.(token);
    if (!type) throw new Error(`no type ${token}`);
    return type;
  };
  rig.create = async (token, inputs) => {
    const checked = await rig.type(token).check(inputs, undefined, rig.context);
    if (checked.failures.length > 0) throw new Error(JSON.stringify(checked.failures));
    return rig.type(token).create(checked.inputs, rig.context);
  };
  rig.release = (chart, more = {}) => ({ name: chart, namespace: "kube-system", ...charts[chart], ...more });
  return rig;
}

/** A node as a running kubelet shows it. */
export function nodeOf(name: string, role: RunningNode["role"]): RunningNode {
  return {
    name,
    role,
    addresses: ["fd00:102::11"],
    labels: { "topology.kubernetes.io/zone": "pve01" },
    taints: role === "controlplane" ? { "node-role.kubernetes.io/control-plane": "NoSchedule" } : {},
    kubeletVersion: "v1.31.4",
    talosVersion: "v1.11.5",
    runningSinceMs: 0,
  };
}
