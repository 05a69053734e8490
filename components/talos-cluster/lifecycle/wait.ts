import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "./message.ts";

/** The usual time between two looks. */
const usualIntervalMs = 5000;

/** Time between two looks; the environment variable ORRERY_POLL_INTERVAL_MS changes it, for worlds with another clock. */
function intervalMs(): number {
  const value = Number(process.env.ORRERY_POLL_INTERVAL_MS);
  return Number.isFinite(value) && value > 0 ? value : usualIntervalMs;
}

/**
 * Looks until there is nothing left to wait for.
 *
 * @param look answers what is still missing, in words; nothing when all is there
 * @param timeoutSeconds a limit of looks at the usual interval, whatever the interval in use
 * @returns what was missing at the last look; empty when all is there
 */
export async function waitUntil(look: () => Promise<string[]>, timeoutSeconds: number): Promise<string[]> {
  const looks = Math.max(1, Math.ceil((timeoutSeconds * 1000) / usualIntervalMs));
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (let done = 1; ; done += 1) {
    const missing = await look();
    if (missing.length === 0 || done >= looks || Date.now() >= deadline) return missing;
    await sleep(intervalMs());
  }
}

/**
 * Tries until it succeeds.
 * @returns why the last attempt failed; empty when one succeeded
 */
export function tryUntil(work: () => Promise<unknown>, timeoutSeconds: number): Promise<string[]> {
  return waitUntil(async () => {
    try {
      await work();
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  }, timeoutSeconds);
}
