/** What went wrong, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a message begins that tells what a change does before it is made; the fleet program shows the rest beside the change. */
export const changesPrefix = "changes ";
