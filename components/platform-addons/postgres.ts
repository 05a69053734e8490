/**
 * Databases of add-ons, by the operator of the entry cloudnative-pg.
 *
 * Facts: github.com/cloudnative-pg/cloudnative-pg, v1.27.1: docs/src/applications.md, certificates.md (Secrets
 * `<cluster>-app` and `<cluster>-ca`), api/v1/cluster_types.go (`enablePDB`, `primaryUpdateMethod`).
 */
import type { ClusterFacts } from "../facts.ts";
import type { KubernetesObject } from "./addon.ts";
import { movesOneByOne } from "./placement.ts";

/** What {@link postgresCluster} is told. */
export interface Postgres {
  name: string;
  namespace: string;
  /** Database and user that owns it. */
  owner: string;
  /** Copies, one of which is written to. */
  instances: number;
  /** Volume of each copy. */
  storageGiB: number;
  storageClass?: string | undefined;
  resources: { requests: { cpu: string; memory: string }; limits: { memory: string } };
}

/** A database with its copies, spread over nodes as far as there are nodes. */
export function postgresCluster(facts: ClusterFacts, wanted: Postgres): KubernetesObject {
  const { name, namespace, owner, instances, storageGiB, storageClass, resources } = wanted;
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name, namespace },
    spec: {
      instances,
      // Restarted one by one, the primary last and only after another has taken over.
      primaryUpdateStrategy: "unsupervised",
      primaryUpdateMethod: "switchover",
      // Of a single one the budget would say that its node may never be drained.
      enablePDB: movesOneByOne(facts, instances),
      bootstrap: { initdb: { database: owner, owner } },
      storage: { size: `${storageGiB}Gi`, storageClass },
      resources,
      affinity: { enablePodAntiAffinity: true, topologyKey: "kubernetes.io/hostname" },
    },
  };
}
