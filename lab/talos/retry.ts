import type { Clock } from "../world/clock.ts";
import { TalosError } from "./errors.ts";

/** Pause between two tries, in virtual time. */
const pauseMs = 10_000;

/**
 * Tries again and again as the provider does: until it works, the answer is InvalidArgument, or the time is over.
 * @throws the last error, with the provider's summary before it
 */
export async function retry<T>(
  clock: Clock,
  withinMs: number,
  summary: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const deadline = clock.nowMs + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TalosError)) throw error;
      const over = clock.nowMs + pauseMs > deadline;
      if (over || error.code === "InvalidArgument") throw new Error(`${summary}: ${error.message}`);
      await clock.sleep(pauseMs);
    }
  }
}
