import type { CheckFailure, ResourceType } from "../../protocol/provider.ts";
import { containsUnknown, type Properties, unknown } from "../../protocol/values.ts";
import type { ApplyMode } from "../api.ts";
import { sha256 } from "../contents.ts";
import { changedNames, checkInputs, credentialsOf, exactlyOne, type TalosContext } from "../context.ts";
import type { ClientCredentials } from "../credentials.ts";
import { timeoutMs } from "../duration.ts";
import { patchConfiguration } from "../generate.ts";
import { retry } from "../retry.ts";

const token = "talos:machine/configurationApply:ConfigurationApply";
const modes = ["auto", "reboot", "no_reboot", "staged", "staged_if_needing_reboot"];

interface OnDestroy {
  reset: boolean;
  graceful: boolean;
  reboot: boolean;
}

/** Brings configurations to machines, with the waiting and repeating of the real provider. */
export function configurationApplyResource(context: TalosContext): ResourceType {
  const { api, world } = context;

  /** Applies within the time the resource gives, and answers its outputs. */
  async function apply(inputs: Properties, withinMs: number): Promise<Properties> {
    const text = await world.clock.hold(renderedOf(context, inputs));
    const node = inputs.node as string;
    const endpoint = (inputs.endpoint as string | undefined) ?? node;
    const credentials = credentialsOf(inputs);
    const resolved = await resolveMode(inputs, endpoint, node, credentials, text);
    await retry(world.clock, withinMs, "Error applying configuration", async () => {
      const session = api.connectEither(endpoint, node, credentials);
      await world.clock.hold(api.apply(session, text, resolved.toUpperCase() as ApplyMode));
    });
    const writeOnly = inputs.machineConfigurationInputWo !== undefined;
    return {
      applyMode: inputs.applyMode ?? "auto",
      clientConfiguration: inputs.clientConfiguration,
      configPatches: inputs.configPatches,
      endpoint,
      machineConfiguration: writeOnly ? undefined : text,
      machineConfigurationHash: sha256(text),
      machineConfigurationInput: inputs.machineConfigurationInput,
      node,
      onDestroy: inputs.onDestroy ? onDestroyOf(inputs) : undefined,
      resolvedApplyMode: resolved,
      timeouts: inputs.timeouts,
    };
  }

  async function resolveMode(
    inputs: Properties,
    endpoint: string,
    node: string,
    credentials: ClientCredentials,
    text: string,
  ): Promise<string> {
    const wanted = (inputs.applyMode as string | undefined) ?? "auto";
    if (wanted !== "staged_if_needing_reboot") return wanted;
    try {
      const session = api.connectEither(endpoint, node, credentials);
      const answer = await world.clock.hold(api.apply(session, text, "AUTO", true));
      return answer.mode === "REBOOT" ? "staged" : "auto";
    } catch {
      return "auto";
    }
  }

  return {
    secretOutputs: ["machineConfiguration", "machineConfigurationInput"],
    check(news) {
      const failures: CheckFailure[] = [
        ...checkInputs(token, news),
        ...exactlyOne(news, "machineConfigurationInput", "machineConfigurationInputWo"),
        ...exactlyOne(news, "clientConfiguration", "clientConfigurationWo"),
      ];
      const mode = news.applyMode;
      if (typeof mode === "string" && !containsUnknown(mode) && !modes.includes(mode)) {
        const allowed = modes.map((name) => `"${name}"`).join(" ");
        failures.push({ property: "applyMode", reason: `value must be one of: [${allowed}], got: "${mode}"` });
      }
      return { inputs: news, failures };
    },
    async diff(_id, oldInputs, oldOutputs, news) {
      const compared = ["applyMode", "clientConfiguration", "configPatches", "endpoint", "machineConfigurationInput"];
      const changed = changedNames(oldInputs, news, [...compared, "node", "onDestroy", "timeouts"]);
      // The write-only input is in no state: its hash is what shows a change.
      const rendered = await renderedIfKnown(context, news);
      if (rendered === undefined || sha256(rendered) !== oldOutputs.machineConfigurationHash) {
        changed.push("machineConfigurationHash");
      }
      return { changed, replaces: [] };
    },
    previewCreate: (inputs) => ({
      ...inputs,
      machineConfigurationInputWo: undefined,
      applyMode: inputs.applyMode ?? "auto",
      endpoint: inputs.endpoint ?? inputs.node,
      machineConfiguration: inputs.machineConfigurationInputWo === undefined ? unknown : undefined,
      machineConfigurationHash: unknown,
      resolvedApplyMode: unknown,
    }),
    async create(inputs) {
      return {
        id: "machine_configuration_apply",
        outputs: await apply(inputs, timeoutMs(inputs.timeouts, "create")),
      };
    },
    async read(id, _inputs, outputs) {
      return { id, outputs };
    },
    update: (_id, _oldInputs, _oldOutputs, news) => apply(news, timeoutMs(news.timeouts, "update")),
    async delete(_id, _inputs, outputs) {
      const wanted = onDestroyOf(outputs);
      if (!wanted.reset) return;
      const credentials = outputs.clientConfiguration as ClientCredentials | undefined;
      if (!credentials) {
        throw new Error(
          "Client configuration issue during destroy: both client_configuration and client_configuration_wo are null",
        );
      }
      const { endpoint, node } = outputs as { endpoint: string; node: string };
      const within = timeoutMs(outputs.timeouts, "delete");
      const session = await retry(world.clock, within, "Error resetting machine", () => {
        const found = api.connectEither(endpoint, node, credentials);
        api.reset(found, wanted);
        return found;
      });
      const done = () => session.machine.phase === (wanted.reboot ? "maintenance" : "off");
      if (!(await world.clock.until(done, within))) {
        throw new Error("Error resetting machine: context deadline exceeded");
      }
    },
  };
}

function onDestroyOf(bag: Properties): OnDestroy {
  return { reset: false, graceful: true, reboot: false, ...(bag.onDestroy as Partial<OnDestroy> | undefined) };
}

/** The configuration with the resource's own patches. */
function renderedOf({ contents }: TalosContext, inputs: Properties): Promise<string> {
  const text = (inputs.machineConfigurationInputWo ?? inputs.machineConfigurationInput) as string;
  return patchConfiguration(contents, text, (inputs.configPatches as string[] | undefined) ?? []);
}

async function renderedIfKnown(context: TalosContext, inputs: Properties): Promise<string | undefined> {
  const parts = [inputs.machineConfigurationInputWo, inputs.machineConfigurationInput, inputs.configPatches];
  return parts.some(containsUnknown) ? undefined : context.world.clock.hold(renderedOf(context, inputs));
}
