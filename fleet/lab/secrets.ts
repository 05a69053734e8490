import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileName } from "../../config/load.ts";
import type { ClusterPlan } from "../../stacks/plan.ts";
import { expectedSecrets } from "../../stacks/secrets.ts";
import type { EngineStack } from "../engine.ts";
import type { Folders } from "../folders.ts";
import { configKeys } from "../work-copy.ts";

/** In the lab nobody has credentials: what is expected is made up once and kept in the copy of the stack file. */
export async function setLabSecrets(stack: EngineStack, folders: Folders, plan: ClusterPlan): Promise<void> {
  const present = configKeys(readFileSync(join(folders.work, stackFileName(stack.name)), "utf8"));
  const expected = new Set(expectedSecrets(plan).map(({ configKey }) => configKey));
  for (const key of expected) {
    if (!present.includes(`orrery:${key}`)) await stack.setSecret(key, randomBytes(24).toString("base64url"));
  }
}
