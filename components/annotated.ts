import type { KubernetesObject } from "./facts.ts";

/** An object with further annotations. */
export function annotated<T extends KubernetesObject>(object: T, annotations: Record<string, string>): T {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}
