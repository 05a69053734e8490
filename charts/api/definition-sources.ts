/**
 * Where definitions are that no chart renders: operators register them when they start, or fetch them.
 *
 * Sources: github.com/cilium/cilium, v1.18.4: pkg/k8s/apis/cilium.io/client/crds; github.com/crossplane/crossplane, v2.3.4:
 * cluster/crds; github.com/crossplane-contrib/provider-kubernetes, v1.2.1: package/crds; github.com/kubernetes-sigs/cluster-api,
 * v1.12.10: docs/book/src/developer/providers/contracts/clusterctl.md, where the definitions of a provider are among its
 * manifests.
 */
import { type Bag, isBag } from "../chart-files.ts";
import type { PlannedChart } from "../planned.ts";
import type { ObjectSet } from "./check-objects.ts";

/** An entry and its chart. */
type ChartOfEntry = Pick<PlannedChart, "entry" | "chart">;

/** What a program registers, or a package brings. */
interface Registrar {
  /** API groups. */
  groups: RegExp;
  /** Its versions in the run. */
  versions: (objects: readonly Bag[], charts: readonly ChartOfEntry[]) => string[];
  url: (version: string, place: { group: string; version: string; plural: string }) => string;
}

const registrars: readonly Registrar[] = [
  {
    groups: /^cilium\.io$/,
    versions: (_, charts) => versionsOf("cilium", charts),
    url: (release, { version, plural }) =>
      `https://raw.githubusercontent.com/cilium/cilium/v${release}/pkg/k8s/apis/cilium.io/client/crds/${version}/${plural}.yaml`,
  },
  {
    groups: /^(apiextensions|ops|pkg|protection)\.crossplane\.io$/,
    versions: (_, charts) => versionsOf("crossplane", charts),
    url: (release, { group, plural }) =>
      `https://raw.githubusercontent.com/crossplane/crossplane/v${release}/cluster/crds/${group}_${plural}.yaml`,
  },
  {
    groups: /^kubernetes(\.m)?\.crossplane\.io$/,
    versions: (objects) => objects.flatMap(({ spec }) => packaged("crossplane-contrib/provider-kubernetes", spec)),
    url: (release, { group, plural }) =>
      `https://raw.githubusercontent.com/crossplane-contrib/provider-kubernetes/v${release}/package/crds/${group}_${plural}.yaml`,
  },
];

/**
 * Addresses of the definitions that objects need, each once.
 * @param charts in the run: with them goes the version of what they register
 */
export function definitionUrls(sets: readonly ObjectSet[], charts: readonly ChartOfEntry[]): string[] {
  const objects = sets.flatMap((set) => set.objects);
  const known = registrars.map(({ versions, ...one }) => ({ ...one, versions: new Set(versions(objects, charts)) }));
  const registered = ({ apiVersion, kind }: Bag): string[] => {
    const [group = "", version = ""] = String(apiVersion).split("/");
    const plural = String(kind).toLowerCase().replace(/y$/, "ie").concat("s");
    const mine = known.filter(({ groups }) => groups.test(group));
    return mine.flatMap(({ versions, url }) => [...versions].map((one) => url(one, { group, version, plural })));
  };
  return [...new Set(objects.flatMap((object) => [...registered(object), ...provided(object)]))].sort();
}

function versionsOf(name: string, charts: readonly ChartOfEntry[]): string[] {
  return charts.filter(({ entry }) => entry === name).map(({ chart }) => chart.version);
}

/** The version of a package of Crossplane's, where an object installs it. */
function packaged(name: string, spec: unknown): string[] {
  const [, version] = isBag(spec) ? String(spec.package).split(`/${name}:v`) : [];
  return version ? [version] : [];
}

/** The manifests that Cluster API's operator fetches for a provider, of which it names release and file. */
function provided({ apiVersion, spec }: Bag): string[] {
  if (!String(apiVersion).startsWith("operator.cluster.x-k8s.io/") || !isBag(spec)) return [];
  const url = isBag(spec.fetchConfig) ? String(spec.fetchConfig.url) : "";
  return /\/releases\/v[^/]+\/[^/]+\.yaml$/.test(url) ? [url.replace("/releases/", "/releases/download/")] : [];
}
