import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { firstLine, type RepositoryPart } from "./repository.ts";

/** What writing has changed, as paths inside the repository, sorted. */
export interface Written {
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: string[];
}

/** Text of the files that were rendered earlier and are again, by path inside the repository. */
export function staying(repository: string, { files }: RepositoryPart): Record<string, string> {
  const texts = Object.keys(files).map((path) => [path, textOf(join(repository, path))] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Text of the files that were rendered earlier and are no more, by path inside the repository. */
export function leaving(repository: string, { folders, files }: RepositoryPart): Record<string, string> {
  const paths = folders.flatMap((folder) => madeEarlier(repository, folder)).filter((path) => !(path in files));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(repository, path), "utf8")]));
}

/** Those of the files that are manifests. */
export function manifestsAmong(
  files: Readonly<Record<string, string>>,
  { charts }: RepositoryPart,
): Record<string, string> {
  const inChart = (path: string) => path.startsWith(`${charts}/`) && path.slice(charts.length + 1).includes("/");
  return Object.fromEntries(Object.entries(files).filter(([path]) => !inChart(path)));
}

/**
 * Makes a folder hold what was rendered. Files that are rendered no more go; files of somebody else stay.
 * @throws Error when a file of somebody else is where one has to be written; nothing is written then
 */
export function writePart(repository: string, part: RepositoryPart): Written {
  const { files } = part;
  const paths = Object.keys(files);
  const before = new Map(paths.map((path) => [path, textOf(join(repository, path))]));
  for (const [path, text] of before) {
    if (text === undefined || text.startsWith(firstLine)) continue;
    throw new Error(`${join(repository, path)} was not made by this command; move it away, nothing was written`);
  }
  const written: Written = { added: [], changed: [], removed: [], unchanged: [] };
  for (const [path, text] of Object.entries(files)) {
    const present = before.get(path);
    if (present === text) {
      written.unchanged.push(path);
      continue;
    }
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
    written[present === undefined ? "added" : "changed"].push(path);
  }
  for (const path of Object.keys(leaving(repository, part))) {
    rmSync(join(repository, path));
    removeEmpty(repository, dirname(path));
    written.removed.push(path);
  }
  for (const list of Object.values(written)) list.sort();
  return written;
}

function madeEarlier(repository: string, folder: string): string[] {
  const root = join(repository, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => textOf(file)?.startsWith(firstLine))
    .map((file) => relative(repository, file).split(sep).join("/"));
}

function removeEmpty(repository: string, folder: string): void {
  if (folder === "." || readdirSync(join(repository, folder)).length > 0) return;
  rmdirSync(join(repository, folder));
  removeEmpty(repository, dirname(folder));
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
