import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Display } from "../../fleet/progress/display.ts";
import { TestSite } from "./support/site.ts";

/** Collects the arguments of all processes that run below this one while a stack is worked on. */
function argumentsSeen(): Display & { lines: Set<string> } {
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
function secretsOf(machineConfiguration: string): string[] {
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

describe("secrets of a cluster in the lab", () => {
  const site = new TestSite();
  const seen = argumentsSeen();
  let output = "";
  let canaries: string[] = [];
  after(() => site.remove());

  before(async () => {
    const outcome = await site.run("up luna", seen);
    output = JSON.stringify(outcome);
    assert.ok(outcome.ok, output);
    const { machines } = site.world().parts.talos ?? { machines: {} };
    const files = site.files().filter((file) => /\.orrery\/lab\/talos\//.test(file));
    const configurations = files.map((file) => readFileSync(file, "utf8")).filter((text) => /machine:/.test(text));
    const kubeconfig = site.read(".orrery/lab/luna/kubeconfig");
    const talosconfig = site.read(".orrery/lab/luna/talosconfig");
    canaries = [
      ...new Set([
        ...configurations.flatMap(secretsOf),
        ...secretsOf(talosconfig),
        ...[...kubeconfig.matchAll(/client-key-data: *(\S+)/g)].map((match) => match[1] ?? ""),
        site.read(".orrery/lab/vault.key").trim(),
      ]),
    ];
    assert.equal(Object.keys(machines).length, 6);
  });

  it("has found what to look for", () => {
    assert.ok(canaries.length >= 10, `${canaries.length} secrets`);
  });

  it("keeps none of them in the clear in state, its backups and history", () => {
    const files = site.files().filter((file) => file.startsWith(join(site.folder, ".orrery/lab/state")));
    assert.ok(files.length >= 3);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      for (const canary of canaries) assert.ok(!holds(text, canary), `${file} holds a secret in the clear`);
    }
  });

  it("keeps none of them in the clear in stack files, outputs and the world's diary", () => {
    const { records } = site.world();
    for (const text of [output, site.read("Pulumi.luna.yaml"), JSON.stringify(records)]) {
      for (const canary of canaries) assert.ok(!holds(text, canary));
    }
  });

  it("gives none of them to a process as an argument", () => {
    assert.ok(
      [...seen.lines].some((line) => line.includes("talosctl")),
      "tools were seen at work",
    );
    for (const line of seen.lines) for (const canary of canaries) assert.ok(!holds(line, canary), line.slice(0, 200));
  });
});

/** True when the text holds the value as it is, or base64-encoded or decoded. */
function holds(text: string, canary: string): boolean {
  const decoded = Buffer.from(canary, "base64").toString("utf8").trim();
  const encoded = Buffer.from(canary, "utf8").toString("base64").replace(/=+$/, "");
  return (
    text.includes(canary) ||
    text.includes(encoded) ||
    (/^[ -~\n]{16,}$/.test(decoded) && text.includes(JSON.stringify(decoded).slice(1, -1)))
  );
}
