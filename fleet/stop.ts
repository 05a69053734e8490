/** How a run learns that it has to stop. */
export interface Stop {
  /** Once it is aborted nothing new is begun. */
  run: AbortSignal;
  /** Interrupts the engine, which then finishes what is under way. */
  engine: AbortSignal;
}

/** What tells of signals to this process: the process itself. */
interface Signals {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/**
 * Aborted when this process is asked to stop. A terminal sends its interrupt to the engine as well, so it is not passed on:
 * a second one would stop the engine hard.
 */
export function stopOn(signals: Signals, terminal: boolean, tell: (text: string) => void): Stop {
  const run = new AbortController();
  const engine = new AbortController();
  signals.on("SIGINT", () => {
    if (terminal) tell("stopping when what is under way is finished; again to stop at once");
    run.abort(new Error("interrupted"));
    if (!terminal) engine.abort(run.signal.reason);
  });
  signals.on("SIGTERM", () => {
    run.abort(new Error("asked to stop"));
    engine.abort(run.signal.reason);
  });
  return { run: run.signal, engine: engine.signal };
}
