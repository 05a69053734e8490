/** Reads stack files. Everything that is wrong, in all of them, comes out together. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument, type YAMLParseError } from "yaml";
import type { z } from "zod";
import { type ClusterConfig, clusterSchema } from "./cluster.ts";
import { problemsOf } from "./issues.ts";
import { mended } from "./mend.ts";
import { ConfigError, locate, type Problem, pathOf } from "./problems.ts";
import { type SharedConfig, sharedSchema } from "./shared.ts";
import { sharedProblems } from "./shared-rules.ts";
import { suggestion } from "./suggest.ts";
import { dnsLabel } from "./values.ts";

/** The configuration of all stacks of a folder. */
export interface StackFiles {
  shared: SharedConfig;
  /** By stack name. */
  clusters: Record<string, ClusterConfig>;
}

/**
 * What could be read of a folder, and what was wrong. Beside problems, what was read is only good for finding further
 * ones: wrong values are left out of it.
 */
export interface CheckedStackFiles {
  /** Undefined when `Pulumi.shared.yaml` is missing or cannot be made sense of. */
  shared?: SharedConfig;
  /** By stack name. */
  clusters: Record<string, ClusterConfig>;
  problems: Problem[];
}

const namespace = "orrery";
/** Configuration key of the shared stack. */
export const sharedKey = `${namespace}:shared`;
/** Configuration key of a cluster stack. */
export const clusterKey = `${namespace}:cluster`;

/** `Pulumi.luna.yaml` */
export function stackFileName(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/**
 * The shared configuration from the value of `orrery:shared`.
 *
 * @throws ConfigError with all problems
 */
export function parseShared(value: unknown, file: string): SharedConfig {
  return orThrow(checkShared(value, file));
}

/**
 * A cluster's configuration from the value of `orrery:cluster`; its name is the stack's unless it says another one.
 *
 * @throws ConfigError with all problems
 */
export function parseCluster(value: unknown, file: string, stack: string): ClusterConfig {
  return orThrow(checkCluster(value, file, stack));
}

/**
 * Reads every `Pulumi.<stack>.yaml` of a folder.
 *
 * @throws ConfigError with all problems of all files
 */
export function readStackFiles(folder: string): StackFiles {
  const { shared, clusters, problems } = checkStackFiles(folder);
  if (!shared || problems.length > 0) throw new ConfigError(problems);
  return { shared, clusters };
}

/** Reads every `Pulumi.<stack>.yaml` of a folder and keeps what makes sense beside the problems. */
export function checkStackFiles(folder: string): CheckedStackFiles {
  const checked: CheckedStackFiles = { clusters: {}, problems: [] };
  for (const file of stackFilesIn(folder)) {
    const result = checkFile(join(folder, file), file);
    checked.problems.push(...result.problems);
    if (result.shared) checked.shared = result.shared;
    if (result.cluster) checked.clusters[stackOf(file)] = result.cluster;
  }
  const sharedFile = stackFileName("shared");
  if (!checked.shared && !checked.problems.some(({ file }) => file === sharedFile)) {
    checked.problems.push({
      file: sharedFile,
      path: "",
      message: "file is missing",
      allowed: `a file with ${sharedKey}`,
    });
  }
  return checked;
}

interface CheckedFile {
  shared?: SharedConfig;
  cluster?: ClusterConfig;
  problems: Problem[];
}

interface Checked<T> {
  /** Only good for finding further problems when there are problems. */
  config?: T;
  problems: Problem[];
}

// A run of many stacks in one process reads the same files for each of them; a hundred clusters would parse ten
// thousand files. The text is the key, so that an edited file is read anew.
const parsed = new Map<string, { text: string; result: CheckedFile }>();

function checkFile(path: string, file: string): CheckedFile {
  const text = readFileSync(path, "utf8");
  const known = parsed.get(path);
  if (known?.text === text) return known.result;
  const result = checkText(text, file);
  parsed.set(path, { text, result });
  return result;
}

function checkText(text: string, file: string): CheckedFile {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => ({ file, path: "", message: messageOf(error, text) })) };
  }
  const content: unknown = document.toJS();
  const config = isObject(content) && isObject(content.config) ? content.config : {};
  const problems = strayKeys(config, file);
  const hasShared = sharedKey in config;
  const hasCluster = clusterKey in config;
  if (hasShared && hasCluster) {
    problems.push({
      file,
      path: clusterKey,
      message: `stands beside ${sharedKey}`,
      allowed: "one of the two in a file",
    });
  } else if (hasShared) {
    const { config: shared, problems: own } = checkShared(config[sharedKey], file);
    return { shared, problems: [...problems, ...own] };
  } else if (hasCluster) {
    const { config: cluster, problems: own } = checkCluster(config[clusterKey], file, stackOf(file));
    return { cluster, problems: [...problems, ...own] };
  } else if (problems.length === 0) {
    problems.push({
      file,
      path: "config",
      message: `${clusterKey} is missing`,
      allowed: `${clusterKey} or ${sharedKey}`,
      hint: misplaced(content, config),
    });
  }
  return { problems };
}

