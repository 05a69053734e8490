import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Texts that are too large or too secret for the world's file: each in a file of mode 0600, named by its content. */
export class Contents {
  private readonly folder: string;
  private readonly running = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Keeps a text and answers its SHA-256. */
  put(text: string): string {
    const hash = sha256(text);
    this.write("configurations", hash, text);
    return hash;
  }

  /** The text with this SHA-256. */
  get(hash: string): string {
    return readFileSync(join(this.folder, "configurations", hash), "utf8");
  }

  /** A result that follows from `key` alone: computed once, then read from disk, also by later runs. */
  remember(kind: string, key: string, compute: () => Promise<string>): Promise<string> {
    const name = `${kind}-${sha256(key)}`;
    const file = join(this.folder, "results", name);
    if (existsSync(file)) return Promise.resolve(readFileSync(file, "utf8"));
    // Who asks while it is being computed waits for the same result.
    const known = this.running.get(name);
    if (known) return known;
    const result = compute()
      .then((text) => {
        this.write("results", name, text);
        return text;
      })
      .finally(() => this.running.delete(name));
    this.running.set(name, result);
    return result;
  }

  /** Gives `work` a folder of its own for files with secrets, which is removed in the end. */
  async inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(this.folder, "scratch-"));
    try {
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private write(section: string, name: string, text: string): void {
    const folder = join(this.folder, section);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, name);
    if (existsSync(file)) return;
    const part = `${file}.${randomUUID()}`;
    writeFileSync(part, text, { mode: 0o600 });
    renameSync(part, file);
  }
}

/** Writes a file that only its owner can read. */
export function writeSecret(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
