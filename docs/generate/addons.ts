import { join } from "node:path";
import type { ClusterFacts } from "../../components/facts.ts";
import { type Addon, type ExpectedSecret, secretPlaceholder } from "../../components/platform-addons/addon.ts";
import { catalogue } from "../../components/platform-addons/catalogue/index.ts";
import { readStackFiles } from "../../config/load.ts";
import { planCluster } from "../../stacks/plan.ts";
import { readComments } from "./comments.ts";
import { settingsText } from "./configuration.ts";

/** The page `docs/add-ons.md`, made from the entries of the catalogue. */
export function addonsPage(root: string): string {
  const facts = exampleFacts(root);
  const entries = catalogue();
  const rows = entries.map((addon) => [
    `[\`${addon.name}\`](#${addon.name})`,
    addon.description,
    addon.byDefault ? "every cluster" : selectors(addon),
    versionOf(addon, facts),
  ]);
  const table = [["add-on", "what it is", "selected by", "chart"], ["---", "---", "---", "---"], ...rows];
  const parts = [intro, table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")];
  return `${[...parts, ...entries.map((addon) => entryText(addon, facts, root))].join("\n\n")}\n`;
}

const intro = `<!-- Made by \`npm run docs\` from components/platform-addons/catalogue; change the entries there. -->

# Add-ons

What the catalogue has. [add-an-add-on.md](add-an-add-on.md) says how to switch one on and how to add one. Versions are those for the
cluster \`luna\`; what is tested together with a release follows the release.`;

function entryText(addon: Addon, facts: ClusterFacts, root: string): string {
  const settings = settingsOf(addon);
  const secrets = addon.secrets?.(facts, settings) ?? [];
  const needs = (addon.needs?.(facts, settings) ?? []).map(({ capability }) => `\`${capability}\``);
  const provides = (addon.provides?.(facts, settings) ?? []).map((capability) => `\`${capability}\``);
  const level = addon.namespace.podSecurity ? `, pod security \`${addon.namespace.podSecurity}\`` : "";
  const lines = [
    addon.chart
      ? `- chart: \`${addon.chart.name}\` ${versionOf(addon, facts)} from ${addon.chart.repository}`
      : "- no chart: objects and machine configuration",
    `- namespace: \`${addon.namespace.name}\`${level}`,
    needs.length > 0 ? `- needs: ${needs.join(", ")}` : "",
    provides.length > 0 ? `- provides: ${provides.join(", ")}` : "",
    addon.directOnly ? `- always applied by Pulumi itself: ${addon.directOnly}` : "",
    addon.leftTo ? `- switched off, what runs stays: ${addon.leftTo} has it from then on` : "",
    ...secrets.map(secretText),
  ];
  const file = join(root, "components/platform-addons/catalogue", `${addon.name}.ts`);
  const own = settingsText(addon.settings, readComments(file, "settings"));
  return [`## ${addon.name}`, lines.filter(Boolean).join("\n"), own].filter(Boolean).join("\n\n");
}

/** What the value is, and the Secret that it ends up in. */
function secretText({ configKey, description, namespace, name, keys, labels }: ExpectedSecret): string {
  const texts = Object.entries(keys).map(([key, text]) =>
    text === secretPlaceholder ? `\`${key}\`` : `\`${key}: ${text}\``,
  );
  const labelled = Object.entries(labels ?? {}).map(([key, value]) => `\`${key}: ${value}\``);
  const marks = labelled.length > 0 ? `, labels ${labelled.join(", ")}` : "";
  return `- secret \`orrery:${configKey}\`: ${description}; Secret \`${namespace}/${name}\`, keys ${texts.join(", ")}${marks}`;
}

function versionOf({ chart }: Addon, facts: ClusterFacts): string {
  if (!chart) return "";
  return typeof chart.version === "string" ? chart.version : chart.version(facts);
}

function selectors({ selectedBy }: Addon): string {
  const sets = (selectedBy ?? []).map((labels) =>
    Object.entries(labels)
      .map(([key, value]) => `\`${key}: "${value}"\``)
      .join(" and "),
  );
  return sets.join(" or ") || "its name";
}

/** @throws Error when an entry needs settings and has no example of them */
function settingsOf(addon: Addon): unknown {
  const parsed = addon.settings.safeParse(addon.example ?? {});
  if (!parsed.success) throw new Error(`the catalogue entry ${addon.name} needs settings and lacks an example of them`);
  return parsed.data;
}

function exampleFacts(root: string): ClusterFacts {
  return planCluster("luna", readStackFiles(join(root, "examples/fleet"))).facts;
}
