import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileName, stackFilesIn } from "../../config/load.ts";
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

/**
 * Gives the copy of a stack file the salt of another one. All stacks of a lab have one passphrase; with one salt the
 * engine derives one key from it for a stack and those that the stack reads, and a derivation takes a quarter of a second.
 */
export function shareSalt(folders: Folders, stack: string): void {
  const own = join(folders.work, stackFileName(stack));
  const text = readFileSync(own, "utf8");
  if (saltOf(text)) return;
  const salt = stackFilesIn(folders.work)
    .map((name) => saltOf(readFileSync(join(folders.work, name), "utf8")))
    .find(Boolean);
  if (salt) writeFileSync(own, `encryptionsalt: ${salt}\n${text}`, { mode: 0o600 });
}

function saltOf(text: string): string | undefined {
  return /^encryptionsalt: (\S+)$/m.exec(text)?.[1];
}

/** The file with the passphrase of the lab's stacks; it is made when it is not there. */
export function labPassphraseFile(folders: Folders): string {
  if (!existsSync(folders.passphrase)) {
    mkdirSync(folders.root, { recursive: true, mode: 0o700 });
    writeFileSync(folders.passphrase, randomBytes(32).toString("base64url"), { mode: 0o600 });
    chmodSync(folders.passphrase, 0o600);
  }
  return folders.passphrase;
}
