import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes files of attributes that were being written when the engine was killed. A backend of files keeps one beside
 * every state file and writes it in place; a torn one makes the whole state unreadable ("failed to load checkpoint:
 * EOF"), although nothing in it is needed.
 * @param folder is where the backend keeps its files
 * @returns the files that were removed
 */
export function removeTornSidecars(folder: string, project: string, stack: string): string[] {
  const stacks = join(folder, ".pulumi", "stacks", project);
  if (!existsSync(stacks)) return [];
  const torn = readdirSync(stacks)
    .filter((name) => name.startsWith(`${stack}.json`) && name.endsWith(".attrs"))
    .map((name) => join(stacks, name))
    .filter((file) => !isWhole(readFileSync(file, "utf8")));
  for (const file of torn) rmSync(file);
  return torn;
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
