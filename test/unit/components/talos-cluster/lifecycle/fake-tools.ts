import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * A `talosctl` and a `kubectl` that answer what a test says and keep a record. They are real programs, because what is
 * tested is also how programs are started. An answer is shell code, so that it may change later answers.
 */
export class FakeTools {
  readonly folder = mkdtempSync(join(tmpdir(), "orrery-fake-"));
  private readonly path = process.env.PATH;

  constructor() {
    for (const tool of ["talosctl", "kubectl"]) {
      // talosctl: --talosconfig F -n A -e A <verb>; kubectl: --kubeconfig F <verb>.
      const shift = tool === "talosctl" ? "address=$4; shift 6" : "address=cluster; shift 2";
      // In bash, and without any other program: each start costs as much as all the rest.
      const script = `#!/bin/bash
${shift}
words="\${*/\\/*\\//}"
verb=\${words//[^A-Za-z0-9.=-]/_}
echo "${tool} $address $*" >> "$FAKE_TOOLS/record"
if [ -e "$FAKE_TOOLS/$address.$verb" ]; then . "$FAKE_TOOLS/$address.$verb"; else echo "no answer for $address $verb" >&2; exit 9; fi
`;
      writeFileSync(join(this.folder, tool), script);
      chmodSync(join(this.folder, tool), 0o755);
    }
    mkdirSync(join(this.folder, "tmp"));
    process.env.PATH = `${this.folder}${delimiter}${this.path}`;
    process.env.FAKE_TOOLS = this.folder;
    // Where set-up has put nothing, the tools on the PATH are taken.
    process.env.ORRERY_TOOLS = join(this.folder, "tools");
    process.env.ORRERY_POLL_INTERVAL_MS = "1";
    process.env.TMPDIR = join(this.folder, "tmp");
  }

  /** Says what a tool answers to a verb: text on standard output, or shell code that begins with a colon. */
  answer(address: string, verb: string, text: string): void {
    const code = text.startsWith(":")
      ? text.slice(1)
      : `IFS= read -r -d "" text <<'END'\n${text}\nEND\nprintf %s "$text"\n`;
    writeFileSync(join(this.folder, `${address}.${verb.replace(/[^A-Za-z0-9.=-]/g, "_")}`), code);
  }

  /** Calls so far, `<tool> <address> <verb>`; those that match. */
  calls(pattern: RegExp): string[] {
    let text = "";
    try {
      text = readFileSync(join(this.folder, "record"), "utf8");
    } catch {
      return [];
    }
    return text.split("\n").filter((line) => pattern.test(line));
  }

  /** The whole record, to look for what must not be in it. */
  get record(): string {
    return this.calls(/./).join("\n");
  }

  close(): void {
    process.env.PATH = this.path;
    for (const name of ["FAKE_TOOLS", "ORRERY_POLL_INTERVAL_MS", "ORRERY_TOOLS", "TMPDIR"]) delete process.env[name];
    // A tool that was stopped on its way may still be writing.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `talosctl service etcd` in a state. */
export function etcdService(address: string, state: string): string {
  return `NODE     ${address}\nID       etcd\nSTATE    ${state}\nHEALTH   ?\nEVENTS   [${state}]: somehow (5s ago)`;
}

/** A tool that fails with a message. */
export function fails(message: string): string {
  return `:echo '${message}' >&2; exit 1`;
}