/** An object that stands beside `config` instead of below it, or whose key lacks the project's name. */
function misplaced(content: unknown, config: Record<string, unknown>): string | undefined {
  const keys = [clusterKey, sharedKey];
  const beside = isObject(content) ? keys.find((key) => key in content) : undefined;
  if (beside) return `${beside} stands beside config and belongs below it`;
  const short = keys.find((key) => key.slice(namespace.length + 1) in config);
  return short && `write ${short} instead of ${short.slice(namespace.length + 1)}`;
}

/** Flat keys of this project are secrets and may be called anything; an object is one of the two we know. */
function strayKeys(config: Record<string, unknown>, file: string): Problem[] {
  return Object.entries(config).flatMap(([key, value]) => {
    if (!key.startsWith(`${namespace}:`) || key === sharedKey || key === clusterKey) return [];
    if (!isObject(value) || "secure" in value) return [];
    const hint = suggestion(key, [sharedKey, clusterKey]);
    return [{ file, path: key, message: "unknown key", allowed: `${sharedKey} or ${clusterKey}`, hint }];
  });
}

function checkShared(value: unknown, file: string): Checked<SharedConfig> {
  const { config, problems } = check(sharedSchema, value);
  return { config, problems: locate([...problems, ...(config ? sharedProblems(config) : [])], file, sharedKey) };
}

function checkCluster(value: unknown, file: string, stack: string): Checked<ClusterConfig> {
  const { config, problems } = check(clusterSchema, value);
  const name = config?.name ?? stack;
  if (config && !dnsLabel.safeParse(name).success) {
    problems.push({
      path: "name",
      value: name,
      message: "cannot be a cluster's name",
      allowed: "a DNS label: lower-case letters, digits and dashes, starting with a letter",
      hint: "the stack's name is the default; give another one",
    });
  }
  return { config: config ? { ...config, name } : undefined, problems: locate(problems, file, clusterKey) };
}

function check<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const secrets = secretsIn(value, []);
  const result = schema.safeParse(value);
  if (result.success) return { config: result.data, problems: secrets };
  const problems = [...secrets, ...problemsOf(result.error.issues, schema, value)];
  return { config: mended(schema, value), problems };
}

/** Pulumi hands out secrets inside an object in the clear, and so lets them into the state. */
function secretsIn(value: unknown, path: PropertyKey[]): Problem[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => secretsIn(entry, [...path, index]));
  if (!isObject(value)) return [];
  if (typeof value.secure === "string" && Object.keys(value).length === 1) {
    const hint = `use a flat key: pulumi config set --secret ${namespace}:<name>`;
    return [{ path: pathOf(path), message: "is a secret inside an object, which Pulumi would not keep secret", hint }];
  }
  return Object.entries(value).flatMap(([key, entry]) => secretsIn(entry, [...path, key]));
}

/** Names of the stack files in a folder, sorted. */
export function stackFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^Pulumi\.[^.].*\.yaml$/.test(name))
    .sort();
}

function stackOf(file: string): string {
  return file.slice("Pulumi.".length, -".yaml".length);
}

function orThrow<T>({ config, problems }: Checked<T>): T {
  if (config === undefined || problems.length > 0) throw new ConfigError(problems);
  return config;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The library names the place of a key that stands twice, and not the key. */
function messageOf({ code, message, pos: [start] }: YAMLParseError, text: string): string {
  const [key] = text.slice(start).match(/^("[^"]*"|'[^']*'|[^:\n]+)/) ?? [];
  if (code !== "DUPLICATE_KEY" || key === undefined) return firstLine(message);
  return firstLine(message).replace("Map keys must be unique", `${key} stands twice in the same map, the second time`);
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? text).replace(/:$/, "");
}
