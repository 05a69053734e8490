import { resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "../../components/platform-addons/addon.ts";
import { takesAlong } from "../../components/platform-addons/delivery/from-git.ts";
import type { AddonPlan } from "../../components/platform-addons/plan.ts";
import { checkStackFiles } from "../../config/load.ts";
import { ConfigError } from "../../config/problems.ts";
import { suggestion } from "../../config/suggest.ts";
import { planForGit } from "../../stacks/plan.ts";
import { type RenderRequest, UsageError } from "../arguments.ts";
import { type RepositoryPart, repositoryPart } from "./repository.ts";
import { leaving, type Written, writePart } from "./write.ts";

/** What came of rendering one stack. */
export interface Rendered extends Written {
  stack: string;
  /** The repository's folder. */
  to: string;
  /** Add-ons that Pulumi applies, and that are therefore in no file. */
  direct: string[];
  /** Secrets that rendered add-ons expect and that Pulumi applies: `namespace/name`. */
  secrets: string[];
}

/**
 * Writes what a Git repository holds for the add-ons of one cluster that Argo CD, Flux or Sveltos delivers.
 * @param project folder with the stack files
 * @throws UsageError for a stack without file
 * @throws ConfigError with all problems of the stack files
 */
export function renderStack({ stack, to }: RenderRequest, project: string): Rendered {
  const { shared, clusters, problems } = checkStackFiles(project);
  if (!shared || problems.length > 0) throw new ConfigError(problems);
  if (!(stack in clusters)) {
    const known = Object.keys(clusters);
    const hint = suggestion(stack, known);
    throw new UsageError(`there is no cluster "${stack}": known are ${known.join(", ")}${hint ? `; ${hint}` : ""}`);
  }
  const { facts, addons, downstream } = planForGit(stack, { shared, clusters });
  const folder = resolve(to);
  const part = repositoryPart(facts, addons, downstream);
  refuseLosses(folder, part, addons);
  const written = writePart(folder, part);
  const rendered = addons.filter(({ delivery }) => delivery !== "direct");
  return {
    stack,
    to: folder,
    ...written,
    direct: addons.filter(({ delivery }) => delivery === "direct").map(({ name }) => name),
    secrets: secretsOf(rendered),
  };
}

/**
 * Of what Git alone has, a file that leaves the repository takes everything along, whoever is to deliver it from then on.
 * @throws Error that names the add-ons that would be lost
 */
function refuseLosses(folder: string, part: RepositoryPart, addons: readonly AddonPlan[]): void {
  const wanted = new Set(addons.map(({ name }) => name));
  const lost = Object.values(leaving(folder, part))
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJSON() as KubernetesObject))
    .filter((object) => wanted.has(object.metadata.name) && takesAlong(object))
    .map(({ metadata }) => metadata.name);
  if (lost.length === 0) return;
  throw new Error(
    `${lost.join(", ")} would be uninstalled when the repository loses the file, because Git alone has it: first set repository.takesOver of the engine to false, render, commit and run up; then change the delivery. Nothing was written`,
  );
}

/** What was written, for people. */
export function renderedText({ stack, to, direct, secrets, ...written }: Rendered): string {
  const { added, changed, removed, unchanged } = written;
  const lines = [
    ...added.map((path) => `  + ${path}`),
    ...changed.map((path) => `  ~ ${path}`),
    ...removed.map((path) => `  - ${path}`),
  ];
  const files = added.length + changed.length + unchanged.length;
  const count = `${files} ${files === 1 ? "file" : "files"} in ${to}`;
  return [
    files + removed.length === 0
      ? `${stack}: nothing to write, because Pulumi itself applies every add-on; set delivery to argocd, flux or sveltos`
      : `${stack}: ${count}${lines.length === 0 ? ", nothing changed" : ""}`,
    ...lines,
    ...(files > 0 ? [`  applied by Pulumi: ${direct.join(", ")}`] : []),
    ...(secrets.length > 0 ? [`  Secrets, applied by Pulumi: ${secrets.join(", ")}`] : []),
  ].join("\n");
}

function secretsOf(addons: AddonPlan[]): string[] {
  return addons.flatMap(({ secrets }) => secrets.map(({ namespace, name }) => `${namespace}/${name}`)).sort();
}
