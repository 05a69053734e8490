/** Proxmox refused a call. The message has the form that the provider gives it. */
export class ProxmoxError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string) {
    super(`received an HTTP ${status} response - Reason: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

/** A task ended with an error. */
export class TaskError extends Error {
  readonly reason: string;

  constructor(upid: string, reason: string) {
    super(`task "${upid}" failed to complete with exit code: ${reason}`);
    this.reason = reason;
  }
}

/** The object a call names is not there. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof ProxmoxError && (error.status === 404 || /does not exist|no such|not found/i.test(error.reason))
  );
}
