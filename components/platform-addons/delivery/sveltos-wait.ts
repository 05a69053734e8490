/**
 * A ClusterProfile does not say whether it is done; the ClusterSummary that Sveltos makes for each cluster does.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: api/v1beta1/clustersummary_types.go,
 * lib/clusterops/clustersummary.go (its name), controllers/clustersummary_controller.go.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Kubectl, withKubectl } from "../../kubectl.ts";
import { managementName, managementNamespace } from "./sveltos-cluster.ts";

/** Time between two looks; the environment variable ORRERY_POLL_INTERVAL_MS changes it, for worlds with another clock. */
const lookSeconds = 5;

/** How long kubectl watches a chart that is being deployed. */
const watchSeconds = 30;

interface ClusterSummary {
  spec?: { clusterProfileSpec?: { helmCharts?: ProfileChart[] } };
  status?: {
    dependencies?: string;
    featureSummaries?: { status?: string; failureMessage?: string }[];
  };
}

/** What tells one version of a chart in a profile from another. */
export interface ProfileChart {
  chartVersion?: unknown;
  options?: { description?: unknown };
}

/**
 * Waits until Sveltos has deployed a profile's chart in the management cluster itself.
 * @param chart as the profile has it: what Sveltos says about an earlier one does not count
 * @param isNew says that there was no such profile before: no report can be out of date
 * @throws Error with what Sveltos says when that takes too long, or when Sveltos has given up
 */
export async function waitForProfile(
  kubeconfig: string,
  profile: string,
  chart: ProfileChart,
  { timeoutSeconds, isNew }: { timeoutSeconds: number; isNew: boolean },
): Promise<void> {
  const name = `${profile}-sveltos-${managementName}`;
  const place = [clusterSummaries, name, "--namespace", managementNamespace];
  await withKubectl(kubeconfig, `ClusterProfile ${profile}`, async (kubectl) => {
    // What is deployed stays so between two looks; a status that is out of date does not.
    const wanted = isNew ? 1 : 2;
    let seen = 0;
    let state = "";
    for (let left = Math.max(timeoutSeconds, 2 * lookSeconds); left > 0; left -= lookSeconds) {
      const text = await kubectl("get", ...place, "--ignore-not-found", "--output", "json");
      state = stateOf(text.trim() === "" ? {} : JSON.parse(text), chart);
      if (state.startsWith(givenUp)) throw new Error(state);
      seen = state === deployed ? seen + 1 : 0;
      if (seen === wanted) return;
      if (state === begun && (await becomesReady(kubectl, place))) left -= watchSeconds;
      else await sleep(Number(process.env.ORRERY_POLL_INTERVAL_MS) || lookSeconds * 1000);
    }
    throw new Error(`not deployed after ${timeoutSeconds} seconds: ${state}`);
  });
}

/** Watches for a while; what came of it shows at the next look. */
async function becomesReady(kubectl: Kubectl, place: string[]): Promise<boolean> {
  const condition = "jsonpath={.status.featureSummaries[0].status}=Provisioned";
  try {
    await kubectl("wait", ...place, `--for=${condition}`, `--timeout=${watchSeconds}s`);
    return true;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.includes("timed out waiting") ?? false;
  }
}

const clusterSummaries = "clustersummaries.config.projectsveltos.io";
const deployed = "deployed";
const begun = "Sveltos is deploying it";
const givenUp = "Sveltos has given up: ";

function stateOf({ spec, status }: ClusterSummary, wanted: ProfileChart): string {
  const [chart] = spec?.clusterProfileSpec?.helmCharts ?? [];
  if (!chart) return "Sveltos has not seen it yet";
  const same = chart.chartVersion === wanted.chartVersion && chart.options?.description === wanted.options?.description;
  if (!same) return "Sveltos is still at the version before";
  const features = status?.featureSummaries ?? [];
  if (features.length > 0 && features.every((feature) => feature.status === "Provisioned")) return deployed;
  const message = features.map(({ failureMessage }) => failureMessage).find((text) => text);
  if (features.some((feature) => feature.status === "FailedNonRetriable")) return `${givenUp}${message}`;
  if (message) return message;
  return features.length > 0 ? begun : (status?.dependencies ?? "Sveltos has not begun");
}
