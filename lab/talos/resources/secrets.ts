import { X509Certificate } from "node:crypto";
import type { ResourceType } from "../../protocol/provider.ts";
import { containsUnknown, isRecord, type Properties, secretValue } from "../../protocol/values.ts";
import { changedNames, checkInputs, type TalosContext } from "../context.ts";
import { type ClientCredentials, decode } from "../credentials.ts";
import { generateCredentials, generateSecrets, type MachineSecrets } from "../generate.ts";

const token = "talos:machine/secrets:Secrets";
const monthMs = 30 * 24 * 3_600_000;

/** Leaves that the schema calls secret. */
const secretLeaves = new Set([
  "key",
  "secret",
  "token",
  "bootstrapToken",
  "secretboxEncryptionSecret",
  "aescbcEncryptionSecret",
  "clientKey",
]);

/** Secrets of a cluster: made once by the real `talosctl`, then kept in Pulumi's state only. */
export function secretsResource({ contents, world }: TalosContext): ResourceType {
  return {
    check(news) {
      const failures = checkInputs(token, news);
      const version = news.talosVersion;
      if (typeof version === "string" && !containsUnknown(version) && !/^v?\d+\.\d+/.test(version)) {
        failures.push({ property: "talosVersion", reason: `error parsing version "${version}"` });
      }
      return { inputs: news, failures };
    },
    diff(_id, oldInputs, oldOutputs, news) {
      const changed = changedNames(oldInputs, news, ["talosVersion"]);
      if (expiresSoon(oldOutputs)) changed.push("clientConfiguration");
      return { changed, replaces: [] };
    },
    previewCreate: (inputs) => inputs,
    async create(inputs) {
      const version = inputs.talosVersion as string | undefined;
      const secrets = await world.clock.hold(generateSecrets(contents, version));
      const credentials = await world.clock.hold(generateCredentials(contents, secrets, version));
      return { id: "machine_secrets", outputs: outputsOf(version, secrets, credentials) };
    },
    async read(id, _inputs, outputs) {
      return { id, outputs: markSecrets(outputs) as Properties };
    },
    async update(_id, _oldInputs, oldOutputs, news) {
      const version = news.talosVersion as string | undefined;
      const secrets = oldOutputs.machineSecrets as MachineSecrets;
      const credentials = expiresSoon(oldOutputs)
        ? await world.clock.hold(generateCredentials(contents, secrets, version))
        : (oldOutputs.clientConfiguration as ClientCredentials);
      return outputsOf(version, secrets, credentials);
    },
    async delete() {},
  };
}

function outputsOf(
  version: string | undefined,
  machineSecrets: MachineSecrets,
  clientConfiguration: ClientCredentials,
) {
  return markSecrets({ talosVersion: version ?? "v1.13.0", machineSecrets, clientConfiguration }) as Properties;
}

/** The certificate has less than a month left, in real time: it is a real certificate. */
function expiresSoon(outputs: Properties): boolean {
  const credentials = outputs.clientConfiguration as ClientCredentials | undefined;
  if (!credentials?.clientCertificate) return false;
  const end = new X509Certificate(decode(credentials.clientCertificate)).validToDate.getTime();
  return end < Date.now() + monthMs;
}

/** Only the leaves are secret by the schema, not the whole: a program has to wrap the rest itself. */
function markSecrets(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === "string" && secretLeaves.has(name) ? secretValue(item) : markSecrets(item),
    ]),
  );
}
