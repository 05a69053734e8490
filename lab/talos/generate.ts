import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { talosVersionOfImage } from "./configuration.ts";
import { type Contents, writeSecret } from "./contents.ts";
import type { ClientCredentials } from "./credentials.ts";
import { runTalosctl, type TalosctlResult } from "./tools-folder.ts";

/** The provider is built on this version of Talos' machinery, and takes its defaults from it. */
const machineryVersion = "v1.13.0";
const machineryKubernetes = "1.36.0";

interface KeyPair {
  cert: string;
  key: string;
}

/** The secrets of a cluster, in the provider's words. */
export interface MachineSecrets {
  cluster: { id: string; secret: string };
  secrets: { bootstrapToken: string; secretboxEncryptionSecret: string; aescbcEncryptionSecret?: string };
  trustdinfo: { token: string };
  certs: {
    etcd: KeyPair;
    k8s: KeyPair;
    k8sAggregator: KeyPair;
    k8sServiceaccount: { key: string };
    os: KeyPair;
  };
}

/** What a machine configuration is generated from. */
export interface ConfigurationInputs {
  clusterName: string;
  clusterEndpoint: string;
  machineType: string;
  machineSecrets: MachineSecrets;
  talosVersion?: string;
  kubernetesVersion?: string;
  configPatches: string[];
  docs: boolean;
  examples: boolean;
}

// What `talosctl gen secrets` and `gen config` write is YAML of a known shape.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Yaml = any;

/** Makes the secrets of a new cluster with `talosctl gen secrets`. */
export async function generateSecrets(contents: Contents, talosVersion?: string): Promise<MachineSecrets> {
  return contents.inScratch(async (folder) => {
    const version = talosVersion ? ["--talos-version", talosVersion] : [];
    await succeed(runTalosctl(talosVersion, ["gen", "secrets", "-o", "secrets.yaml", ...version], folder));
    const bundle: Yaml = parse(readFileSync(join(folder, "secrets.yaml"), "utf8"));
    const pair = (name: string): KeyPair => ({ cert: bundle.certs[name].crt, key: bundle.certs[name].key });
    return {
      cluster: { id: bundle.cluster.id, secret: bundle.cluster.secret },
      secrets: {
        bootstrapToken: bundle.secrets.bootstraptoken,
        secretboxEncryptionSecret: bundle.secrets.secretboxencryptionsecret,
        ...(bundle.secrets.aescbcencryptionsecret
          ? { aescbcEncryptionSecret: bundle.secrets.aescbcencryptionsecret }
          : {}),
      },
      trustdinfo: { token: bundle.trustdinfo.token },
      certs: {
        etcd: pair("etcd"),
        k8s: pair("k8s"),
        k8sAggregator: pair("k8saggregator"),
        k8sServiceaccount: { key: bundle.certs.k8sserviceaccount.key },
        os: pair("os"),
      },
    };
  });
}

/** The bundle in the form that `talosctl gen config --with-secrets` reads. */
export function secretsBundle(secrets: MachineSecrets): string {
  const pair = ({ cert, key }: KeyPair) => ({ crt: cert, key });
  return stringify({
    cluster: secrets.cluster,
    secrets: {
      bootstraptoken: secrets.secrets.bootstrapToken,
      secretboxencryptionsecret: secrets.secrets.secretboxEncryptionSecret,
      ...(secrets.secrets.aescbcEncryptionSecret
        ? { aescbcencryptionsecret: secrets.secrets.aescbcEncryptionSecret }
        : {}),
    },
    trustdinfo: secrets.trustdinfo,
    certs: {
      etcd: pair(secrets.certs.etcd),
      k8s: pair(secrets.certs.k8s),
      k8saggregator: pair(secrets.certs.k8sAggregator),
      k8sserviceaccount: { key: secrets.certs.k8sServiceaccount.key },
      os: pair(secrets.certs.os),
    },
  });
}

