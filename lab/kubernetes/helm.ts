import type { Values, Workload } from "../../components/platform-addons/addon.ts";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import { expectedSecrets, findChart, type LabChart } from "./charts.ts";
import { notFound } from "./errors.ts";
import { type HelmRecord, readRecord, recordOf, recordType } from "./helm-record.ts";
import type { Connection } from "./instances.ts";
import { isReady } from "./workloads.ts";

/** The inputs of a release that the lab's Helm acts on. */
export interface ReleaseInputs {
  name: string;
  namespace: string;
  chart: string;
  version?: string;
  repositoryOpts?: { repo?: string };
  values?: Values;
  timeout?: number;
  skipAwait?: boolean;
  createNamespace?: boolean;
  replace?: boolean;
  takeOwnership?: boolean;
  maxHistory?: number;
}

/** What names a release. */
export type ReleaseId = Pick<ReleaseInputs, "name" | "namespace">;

/** Who an object in the cluster belongs to, by what is written on it. */
export interface Owner {
  marks(object: KubernetesObject): { labels?: Record<string, string>; annotations: Record<string, string> };
  owns(object: KubernetesObject): boolean;
}

/** What came of an installation or an upgrade; `failure` says why it did not become ready. */
export type Outcome = {
  resourceNames: Record<string, string[]>;
  status: Record<string, unknown>;
  failure?: string;
};

type Reached = Exclude<Connection, { unreachable: string }>;

/** How long Helm takes to render and apply a chart, and how long pods take to end. */
const applyMs = 3_000;
const removeMs = 10_000;

