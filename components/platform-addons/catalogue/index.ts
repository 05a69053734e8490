import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { type Addon, isAddon } from "../addon.ts";

const require = createRequire(import.meta.url);

let entries: readonly Addon[] | undefined;

/**
 * All entries of the catalogue, sorted by name. Every file of this folder except this one is an entry, so that adding
 * an add-on takes one file. They are loaded when the catalogue is asked for and not before: `require` of an ES module
 * does that without making every caller asynchronous. What a list in code would give in type safety, `defineAddon`
 * gives inside each file and the check here gives for the file as a whole.
 *
 * @throws Error that names a file which is not an entry
 */
export function catalogue(): readonly Addon[] {
  entries ??= readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => basename(file, ".ts"))
    .sort()
    .map((name) => loadEntry(join(import.meta.dirname, `${name}.ts`)));
  return entries;
}

/**
 * The entry that a file holds.
 *
 * @throws Error that names the file, when it cannot be loaded or holds no entry of its name
 */
export function loadEntry(path: string): Addon {
  const name = basename(path, ".ts");
  const addon = defaultExport(path);
  if (!isAddon(addon)) throw new Error(`${path} has to export as default what defineAddon makes`);
  if (addon.name !== name) throw new Error(`${path} holds the add-on ${addon.name}: name and file differ`);
  return addon;
}

/** Node.js does not say in which file it stumbled, unless one reads the trace. */
function defaultExport(path: string): unknown {
  try {
    return (require(path) as { default?: unknown }).default;
  } catch (cause) {
    const place = cause instanceof SyntaxError ? /^\S+\.ts:\d+$/m.exec(cause.stack ?? "")?.[0] : undefined;
    const found = place?.replace("file://", "") ?? path;
    throw new Error(`${found} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
