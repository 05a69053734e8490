import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { exampleFolder, projectFolder } from "../../../scripts/setup/places.js";

interface Manager {
  matchStrings: string[];
  managerFilePatterns: string[];
  depNameTemplate?: string;
}

const { customManagers, ignorePaths, packageRules } = JSON.parse(
  readFileSync(path.join(projectFolder, "renovate.json"), "utf8"),
) as {
  customManagers: Manager[];
  ignorePaths: string[];
  packageRules: { groupName?: string; matchFileNames?: string[] }[];
};
const catalogue = "components/platform-addons/catalogue";
const examples = path.relative(projectFolder, exampleFolder);
const files = [
  ...readdirSync(projectFolder).filter((name) => !name.startsWith("Pulumi.")),
  ...readdirSync(exampleFolder).map((name) => `${examples}/${name}`),
  ...[catalogue, path.dirname(catalogue)].flatMap((folder) =>
    readdirSync(path.join(projectFolder, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** Whether a manager looks at a file. */
function looksAt({ managerFilePatterns }: Manager, file: string): boolean {
  return managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file));
}

/** What Renovate finds in the files that a manager looks at. */
function found(manager: Manager) {
  return files
    .filter((file) => looksAt(manager, file))
    .flatMap((file) => {
      const text = readFileSync(path.join(projectFolder, file), "utf8");
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

  it("looks at the stack files at the top and at those that the project comes with, which are alike", () => {
    for (const manager of customManagers) {
      const names = readdirSync(exampleFolder);
      assert.deepEqual(
        names.filter((name) => looksAt(manager, name)),
        names.filter((name) => looksAt(manager, `${examples}/${name}`)),
      );
    }
    const together = packageRules.find(({ groupName }) => groupName === "release")?.matchFileNames ?? [];
    for (const name of readdirSync(exampleFolder)) {
      const file = `${examples}/${name}`;
      const matching = [name, file].map((one) => together.some((pattern) => path.matchesGlob(one, pattern)));
      assert.deepEqual(matching, [true, true], "one change for both");
      // Where it says nothing, config:recommended ignores examples.
      assert.equal(
        ignorePaths.some((pattern) => path.matchesGlob(file, pattern)),
        false,
        file,
      );
    }
  });

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
