import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { WorldState } from "./world.ts";

/** The world on disk: one JSON file in a folder that one process owns at a time. */
export interface Store {
  readonly state: WorldState;
  /** True when the folder held no world before. */
  readonly fresh: boolean;
  /** Tells that the state changed; it is saved a little later. */
  changed(): void;
  /** Saves at once when something changed. */
  save(): void;
  /** Saves and gives the folder free. */
  close(): void;
}

/** How long the world has to be quiet before it is saved, and how long a busy one may go unsaved, in milliseconds. */
const quietMs = 200;
const longestMs = 1000;

/**
 * Opens the world in a folder and makes one when there is none.
 * @throws Error that names the process when another one has it open
 */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const release = lock(join(folder, "world.lock"), folder);
  const file = join(folder, "world.json");
  let loaded: WorldState | undefined;
  try {
    loaded = load(file);
  } catch (error) {
    release();
    throw error;
  }
  const state = loaded ?? emptyWorld();
  let timer: NodeJS.Timeout | undefined;
  let unsavedSince: number | undefined;
  let costMs = 0;
  let closed = false;

  const save = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (unsavedSince === undefined) return;
    unsavedSince = undefined;
    const startedAt = performance.now();
    writeWhole(file, JSON.stringify(state));
    costMs = performance.now() - startedAt;
  };
  const changed = (): void => {
    if (closed) return;
    const now = performance.now();
    unsavedSince ??= now;
    // A large world waits longer, so that saving never takes more than a small share of the time.
    const latest = unsavedSince + Math.max(longestMs, 20 * costMs);
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(quietMs, latest - now)));
    timer.unref();
  };
  const atExit = (): void => {
    save();
    release();
  };
  process.once("exit", atExit);
  const close = (): void => {
    if (closed) return;
    closed = true;
    process.removeListener("exit", atExit);
    save();
    release();
  };
  if (!loaded) changed();
  return { state, fresh: !loaded, changed, save, close };
}

/** A world in which nothing has happened yet. */
export function emptyWorld(): WorldState {
  return { version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} };
}

function load(file: string): WorldState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  let state: WorldState;
  try {
    state = JSON.parse(text) as WorldState;
  } catch {
    throw new Error(`${file} is not a world of the lab: delete it to begin a new one`);
  }
  if (state.version !== 1) {
    throw new Error(`${file} has version ${state.version}, this lab reads version 1: delete it to begin a new one`);
  }
  return state;
}

/** Readers see the old world or the new one, never half of it. */
function writeWhole(file: string, text: string): void {
  const next = `${file}.new`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, file);
}

/** Takes the lock file; one whose process is gone is taken over. */
function lock(file: string, folder: string): () => void {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 3) throw error;
    }
    const owner = Number(readOwner(file));
    if (owner > 0 && isRunning(owner)) {
      const whose = owner === process.pid ? "this process" : `process ${owner}`;
      throw new Error(`the lab in ${folder} is open in ${whose}: close it first, or use another folder`);
    }
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
