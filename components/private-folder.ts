import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that only this user can read, for credentials that tools want as files. */
export interface PrivateFolder {
  /** Writes a file that only this user can read; answers its path. */
  write(name: string, content: string): Promise<string>;
}

/** Gives `work` a private folder and removes it afterwards, also when the process exits in between. */
export async function withPrivateFolder<T>(work: (folder: PrivateFolder) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "orrery-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await work({
      async write(name, content) {
        const file = join(path, name);
        await writeFile(file, content, { mode: 0o600 });
        return file;
      },
    });
  } finally {
    process.removeListener("exit", remove);
    remove();
  }
}
