import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a run of the real `talosctl` came to. */
export interface TalosctlResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** Where the tools are: `<folder>/talosctl/v1.11.5/talosctl`. */
export function toolsFolder(): string {
  return process.env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools");
}

/** The `talosctl` versions that are there, oldest first. */
export function talosctlVersions(folder = toolsFolder()): string[] {
  const root = join(folder, "talosctl");
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => /^v\d+\.\d+\.\d+/.test(name) && existsSync(join(root, name, "talosctl")))
    .sort(compareVersions);
}

/**
 * The `talosctl` for a Talos version: the same one, else the nearest of the same minor version, else the oldest newer
 * one, else the newest of all.
 * @throws Error when there is none at all
 */
export function chooseTalosctl(talosVersion: string | undefined, available: string[]): string {
  const newest = available.at(-1);
  if (!newest) throw new Error(`no talosctl below ${toolsFolder()}/talosctl: run the set-up first (npm run setup)`);
  if (!talosVersion) return newest;
  const wanted = normalize(talosVersion);
  if (available.includes(wanted)) return wanted;
  const sameMinor = available.filter((version) => minorOf(version) === minorOf(wanted));
  return sameMinor.at(-1) ?? available.find((version) => compareVersions(version, wanted) > 0) ?? newest;
}

/** Runs a real `talosctl`; secrets belong in files, never in arguments. */
export function runTalosctl(talosVersion: string | undefined, args: string[], cwd: string): Promise<TalosctlResult> {
  const binary = join(toolsFolder(), "talosctl", chooseTalosctl(talosVersion, talosctlVersions()), "talosctl");
  return new Promise((resolve, reject) => {
    execFile(binary, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ stdout, stderr, code: error ? Number(error.code) : 0 });
    });
  });
}

/** `1.11`, `v1.11` and `v1.11.5` as `v1.11.0`, `v1.11.0` and `v1.11.5`. */
export function normalize(version: string): string {
  const [major = "1", minor = "0", patch = "0"] = version.replace(/^v/, "").split(".");
  return `v${major}.${minor}.${patch}`;
}

/** Orders versions such as `v1.11.5`; below zero when the first is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, "").split(/[.-]/).map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
