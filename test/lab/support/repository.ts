import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Repositories } from "../../../lab/git/repositories.ts";

/** A Git repository of the lab that a test pushes to. */
export class TestRepository {
  static readonly url = "https://git.example.net/platform/clusters.git";
  readonly repositories: Repositories;
  private readonly root: string;
  private readonly folder: string;
  /** What was pushed last. */
  private files: Readonly<Record<string, string>> = {};
  private commits = 0;

  /** @param root of all repositories of a lab; else one of its own */
  constructor(root = mkdtempSync(join(tmpdir(), "orrery-git-"))) {
    this.root = root;
    this.repositories = new Repositories(root);
    this.folder = this.repositories.create(TestRepository.url);
  }

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

  /** Makes the branch hold exactly what a folder holds. */
  pushFolder(folder: string): void {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    this.files = {};
    this.push(Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")])));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
