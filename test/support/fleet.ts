import { join } from "node:path";

/** Folder with the stack files that the project comes with: those in the project's own folder are for people to change. */
export const fleet = join(import.meta.dirname, "../../examples/fleet");
