/**
 * Where definitions are that no chart renders: operators register them when they start, or fetch them.
 *
 * Sources: github.com/cilium/cilium, v1.18.4: pkg/k8s/apis/cilium.io/client/crds; github.com/crossplane/crossplane, v2.3.4:
 * cluster/crds; github.com/kubernetes-sigs/cluster-api, v1.12.10: docs/book/src/developer/providers/contracts/clusterctl.md,
 * where the definitions of a provider are among its manifests.
 */
import { type Bag, isBag } from "../chart-files.ts";
import type { PlannedChart } from "../planned.ts";
import type { ObjectSet } from "./check-objects.ts";

/** An entry and its chart. */
type ChartOfEntry = Pick<PlannedChart, "entry" | "chart">;

/** A chart whose program registers definitions. */
interface Registrar {
  /** The entry's name. */
  entry: string;
  /** API groups: the one that is named and those below it. */
  group: string;
  url: (version: string, place: { group: string; version: string; plural: string }) => string;
}

const registrars: readonly Registrar[] = [
  {
    entry: "cilium",
    group: "cilium.io",
    url: (release, { version, plural }) =>
      `https://raw.githubusercontent.com/cilium/cilium/v${release}/pkg/k8s/apis/cilium.io/client/crds/${version}/${plural}.yaml`,
  },
  {
    entry: "crossplane",
    group: "crossplane.io",
    url: (release, { group, plural }) =>
      `https://raw.githubusercontent.com/crossplane/crossplane/v${release}/cluster/crds/${group}_${plural}.yaml`,
  },
];

/**
 * Addresses of the definitions that objects need, each once.
 * @param charts in the run: with them goes the version of what they register
 */
export function definitionUrls(sets: readonly ObjectSet[], charts: readonly ChartOfEntry[]): string[] {
  const objects = sets.flatMap((set) => set.objects);
  return [...new Set(objects.flatMap((object) => [...registered(object, charts), ...provided(object)]))].sort();
}

function registered({ apiVersion, kind }: Bag, charts: readonly ChartOfEntry[]): string[] {
  const [group = "", version = ""] = String(apiVersion).split("/");
  const plural = String(kind).toLowerCase().replace(/y$/, "ie").concat("s");
  const mine = registrars.filter((one) => group === one.group || group.endsWith(`.${one.group}`));
  return mine.flatMap(({ entry, url }) =>
    charts.filter((one) => one.entry === entry).map(({ chart }) => url(chart.version, { group, version, plural })),
  );
}

/** The manifests that Cluster API's operator fetches for a provider, of which it names release and file. */
function provided({ apiVersion, spec }: Bag): string[] {
  if (!String(apiVersion).startsWith("operator.cluster.x-k8s.io/") || !isBag(spec)) return [];
  const url = isBag(spec.fetchConfig) ? String(spec.fetchConfig.url) : "";
  return /\/releases\/v[^/]+\/[^/]+\.yaml$/.test(url) ? [url.replace("/releases/", "/releases/download/")] : [];
}
