import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { removeHelmRecords } from "../../../../components/platform-addons/delivery/helm-records.ts";

describe("records of Helm that are left over", () => {
  const path = process.env.PATH;
  const temporary = process.env.TMPDIR;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "helm-records-test-"));
    process.env.TMPDIR = folder;
  });

  afterEach(() => {
    process.env.PATH = path;
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    rmSync(folder, { recursive: true });
  });

  /** Puts a kubectl first on the PATH that notes what it was called with. */
  function kubectl(script: string): void {
    const file = join(folder, "kubectl");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    process.env.PATH = [folder, path].join(delimiter);
  }

  it("are deleted by release and namespace, with the kubeconfig in a file that only its owner reads", async () => {
    kubectl(`echo "$@" > "${folder}/arguments"; stat -c %a "$2" > "${folder}/mode"; cat "$2" > "${folder}/content"`);
    await removeHelmRecords("canary", "kube-system", "cilium");
    const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
    assert.match(
      read("arguments"),
      /^--kubeconfig \S+ delete secrets --namespace kube-system --selector owner=helm,name=cilium$/,
    );
    assert.equal(read("mode"), "600");
    assert.equal(read("content"), "canary");
    assert.ok(!read("arguments").includes("canary"));
  });

  it("leave no file behind, also when kubectl fails", async () => {
    kubectl("echo 'error: the server is down' >&2; exit 1");
    await assert.rejects(
      removeHelmRecords("canary", "kube-system", "cilium"),
      /^Error: cannot clear the way for the Helm release kube-system\/cilium: error: the server is down$/,
    );
    assert.deepEqual(readdirSync(folder), ["kubectl"]);
  });

  it("say when there is no kubectl", async () => {
    process.env.PATH = folder;
    assert.ok(!existsSync(join(folder, "kubectl")));
    await assert.rejects(removeHelmRecords("canary", "a", "b"), /: kubectl is not on the PATH$/);
  });
});
