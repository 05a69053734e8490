/** Crossplane in a cluster of the lab: packages, definitions, composites, and the provider for objects of Kubernetes. */
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { isReady } from "../workloads.ts";
import { compose } from "./composites.ts";
import { serveDefinitions } from "./definitions.ts";
import { applyObjects } from "./objects.ts";
import { installPackages } from "./packages.ts";
import { emptyCrossplane } from "./state.ts";

const controller = "Deployment.apps/crossplane-system/crossplane";

/** Lets Crossplane do what the present time allows. */
export function runCrossplane(world: World, api: ClusterApi): void {
  const workload = api.state.workloads[controller];
  if (!workload || !isReady(world, workload)) return;
  api.state.crossplane ??= emptyCrossplane();
  const healthy = installPackages(world, api, api.state.crossplane);
  for (const kind of serveDefinitions(world, api, api.state.crossplane)) compose(world, api, kind, healthy);
  // The provider tells, and the composites hear of it in the next round.
  if (healthy.has("provider-kubernetes")) applyObjects(world, api, api.state.crossplane);
}
