/** What the SDK keeps for one run of a program in this process; not in its types. */
export interface RunStore {
  /** Set when a call to the engine fails because of the connection. */
  terminated?: boolean;
  /** Calls whose answers the SDK waits for before it lets a program end. */
  settings?: { rpcDone: Promise<unknown> };
}

const sdk = globalThis as { asyncLocalStorage?: { getStore(): RunStore | undefined }; globalStore?: RunStore };

/** The record of the inline run that this code belongs to; undefined outside of runs. */
export function inlineRun(): RunStore | undefined {
  return sdk.asyncLocalStorage?.getStore();
}

/** The record of the run that this code belongs to; a program that the CLI runs has the process to itself. */
export function currentRun(): RunStore {
  return inlineRun() ?? sdk.globalStore ?? {};
}
