import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { projectFolder } from "../../../scripts/setup/places.js";
import { fleet } from "../../support/fleet.ts";

interface Manager {
  matchStrings: string[];
  managerFilePatterns: string[];
  depNameTemplate?: string;
}

const { customManagers } = JSON.parse(readFileSync(path.join(projectFolder, "renovate.json"), "utf8")) as {
  customManagers: Manager[];
};
const catalogue = "components/platform-addons/catalogue";
const files = [
  ...readdirSync(projectFolder).filter((name) => !name.startsWith("Pulumi.")),
  ...readdirSync(fleet),
  ...[catalogue, path.dirname(catalogue)].flatMap((folder) =>
    readdirSync(path.join(projectFolder, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** What Renovate finds in the files that a manager looks at. */
function found(manager: Manager) {
  const patterns = manager.managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)));
  return files
    .filter((file) => patterns.some((pattern) => pattern.test(file)))
    .flatMap((file) => {
      const text = readFileSync(path.join(file.startsWith("Pulumi.") ? fleet : projectFolder, file), "utf8");
      return manager.matchStrings.flatMap((match) => [...text.matchAll(new RegExp(match, "g"))]);
    })
    .map(({ groups = {} }) => groups);
}

describe("renovate.json", () => {
  for (const manager of customManagers) {
    it(`finds versions with ${manager.matchStrings[0]}`, () => {
      const matches = found(manager);
      assert.ok(matches.length > 0);
      for (const { currentValue, depName, registry } of matches) {
        assert.match(currentValue ?? "", /^v?\d+\.\d+/);
        assert.ok(depName ?? registry ?? manager.depNameTemplate);
      }
    });
  }

  it("sees every chart of the catalogue that names its version", () => {
    const written = files
      .filter((file) => file.startsWith(catalogue))
      .flatMap((file) => [
        ...readFileSync(path.join(projectFolder, file), "utf8").matchAll(/\bversion: "v?\d+\.\d+\.\d+"/g),
      ]);
    const seen = customManagers
      .filter(({ managerFilePatterns }) => managerFilePatterns.some((pattern) => pattern.includes("catalogue")))
      .flatMap(found)
      .filter(({ currentValue }) => /^v?\d+\.\d+\.\d+$/.test(currentValue ?? ""))
      .filter(({ depName }) => !depName?.startsWith("docker.io/"));
    assert.equal(seen.length, written.length);
  });
});
