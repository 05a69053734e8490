import type { CheckFailure, ResourceType } from "../protocol/provider.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import { checkResource } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import { routersOf } from "../vyos/tool.ts";
import type { World } from "../world/world.ts";
import { lifeOf, nameOf, previousOf, type RunVerb } from "./local-command.ts";
import type { CommandRunner } from "./run.ts";

/** The type's token. */
export const remoteCommandToken = "command:remote:Command";

/**
 * `command.remote.Command` of version 1.2.1 over SSH to the routers of the lab. Changes are those of a local command; the
 * connection is secret. Source: pulumi/pulumi-command, provider/pkg/provider/remote.
 *
 * @param runner runs commands on this machine as the router would
 */
export function remoteCommand(world: World, runner: CommandRunner): ResourceType {
  const run: RunVerb = async (verb, command, inputs, olds, context) => {
    const previous = previousOf(olds);
    if (typeof command !== "string") return previous;
    const host = dial(world, inputs.connection);
    world.record(`command.${verb}`, nameOf(context));
    const environment = { ...(inputs.environment as Record<string, string> | undefined), ORRERY_ROUTER: host };
    try {
      return await runner.run(command, { ...inputs, environment }, previous, context.timeoutSeconds);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(message.replace(/^exit status (\d+)/, "Process exited with status $1"));
    }
  };
  return {
    secretOutputs: ["connection"],
    check: (news) => ({ inputs: withDefaults(news), failures: failuresOf(news) }),
    ...lifeOf(run),
  };
}

function failuresOf(inputs: Properties): CheckFailure[] {
  return checkResource(loadSchema("command"), remoteCommandToken, inputs);
}

/** The provider fills these in; they stand in the state. */
function withDefaults(inputs: Properties): Properties {
  if (!isRecord(inputs.connection)) return inputs;
  const defaults = { dialErrorLimit: 10, perDialTimeout: 15, port: 22, user: "root" };
  return { ...inputs, connection: { ...defaults, ...inputs.connection } };
}

/**
 * Answers the address of the router.
 * @throws Error in the words of Go's SSH client when it cannot be reached, is another one, or lets nobody in
 */
function dial(world: World, connection: unknown): string {
  const { host, port, user, hostKey, privateKey } = isRecord(connection) ? connection : {};
  const router = routersOf(world)[String(host)];
  if (!router || router.port !== port) throw new Error(`dial tcp ${host}:${port}: connect: no route to host`);
  if (hostKey !== undefined && hostKey !== router.hostKey) {
    throw new Error("ssh: handshake failed: ssh: host key mismatch");
  }
  if (user !== router.user || typeof privateKey !== "string" || privateKey === "") {
    throw new Error(
      "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
    );
  }
  return String(host);
}