/** Issues an administrator's client certificate for the Talos API. */
export async function generateCredentials(
  contents: Contents,
  secrets: MachineSecrets,
  talosVersion?: string,
): Promise<ClientCredentials> {
  return contents.inScratch(async (folder) => {
    writeSecret(folder, "secrets.yaml", secretsBundle(secrets));
    const args = ["gen", "config", "cluster", "https://localhost:6443", "--with-secrets", "secrets.yaml"];
    const run = await succeed(runTalosctl(talosVersion, [...args, "--output-types", "talosconfig", "-o", "-"], folder));
    const config: Yaml = parse(run.stdout);
    const context = config.contexts.cluster;
    return { caCertificate: context.ca, clientCertificate: context.crt, clientKey: context.key };
  });
}

/** Generates a machine configuration with `talosctl gen config`; the same inputs give the same text, also in later runs. */
export function generateConfiguration(contents: Contents, inputs: ConfigurationInputs): Promise<string> {
  return contents.remember("configuration", JSON.stringify(inputs), () =>
    contents.inScratch(async (folder) => {
      writeSecret(folder, "secrets.yaml", secretsBundle(inputs.machineSecrets));
      // The tool makes both roles whatever is asked for; a patch may only fit the one that is, as with the real provider.
      const flag = inputs.machineType === "worker" ? "--config-patch-worker" : "--config-patch-control-plane";
      const patches = inputs.configPatches.flatMap((patch, index) => {
        writeSecret(folder, `patch-${index}.yaml`, patch);
        return [flag, `@patch-${index}.yaml`];
      });
      const args = [
        ...["gen", "config", inputs.clusterName, inputs.clusterEndpoint, "--with-secrets", "secrets.yaml"],
        ...["--output-types", inputs.machineType, "-o", "-"],
        `--with-docs=${inputs.docs}`,
        `--with-examples=${inputs.examples}`,
        ...["--install-image", `ghcr.io/siderolabs/installer:${machineryVersion}`],
        ...["--kubernetes-version", (inputs.kubernetesVersion ?? machineryKubernetes).replace(/^v/, "")],
        ...(inputs.talosVersion ? ["--talos-version", inputs.talosVersion] : []),
        ...patches,
      ];
      const run = await succeed(runTalosctl(inputs.talosVersion, args, folder));
      return run.stdout;
    }),
  );
}

/** Lays patches over a complete configuration with `talosctl machineconfig patch`. */
export function patchConfiguration(contents: Contents, text: string, patches: string[]): Promise<string> {
  if (patches.length === 0) return Promise.resolve(text);
  return contents.remember("patched", JSON.stringify([text, patches]), () =>
    contents.inScratch(async (folder) => {
      writeSecret(folder, "machine.yaml", text);
      const args = patches.flatMap((patch, index) => {
        writeSecret(folder, `patch-${index}.yaml`, patch);
        return ["--patch", `@patch-${index}.yaml`];
      });
      const version = talosVersionOfImage((parseFirst(text) as Yaml)?.machine?.install?.image);
      const run = await succeed(
        runTalosctl(version, ["machineconfig", "patch", "machine.yaml", ...args, "-o", "patched.yaml"], folder),
      );
      return run.code === 0 ? readFileSync(`${folder}/patched.yaml`, "utf8") : text;
    }),
  );
}

/** A talosconfig in Talos' own form. */
export function talosconfigOf(
  clusterName: string,
  credentials: ClientCredentials,
  endpoints: string[],
  nodes: string[],
): string {
  const list = (name: string, values: string[]) =>
    values.length > 0 ? [`        ${name}:`, ...values.map((value) => `            - ${quote(value)}`)] : [];
  return [
    `context: ${clusterName}`,
    "contexts:",
    `    ${clusterName}:`,
    ...(endpoints.length > 0 ? list("endpoints", endpoints) : ["        endpoints: []"]),
    ...list("nodes", nodes),
    `        ca: ${credentials.caCertificate}`,
    `        crt: ${credentials.clientCertificate}`,
    `        key: ${credentials.clientKey}`,
    "",
  ].join("\n");
}

function quote(value: string): string {
  return /^[\w.-]+$/.test(value) || /^[0-9a-f:]+$/i.test(value) ? value : JSON.stringify(value);
}

function parseFirst(text: string): unknown {
  return parse(text.split(/^---$/m).find((part) => part.trim() !== "") ?? "");
}

async function succeed(run: Promise<TalosctlResult>): Promise<TalosctlResult> {
  const result = await run;
  if (result.code !== 0) throw new Error(result.stderr.trim() || result.stdout.trim());
  return result;
}
