import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { z } from "zod";
import { plannedClusters } from "../../../charts/clusters.ts";
import { type Case, casesOf, entriesOf } from "../../../charts/planned.ts";
import { variations } from "../../../charts/variations.ts";
import type { Addon } from "../../../components/platform-addons/addon.ts";
import { definitionOf } from "../../../config/schema-tree.ts";
import { fleet } from "../../support/fleet.ts";

/** What settings may say: `replicas`, and every choice where there are some: `policy: sync`, `tls: true`. */
function possible(schema: z.core.$ZodType, path = ""): string[] {
  const { type, shape, element, valueType, options, values } = definitionOf(schema);
  if (shape) return Object.entries(shape).flatMap(([key, inner]) => possible(inner, path ? `${path}.${key}` : key));
  if (element ?? valueType) return possible((element ?? valueType) as z.core.$ZodType, `${path}[]`);
  if (options) return options.flatMap((option) => possible(option, path));
  const choices = type === "boolean" ? [true, false] : (values ?? Object.values(enumOf(schema)));
  return choices.length > 0 ? choices.map((choice) => `${path}: ${choice}`) : [path];
}

function enumOf(schema: z.core.$ZodType): Record<string, string> {
  return (definitionOf(schema) as { entries?: Record<string, string> }).entries ?? {};
}

/** The same of what settings say. */
function said(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((inner) => said(inner, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path, `${path}: ${value}`];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...said(inner, path ? `${path}.${key}` : key),
    // A map whose keys are names.
    ...said(inner, `${path}[]`),
  ]);
}

function settingsOf({ entry, cluster, settings }: Case): unknown {
  const there = cluster.config.addons[entry.name];
  const chosen = typeof there === "object" ? (there.settings ?? {}) : there ? {} : (entry.example ?? {});
  return entry.settings.parse(settings ?? chosen);
}

describe("other settings", () => {
  let cases: Case[];

  before(() => {
    cases = casesOf(plannedClusters(fleet), entriesOf([]));
  });

  it("are those of entries that there are", () => {
    const names = entriesOf([]).map(({ name }) => name);
    assert.deepEqual(
      Object.keys(variations).filter((name) => !names.includes(name)),
      [],
    );
  });

  // An entry of somebody's own is one file: what is not named here needs no other settings.
  for (const entry of entriesOf(Object.keys(variations))) {
    it(`of ${entry.name} leave none out that stack files and example do not have`, () => {
      const looked = new Set(cases.filter((one) => one.entry === entry).flatMap((one) => said(settingsOf(one))));
      assert.deepEqual(
        [...new Set(possible((entry as Addon).settings))].filter((setting) => setting !== "" && !looked.has(setting)),
        [],
      );
    });
  }
});
