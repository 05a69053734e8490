/** Where descriptions of Kubernetes' API come from, and definitions that no chart brings. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Bag, isBag } from "../chart-files.ts";
import { download, NotFound } from "../sources.ts";
import { readManifests } from "./manifests.ts";
import type { OpenApi } from "./openapi.ts";

/**
 * The description of a version, out of a folder: `kubernetes/1.31.4/swagger.json`.
 * @throws NotFound when it is not there
 */
export function readOpenApi(folder: string, version: string): OpenApi {
  const file = fileOf(folder, version);
  if (!existsSync(file)) throw new NotFound(`${file} is not there`);
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isBag(content) || !isBag(content.definitions)) throw new NotFound(`${file} describes no API`);
  return content as unknown as OpenApi;
}

/**
 * The description of a version, from Kubernetes' own repository; kept in a folder, so that it is fetched once.
 * @throws NotFound with what the repository said
 */
export async function fetchOpenApi(cache: string, version: string): Promise<OpenApi> {
  const file = fileOf(cache, version);
  if (!existsSync(file)) {
    const url = `https://raw.githubusercontent.com/kubernetes/kubernetes/v${version}/api/openapi-spec/swagger.json`;
    await fetchFile(url, file);
  }
  return readOpenApi(cache, version);
}

/**
 * Objects in the manifests at an address, kept in a folder.
 * @throws NotFound with what was said there
 */
export async function fetchDefinitions(cache: string, url: string): Promise<Bag[]> {
  // The address tells the version.
  const file = join(
    cache,
    "fetched-definitions",
    `${createHash("sha256").update(url).digest("hex").slice(0, 16)}.yaml`,
  );
  if (!existsSync(file)) await fetchFile(url, file);
  return readManifests(readFileSync(file, "utf8")).objects;
}

/** Objects in the manifests of the folder `definitions`, at any depth; none without it. */
export function readDefinitions(folder: string): Bag[] {
  const root = join(folder, "definitions");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .flatMap((entry) => readManifests(readFileSync(join(entry.parentPath, entry.name), "utf8")).objects);
}

async function fetchFile(url: string, file: string): Promise<void> {
  const answer = await download(url);
  if (!answer.ok) throw new NotFound(`${url}: ${answer.status}`);
  const content = await answer.text();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

function fileOf(folder: string, version: string): string {
  return join(folder, "kubernetes", version, "swagger.json");
}
