import { createHash } from "node:crypto";
import type { KubernetesObject } from "../facts.ts";

/** Label that Cluster API looks for on everything that belongs to a cluster. */
export const clusterLabel = "cluster.x-k8s.io/cluster-name";

/**
 * A template under a name that changes with its content. Cluster API forbids changes of templates: machines are replaced
 * when the object that refers to the template names another one. The digest is of JSON with sorted keys, so that others
 * come to the same one.
 */
export function namedByContent(object: KubernetesObject): KubernetesObject {
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(object.spec)))
    .digest("hex")
    .slice(0, 8);
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${hash}` } };
}

/** A reference as the contract v1beta2 of Cluster API writes it: by group, because the version is the CRD's to say. */
export function reference({ apiVersion, kind, metadata }: KubernetesObject): Record<string, string> {
  return { apiGroup: apiVersion.split("/")[0] ?? "", kind, name: metadata.name };
}

/** The same value with its keys sorted, at any depth. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
