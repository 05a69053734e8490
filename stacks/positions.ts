/**
 * Keeps positions in the code out of resources. The SDK asks for a whole stack trace for every resource and every output,
 * and stores it with the resource: a tenth of the state, which names folders of this machine and changes with every edit
 * of the program. It asks by an error without a message; all other errors keep their traces.
 */
export function leaveOutPositions(): void {
  Error.prepareStackTrace = (error, frames) => (isQuestion(error) ? "" : [String(error), ...frames].join("\n    at "));
}

function isQuestion({ name, message }: Error): boolean {
  return name === "Error" && message === "";
}