/** Helm 3 against the APIs of the lab; its records are Secrets in the namespace of the release, as in reality. */
export class Helm {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** @throws Error when the name is in use or the namespace is missing: then there is no release */
  async install(reached: Reached, release: ReleaseInputs, again: () => Connection): Promise<Outcome> {
    const { api } = reached;
    const chart = findChart(release.chart, release.version, release.repositoryOpts?.repo);
    const last = this.records(api, release).at(-1);
    if (last && !(release.replace && ["failed", "uninstalled"].includes(last.status))) {
      throw new Error("cannot re-use a name that is still in use");
    }
    if (!api.get("v1", "Namespace", release.namespace)) {
      if (!release.createNamespace)
        throw new Error(`create: failed to create: ${notFound("namespaces", release.namespace).message}`);
      api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: release.namespace } });
    }
    if (!release.takeOwnership) refuseForeign(api, release, chart);
    return this.roll(reached, release, chart, (last?.revision ?? 0) + 1, "pending-install", again);
  }

  /** @throws Error when there is no release or another operation is under way */
  async upgrade(reached: Reached, release: ReleaseInputs, again: () => Connection): Promise<Outcome> {
    const chart = findChart(release.chart, release.version, release.repositoryOpts?.repo);
    const last = this.records(reached.api, release).at(-1);
    if (!last) throw new Error(`"${release.name}" has no deployed releases`);
    if (last.status.startsWith("pending")) {
      throw new Error("another operation (install/upgrade/rollback) is in progress");
    }
    if (last.status === "uninstalled") throw new Error(`"${release.name}" has no deployed releases`);
    return this.roll(reached, release, chart, last.revision + 1, "pending-upgrade", again);
  }

  /** @throws Error when there is no release */
  async uninstall({ api, clusterId }: Reached, release: ReleaseInputs): Promise<void> {
    const last = this.records(api, release).at(-1);
    if (!last) throw new Error(`uninstall: Release not loaded: ${release.name}: release: not found`);
    if (last.status === "uninstalled") {
      // Only its history is left.
      this.removeRecords(api, release);
      return;
    }
    this.removeObjects(api, helmOwner(release));
    await this.world.clock.sleep(removeMs);
    this.removeRecords(api, release);
    this.world.record("helm.uninstall", `${release.namespace}/${release.name}`, { cluster: clusterId });
  }

  /** Takes away what somebody has put in place, as far as it still carries their mark. */
  removeObjects(api: ClusterApi, owner: Owner): void {
    for (const object of this.owned(api, owner))
      api.delete(object.apiVersion, object.kind, object.metadata.name, object.metadata.namespace);
  }

  /** Takes away the records of a release: Helm does not know it any more. */
  removeRecords(api: ClusterApi, release: ReleaseId): void {
    for (const { name } of this.records(api, release)) api.delete("v1", "Secret", name, release.namespace);
  }

  /** The newest revision of a release that Helm knows. */
  newest(api: ClusterApi, release: ReleaseId): HelmRecord | undefined {
    return this.records(api, release).at(-1);
  }

  /** What is there of a release; undefined when there is none. */
  look(api: ClusterApi, release: ReleaseInputs): Outcome | undefined {
    const last = this.records(api, release).at(-1);
    if (!last) return undefined;
    return {
      resourceNames: resourceNames(this.owned(api, helmOwner(release))),
      status: {
        name: release.name,
        namespace: release.namespace,
        revision: last.revision,
        status: last.status,
        ...last.chart,
      },
    };
  }

  private async roll(
    { api, clusterId }: Reached,
    release: ReleaseInputs,
    chart: LabChart,
    revision: number,
    pending: string,
    again: () => Connection,
  ): Promise<Outcome> {
    const id = `${release.namespace}/${release.name}`;
    this.note(api, release, chart, revision, pending);
    await this.world.clock.sleep(applyMs);
    const workloads = this.apply(api, release, chart);
    this.world.record(revision === 1 ? "helm.install" : "helm.upgrade", id, {
      cluster: clusterId,
      chart: chart.name,
      version: chart.version,
    });
    const failure = release.skipAwait ? undefined : await this.wait(api, workloads, release.timeout ?? 300, again);
    this.note(api, release, chart, revision, failure === undefined ? "deployed" : "failed");
    const seen = this.look(api, release) as Outcome;
    return failure === undefined ? seen : { ...seen, failure };
  }

  /** Puts the objects of the chart in place; answers the keys of what makes pods. */
  apply(api: ClusterApi, release: ReleaseInputs, chart: LabChart, owner = helmOwner(release)): string[] {
    const values = isRecord(release.values) ? release.values : {};
    const wanted = chart
      .workloads(values)
      .map((workload) => ({ workload, object: objectOf(workload, release, owner, api, chart.command?.(values)) }));
    const keys = wanted.map(({ object }) => api.keyFor(object));
    for (const old of this.owned(api, owner)) {
      if (!keys.includes(api.keyFor(old)))
        api.delete(old.apiVersion, old.kind, old.metadata.name, old.metadata.namespace);
    }
    const secrets = expectedSecrets(values);
    for (const { workload, object } of wanted) {
      const key = api.keyFor(object);
      api.apply(object);
      api.state.workloads[key] = {
        hostNetwork: workload.hostNetwork ?? false,
        needsLevel: chart.level ?? (workload.hostNetwork ? "privileged" : "baseline"),
        needsSecrets: secrets,
        // A rolling restart leaves running pods in place until new ones are ready.
        ...(api.state.workloads[key]?.readyAtMs === undefined ? {} : { readyAtMs: api.state.workloads[key].readyAtMs }),
      };
    }
    const from = wanted.find(({ workload }) => workload.name === chart.definitionsFrom);
    if (from) api.state.pendingDefinitions[api.keyFor(from.object)] = chart.definitions;
    else api.define(chart.definitions);
    this.world.touch();
    return keys;
  }

  /** Waits until all pods are ready; answers why they are not. */
  private async wait(
    api: ClusterApi,
    keys: string[],
    timeoutSeconds: number,
    again: () => Connection,
  ): Promise<string | undefined> {
    let unreachable: string | undefined;
    const ready = await this.world.clock.until(() => {
      const connection = again();
      unreachable = "unreachable" in connection ? connection.unreachable : undefined;
      if (unreachable !== undefined) return false;
      return keys.every((key) => {
        const workload = api.state.workloads[key];
        return workload !== undefined && isReady(this.world, workload);
      });
    }, timeoutSeconds * 1000);
    return ready ? undefined : (unreachable ?? "context deadline exceeded");
  }

  /** Notes a revision of a release in a record. */
  note(api: ClusterApi, release: ReleaseInputs, chart: LabChart, revision: number, status: string): void {
    for (const record of this.records(api, release)) {
      if (record.revision < revision && record.status === "deployed" && status === "deployed") {
        api.apply(recordOf(release, record.chart, record.revision, "superseded"));
      }
    }
    const described = { chart: chart.name, version: chart.version, appVersion: chart.version.replace(/^v/, "") };
    api.apply(recordOf(release, described, revision, status));
    if (!status.startsWith("pending")) this.forget(api, release, revision);
  }

  private forget(api: ClusterApi, release: ReleaseInputs, revision: number): void {
    const kept = release.maxHistory ?? 0;
    if (kept === 0) return;
    for (const record of this.records(api, release)) {
      if (record.revision <= revision - kept) api.delete("v1", "Secret", record.name, release.namespace);
    }
  }

  private records(api: ClusterApi, { name, namespace }: ReleaseId): HelmRecord[] {
    return (api.list("secrets") ?? [])
      .filter(({ type, metadata }) => {
        const labels = (metadata.labels ?? {}) as Record<string, string>;
        // Helm finds them by these labels.
        const found = labels.owner === "helm" && labels.name === name;
        return found && type === recordType && metadata.namespace === namespace;
      })
      .map(readRecord)
      .sort((a, b) => a.revision - b.revision);
  }

  private owned(api: ClusterApi, owner: Owner): KubernetesObject[] {
    return podMakers(api).filter((object) => owner.owns(object));
  }
}

