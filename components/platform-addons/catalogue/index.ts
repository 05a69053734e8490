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
    .map((name) => load(name));
  return entries;
}

function load(name: string): Addon {
  const path = join(import.meta.dirname, `${name}.ts`);
  const addon: unknown = (require(path) as { default?: unknown }).default;
  if (!isAddon(addon)) throw new Error(`${path} has to export as default what defineAddon makes`);
  if (addon.name !== name) throw new Error(`${path} holds the add-on ${addon.name}: name and file differ`);
  return addon;
}
