/**
 * Packages of Crossplane: functions and providers come out of a registry, and a provider brings its definitions.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: apis/pkg/v1/conditions.go (Installed, Healthy);
 * github.com/crossplane-contrib/provider-kubernetes, v1.2.1: package/crds/.
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import type { CrossplaneState } from "./state.ts";

/** How long it takes to fetch a package and to start what is in it. */
const installMs = 20_000;

const definitions: Record<string, Record<string, boolean>> = {
  "provider-kubernetes": {
    "kubernetes.m.crossplane.io/v1alpha1/Object": true,
    "kubernetes.m.crossplane.io/v1alpha1/ObservedObjectCollection": true,
    "kubernetes.m.crossplane.io/v1alpha1/ProviderConfig": true,
    "kubernetes.m.crossplane.io/v1alpha1/ClusterProviderConfig": false,
  },
};

/**
 * Installs what the present time allows.
 * @returns names of the packages that run
 */
export function installPackages(world: World, api: ClusterApi, state: CrossplaneState): Set<string> {
  const healthy = new Set<string>();
  const objects = ["functions", "providers"].flatMap((type) => api.list(`${type}.pkg.crossplane.io`) ?? []);
  for (const object of objects) {
    const key = api.keyFor(object);
    if (state.packages[key] === undefined) {
      state.packages[key] = world.clock.nowMs;
      world.touch();
    }
    const problem = runtimeProblem(api, object);
    const runs = problem === undefined && world.clock.nowMs - (state.packages[key] ?? 0) >= installMs;
    if (runs) {
      healthy.add(object.metadata.name);
      api.define(definitions[packageName(object)] ?? {});
    }
    show(world, object, runs, problem);
  }
  return healthy;
}

/** `provider-kubernetes` of `xpkg.crossplane.io/crossplane-contrib/provider-kubernetes:v1.2.1`. */
function packageName({ spec }: KubernetesObject): string {
  const reference = isRecord(spec) ? String(spec.package) : "";
  return (
    reference
      .replace(/:[^/]*$/, "")
      .split("/")
      .at(-1) ?? ""
  );
}

function runtimeProblem(api: ClusterApi, { spec }: KubernetesObject): string | undefined {
  const reference = isRecord(spec) && isRecord(spec.runtimeConfigRef) ? spec.runtimeConfigRef : undefined;
  if (!reference) return undefined;
  const { apiVersion, kind, name } = reference as Record<string, string>;
  if (api.get(String(apiVersion), String(kind), String(name))) return undefined;
  return `cannot get referenced deployment runtime config: DeploymentRuntimeConfig.pkg.crossplane.io "${name}" not found`;
}

function show(world: World, object: KubernetesObject, runs: boolean, problem: string | undefined): void {
  const condition = (type: string) => ({
    type,
    status: runs ? "True" : "False",
    ...(problem === undefined ? {} : { message: problem }),
  });
  const status = { conditions: [condition("Installed"), condition("Healthy")] };
  if (isDeepStrictEqual(object.status, status)) return;
  object.status = status;
  world.touch();
}
