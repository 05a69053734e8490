import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { patchObject } from "../../../../../components/kubectl.ts";
import {
  bringRecordsBack,
  removeRecords,
  standInForRelease,
} from "../../../../../components/platform-addons/delivery/records.ts";
import { readRecord, recordOf } from "../../../../../lab/kubernetes/helm-record.ts";

describe("records of Helm", () => {
  const path = process.env.PATH;
  const temporary = process.env.TMPDIR;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "records-test-"));
    process.env.TMPDIR = folder;
  });
  afterEach(() => {
    process.env.PATH = path;
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    rmSync(folder, { recursive: true });
  });

  /** Puts a kubectl first on the PATH. */
  function kubectl(script: string): void {
    const file = join(folder, "kubectl");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    process.env.PATH = [folder, path].join(delimiter);
  }

  /** A kubectl that knows these Secrets, and notes what it is told to write. */
  function knowing(...items: unknown[]): void {
    writeFileSync(join(folder, "secrets"), JSON.stringify({ items }));
    kubectl(`case "$3" in
get) cat "${folder}/secrets" ;;
create) cat "$5" > "${folder}/created" ;;
esac
echo "$@" | sed 's/^--kubeconfig [^ ]* //' >> "${folder}/commands"`);
  }
  const commands = () => readFileSync(join(folder, "commands"), "utf8").trim().split("\n");

  const web = { kubeconfig: "canary", namespace: "apps", name: "web" };
  const release = { name: "web", namespace: "apps" };

  it("are deleted by release and namespace, with the kubeconfig in a file that only its owner reads", async () => {
    kubectl(
      `echo "$@" >> "${folder}/arguments"; stat -c %a "$2" > "${folder}/mode"; cat "$2" > "${folder}/content"; echo secret/a`,
    );
    let told = 0;
    await removeRecords(web, async () => {
      told += 1;
    });
    const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
    const [get, remove] = read("arguments").split("\n");
    assert.match(get ?? "", / get secrets --namespace apps --selector owner=helm,name=web --output name$/);
    assert.match(remove ?? "", /^--kubeconfig \S+ delete secrets --namespace apps --selector owner=helm,name=web$/);
    assert.equal(read("mode"), "600");
    assert.equal(read("content"), "canary");
    assert.ok(!read("arguments").includes("canary"));
    assert.equal(told, 1);
  });

  it("are not asked to go when there are none", async () => {
    kubectl(`echo "$3" >> "${folder}/commands"`);
    await removeRecords(web, async () => assert.fail("nobody is in the way"));
    assert.deepEqual(commands(), ["get"]);
  });

  it("get one on top that says uninstalled: Helm then removes records and nothing else", async () => {
    knowing(recordOf(release, { name: "web" }, 9, "superseded"), recordOf(release, { name: "web" }, 10, "deployed"));
    await standInForRelease(web, false);
    const record = JSON.parse(readFileSync(join(folder, "created"), "utf8"));
    const { name, revision, status } = readRecord(record);
    assert.deepEqual([name, revision, status], ["sh.helm.release.v1.web.v11", 11, "uninstalled"]);
    assert.deepEqual(record.metadata.labels, {
      owner: "helm",
      name: "web",
      status: "uninstalled",
      version: "11",
      "orrery/stand-in": "true",
    });
    assert.deepEqual(
      commands().map((line) => line.split(" ")[0]),
      ["get", "create"],
    );
  });

  it("are set aside before that for an owner that works with them, and brought back afterwards", async () => {
    knowing(recordOf(release, { name: "web" }, 1, "deployed"));
    await standInForRelease(web, true);
    await bringRecordsBack(web);
    assert.deepEqual(
      commands().filter((line) => !line.startsWith("create")),
      [
        "get secrets --namespace apps --selector owner=helm,name=web --output json",
        "label secrets sh.helm.release.v1.web.v1 owner=orrery --overwrite --namespace apps --field-manager=orrery",
        "get secrets --namespace apps --selector owner=orrery,name=web --output json",
        "label secrets sh.helm.release.v1.web.v1 owner=helm --overwrite --namespace apps --field-manager=orrery",
      ],
    );
  });

  it("get one also where there is none left, because Helm refuses to uninstall without", async () => {
    knowing();
    await standInForRelease(web, true);
    assert.equal(readRecord(JSON.parse(readFileSync(join(folder, "created"), "utf8"))).revision, 1);
  });

  it("get no second one when a run was cut off in between", async () => {
    const record = recordOf(release, { name: "web" }, 11, "uninstalled");
    knowing({ ...record, metadata: { ...record.metadata, labels: { "orrery/stand-in": "true" } } });
    await standInForRelease(web, true);
    assert.ok(!existsSync(join(folder, "created")));
  });

  it("get another number when somebody else has just written one", async () => {
    knowing(recordOf(release, { name: "web" }, 1, "deployed"));
    const taken = 'Error from server (AlreadyExists): secrets "sh.helm.release.v1.web.v2" already exists';
    kubectl(`case "$3" in
get) cat "${folder}/secrets" ;;
create) if [ -e "${folder}/tried" ]; then cat "$5" > "${folder}/created"; else touch "${folder}/tried"; echo '${taken}' >&2; exit 1; fi ;;
esac`);
    await standInForRelease(web, true);
    assert.equal(readRecord(JSON.parse(readFileSync(join(folder, "created"), "utf8"))).revision, 3);
  });

  it("are not tried for ever", async () => {
    writeFileSync(join(folder, "secrets"), JSON.stringify({ items: [] }));
    kubectl(`case "$3" in
get) cat "${folder}/secrets" ;;
create) echo again >> "${folder}/tries"; echo 'Error from server (AlreadyExists): taken' >&2; exit 1 ;;
esac`);
    await assert.rejects(
      standInForRelease(web, false),
      /^Error: cannot hand over the Helm release apps\/web: .*taken$/,
    );
    assert.equal(readFileSync(join(folder, "tries"), "utf8").trim().split("\n").length, 5);
  });

  it("leave no file behind, also when kubectl fails", async () => {
    kubectl("echo 'error: the server is down' >&2; exit 1");
    await assert.rejects(
      removeRecords(web),
      /^Error: cannot clear the way for the Helm release apps\/web: error: the server is down$/,
    );
    await assert.rejects(
      standInForRelease(web, false),
      /^Error: cannot hand over the Helm release apps\/web: error: the server is down$/,
    );
    assert.deepEqual(readdirSync(folder), ["kubectl"]);
  });

  it("say when there is no kubectl", async () => {
    process.env.PATH = folder;
    await assert.rejects(removeRecords(web), /: kubectl is not on the PATH$/);
  });

  describe("patching an object that may be missing", () => {
    const object = { type: "helmreleases.helm.toolkit.fluxcd.io", name: "web", namespace: "flux-system" };
    const suspend = { spec: { suspend: true } };

    for (const [what, message] of [
      ["the object is", 'Error from server (NotFound): helmreleases.helm.toolkit.fluxcd.io "web" not found'],
      ["the kind is", `error: the server doesn't have a resource type "helmreleases"`],
    ] as const) {
      it(`answers so when ${what}`, async () => {
        writeFileSync(join(folder, "message"), message);
        kubectl(`cat "${folder}/message" >&2; exit 1`);
        assert.equal(await patchObject("canary", object, suspend), false);
      });
    }

    it("does it as a field manager of its own, for Flux undoes what kubectl does as itself", async () => {
      knowing();
      assert.equal(await patchObject("canary", object, suspend), true);
      assert.match(
        commands()[0] ?? "",
        /^patch helmreleases\S+ web --namespace flux-system --type merge --patch-file \S+ --field-manager=orrery$/,
      );
    });

    it("tells of everything else", async () => {
      kubectl("echo 'error: the server is down' >&2; exit 1");
      await assert.rejects(patchObject("canary", object, suspend), /the server is down$/);
    });
  });
});
