import * as pulumi from "@pulumi/pulumi";
import { ConfigError } from "../config/problems.ts";
import { cluster } from "./cluster.ts";
import { sharedStack } from "./names.ts";
import { readSite } from "./plan.ts";
import { leaveOutPositions } from "./positions.ts";
import { shared } from "./shared.ts";
import { whole } from "./whole-program.ts";

/** Values that a stack exports. */
export type Outputs = Record<string, pulumi.Input<unknown>>;

/** Where a program finds what it needs. */
export interface ProgramOptions {
  /** Folder with `Pulumi.yaml` and the stack files. */
  folder: string;
  /** Environment that has to hold the credentials for Proxmox VE. @default not checked here */
  env?: Record<string, string | undefined>;
  /** Whether the program runs to destroy the stack. @default false */
  destroying?: boolean;
}

/**
 * The program of the current stack: `shared`, or a cluster.
 * @throws pulumi.RunError with all problems of all stack files; it is shown without a stack trace
 */
export async function program(options: ProgramOptions): Promise<Outputs> {
  leaveOutPositions();
  try {
    const stack = pulumi.getStack();
    const files = readSite(stack, options.folder, options.env);
    return await whole(() =>
      stack === sharedStack ? shared(files.shared) : cluster(stack, files, options.destroying),
    );
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}
