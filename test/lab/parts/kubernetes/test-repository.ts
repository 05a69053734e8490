import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Repositories } from "../../../../lab/git/repositories.ts";

/** A Git repository of the lab that a test pushes to, in a folder of its own. */
export class TestRepository {
  static readonly url = "https://git.example.net/platform/clusters.git";
  private readonly root = mkdtempSync(join(tmpdir(), "orrery-git-"));
  readonly repositories = new Repositories(this.root);
  private readonly folder = this.repositories.create(TestRepository.url);
  private files: Record<string, string> = {};
  private commits = 0;

  /** Commits changes to the branch `main`: files with their new text, or undefined to take one away. */
  push(changes: Record<string, string | undefined>): void {
    const entries = Object.entries({ ...this.files, ...changes });
    this.files = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
    this.commits += 1;
    const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const lines = [
      "commit refs/heads/main\n",
      `committer test <test@example.net> ${this.commits} +0000\n`,
      data("change"),
      ...(this.commits > 1 ? ["from refs/heads/main^0\n"] : []),
      "deleteall\n",
      ...Object.entries(this.files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`),
    ];
    // One process for a whole commit: there are many of them.
    execFileSync("git", ["--git-dir", this.folder, "fast-import", "--quiet"], { input: lines.join("") });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
