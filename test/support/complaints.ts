import assert from "node:assert/strict";
import { ConfigError } from "../../config/problems.ts";

/** What is wrong with a configuration, a line for each problem; nothing when it is accepted. */
export function complaints(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}
