/** Where charts come from: a folder on this machine, or their repositories. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import type { Chart } from "../components/platform-addons/addon.ts";
import { NotFound, withUnpacked } from "./archive.ts";
import { type ChartFiles, readChart } from "./chart-files.ts";
import { fetchFromRegistry } from "./registry.ts";

export { NotFound } from "./archive.ts";

/**
 * Finds charts below a folder: unpacked ones and archives, at any depth. A folder or archive that is called
 * `<chart>-<version>` holds that version, whatever is written in it: in its project's own repository a chart often has no
 * version yet.
 */
export class ChartFolder {
  private readonly folder: string;
  private readonly charts = new Map<string, string>();
  private readonly archives = new Map<string, string>();

  constructor(folder: string) {
    this.folder = folder;
    this.look(folder, 6);
  }

  /** @throws NotFound when it is not there */
  take({ name, version }: Chart): ChartFiles {
    const key = keyOf(name, version);
    const archive = this.archives.get(key);
    const folder = this.charts.get(key) ?? (archive && unpacked(archive, this.folder, key));
    if (!folder) throw new NotFound(`${name} ${version} is not in ${this.folder}`);
    return readChart(folder);
  }

  private look(folder: string, depth: number): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && entry.name.endsWith(".tgz")) this.archives.set(plain(basename(path, ".tgz")), path);
      if (!entry.isDirectory()) continue;
      if (existsSync(join(path, "Chart.yaml"))) {
        const { name, version } = readChart(path);
        this.charts.set(keyOf(name, version), path);
        this.charts.set(plain(entry.name), path);
      } else if (depth > 0) {
        this.look(path, depth - 1);
      }
    }
  }
}

/**
 * A chart from its repository; kept in a folder, so that it is fetched once.
 * @throws NotFound with what the repository said
 */
export async function fetchChart(chart: Chart, cache: string): Promise<ChartFiles> {
  const key = keyOf(chart.name, chart.version);
  // Two projects may call their charts alike.
  const place = join(cache, createHash("sha256").update(chart.repository).digest("hex").slice(0, 8));
  const archive = join(place, `${key}.tgz`);
  if (!existsSync(archive)) {
    const content = chart.repository.startsWith("oci://")
      ? await fetchFromRegistry(chart)
      : await fetchFromRepository(chart);
    mkdirSync(place, { recursive: true });
    writeFileSync(`${archive}.new`, content);
    renameSync(`${archive}.new`, archive);
  }
  return readChart(unpacked(archive, place, key));
}

/** Answers what is at an address. @throws NotFound when nothing is */
export async function download(url: string, headers: Record<string, string> = {}): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new NotFound(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

async function fetchFromRepository({ repository, name, version }: Chart): Promise<Buffer> {
  const index = await download(`${repository}/index.yaml`);
  if (!index.ok) throw new NotFound(`${repository}/index.yaml: ${index.status}`);
  const entries = (parse(await index.text()) as { entries?: Record<string, { version: string; urls: string[] }[]> })
    .entries;
  const found = entries?.[name]?.find((entry) => plain(entry.version) === plain(version));
  const [url] = found?.urls ?? [];
  if (!url) throw new NotFound(`${repository} has no chart ${name} ${version}`);
  const archive = await download(new URL(url, `${repository}/`).href);
  if (!archive.ok) throw new NotFound(`${url}: ${archive.status}`);
  return Buffer.from(await archive.arrayBuffer());
}

/** Unpacks beside the archive, once. */
function unpacked(archive: string, folder: string, key: string): string {
  const place = join(folder, ".unpacked");
  const target = join(place, key);
  if (!existsSync(target)) withUnpacked(archive, (inside) => renameSync(inside, target), place);
  return target;
}

/** `cert-manager-1.19.6`: with or without the v that some projects write. */
function keyOf(name: string, version: string): string {
  return plain(`${name}-${version}`);
}

function plain(text: string): string {
  return text.replace(/(^|-)v(?=\d)/, "$1");
}
