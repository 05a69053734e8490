/**
 * What is wrong with downstream clusters although the engine has nothing to say against it: controllers make them, and those work
 * on after `up`.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: pkg/apis/application/v1alpha1/types.go (`status.conditions`; a
 * ComparisonError is what keeps it from reading the folder).
 */
import { askCluster } from "./ask-cluster.ts";
import type { ClusterSummary } from "./cluster.ts";
import { noMachines } from "./downstream-states.ts";

interface ApplicationObject {
  metadata: { name: string };
  spec?: { source?: { path?: string } };
  status?: { conditions?: { type: string; message?: string }[] };
}

/** Warns of clusters without machines. @param delivery who applies their objects */
export function machineWarnings(
  management: string,
  downstream: ClusterSummary["downstream"],
  delivery: "direct" | "git",
): string[] {
  const why =
    delivery === "git"
      ? `they come when Argo CD has read what render ${management} --to <folder> writes, committed and pushed; if it has, see`
      : "see";
  return downstream
    .filter(({ state }) => state === noMachines)
    .map(
      ({ name }) =>
        `the downstream cluster ${name} has no machines: ${why} kubectl get clusters.cluster.x-k8s.io,events --namespace ${name}`,
    );
}

/**
 * Warns of charts of objects that Argo CD does not get out of the repository.
 * @param text list of Applications in JSON
 * @param paths of what the repository has to hold
 */
export function folderWarnings(management: string, text: string, paths: readonly string[]): string[] {
  const { items = [] } = JSON.parse(text) as { items?: ApplicationObject[] };
  const missing = items.flatMap(({ metadata, spec, status }) => {
    const folder = spec?.source?.path;
    const condition = status?.conditions?.find(({ type }) => type === "ComparisonError");
    if (!condition || folder === undefined || !paths.some((path) => path.startsWith(`${folder}/`))) return [];
    return [{ name: metadata.name, message: condition.message ?? "" }];
  });
  const [first] = missing;
  if (!first) return [];
  const names = missing.map(({ name }) => name).sort();
  return [
    `Argo CD cannot read out of the repository what ${names.join(", ")} ${names.length === 1 ? "needs" : "need"} (${first.message}): if it was not pushed yet, run npm run fleet -- render ${management} --to <folder>, commit and push`,
  ];
}

/** Asks a management cluster's Argo CD for it; nothing where there is nothing to find, or nobody who answers. */
export async function askFolderWarnings(
  management: string,
  kubeconfig: string,
  paths: readonly string[],
): Promise<string[]> {
  if (paths.length === 0) return [];
  const type = "applications.argoproj.io";
  const text = await askCluster(kubeconfig, "get", type, "--namespace", "argocd", "--output", "json");
  return text === undefined ? [] : folderWarnings(management, text, paths);
}