function podMakers(api: ClusterApi): KubernetesObject[] {
  return ["daemonsets", "deployments", "statefulsets"].flatMap((resource) => api.list(resource) ?? []);
}

/** Helm's own marks. */
export function helmOwner({ name, namespace }: ReleaseId): Owner {
  const annotations = { "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace };
  return {
    marks: () => ({ labels: { "app.kubernetes.io/managed-by": "Helm" }, annotations }),
    owns({ metadata }) {
      const present = (metadata.annotations ?? {}) as Record<string, string>;
      return Object.entries(annotations).every(([key, value]) => present[key] === value);
    },
  };
}

/** Keys of the pod-making objects of a release. */
export function workloadKeys({ namespace, values = {} }: ReleaseInputs, chart: LabChart): string[] {
  return chart.workloads(values).map(({ kind, name, namespace: own = namespace }) => `${kind}.apps/${own}/${name}`);
}

/** @throws Error when an object of the chart is there and not Helm's; nothing is installed then */
export function refuseForeign(api: ClusterApi, release: ReleaseInputs, chart: LabChart): void {
  const owner = helmOwner(release);
  for (const { kind, name, namespace = release.namespace } of chart.workloads(release.values ?? {})) {
    const present = api.get("apps/v1", kind, name, namespace);
    if (!present || owner.owns(present)) continue;
    throw new Error(
      `Unable to continue with install: ${kind} "${name}" in namespace "${namespace}" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "${release.name}"`,
    );
  }
}

/** The object, with what others have written on the one that is there. */
function objectOf(
  workload: Workload,
  release: ReleaseInputs,
  owner: Owner,
  api: ClusterApi,
  command: string[] | undefined,
): KubernetesObject {
  const bare: KubernetesObject = {
    apiVersion: "apps/v1",
    kind: workload.kind,
    metadata: { name: workload.name, namespace: workload.namespace ?? release.namespace },
  };
  const { kind, metadata } = bare;
  const before = api.get("apps/v1", kind, metadata.name, metadata.namespace)?.metadata;
  const { labels, annotations } = owner.marks(bare);
  return {
    ...bare,
    metadata: {
      ...metadata,
      labels: { ...(before?.labels as Record<string, string>), ...labels },
      annotations: { ...(before?.annotations as Record<string, string>), ...annotations },
    },
    ...(command ? { spec: { template: { spec: { containers: [{ name: workload.name, command }] } } } } : {}),
  };
}

function resourceNames(objects: KubernetesObject[]): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const { kind, metadata } of objects) {
    const group = `${kind}.apps/apps/v1`;
    names[group] = [...(names[group] ?? []), `${metadata.namespace}/${metadata.name}`];
  }
  return names;
}
