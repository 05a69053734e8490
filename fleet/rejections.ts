import { inlineRun } from "../stacks/run-store.ts";

type Handler = (...args: unknown[]) => void;

const events = ["unhandledRejection", "uncaughtException"] as const;
let watching = false;

/**
 * Sees to it that what goes wrong in the program of one stack is held against that stack only. The Automation API lets
 * every run that is going on take what nobody has handled in this process for its own mistake, so that one broken cluster
 * would break the others that are brought up beside it.
 */
export function keepRunsApart(): void {
  if (watching) return;
  watching = true;
  for (const event of events) wrapHandlersOf(event);
}

function wrapHandlersOf(event: string): void {
  const seen = new WeakSet<Handler>();
  process.on("newListener", (added, listener: Handler) => {
    const run = inlineRun();
    // A wrapped handler is announced by the one that it wraps.
    if (run === undefined || added !== event || seen.has(listener)) return;
    seen.add(listener);
    const own = Object.assign(
      (...args: unknown[]) => {
        const cause = inlineRun();
        if (cause === undefined || cause === run) listener(...args);
      },
      // By this name `process.off` finds the handler that was wrapped.
      { listener },
    );
    // A listener that is just being added cannot be exchanged before it is there.
    queueMicrotask(() => {
      if (!process.listeners(event as "unhandledRejection").includes(listener as never)) return;
      process.off(event, listener);
      process.on(event, own);
    });
  });
}
