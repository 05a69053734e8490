import type { FleetRequest, Verb } from "./arguments.ts";

/** A command line of the fleet program, as a person types it in the project's folder. */
export function fleetCommand(
  verb: Verb,
  stacks: string[],
  { lab, folder, only }: Pick<FleetRequest, "lab" | "folder"> & Partial<Pick<FleetRequest, "only">>,
): string {
  const options = [
    ...(only ? ["--only"] : []),
    ...(lab ? ["--lab"] : []),
    ...(folder === undefined ? [] : ["--folder", folder]),
  ];
  return ["npm run fleet --", verb, ...stacks, ...options].join(" ");
}
