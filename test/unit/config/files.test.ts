import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { stringify } from "yaml";
import { checkStackFiles, readStackFiles } from "../../../config/index.ts";
import { complaints } from "../../support/complaints.ts";
import { fleet } from "../../support/fleet.ts";
import { sharedValue } from "../../support/site.ts";

describe("stack files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-files-"));
    write("Pulumi.shared.yaml", { config: { "orrery:shared": sharedValue() } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(file: string, content: unknown): void {
    writeFileSync(join(folder, file), typeof content === "string" ? content : stringify(content));
  }

  const refused = () => complaints(() => readStackFiles(folder));

  it("reads those that the project comes with", () => {
    const { shared, clusters } = readStackFiles(fleet);
    assert.deepEqual(Object.keys(clusters), ["luna", "sol", "terra"]);
    assert.deepEqual(
      Object.values(clusters).map(({ id }) => id),
      [102, 101, 103],
    );
    assert.deepEqual(Object.keys(shared.releases), ["stable", "candidate"]);
    assert.deepEqual(
      Object.values(clusters).map(({ network }) => network.mode),
      ["sdn", "sdn", "vlan"],
    );
  });

  it("looks at stack files only, and in them at the object alone", () => {
    write("Pulumi.yaml", "name: orrery\nruntime: nodejs\n");
    write("Pulumi.luna.yaml.bak", "config: {}");
    write("Pulumi.luna.yaml", {
      encryptionsalt: "v1:abc",
      config: {
        "orrery:cluster": { id: 102, release: "stable" },
        "orrery:proxmoxCsiToken": { secure: "v1:x" },
        "aws:region": "eu-central-1",
      },
    });
    assert.deepEqual(refused(), []);
    assert.deepEqual(Object.keys(readStackFiles(folder).clusters), ["luna"]);
  });

  it("tells of the problems of all files together", () => {
    write("Pulumi.luna.yaml", { config: { "orrery:cluster": { id: 102, release: "stable", purpse: "x" } } });
    write("Pulumi.sol.yaml", { config: { "orrery:cluster": { id: 300, release: "stable" } } });
    const found = refused();
    assert.equal(found.length, 2);
    assert.match(
      found[0] ?? "",
      /^Pulumi\.luna\.yaml: orrery:cluster\.purpse: unknown key .*did you mean "purpose"\?\)$/,
    );
    assert.equal(found[1], "Pulumi.sol.yaml: orrery:cluster.id: is too large (found 300, allowed 1 to 254)");
  });

  it("keeps what is right beside what is not", () => {
    write("Pulumi.luna.yaml", { config: { "orrery:cluster": { id: 102, release: "stable" } } });
    write("Pulumi.sol.yaml", { config: { "orrery:cluster": {} } });
    const { shared, clusters, problems } = checkStackFiles(folder);
    assert.ok(shared);
    assert.deepEqual(Object.keys(clusters), ["luna"]);
    assert.deepEqual(
      problems.map(({ file }) => file),
      ["Pulumi.sol.yaml", "Pulumi.sol.yaml"],
    );
  });

  const invalid: { name: string; content: unknown; says: string }[] = [
    {
      name: "a misspelt key",
      content: { config: { "orrery:clusters": { id: 1 } } },
      says: 'Pulumi.luna.yaml: orrery:clusters: unknown key (allowed orrery:shared or orrery:cluster; did you mean "orrery:cluster"?)',
    },
    {
      name: "no object at all",
      content: { config: { "orrery:token": { secure: "x" } } },
      says: "Pulumi.luna.yaml: config: orrery:cluster is missing (allowed orrery:cluster or orrery:shared)",
    },
    {
      name: "an object beside config",
      content: { "orrery:cluster": { id: 1, release: "stable" } },
      says: "Pulumi.luna.yaml: config: orrery:cluster is missing (allowed orrery:cluster or orrery:shared; orrery:cluster stands beside config and belongs below it)",
    },
    {
      name: "a key without the project's name",
      content: { config: { cluster: { id: 1, release: "stable" } } },
      says: "Pulumi.luna.yaml: config: orrery:cluster is missing (allowed orrery:cluster or orrery:shared; write orrery:cluster instead of cluster)",
    },
    {
      name: "both objects in one file",
      content: { config: { "orrery:cluster": {}, "orrery:shared": {} } },
      says: "Pulumi.luna.yaml: orrery:cluster: stands beside orrery:shared (allowed one of the two in a file)",
    },
    {
      name: "no YAML",
      content: "config:\n  - [",
      says: "Pulumi.luna.yaml: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 6",
    },
    {
      name: "a key that stands twice",
      content: "config:\n  orrery:cluster:\n    id: 1\n    id: 2\n    release: stable\n",
      says: "Pulumi.luna.yaml: id stands twice in the same map, the second time at line 4, column 5",
    },
  ];
  for (const { name, content, says } of invalid) {
    it(`refuses ${name}`, () => {
      write("Pulumi.luna.yaml", content);
      assert.ok(refused().includes(says), refused().join("\n"));
    });
  }

  it("misses the shared file", () => {
    rmSync(join(folder, "Pulumi.shared.yaml"));
    write("Pulumi.luna.yaml", { config: { "orrery:cluster": { id: 102, release: "stable" } } });
    assert.deepEqual(refused(), ["Pulumi.shared.yaml: file is missing (allowed a file with orrery:shared)"]);
  });

  it("reads a file again when it was edited", () => {
    write("Pulumi.luna.yaml", { config: { "orrery:cluster": { id: 102, release: "stable" } } });
    assert.equal(readStackFiles(folder).clusters.luna?.id, 102);
    write("Pulumi.luna.yaml", { config: { "orrery:cluster": { id: 103, release: "stable" } } });
    assert.equal(readStackFiles(folder).clusters.luna?.id, 103);
  });
});
