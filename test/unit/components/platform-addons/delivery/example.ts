import {
  type Addon,
  defineAddon,
  noSettings,
  secretPlaceholder,
} from "../../../../../components/platform-addons/addon.ts";
import { type AddonPlan, planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";

/** An entry of a catalogue for tests, delivered by whoever the cluster says. */
function entry(name: string, more: Partial<Addon> = {}): Addon {
  return defineAddon({
    name,
    description: name,
    sources: [],
    chart: { repository: "https://charts.example.net", name: `${name}-chart`, version: "1.2.3" },
    namespace: { name },
    settings: noSettings,
    values: () => ({}),
    workloads: () => [],
    ...more,
  });
}

/** Has all that an entry can have, and values that name the cluster and its ranges. */
export const portal: Addon = entry("portal", {
  namespace: { name: "portal", podSecurity: "restricted" },
  values: ({ name, domain, addresses }) => ({
    replicas: 2,
    host: `portal.${domain}`,
    cluster: { name, api: addresses.endpoint, pods: addresses.podSubnets },
    greeting: "hello {{ .User }}",
  }),
  objects: ({ name }) => [
    {
      apiVersion: "portal.example.net/v1",
      kind: "Page",
      metadata: { name: "start", namespace: "portal" },
      spec: { title: name },
    },
  ],
  needs: () => [{ capability: "cni" }, { capability: "database" }],
  definitions: [{ group: "portal.example.net", version: "v1", namespaced: ["Page"] }],
  secrets: () => [
    {
      configKey: "portalToken",
      description: "a token",
      name: "portal-token",
      namespace: "portal",
      keys: { token: secretPlaceholder },
    },
  ],
  selectedBy: [{ portal: "true" }, { monitoring: "true", fluxcd: "true" }],
});

/** Needed by the portal; its chart is in an OCI registry. */
export const database: Addon = entry("database", {
  chart: { repository: "oci://registry.example.net/charts", name: "database", version: "4.5.6" },
  needs: () => [{ capability: "cni" }],
  provides: () => ["database"],
});

const network: Addon = entry("network", { provides: () => ["cni"], directOnly: "there is no network before" });

export const exampleCatalogue: readonly Addon[] = [network, database, portal];

/**
 * The example add-ons of the cluster `sol`, as if `delivery` were their delivery.
 * @param facts others than those of `sol`
 */
export function examplePlans(delivery: AddonPlan["delivery"], facts = factsOf("sol")): AddonPlan[] {
  const config = configOf({ delivery, addons: { network: true, database: true, portal: true } });
  const { addons, problems } = planAddons(config, facts, exampleCatalogue, "repository");
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return addons;
}
