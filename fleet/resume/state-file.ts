import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ExportedState } from "./repair.ts";

/** What the engine writes at the versions whose form is known here. Facts: github.com/pulumi/pulumi, v3.259.0: sdk/go/common/apitype/history.go. */
const checkpointFile = z.object({
  version: z.union([z.literal(3), z.literal(4)]),
  features: z.array(z.string()).optional(),
  checkpoint: z.object({ latest: z.looseObject({}) }),
});

/**
 * A stack's state out of the file that a backend of files keeps it in, as `pulumi stack export` prints it, which takes a process
 * that needs a quarter of a second to start.
 * @param folder is where the backend keeps its files
 * @returns undefined when there is no such file, or it has another form: the engine has to be asked then
 */
export function stateInFile(folder: string, project: string, stack: string): ExportedState | undefined {
  const file = join(folder, ".pulumi", "stacks", project, `${stack}.json`);
  if (!existsSync(file)) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const parsed = checkpointFile.safeParse(content);
  if (!parsed.success) return undefined;
  const { checkpoint, ...rest } = parsed.data;
  return { ...rest, deployment: checkpoint.latest };
}
