/**
 * Definitions of composite resources: Crossplane makes kinds of them that the API then serves.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: apis/apiextensions/v2/xrd_types.go (conditions Established, Offered).
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import type { CrossplaneState } from "./state.ts";

/** How long it takes until the API serves a new kind. */
const establishMs = 3_000;

/** A kind that Crossplane composes resources for. */
export interface CompositeKind {
  apiVersion: string;
  kind: string;
  /** As kubectl names it. */
  resource: string;
}

interface DefinitionSpec {
  group: string;
  scope?: string;
  names: { kind: string; plural: string };
  versions: { name: string; served: boolean }[];
}

/** Serves what is defined, as far as the present time allows. */
export function serveDefinitions(world: World, api: ClusterApi, state: CrossplaneState): CompositeKind[] {
  return (api.list("compositeresourcedefinitions.apiextensions.crossplane.io") ?? []).flatMap((object) => {
    const { group, scope, names, versions } = object.spec as DefinitionSpec;
    const key = api.keyFor(object);
    if (state.definitions[key] === undefined) {
      state.definitions[key] = world.clock.nowMs;
      world.touch();
    }
    if (world.clock.nowMs - (state.definitions[key] ?? 0) < establishMs) return [];
    const served = versions.filter((version) => version.served);
    const namespaced = scope !== "Cluster";
    api.define(Object.fromEntries(served.map(({ name }) => [`${group}/${name}/${names.kind}`, namespaced])));
    show(world, object);
    const resource = `${names.plural}.${group}`;
    return served.map(({ name }) => ({ apiVersion: `${group}/${name}`, kind: names.kind, resource }));
  });
}

function show(world: World, object: KubernetesObject): void {
  const status = { conditions: [{ type: "Established", status: "True" }] };
  if (isRecord(object.status) && isDeepStrictEqual(object.status, status)) return;
  object.status = status;
  world.touch();
}
