import type { ResourceType } from "../../protocol/provider.ts";
import type { Properties } from "../../protocol/values.ts";
import { changedNames, checkInputs, credentialsOf, exactlyOne, type TalosContext } from "../context.ts";
import { timeoutMs } from "../duration.ts";
import { retry } from "../retry.ts";

const token = "talos:machine/bootstrap:Bootstrap";

/** Starts etcd on a control plane: not idempotent, a node with etcd data fails when the time is over. */
export function bootstrapResource({ api, world }: TalosContext): ResourceType {
  const outputsOf = (inputs: Properties): Properties => ({
    clientConfiguration: inputs.clientConfiguration,
    endpoint: inputs.endpoint ?? inputs.node,
    node: inputs.node,
    timeouts: inputs.timeouts,
  });
  return {
    check(news) {
      return {
        inputs: news,
        failures: [...checkInputs(token, news), ...exactlyOne(news, "clientConfiguration", "clientConfigurationWo")],
      };
    },
    diff(_id, oldInputs, _oldOutputs, news) {
      return {
        changed: changedNames(oldInputs, news, ["clientConfiguration", "endpoint", "node", "timeouts"]),
        replaces: [],
      };
    },
    previewCreate: outputsOf,
    async create(inputs) {
      const node = inputs.node as string;
      const endpoint = (inputs.endpoint as string | undefined) ?? node;
      await retry(world.clock, timeoutMs(inputs.timeouts, "create"), "Error bootstrapping node", () => {
        api.bootstrap(api.connectEither(endpoint, node, credentialsOf(inputs)));
      });
      return { id: "machine_bootstrap", outputs: outputsOf(inputs) };
    },
    async read(id, _inputs, outputs) {
      return { id, outputs };
    },
    update: async (_id, _oldInputs, _oldOutputs, news) => outputsOf(news),
    async delete() {},
  };
}
