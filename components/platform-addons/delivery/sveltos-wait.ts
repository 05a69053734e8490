/**
 * A ClusterProfile does not say whether it is done; the ClusterSummary that Sveltos makes for each cluster does.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: api/v1beta1/clustersummary_types.go,
 * lib/clusterops/clustersummary.go (its name), controllers/clustersummary_controller.go.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { withKubectl } from "./kubectl.ts";
import { managementName, managementNamespace } from "./sveltos-cluster.ts";

/** Time between two looks; the environment variable ORRERY_POLL_INTERVAL_MS changes it, for worlds with another clock. */
const usualIntervalMs = 5000;

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
 * @throws Error with what Sveltos says when that takes too long, or when Sveltos has given up
 */
export async function waitForProfile(
  kubeconfig: string,
  profile: string,
  chart: ProfileChart,
  timeoutSeconds: number,
): Promise<void> {
  const purpose = `ClusterProfile ${profile}`;
  const wait = Number(process.env.ORRERY_POLL_INTERVAL_MS) || usualIntervalMs;
  await withKubectl(kubeconfig, purpose, async (kubectl) => {
    // What is deployed stays so between two looks; a status that is out of date does not.
    let seen = 0;
    let state = "";
    for (let looks = Math.max(2, Math.ceil((timeoutSeconds * 1000) / usualIntervalMs)); looks > 0; looks -= 1) {
      const where = ["--namespace", managementNamespace, "--ignore-not-found", "--output", "json"];
      const text = await kubectl("get", clusterSummaries, `${profile}-sveltos-${managementName}`, ...where);
      const summary: ClusterSummary = text.trim() === "" ? {} : JSON.parse(text);
      state = stateOf(summary, chart);
      if (state.startsWith(givenUp)) throw new Error(state);
      seen = state === deployed ? seen + 1 : 0;
      if (seen === 2) return;
      await sleep(wait);
    }
    throw new Error(`not deployed after ${timeoutSeconds} seconds: ${state}`);
  });
}

const clusterSummaries = "clustersummaries.config.projectsveltos.io";
const deployed = "deployed";
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
  return message ?? status?.dependencies ?? "Sveltos has not begun";
}
