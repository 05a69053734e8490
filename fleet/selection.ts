import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkStackFiles, type StackFiles, stackFileName } from "../config/load.ts";
import { ConfigError, describe, type Problem } from "../config/problems.ts";
import { suggestion } from "../config/suggest.ts";
import { credentialProblems } from "../stacks/credentials.ts";
import { sharedStack } from "../stacks/names.ts";
import { type ClusterPlan, planCluster } from "../stacks/plan.ts";
import { expectedSecrets, missingSecrets } from "../stacks/secrets.ts";
import { type FleetRequest, UsageError } from "./arguments.ts";
import { configKeys } from "./work-copy.ts";

/** What a request is about, checked. */
export interface Selection {
  files: StackFiles;
  /** Stacks to work on; `shared` is among them where the verb includes it. */
  stacks: string[];
  /** Plans of the clusters among them. */
  plans: Record<string, ClusterPlan>;
}

/**
 * Finds the stacks of a request and checks everything their files say, before anything is started.
 * @throws UsageError for a stack without file
 * @throws ConfigError with all problems of all files
 */
export function select(project: string, request: FleetRequest): Selection {
  const checked = checkStackFiles(project);
  const clusters = Object.keys(checked.clusters);
  const stacks = stacksOf(request, clusters, checked.problems);
  const problems = [...checked.problems];
  const plans: Record<string, ClusterPlan> = {};
  if (checked.shared) {
    const files = { shared: checked.shared, clusters: checked.clusters };
    for (const stack of stacks.filter((name) => name in checked.clusters)) {
      const plan = gather(problems, () => planCluster(stack, files));
      if (!plan) continue;
      plans[stack] = plan;
      if (!request.lab) problems.push(...missingSecrets(expectedSecrets(plan), stack, flatKeys(project, stack)));
    }
    if (!request.lab && request.verb !== "status") problems.push(...credentialProblems(process.env, checked.shared));
    if (problems.length === 0) return { files, stacks, plans };
  }
  throw new ConfigError([...new Map(problems.map((problem) => [describe(problem), problem])).values()]);
}

function stacksOf(request: FleetRequest, clusters: string[], problems: Problem[]): string[] {
  const known = [sharedStack, ...clusters];
  // A file that could not be read says nothing of whether its stack exists; its problems are reported instead.
  const broken = problems.map(({ file }) => file);
  for (const stack of request.stacks) {
    if (known.includes(stack) || broken.includes(stackFileName(stack))) continue;
    const file = stackFileName(stack);
    const way = request.verb === "destroy" ? `a cluster is destroyed by its file: bring ${file} back` : undefined;
    const hint = suggestion(stack, known) ?? way;
    throw new UsageError(
      `there is no stack "${stack}": ${file} does not exist; known are ${known.join(", ")}${hint ? `; ${hint}` : ""}`,
    );
  }
  if (request.stacks.length === 0) return known;
  const withShared = (request.verb === "up" || request.verb === "preview") && !request.only;
  return [...new Set(withShared ? [sharedStack, ...request.stacks] : request.stacks)];
}

function gather<T>(problems: Problem[], plan: () => T): T | undefined {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function flatKeys(project: string, stack: string): string[] {
  const text = readFileSync(join(project, stackFileName(stack)), "utf8");
  return configKeys(text).map((key) => key.replace(/^orrery:/, ""));
}
