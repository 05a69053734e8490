import { readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Display } from "../../../fleet/progress/display.ts";

/** Collects the arguments of all processes that run below this one while a stack is worked on. */
export function argumentsSeen(): Display & { lines: Set<string> } {
  const lines = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        lines.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      } catch {
        // The process has ended.
      }
    }
  };
  const timer = setInterval(look, 10);
  return {
    lines,
    phase() {},
    finish() {},
    async close() {
      clearInterval(timer);
    },
  };
}

/** Every private key, token and secret of a machine configuration. */
export function secretsOf(machineConfiguration: string): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, key: string) => {
    if (Array.isArray(value)) for (const item of value) visit(item, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, item] of Object.entries(value)) visit(item, name);
    else if (
      typeof value === "string" &&
      /^(key|token|secret|secretboxEncryptionSecret|aescbcEncryptionSecret)$/.test(key)
    )
      if (value.length > 15) found.add(value);
  };
  for (const document of parseAllDocuments(machineConfiguration)) visit(document.toJS(), "");
  return [...found];
}

/** True when the text holds the value as it is, or base64-encoded or decoded. */
export function holds(text: string, canary: string): boolean {
  const decoded = Buffer.from(canary, "base64").toString("utf8").trim();
  const encoded = Buffer.from(canary, "utf8").toString("base64").replace(/=+$/, "");
  return (
    text.includes(canary) ||
    text.includes(encoded) ||
    (/^[ -~\n]{16,}$/.test(decoded) && text.includes(JSON.stringify(decoded).slice(1, -1)))
  );
}
