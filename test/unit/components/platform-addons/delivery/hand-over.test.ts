import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { markUninstalled } from "../../../../../components/platform-addons/delivery/hand-over.ts";
import { readRecord, recordOf } from "../../../../../lab/kubernetes/helm-record.ts";

describe("handing over a Helm release", () => {
  const path = process.env.PATH;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hand-over-test-"));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** Puts a kubectl first on the PATH that knows these Secrets, and keeps what it is told to patch. */
  function kubectl(...items: unknown[]): void {
    writeFileSync(join(folder, "secrets"), JSON.stringify({ items }));
    const file = join(folder, "kubectl");
    const script = `case "$3" in
get) cat "${folder}/secrets" ;;
patch) echo "$@" > "${folder}/arguments"; for last in "$@"; do :; done; cat "$last" > "${folder}/patch" ;;
esac`;
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    process.env.PATH = [folder, path].join(delimiter);
  }

  const release = { name: "web", namespace: "apps" };

  it("marks the newest revision as uninstalled and changes nothing else in it", async () => {
    const newest = recordOf(release, { name: "web" }, 10, "deployed");
    kubectl(recordOf(release, { name: "web" }, 9, "superseded"), newest);
    await markUninstalled("canary", "apps", "web");
    assert.match(
      readFileSync(join(folder, "arguments"), "utf8"),
      /patch secrets sh\.helm\.release\.v1\.web\.v10 --namespace apps --type merge --patch-file \S+\n$/,
    );
    const patch = JSON.parse(readFileSync(join(folder, "patch"), "utf8"));
    assert.deepEqual(patch.metadata, { labels: { status: "uninstalled" } });
    assert.deepEqual(readRecord({ ...newest, ...patch, metadata: newest.metadata }), {
      ...readRecord(newest),
      status: "uninstalled",
    });
  });

  it("leaves a release without records alone", async () => {
    kubectl();
    await markUninstalled("canary", "apps", "web");
    assert.throws(() => readFileSync(join(folder, "patch")), /ENOENT/);
  });

  it("says what it could not do", async () => {
    writeFileSync(join(folder, "kubectl"), "#!/bin/sh\necho 'the server is down' >&2; exit 1\n");
    chmodSync(join(folder, "kubectl"), 0o755);
    process.env.PATH = [folder, path].join(delimiter);
    await assert.rejects(
      markUninstalled("canary", "apps", "web"),
      /^Error: cannot hand over the Helm release apps\/web: the server is down$/,
    );
  });
});
