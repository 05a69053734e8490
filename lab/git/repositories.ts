/**
 * Git repositories of the lab: bare ones below a folder, found by the URL that a stack file names. People clone them, commit
 * and push as they would anywhere; engines in the lab read them with `git`.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Why a repository cannot be read, in the words that engines pass on. */
export class GitError extends Error {}

/** Folder of a repository below that of all: host and path of its URL, whatever the protocol. */
export function repositoryPath(url: string): string {
  const found =
    /^(?:https|ssh):\/\/(?:[^@/]+@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(url) ?? /^(?:[^@/]+@)([^/:]+):(.+)$/.exec(url);
  const [, host = "", path = ""] = found ?? [];
  const parts = [host, ...path.replace(/\/$/, "").split("/")];
  if (parts.some((part) => part === "" || part.startsWith("."))) throw new GitError(`invalid URL ${url}`);
  return join(...parts);
}

/** The repositories below one folder. */
export class Repositories {
  private readonly folder: string;
  /** Content of commits, which never changes. */
  private readonly known = new Map<string, ReadonlyMap<string, string>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an empty repository when there is none yet; answers its folder. */
  create(url: string): string {
    const folder = join(this.folder, repositoryPath(url));
    if (existsSync(folder)) return folder;
    try {
      execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch", "main", folder], { stdio: "ignore" });
    } catch (error) {
      // Without Git there is no repository, which is what engines say then; everything else in the lab works.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return folder;
  }

  /**
   * The commit that a branch, a tag, `HEAD` or a commit's own name leads to.
   * @throws GitError when there is no such repository or revision
   */
  commitOf(url: string, revision: string): string {
    try {
      return this.git(url, ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`])
        .toString("utf8")
        .trim();
    } catch (error) {
      if (error instanceof GitError) throw error;
      throw new GitError(`unable to resolve '${revision}' to a commit SHA`);
    }
  }

  /**
   * Text of the files of a commit below a folder, by path, sorted; empty when the commit has no such folder.
   * @throws GitError when there is no such repository or commit
   */
  files(url: string, commit: string, folder: string): ReadonlyMap<string, string> {
    const path = folder.replace(/^\.?\/+|\/+$/g, "").replace(/^\.$/, "");
    const key = `${url} ${commit} ${path}`;
    const before = this.known.get(key);
    if (before) return before;
    const files = this.read(url, commit, path);
    this.known.set(key, files);
    return files;
  }

  private read(url: string, commit: string, path: string): Map<string, string> {
    const below = path === "" ? [] : ["--", `${path}/`];
    const listed = this.git(url, ["ls-tree", "-r", "-z", "--full-tree", commit, ...below]).toString("utf8");
    const blobs = listed.split("\0").flatMap((line) => {
      const [, id, file] = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return id && file ? [{ id, file }] : [];
    });
    if (blobs.length === 0) return new Map();
    const content = this.git(url, ["cat-file", "--batch"], `${blobs.map(({ id }) => id).join("\n")}\n`);
    const files = new Map<string, string>();
    let at = 0;
    for (const { file } of blobs) {
      // `<id> blob <size>`, the content, and the end of a line.
      const start = content.indexOf(10, at) + 1;
      const size = Number(content.toString("utf8", at, start - 1).split(" ")[2]);
      files.set(file, content.toString("utf8", start, start + size));
      at = start + size + 1;
    }
    return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private git(url: string, args: string[], input = ""): Buffer {
    const folder = join(this.folder, repositoryPath(url));
    if (!existsSync(folder)) throw new GitError("repository not found");
    return execFileSync("git", ["--git-dir", folder, ...args], {
      input,
      stdio: ["pipe", "pipe", "ignore"],
      maxBuffer: 64 * 1024 * 1024,
    });
  }
}
