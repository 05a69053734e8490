import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

type Debuggable = <T>(promise: Promise<T>, context: unknown) => Promise<T>;

const require = createRequire(import.meta.url);
let leftOut = false;

/**
 * Keeps positions in the code out of resources, and spares the time to find them. The SDK asks for a whole stack trace for
 * every resource and stores it with that: a tenth of the state, which names folders of this machine and changes with every
 * edit of the program. It asks for one for every output too, to name those that are never resolved, which
 * `PULUMI_DEBUG_PROMISE_LEAKS` brings back. Errors keep their traces.
 */
export function leaveOutPositions(): void {
  if (leftOut) return;
  leftOut = true;
  (pulumi.Resource as unknown as { stackTrace(): unknown[] }).stackTrace = () => [];
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  const sdk = require("@pulumi/pulumi/runtime/debuggable.js") as { debuggablePromise: Debuggable };
  const { debuggablePromise } = sdk;
  sdk.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}
