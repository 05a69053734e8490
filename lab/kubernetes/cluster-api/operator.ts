/**
 * The Cluster API operator: providers come with their definitions, the core provider before the others.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api-operator, v0.28.0: internal/controller/coreprovider_to_providers.go, docs/book
 * (others wait for the core provider; condition Ready); github.com/kubernetes-sigs/cluster-api, v1.12.10:
 * cmd/clusterctl/client/repository/repository_github.go (what it takes for the address of a release).
 */
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import { type ClusterApi, timestamp } from "../api.ts";
import { isReady } from "../workloads.ts";
import type { ClusterApiState } from "./state.ts";

const controller = "Deployment.apps/cluster-api-system/cluster-api-operator";

/** How long it takes to fetch a provider's manifests and to start it. */
const installMs = 25_000;

const kinds = {
  core: ["coreproviders", "bootstrapproviders", "controlplaneproviders", "ipamproviders", "infrastructureproviders"],
  definitions: {
    "CoreProvider cluster-api": [
      "cluster.x-k8s.io/v1beta2/Cluster",
      "cluster.x-k8s.io/v1beta2/Machine",
      "cluster.x-k8s.io/v1beta2/MachineDeployment",
      "cluster.x-k8s.io/v1beta2/MachineHealthCheck",
      "cluster.x-k8s.io/v1beta2/MachineSet",
    ],
    "BootstrapProvider talos": [
      "bootstrap.cluster.x-k8s.io/v1alpha3/TalosConfig",
      "bootstrap.cluster.x-k8s.io/v1alpha3/TalosConfigTemplate",
    ],
    "ControlPlaneProvider talos": ["controlplane.cluster.x-k8s.io/v1alpha3/TalosControlPlane"],
    "IPAMProvider in-cluster": ["ipam.cluster.x-k8s.io/v1alpha2/InClusterIPPool"],
    "InfrastructureProvider proxmox": [
      "infrastructure.cluster.x-k8s.io/v1alpha2/ProxmoxCluster",
      "infrastructure.cluster.x-k8s.io/v1alpha2/ProxmoxMachine",
      "infrastructure.cluster.x-k8s.io/v1alpha2/ProxmoxMachineTemplate",
    ],
    "InfrastructureProvider harvester": [
      "infrastructure.cluster.x-k8s.io/v1beta1/HarvesterCluster",
      "infrastructure.cluster.x-k8s.io/v1beta1/HarvesterMachine",
      "infrastructure.cluster.x-k8s.io/v1beta1/HarvesterMachineTemplate",
    ],
    "InfrastructureProvider tinkerbell": [
      "infrastructure.cluster.x-k8s.io/v1beta1/TinkerbellCluster",
      "infrastructure.cluster.x-k8s.io/v1beta1/TinkerbellMachine",
      "infrastructure.cluster.x-k8s.io/v1beta1/TinkerbellMachineTemplate",
    ],
  } as Record<string, string[]>,
};

/** Lets the operator install what the present time allows. */
export function installProviders(world: World, api: ClusterApi, state: ClusterApiState): void {
  const operator = api.state.workloads[controller];
  if (!operator || !isReady(world, operator)) return;
  const objects = kinds.core.flatMap((kind) => api.list(`${kind}.operator.cluster.x-k8s.io`) ?? []);
  let coreRuns = false;
  for (const object of objects) {
    const key = api.keyFor(object);
    if (state.providers[key] === undefined && (coreRuns || object.kind === "CoreProvider")) {
      state.providers[key] = world.clock.nowMs;
      world.touch();
    }
    const since = state.providers[key];
    const failure = fetchFailure(object);
    const ready = failure === undefined && since !== undefined && world.clock.nowMs - since >= installMs;
    if (ready) define(api, object);
    if (object.kind === "CoreProvider") coreRuns = ready;
    show(world, object, ready, failure);
  }
}

/** Why a provider's manifests cannot be fetched; an address ends in the name of the file. */
function fetchFailure({ spec, metadata }: KubernetesObject): string | undefined {
  const fetchConfig = isRecord(spec) && isRecord(spec.fetchConfig) ? spec.fetchConfig : {};
  if (/^https:\/\/github\.com\/[^/]+\/[^/]+\/releases\/[^/]+\/.+$/.test(String(fetchConfig.url))) return undefined;
  return (
    `failed to create repo from provider url for provider "${metadata.name}": error creating the GitHub repository client: ` +
    "invalid url: a GitHub repository url should be in the form " +
    "https://github.com/{owner}/{Repository}/releases/{latest|version-tag}/{componentsClient.yaml}"
  );
}

function define(api: ClusterApi, { kind, metadata }: KubernetesObject): void {
  const brought = kinds.definitions[`${kind} ${metadata.name}`] ?? [];
  const missing = brought.filter((key) => !(key in api.state.definitions));
  if (missing.length > 0) api.define(Object.fromEntries(missing.map((key) => [key, true])));
}

function show(world: World, object: KubernetesObject, ready: boolean, failure: string | undefined): void {
  const version = isRecord(object.spec) ? object.spec.version : undefined;
  const before = isRecord(object.status) ? object.status.installedVersion : undefined;
  if (object.status !== undefined && before === (ready ? version : undefined)) return;
  object.status = {
    ...(ready ? { installedVersion: version } : {}),
    conditions: [
      {
        type: "Ready",
        status: ready ? "True" : "False",
        ...(failure ? { reason: "ComponentsFetchError", message: failure } : {}),
        lastTransitionTime: timestamp(world.clock.nowMs),
      },
    ],
  };
  world.touch();
}
