/**
 * Cilium's addresses for load balancers in downstream clusters, and Sveltos' event-manager, which tells the management
 * cluster of them. Functions in Lua are not run: a resource matches when it has the kind and the namespace that the source
 * asks for, its name stands in the function, and it has an address.
 *
 * Facts: github.com/projectsveltos/event-manager, v1.13.0: api/v1beta1/eventtrigger_types.go,
 * controllers/eventtrigger_deployer.go (`instantiateResources`: other ConfigMaps go to the destination as they are); libsveltos,
 * api/v1beta1/eventsource_type.go; github.com/cilium/cilium, 1.18: Documentation/network/lb-ipam.rst.
 */
import { nthAddress, parseRange } from "../../../components/network/ranges.ts";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { objectsOf } from "../engines/sveltos.ts";
import { isReady } from "../workloads.ts";
import { specOf } from "./machines.ts";

const proxy = { name: "capsule-proxy", namespace: "capsule-system" };
const libraryApi = "lib.projectsveltos.io/v1beta1";

/** Gives services of type LoadBalancer their address. */
export function giveAddresses(world: World, api: ClusterApi): void {
  const workload = api.state.workloads[`Deployment.apps/${proxy.namespace}/${proxy.name}`];
  const [pool] = api.list("ciliumloadbalancerippools.cilium.io") ?? [];
  if (!workload || !isReady(world, workload) || !pool) return;
  if (api.get("v1", "Service", proxy.name, proxy.namespace)) return;
  const blocks = specOf(pool).blocks as { cidr: string }[];
  const service = api.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...proxy },
    spec: { type: "LoadBalancer", ports: [{ name: "proxy", port: 9001 }] },
  });
  // The first address of a range is left out.
  const ip = nthAddress(parseRange(String(blocks[0]?.cidr)), 1);
  service.status = { loadBalancer: { ingress: [{ ip }] } };
  world.record("load-balancer.address", proxy.name, { ip });
}

/** Makes in the management cluster what triggers ask for when their event has happened in a downstream cluster. */
export function passEvents(world: World, home: ClusterApi, cluster: KubernetesObject, api: ClusterApi): void {
  const manager = home.state.workloads["Deployment.apps/projectsveltos/event-manager"];
  if (!manager || !isReady(world, manager)) return;
  for (const trigger of home.list("eventtriggers.lib.projectsveltos.io") ?? []) {
    const { sourceClusterSelector, eventSourceName, policyRefs, destinationCluster } = specOf(trigger);
    if (!isRecord(destinationCluster) || destinationCluster.name !== "mgmt") continue;
    if (!selects(sourceClusterSelector, cluster)) continue;
    const source = home.get(libraryApi, "EventSource", String(eventSourceName));
    for (const resource of matching(source, api)) {
      // A trigger whose ConfigMap is not there, or not any more, waits.
      const references = (policyRefs as Record<string, string>[]).filter(({ kind, name, namespace }) =>
        home.get("v1", String(kind), String(name), namespace),
      );
      for (const object of references.flatMap((reference) => filledIn(reference, cluster, resource, home))) {
        const { apiVersion, kind, metadata } = object;
        if (home.get(apiVersion, kind, metadata.name, metadata.namespace)) continue;
        home.apply(object);
        world.record("sveltos.event", `${kind} ${metadata.name}`, { cluster: cluster.metadata.name });
      }
    }
  }
}

/** What the destination gets of a ConfigMap: filled in with the event, or as a profile there has it. */
function filledIn(
  reference: Record<string, string>,
  cluster: KubernetesObject,
  resource: KubernetesObject,
  home: ClusterApi,
): KubernetesObject[] {
  const found = home.get("v1", String(reference.kind), String(reference.name), reference.namespace);
  const annotations = isRecord(found?.metadata.annotations) ? found.metadata.annotations : {};
  if ("projectsveltos.io/instantiate" in annotations)
    return objectsOf(reference, cluster, home, { Resource: resource });
  const destination = home.get(libraryApi, "SveltosCluster", "mgmt", "mgmt");
  try {
    return destination ? objectsOf(reference, destination, home) : [];
  } catch {
    // Its profile says why, and brings nothing.
    return [];
  }
}

function selects(selector: unknown, { metadata }: KubernetesObject): boolean {
  const wanted = isRecord(selector) && isRecord(selector.matchLabels) ? selector.matchLabels : {};
  const labels = isRecord(metadata.labels) ? metadata.labels : {};
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function matching(source: KubernetesObject | undefined, api: ClusterApi): KubernetesObject[] {
  const selectors = (specOf(source).resourceSelectors ?? []) as Record<string, unknown>[];
  return selectors.flatMap(({ kind, namespace, evaluate }) =>
    (api.list(String(kind)) ?? []).filter(
      ({ metadata, status }) =>
        metadata.namespace === namespace &&
        String(evaluate).includes(`'${metadata.name}'`) &&
        isRecord(status) &&
        isRecord(status.loadBalancer) &&
        Array.isArray(status.loadBalancer.ingress),
    ),
  );
}
