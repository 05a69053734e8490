/**
 * The records in which Helm keeps the revisions of a release: Secrets in the release's namespace. When an add-on moves,
 * they decide what an uninstallation takes along.
 *
 * Facts: github.com/helm/helm v3.18.6: pkg/action/uninstall.go (of a release whose newest revision is marked as
 * uninstalled the records are removed and nothing else), pkg/storage/driver/secrets.go (records are found by the labels
 * `owner` and `name`) and util.go (JSON, gzip, base64; base64 once more as in every Secret).
 */
import { gzipSync } from "node:zlib";
import { fieldManager, type Kubectl, withKubectl } from "../../kubectl.ts";

/** A Helm release in a cluster. */
export interface ReleasePlace {
  kubeconfig: string;
  namespace: string;
  name: string;
}

/** The label `owner` of records that Helm is not to see for a while. */
const aside = "orrery";

/** Says of a record that it stands in for others. */
const standIn = "orrery/stand-in";

/** How often a number for the stand-in is looked for, while others write records, too. */
const attempts = 5;

/**
 * Deletes all records of a release; none is fine.
 * @param before runs when there are some
 * @throws Error with what kubectl says
 */
export async function removeRecords(
  { kubeconfig, namespace, name }: ReleasePlace,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  await withKubectl(kubeconfig, `cannot clear the way for the Helm release ${namespace}/${name}`, async (kubectl) => {
    const where = ["--namespace", namespace, "--selector", selector(name)];
    if ((await kubectl("get", "secrets", ...where, "--output", "name")).trim() === "") return;
    await before();
    await kubectl("delete", "secrets", ...where);
  });
}

/**
 * Makes the next uninstallation of a release touch nothing in the cluster: a record that says "uninstalled" is put on top.
 * @param keep sets the other records aside, for a new owner that works with them; Helm would remove them, too.
 * {@link bringRecordsBack} follows when the uninstallation is done
 * @throws Error with what kubectl says
 */
export async function standInForRelease(place: ReleasePlace, keep: boolean): Promise<void> {
  const { kubeconfig, namespace, name } = place;
  await withKubectl(kubeconfig, `cannot hand over the Helm release ${namespace}/${name}`, async (kubectl, write) => {
    for (let attempt = 1, taken = 0; ; attempt += 1) {
      const records = await recordsOf(kubectl, place);
      // A run that was killed in between has left one already.
      if (records.some(({ metadata }) => metadata.labels[standIn] !== undefined)) return;
      if (keep) await relabel(kubectl, namespace, records, aside);
      const revision = 1 + Math.max(taken, ...records.map(({ metadata }) => Number(metadata.labels.version)));
      const file = await write("record.json", JSON.stringify(uninstalledRecord(place, revision)));
      try {
        await kubectl("create", "--filename", file);
        return;
      } catch (error) {
        // The new owner has just written one of its own, or one has that name which was set aside by a run that was killed.
        if (attempt === attempts || !String(error).includes("(AlreadyExists)")) throw error;
        taken = revision;
      }
    }
  });
}

/** Lets Helm see the records again that {@link standInForRelease} set aside. @throws Error with what kubectl says */
export async function bringRecordsBack(place: ReleasePlace): Promise<void> {
  const { kubeconfig, namespace, name } = place;
  await withKubectl(kubeconfig, `cannot hand over the records of ${namespace}/${name}`, async (kubectl) => {
    await relabel(kubectl, namespace, await recordsOf(kubectl, place, aside), "helm");
  });
}

interface HelmRecord {
  metadata: { name: string; labels: Record<string, string> };
}

async function recordsOf(kubectl: Kubectl, { namespace, name }: ReleasePlace, owner = "helm"): Promise<HelmRecord[]> {
  const where = ["--namespace", namespace, "--selector", selector(name, owner)];
  return (JSON.parse(await kubectl("get", "secrets", ...where, "--output", "json")) as { items: HelmRecord[] }).items;
}

async function relabel(kubectl: Kubectl, namespace: string, records: HelmRecord[], owner: string): Promise<void> {
  if (records.length === 0) return;
  const names = records.map(({ metadata }) => metadata.name);
  const how = ["--overwrite", "--namespace", namespace, fieldManager];
  await kubectl("label", "secrets", ...names, `owner=${owner}`, ...how);
}

function uninstalledRecord({ namespace, name }: ReleasePlace, revision: number): Record<string, unknown> {
  const content = { name, namespace, version: revision, info: { status: "uninstalled" }, chart: { metadata: {} } };
  const text = gzipSync(JSON.stringify(content)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.${name}.v${revision}`,
      namespace,
      labels: { owner: "helm", name, status: "uninstalled", version: String(revision), [standIn]: "true" },
    },
    data: { release: Buffer.from(text).toString("base64") },
  };
}

function selector(name: string, owner = "helm"): string {
  return `owner=${owner},name=${name}`;
}
