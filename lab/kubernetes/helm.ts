import type { Values, Workload } from "../../components/platform-addons/addon.ts";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import { expectedSecrets, findChart, type LabChart } from "./charts.ts";
import { notFound } from "./errors.ts";
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
  maxHistory?: number;
}

/** What names a release. */
export type ReleaseId = Pick<ReleaseInputs, "name" | "namespace">;

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
    return this.roll(reached, release, chart, last.revision + 1, "pending-upgrade", again);
  }

  /** @throws Error when there is no release */
  async uninstall({ api, clusterId }: Reached, release: ReleaseInputs): Promise<void> {
    if (this.records(api, release).length === 0) {
      throw new Error(`uninstall: Release not loaded: ${release.name}: release: not found`);
    }
    this.removeObjects(api, release);
    await this.world.clock.sleep(removeMs);
    this.removeRecords(api, release);
    this.world.record("helm.uninstall", `${release.namespace}/${release.name}`, { cluster: clusterId });
  }

  /** Takes away what a release has put in place, as far as it is still the release's. */
  removeObjects(api: ClusterApi, release: ReleaseId): void {
    for (const object of this.owned(api, release))
      api.delete(object.apiVersion, object.kind, object.metadata.name, object.metadata.namespace);
  }

  /** Takes away the records of a release: Helm does not know it any more. */
  removeRecords(api: ClusterApi, release: ReleaseId): void {
    for (const { name } of this.records(api, release)) api.delete("v1", "Secret", name, release.namespace);
  }

  /** The newest revision of a release that Helm knows. */
  revision(api: ClusterApi, release: ReleaseId): number {
    return this.records(api, release).at(-1)?.revision ?? 0;
  }

  /** What is there of a release; undefined when there is none. */
  look(api: ClusterApi, release: ReleaseInputs): Outcome | undefined {
    const last = this.records(api, release).at(-1);
    if (!last) return undefined;
    return {
      resourceNames: resourceNames(this.owned(api, release)),
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
    this.forget(api, release, revision);
    const seen = this.look(api, release) as Outcome;
    return failure === undefined ? seen : { ...seen, failure };
  }

  /** Puts the objects of the chart in place; answers the keys of what makes pods. */
  apply(api: ClusterApi, release: ReleaseInputs, chart: LabChart): string[] {
    const values = isRecord(release.values) ? release.values : {};
    const wanted = chart.workloads(values).map((workload) => ({ workload, object: objectOf(workload, release) }));
    const keys = wanted.map(({ object }) => api.keyFor(object));
    for (const old of this.owned(api, release)) {
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
  }

  private forget(api: ClusterApi, release: ReleaseInputs, revision: number): void {
    const kept = release.maxHistory ?? 0;
    if (kept === 0) return;
    for (const record of this.records(api, release)) {
      if (record.revision <= revision - kept) api.delete("v1", "Secret", record.name, release.namespace);
    }
  }

  private records(api: ClusterApi, { name, namespace }: ReleaseId) {
    return (api.list("secrets") ?? [])
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map((secret) => ({ secret, labels: (secret.metadata.labels ?? {}) as Record<string, string> }))
      .filter(({ labels }) => labels.owner === "helm" && labels.name === name)
      .map(({ secret, labels }) => ({
        name: secret.metadata.name,
        revision: Number(labels.version),
        status: labels.status ?? "unknown",
        chart: (secret.metadata.annotations ?? {}) as Record<string, string>,
      }))
      .sort((a, b) => a.revision - b.revision);
  }

  private owned(api: ClusterApi, release: ReleaseId): KubernetesObject[] {
    const owner = { "meta.helm.sh/release-name": release.name, "meta.helm.sh/release-namespace": release.namespace };
    return ["daemonsets", "deployments", "statefulsets"]
      .flatMap((resource) => api.list(resource) ?? [])
      .filter(({ metadata }) => {
        const annotations = (metadata.annotations ?? {}) as Record<string, string>;
        return Object.entries(owner).every(([key, value]) => annotations[key] === value);
      });
  }
}

function objectOf(workload: Workload, release: ReleaseInputs): KubernetesObject {
  return {
    apiVersion: "apps/v1",
    kind: workload.kind,
    metadata: {
      name: workload.name,
      namespace: workload.namespace ?? release.namespace,
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": release.name, "meta.helm.sh/release-namespace": release.namespace },
    },
  };
}

function recordOf(
  release: ReleaseInputs,
  chart: Record<string, string>,
  revision: number,
  status: string,
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.${release.name}.v${revision}`,
      namespace: release.namespace,
      labels: { owner: "helm", name: release.name, status, version: String(revision) },
      annotations: chart,
    },
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
