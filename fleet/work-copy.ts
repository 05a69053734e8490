import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { stackFilesIn } from "../config/load.ts";
import type { Folders } from "./folders.ts";

/** Top-level keys that the engine writes into a stack file. */
const engineKeys = ["encryptionsalt", "secretsprovider", "encryptedkey"];

/**
 * Copies the project and stack files to where the engine works, because it writes to the stack files it finds. What it
 * wrote into an earlier copy stays there, such as its salt. The lab has secrets of its own, which stay in the copies too,
 * and nothing with which to read those of the stack files.
 */
export function copyStackFiles(folders: Folders, lab: boolean): void {
  mkdirSync(folders.work, { recursive: true, mode: 0o700 });
  const sources = stackFilesIn(folders.project);
  for (const name of stackFilesIn(folders.work)) {
    // Put aside, not removed: when the stack file comes back, its stack still needs what the engine wrote into the copy.
    if (!sources.includes(name)) renameSync(join(folders.work, name), aside(folders.work, name));
  }
  for (const name of sources) {
    const target = join(folders.work, name);
    if (existsSync(aside(folders.work, name))) renameSync(aside(folders.work, name), target);
    const own = readFileSync(join(folders.project, name), "utf8");
    const text = lab ? withoutSecrets(own) : own;
    write(target, existsSync(target) ? mergeStackFile(text, readFileSync(target, "utf8"), lab) : text);
  }
  write(join(folders.work, "Pulumi.yaml"), readFileSync(join(folders.project, "Pulumi.yaml"), "utf8"));
  // The project file names the program, and commands name files of the project and folders for what they make.
  for (const name of ["index.ts", "components"]) link(join(folders.work, name), join(import.meta.dirname, "..", name));
  link(join(folders.work, ".orrery"), folders.root);
}

function aside(folder: string, name: string): string {
  return join(folder, `${name}.aside`);
}

/**
 * The stack file's text with what the engine had written into the earlier copy of it.
 * @param keepSecrets also keeps secrets of the earlier copy that the stack file does not set
 */
export function mergeStackFile(source: string, earlier: string, keepSecrets: boolean): string {
  const file = record(parse(source));
  const copy = record(parse(earlier));
  const kept = Object.fromEntries(
    engineKeys.filter((key) => key in copy && !(key in file)).map((key) => [key, copy[key]]),
  );
  const config = record(file.config);
  const secrets = Object.entries(record(copy.config)).filter(
    ([key, value]) => keepSecrets && !(key in config) && isSecret(value),
  );
  if (Object.keys(kept).length === 0 && secrets.length === 0) return source;
  return stringify({ ...kept, ...file, config: { ...config, ...Object.fromEntries(secrets) } });
}

/** The stack file's text without secrets and what they are encrypted with. */
export function withoutSecrets(source: string): string {
  const file = record(parse(source));
  const config = record(file.config);
  if (!engineKeys.some((key) => key in file) && !Object.values(config).some(isSecret)) return source;
  const plain = Object.entries(config).filter(([, value]) => !isSecret(value));
  const kept = Object.entries(file).filter(([key]) => !engineKeys.includes(key));
  return stringify({ ...Object.fromEntries(kept), config: Object.fromEntries(plain) });
}

/** The configuration keys that a stack file sets, such as `orrery:cluster`. */
export function configKeys(text: string): string[] {
  return Object.keys(record(record(parse(text)).config));
}

function write(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
}

function link(path: string, target: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  symlinkSync(target, path);
}

function isSecret(value: unknown): boolean {
  return "secure" in record(value);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
