import type { FleetRequest, Verb } from "./arguments.ts";

/** A command line of the fleet program, as a person types it in the project's folder. */
export function fleetCommand(
  verb: Verb,
  stacks: string[],
  { lab, folder }: Pick<FleetRequest, "lab" | "folder">,
): string {
  const options = [...(lab ? ["--lab"] : []), ...(folder === undefined ? [] : ["--folder", folder])];
  return ["npm run fleet --", verb, ...stacks, ...options].join(" ");
}
