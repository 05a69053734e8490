import { resolve } from "node:path";
import type { AddonPlan } from "../../components/platform-addons/plan.ts";
import { checkStackFiles } from "../../config/load.ts";
import { ConfigError } from "../../config/problems.ts";
import { suggestion } from "../../config/suggest.ts";
import { planForGit } from "../../stacks/plan.ts";
import { type RenderRequest, UsageError } from "../arguments.ts";
import { keptInGit, refuseLosses, refuseMoves } from "./leave.ts";
import { repositoryPart } from "./repository.ts";
import { leaving, manifestsAmong, staying, type Written, writePart } from "./write.ts";

/** What came of rendering one stack. */
export interface Rendered extends Written {
  stack: string;
  /** The repository's folder. */
  to: string;
  /** Add-ons that Pulumi applies, and that are therefore in no file. */
  direct: string[];
  /** Files that may leave the repository only when Pulumi has taken back what is in them. */
  kept: string[];
  /** Secrets that rendered add-ons expect and that Pulumi applies: `namespace/name`. */
  secrets: string[];
}

/**
 * Writes what a Git repository holds for the add-ons of one cluster that Argo CD, Flux or Sveltos delivers.
 * @param project folder with the stack files
 * @throws UsageError for a stack without file
 * @throws ConfigError with all problems of the stack files
 */
export function renderStack({ stack, to, takenBack = false }: RenderRequest, project: string): Rendered {
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
  const before = manifestsAmong(leaving(folder, part), part);
  refuseLosses(before, addons);
  refuseMoves(staying(folder, part), part.files);
  const kept = keptInGit(before, downstream, takenBack);
  const written = writePart(folder, { ...part, files: { ...part.files, ...kept } });
  const rendered = addons.filter(({ delivery }) => delivery !== "direct");
  return {
    stack,
    to: folder,
    ...written,
    kept: Object.keys(kept),
    direct: addons.filter(({ delivery }) => delivery === "direct").map(({ name }) => name),
    secrets: secretsOf(rendered),
  };
}

/** What was written, for people. */
export function renderedText({ stack, to, direct, secrets, kept, ...written }: Rendered): string {
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
    ...(kept.length > 0
      ? [
          `  stay, because if they went Argo CD would delete clusters and all of their machines: ${kept.join(", ")}`,
          `    now commit and push, wait until Argo CD has synced that revision, and run up ${stack}; only when that has gone through: render ${stack} --to ${to} --taken-back, commit and push`,
        ]
      : []),
    ...(secrets.length > 0 ? [`  Secrets, applied by Pulumi: ${secrets.join(", ")}`] : []),
  ].join("\n");
}

function secretsOf(addons: AddonPlan[]): string[] {
  return addons.flatMap(({ secrets }) => secrets.map(({ namespace, name }) => `${namespace}/${name}`)).sort();
}
