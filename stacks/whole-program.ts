import * as pulumi from "@pulumi/pulumi";
import { lostEngine } from "./names.ts";
import { currentRun, type RunStore } from "./run-store.ts";

/**
 * Lets a program end well only when every resource that it made has reached the engine. The engine deletes what a program
 * that ended well did not name, and the SDK ends a program well also when a call was lost on its way: it takes a broken
 * connection for an engine that is going, and looks at failed registrations only after it has let the engine delete.
 * @param build makes the resources and answers the outputs
 * @throws pulumi.RunError when the connection broke, or a resource could not be registered
 */
export async function whole<T>(build: () => Promise<T>): Promise<T> {
  const store = currentRun();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  const lose = () => {
    // Resources that waited for the lost one are never registered, and the SDK would wait for them for ever.
    if (store.settings) store.settings.rpcDone = Promise.resolve();
    reject(new pulumi.RunError(`${lostEngine}; what the program wants was not told in full`));
  };
  const rejections: unknown[] = [];
  const note = (reason: unknown) => {
    if (currentRun() !== store) return;
    rejections.push(reason);
    if (isOfConnection(reason)) lose();
  };
  const forget = watchTermination(store, lose);
  process.on("unhandledRejection", note);
  try {
    const outputs = await Promise.race([build(), lost]);
    await Promise.race([waitForCalls(), lost]);
    // Rejections are told when the microtasks that cause them are done.
    await new Promise(setImmediate);
    if (rejections.length > 0) throw new pulumi.RunError(`not all resources were registered: ${told(rejections)}`);
    return outputs;
  } finally {
    process.off("unhandledRejection", note);
    forget();
  }
}

/** Until the engine has answered every call. The SDK has it, but not in its types. */
function waitForCalls(): Promise<void> {
  return (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}

/** Calls back when the SDK notes that a call failed because of the connection; answers how to stop watching. */
function watchTermination(store: RunStore, onTermination: () => void): () => void {
  let terminated = store.terminated ?? false;
  Object.defineProperty(store, "terminated", {
    configurable: true,
    enumerable: true,
    get: () => terminated,
    set(value: boolean) {
      terminated = value;
      if (value) onTermination();
    },
  });
  return () => {
    Object.defineProperty(store, "terminated", {
      configurable: true,
      enumerable: true,
      writable: true,
      value: terminated,
    });
  };
}

/** UNAVAILABLE or CANCELLED, which the SDK takes for the end of the engine. */
function isOfConnection(reason: unknown): boolean {
  const { code } = (reason ?? {}) as { code?: unknown };
  return code === 14 || code === 1;
}

function told(reasons: unknown[]): string {
  return [...new Set(reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))))].join("; ");
}
