import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabProvider, ProviderFunction } from "../protocol/provider.ts";
import { checkFunction } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import type { World } from "../world/world.ts";
import { localCommand, localCommandToken, optionFailures } from "./local-command.ts";
import { remoteCommand, remoteCommandToken } from "./remote-command.ts";
import { CommandRunner, type CommandSettings } from "./run.ts";

/** What the routers of the lab have on their PATH before everything else. */
const routerTools = fileURLToPath(new URL("../vyos/bin", import.meta.url));

/** The `command` provider of the lab. It runs real commands; the tools they find first on their PATH are the lab's. */
export interface LabCommand {
  provider: LabProvider;
  /** Ends all commands that still run. */
  close(): void;
}

/** Opens the `command` provider, version 1.2.1. */
export function openCommand(world: World, settings: CommandSettings = {}): LabCommand {
  const runner = new CommandRunner(settings);
  const env = settings.env ?? process.env;
  const path = [routerTools, env.PATH].filter(Boolean).join(delimiter);
  const routers = new CommandRunner({ ...settings, env: { ...env, PATH: path } });
  const provider: LabProvider = {
    name: "command",
    version: "1.2.1",
    checkConfig: () => [],
    resources: {
      [localCommandToken]: localCommand(world, runner),
      [remoteCommandToken]: remoteCommand(world, routers),
    },
    functions: { "command:local:run": runFunction(runner) },
  };
  return {
    provider,
    close() {
      runner.close();
      routers.close();
    },
  };
}

function runFunction(runner: CommandRunner): ProviderFunction {
  return async (args) => {
    const failures = [...checkFunction(loadSchema("command"), "command:local:run", args), ...optionFailures(args)];
    if (failures.length > 0) return { failures };
    const output = await runner.run(String(args.command), args, {}, 0);
    return { result: { ...args, ...output } };
  };
}
