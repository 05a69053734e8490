import { program } from "./stacks/index.ts";

/** What the Pulumi CLI runs: the program of the current stack. */
export default () => program({ folder: import.meta.dirname, env: process.env });
