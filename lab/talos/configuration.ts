import { changedPaths, documentsOf } from "../../components/talos-cluster/lifecycle/configuration-diff.ts";
import { sha256 } from "./contents.ts";
import type { ConfigurationFacts } from "./state.ts";

// Machine configurations are open YAML; each access below says what it expects.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Yaml = any;

/**
 * Reads out of a machine configuration what decides how a machine behaves.
 * @param fallbackName name of a node whose configuration gives none
 * @param keep keeps a certificate and answers its key
 */
export function factsOf(text: string, fallbackName: string, keep: (certificate: string) => string): ConfigurationFacts {
  const documents = documentsOf(text) as Yaml[];
  const main: Yaml = documents.find((document) => document.kind === undefined) ?? {};
  const machine: Yaml = main.machine ?? {};
  const cluster: Yaml = main.cluster ?? {};
  const install: Yaml = machine.install ?? {};
  const hostname = documents.find((document) => document.kind === "HostnameConfig")?.hostname;
  return {
    hash: sha256(text),
    role: machine.type === "worker" ? "worker" : "controlplane",
    nodeName: machine.network?.hostname ?? hostname ?? fallbackName,
    clusterId: cluster.id ?? "",
    clusterName: cluster.clusterName ?? "",
    endpoint: cluster.controlPlane?.endpoint ?? "",
    addresses: addressesOf(machine, documents),
    etcdSubnets: cluster.etcd?.advertisedSubnets ?? [],
    osCa: keep(machine.ca?.crt ?? ""),
    kubernetesCa: keep(cluster.ca?.crt ?? ""),
    installDisk: install.disk || undefined,
    installSelector: install.diskSelector !== undefined,
    installImage: install.image,
    kubeletVersion: imageTag(machine.kubelet?.image) ?? "",
    labels: machine.nodeLabels ?? {},
    taints: taintsOf(machine),
    externalCni: cluster.network?.cni?.name === "none",
    extensionServices: documents
      .filter((document) => document.kind === "ExtensionServiceConfig")
      .map((document) => String(document.name)),
  };
}

/** Kubernetes takes a worker's taints from its kubelet when it joins; Talos may set those of a control plane. */
function taintsOf(machine: Yaml): Record<string, string> {
  const registered: Yaml[] = machine.kubelet?.extraConfig?.registerWithTaints ?? [];
  const taints = registered.map(({ key, value, effect }) => [key, value ? `${value}:${effect}` : effect]);
  return { ...Object.fromEntries(taints), ...(machine.type === "worker" ? {} : machine.nodeTaints) };
}

/** Addresses of ordinary interfaces first, then of loopbacks and dummies, without prefix length. */
function addressesOf(machine: Yaml, documents: Yaml[]): string[] {
  const ordinary: string[] = [];
  const loopbacks: string[] = [];
  for (const item of machine.network?.interfaces ?? []) {
    const list = item.dummy === true || item.interface === "lo" ? loopbacks : ordinary;
    list.push(...(item.addresses ?? []).map(String));
  }
  for (const document of documents) {
    if (!Array.isArray(document.addresses) || !/(Link|Dummy|Bond|VLAN|Bridge)Config$/.test(document.kind ?? ""))
      continue;
    const list = document.kind === "DummyLinkConfig" || document.name === "lo" ? loopbacks : ordinary;
    list.push(...document.addresses.map((entry: Yaml) => String(entry.address ?? entry)));
  }
  return [...new Set([...ordinary, ...loopbacks].map((address) => address.replace(/\/\d+$/, "")))];
}

/** The tag of an image reference: `v1.11.5` of `ghcr.io/siderolabs/installer:v1.11.5`. */
export function imageTag(image: string | undefined): string | undefined {
  return image?.match(/:([^/:@]+)(@sha256:[0-9a-f]+)?$/)?.[1];
}

/** The Talos version of an installer: `v1.11.5` of `example.net/installer:v1.11.5-a1b2c3d4`. */
export function talosVersionOfImage(image: string | undefined): string | undefined {
  return imageTag(image)?.match(/^v\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?/)?.[0];
}

/** Parts of the machine section that a running node takes over at once (v1.11.5, `CanApplyImmediate`). */
const immediateMachineKeys = [
  "ca",
  "acceptedCAs",
  "time",
  "certSANs",
  "install",
  "network",
  "sysfs",
  "sysctls",
  "logging",
  "controlPlane",
  "kubelet",
  "kernel",
  "registries",
  "pods",
  "seccompProfiles",
  "nodeAnnotations",
  "nodeLabels",
  "nodeTaints",
];

const immediateFeatureKeys = [
  "kubernetesTalosAPIAccess",
  "kubePrism",
  "hostDNS",
  "imageCache",
  "nodeAddressSortAlgorithm",
];

/**
 * Paths of the changes between two configurations that need a reboot; empty when all can be taken over at once. Only the
 * machine configuration proper is compared: all other documents are taken over at once.
 */
export function changesThatReboot(before: string, after: string): string[] {
  return changedPaths(reduced(before), reduced(after));
}

function reduced(text: string): Yaml {
  const main: Yaml = documentsOf(text).find((document) => document.kind === undefined) ?? {};
  const { debug: _debug, cluster: _cluster, ...rest } = main;
  const machine = without(rest.machine, immediateMachineKeys);
  if (machine?.features) machine.features = without(machine.features, immediateFeatureKeys);
  return { ...rest, machine };
}

function without(value: Yaml, keys: string[]): Yaml {
  if (!value) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
