import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { waitForProfile } from "../../../../../components/platform-addons/delivery/sveltos-wait.ts";

describe("waiting for a profile of Sveltos", () => {
  const { PATH, ORRERY_POLL_INTERVAL_MS } = process.env;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sveltos-wait-test-"));
    process.env.ORRERY_POLL_INTERVAL_MS = "1";
  });
  afterEach(() => {
    process.env.PATH = PATH;
    if (ORRERY_POLL_INTERVAL_MS === undefined) delete process.env.ORRERY_POLL_INTERVAL_MS;
    else process.env.ORRERY_POLL_INTERVAL_MS = ORRERY_POLL_INTERVAL_MS;
    rmSync(folder, { recursive: true });
  });

  /** Puts a kubectl first on the PATH that answers one after the other; the last answer stays. */
  function answers(...list: unknown[]): void {
    for (const [index, answer] of list.entries()) {
      writeFileSync(join(folder, String(index)), answer === undefined ? "" : JSON.stringify(answer));
    }
    const script = `echo "$@" | sed 's/^--kubeconfig [^ ]* //' >> "${folder}/commands"
at=$(($(wc -l < "${folder}/commands") - 1))
[ $at -lt ${list.length} ] || at=${list.length - 1}
cat "${folder}/$at"`;
    writeFileSync(join(folder, "kubectl"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "kubectl"), 0o755);
    process.env.PATH = [folder, PATH].join(delimiter);
  }
  const looks = () => readFileSync(join(folder, "commands"), "utf8").trim().split("\n");

  const chart = { chartVersion: "1.2.3", options: { description: "values a" } };
  const summary = (status: string, more: object = {}, of: object = chart) => ({
    spec: { clusterProfileSpec: { helmCharts: [of] } },
    status: { dependencies: "All dependencies deployed", featureSummaries: [{ featureID: "Helm", status, ...more }] },
  });
  const wait = (timeoutSeconds = 60, isNew = false) =>
    waitForProfile("canary", "portal", chart, { timeoutSeconds, isNew });

  it("looks at the management cluster until it has seen twice that the chart is deployed", async () => {
    answers(undefined, summary("Provisioning"), undefined, summary("Provisioned"), summary("Provisioned"));
    await wait();
    const place = "clustersummaries.config.projectsveltos.io portal-sveltos-mgmt --namespace mgmt";
    const get = `get ${place} --ignore-not-found --output json`;
    const watch = `wait ${place} --for=jsonpath={.status.featureSummaries[0].status}=Provisioned --timeout=30s`;
    assert.deepEqual(looks(), [get, get, watch, get, get]);
  });

  it("takes the first report of a new profile", async () => {
    answers(summary("Provisioned"));
    await wait(60, true);
    assert.equal(looks().length, 1);
  });

  for (const [what, before] of [
    ["version", { ...chart, chartVersion: "1.2.2" }],
    ["values", { ...chart, options: { description: "values b" } }],
  ] as const) {
    it(`does not take what is said about other ${what} for this one`, async () => {
      answers(summary("Provisioned", {}, before));
      await assert.rejects(
        wait(10),
        /^Error: ClusterProfile portal: not deployed after 10 seconds: Sveltos is still at the version before$/,
      );
    });
  }

  it("says what Sveltos says when it takes too long", async () => {
    answers(summary("Failed", { failureMessage: "context deadline exceeded" }));
    await assert.rejects(wait(10), /not deployed after 10 seconds: context deadline exceeded$/);
    const status = { dependencies: "ClusterProfile database is a dependency and it is not fully deployed yet" };
    answers({ ...summary("Provisioning"), status });
    await assert.rejects(wait(10), /: ClusterProfile database is a dependency and it is not fully deployed yet$/);
    answers(undefined);
    await assert.rejects(wait(10), /: Sveltos has not seen it yet$/);
  });

  it("ends at once when Sveltos has given up", async () => {
    answers(summary("FailedNonRetriable", { failureMessage: "cannot manage chart" }));
    await assert.rejects(wait(), /^Error: ClusterProfile portal: Sveltos has given up: cannot manage chart$/);
    assert.equal(looks().length, 1);
  });
});
