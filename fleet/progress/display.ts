import { Listr } from "listr2";
import { duration, progressLine } from "./format.ts";
import type { ProgressView } from "./tracker.ts";

/** How work on a stack ended, in a few words for its line. */
export interface LineResult {
  kind: "done" | "failed" | "skipped";
  text: string;
}

/** Shows work on stacks while it goes on. */
export interface Display {
  /** A stack enters a phase, such as `planning`; `view` answers what is going on in it from now on. */
  phase(stack: string, name: string, view: () => ProgressView): void;
  /** Work on a stack is over. */
  finish(stack: string, result: LineResult): void;
  /** All work is over; nothing is shown any more. */
  close(): Promise<void>;
}

interface Line {
  startedMs: number;
  phase: string;
  view: () => ProgressView;
}

const nothing = (): ProgressView => ({ done: 0, total: 0, current: [] });

/** A display for terminals: one line per stack that changes in place. */
export function terminalDisplay(stacks: string[], columns: () => number): Display {
  const lines = new Map<string, Line>();
  const finishers = new Map<string, (result: LineResult) => void>();
  const titles = new Map<string, (title: string) => void>();
  const tasks = new Listr(
    stacks.map((stack) => ({
      title: `${stack.padEnd(8)} waiting`,
      task: async (_: unknown, task: { title?: string; skip(message: string): void }) => {
        titles.set(stack, (title) => {
          task.title = title;
        });
        const result = await new Promise<LineResult>((finish) => finishers.set(stack, finish));
        task.title = result.text;
        if (result.kind === "skipped") task.skip(result.text);
        if (result.kind === "failed") throw new Error(result.text);
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      collectErrors: false,
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false, collapseSkips: true, formatOutput: "truncate" },
    },
  );
  const running = tasks.run().catch(() => undefined);
  const timer = setInterval(() => {
    for (const [stack, line] of lines) {
      titles.get(stack)?.(progressLine(stack, line.phase, line.view(), secondsSince(line.startedMs), columns() - 4));
    }
  }, 200);
  return {
    phase(stack, name, view) {
      lines.set(stack, { startedMs: lines.get(stack)?.startedMs ?? performance.now(), phase: name, view });
    },
    finish(stack, result) {
      const seconds = secondsSince(lines.get(stack)?.startedMs ?? performance.now());
      lines.delete(stack);
      finishers.get(stack)?.({ ...result, text: finalLine(stack, result, seconds) });
    },
    async close() {
      clearInterval(timer);
      for (const [stack, finish] of finishers) finish({ kind: "skipped", text: stack });
      await running;
    },
  };
}

/** A display for logs: a line when something begins or ends, and a sign of life every 15 seconds. */
export function plainDisplay(write: (line: string) => void): Display {
  const lines = new Map<string, Line>();
  const show = (stack: string, line: Line) =>
    write(progressLine(stack, line.phase, line.view(), secondsSince(line.startedMs), Number.POSITIVE_INFINITY));
  const timer = setInterval(() => {
    for (const [stack, line] of lines) show(stack, line);
  }, 15_000);
  return {
    phase(stack, name, view) {
      const line = { startedMs: lines.get(stack)?.startedMs ?? performance.now(), phase: name, view };
      lines.set(stack, line);
      show(stack, { ...line, view: nothing });
    },
    finish(stack, result) {
      const seconds = secondsSince(lines.get(stack)?.startedMs ?? performance.now());
      lines.delete(stack);
      write(finalLine(stack, result, seconds));
    },
    async close() {
      clearInterval(timer);
    },
  };
}

function finalLine(stack: string, result: LineResult, seconds: number): string {
  return `${stack.padEnd(8)} ${result.text}${result.kind === "skipped" ? "" : `  ${duration(seconds)}`}`;
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}
