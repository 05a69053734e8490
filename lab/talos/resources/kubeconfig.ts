import { X509Certificate } from "node:crypto";
import type { ResourceType } from "../../protocol/provider.ts";
import { type Properties, secretValue, unknown } from "../../protocol/values.ts";
import { changedNames, checkInputs, credentialsOf, type TalosContext } from "../context.ts";
import { decode } from "../credentials.ts";
import { parseDuration, timeoutMs } from "../duration.ts";
import { partsOf } from "../kubeconfig.ts";
import { retry } from "../retry.ts";

const token = "talos:cluster/kubeconfig:Kubeconfig";
const defaultRenewal = "720h";

/** A kubeconfig, issued by a control plane and renewed before its certificate ends. */
export function kubeconfigResource({ api, world }: TalosContext): ResourceType {
  async function fetch(
    inputs: Properties,
    operation: "create" | "update",
  ): Promise<{ cluster: string; outputs: Properties }> {
    const node = inputs.node as string;
    const endpoint = (inputs.endpoint as string | undefined) ?? node;
    const within = timeoutMs(inputs.timeouts, operation);
    const raw = await retry(world.clock, within, "failed to retrieve kubeconfig", () =>
      api.kubeconfig(api.connectEither(endpoint, node, credentialsOf(inputs))),
    );
    const { cluster, host, caCertificate, clientCertificate, clientKey } = partsOf(raw);
    return {
      cluster,
      outputs: {
        certificateRenewalDuration: inputs.certificateRenewalDuration ?? defaultRenewal,
        clientConfiguration: inputs.clientConfiguration,
        endpoint,
        kubeconfigRaw: raw,
        kubernetesClientConfiguration: {
          host,
          caCertificate,
          clientCertificate,
          clientKey: secretValue(clientKey),
        },
        node,
        timeouts: inputs.timeouts,
      },
    };
  }

  return {
    secretOutputs: ["kubeconfigRaw"],
    check(news) {
      const failures = checkInputs(token, news);
      const renewal = news.certificateRenewalDuration;
      if (typeof renewal === "string" && renewal !== unknown && parseDuration(renewal) === undefined) {
        failures.push({ property: "certificateRenewalDuration", reason: `time: invalid duration "${renewal}"` });
      }
      return { inputs: news, failures };
    },
    diff(_id, oldInputs, oldOutputs, news) {
      const compared = ["certificateRenewalDuration", "clientConfiguration", "endpoint", "node", "timeouts"];
      const changed = changedNames(oldInputs, news, compared);
      if (isDue(oldOutputs, news)) changed.push("kubeconfigRaw");
      return { changed, replaces: [] };
    },
    previewCreate: (inputs) => ({
      ...inputs,
      certificateRenewalDuration: inputs.certificateRenewalDuration ?? defaultRenewal,
      endpoint: inputs.endpoint ?? inputs.node,
      kubeconfigRaw: unknown,
      kubernetesClientConfiguration: unknown,
    }),
    async create(inputs) {
      const { cluster, outputs } = await fetch(inputs, "create");
      return { id: cluster, outputs };
    },
    async read(id, _inputs, outputs) {
      return { id, outputs };
    },
    async update(_id, _oldInputs, _oldOutputs, news) {
      return (await fetch(news, "update")).outputs;
    },
    async delete() {},
  };
}

/** The certificate ends within the renewal time, in real time: it is a real certificate. */
function isDue(outputs: Properties, news: Properties): boolean {
  const configuration = outputs.kubernetesClientConfiguration as { clientCertificate?: string } | undefined;
  if (!configuration?.clientCertificate) return false;
  const end = new X509Certificate(decode(configuration.clientCertificate)).validToDate.getTime();
  const text = (news.certificateRenewalDuration as string | undefined) ?? defaultRenewal;
  return end < Date.now() + (parseDuration(text) ?? 0);
}
