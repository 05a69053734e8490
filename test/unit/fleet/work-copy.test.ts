import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { stackFilesIn } from "../../../config/load.ts";
import { foldersOf } from "../../../fleet/folders.ts";
import { isStale, locksOf } from "../../../fleet/resume/locks.ts";
import { removeTornSidecars } from "../../../fleet/resume/sidecars.ts";
import { parseNodeStates } from "../../../fleet/summary/node-states.ts";
import { configKeys, copyStackFiles, mergeStackFile, withoutSecrets } from "../../../fleet/work-copy.ts";

describe("fleet/work-copy", () => {
  const source = "config:\n  orrery:cluster:\n    id: 102 # luna\n";

  it("keeps what the engine wrote into the copy: its salt and, in the lab, secrets", () => {
    const earlier = [
      "encryptionsalt: v1:abc",
      "config:",
      "  orrery:cluster: { id: 101 }",
      "  orrery:token: { secure: v1:xyz }",
      "  orrery:plain: old",
    ].join("\n");
    assert.deepEqual(parse(mergeStackFile(source, earlier, true)), {
      encryptionsalt: "v1:abc",
      config: { "orrery:cluster": { id: 102 }, "orrery:token": { secure: "v1:xyz" } },
    });
    assert.deepEqual(parse(mergeStackFile(source, earlier, false)), {
      encryptionsalt: "v1:abc",
      config: { "orrery:cluster": { id: 102 } },
    });
  });

  it("lets the stack file win and leaves its text alone when there is nothing to keep", () => {
    const own = "encryptionsalt: v1:own\nconfig:\n  orrery:token: { secure: v1:own }\n";
    const earlier = "encryptionsalt: v1:abc\nconfig:\n  orrery:token: { secure: v1:xyz }\n";
    assert.equal(mergeStackFile(own, earlier, true), own);
    assert.equal(mergeStackFile(source, source, true), source);
  });

  it("takes secrets and their key out for the lab, and leaves a text without them alone", () => {
    const own = [
      "encryptionsalt: v1:own",
      "config:",
      "  orrery:cluster: { id: 102 }",
      "  orrery:token: { secure: v1:own }",
    ].join("\n");
    assert.deepEqual(parse(withoutSecrets(own)), { config: { "orrery:cluster": { id: 102 } } });
    assert.equal(withoutSecrets(source), source);
  });

  it("keeps what the engine wrote while the stack file is away, out of the program's sight", () => {
    const project = mkdtempSync(join(tmpdir(), "orrery-copy-"));
    try {
      const folders = foldersOf(project, true);
      const file = join(project, "Pulumi.luna.yaml");
      const copy = join(folders.work, "Pulumi.luna.yaml");
      writeFileSync(join(project, "Pulumi.yaml"), "name: orrery\n");
      writeFileSync(file, source);
      copyStackFiles(folders, true);
      const written = { encryptedkey: "abc", config: { "orrery:token": { secure: "v1:xyz" } } };
      writeFileSync(copy, stringify(written));
      rmSync(file);
      copyStackFiles(folders, true);
      assert.deepEqual(stackFilesIn(folders.work), []);
      writeFileSync(file, source);
      copyStackFiles(folders, true);
      assert.deepEqual(parse(readFileSync(copy, "utf8")), {
        encryptedkey: "abc",
        config: { "orrery:cluster": { id: 102 }, "orrery:token": { secure: "v1:xyz" } },
      });
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  it("lists configuration keys", () => {
    assert.deepEqual(configKeys(source), ["orrery:cluster"]);
    assert.deepEqual(configKeys(""), []);
  });
});

describe("fleet/resume: locks", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-locks-"));
  after(() => rmSync(folder, { recursive: true }));

  it("finds locks of a stack and tells dead owners from living and foreign ones", () => {
    const locks = join(folder, ".pulumi", "locks", "organization", "orrery", "luna");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "a.json"), JSON.stringify({ pid: 2 ** 22 + 1, username: "me", hostname: hostname() }));
    const [lock] = locksOf(folder, "orrery", "luna");
    assert.ok(lock);
    assert.equal(isStale(lock), true);
    assert.equal(isStale({ ...lock, hostname: "elsewhere" }), false);
    assert.deepEqual(locksOf(folder, "orrery", "sol"), []);
  });

  it("takes a process number that another program got for a dead owner", () => {
    assert.equal(isStale({ pid: process.pid, username: "me", hostname: hostname() }), true);
  });
});

describe("fleet/resume: sidecars", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-sidecars-"));
  after(() => rmSync(folder, { recursive: true }));

  it("removes those of a stack that were torn, and nothing else", () => {
    const stacks = join(folder, ".pulumi", "stacks", "orrery");
    mkdirSync(stacks, { recursive: true });
    const files = {
      "luna.json": "{",
      "luna.json.attrs": "",
      "luna.json.bak.attrs": '{"user.cache_control"',
      "luna.json.other.attrs": "{}",
      "sol.json.attrs": "",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(stacks, name), text);
    assert.deepEqual(removeTornSidecars(folder, "orrery", "luna"), [
      join(stacks, "luna.json.attrs"),
      join(stacks, "luna.json.bak.attrs"),
    ]);
    assert.deepEqual(readdirSync(stacks).sort(), ["luna.json", "luna.json.other.attrs", "sol.json.attrs"]);
    assert.deepEqual(removeTornSidecars(join(folder, "nowhere"), "orrery", "luna"), []);
  });
});

describe("fleet/summary: node states", () => {
  it("reads ready, cordoned and silent nodes", () => {
    const node = (name: string, ready: string, unschedulable?: boolean) => ({
      metadata: { name },
      spec: { unschedulable },
      status: { conditions: [{ type: "Ready", status: ready }] },
    });
    const items = [node("a", "True"), node("b", "False"), node("c", "True", true), { metadata: { name: "d" } }];
    assert.deepEqual(
      [...parseNodeStates(JSON.stringify({ items }))],
      [
        ["a", "ready"],
        ["b", "not ready"],
        ["c", "ready, cordoned"],
        ["d", "not ready"],
      ],
    );
  });
});
