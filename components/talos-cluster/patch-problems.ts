/** Mistakes in free patches that can be seen without Talos: unknown documents, and keys that are no part of any. */

import { minorOf } from "../../config/compatibility.ts";
import type { Problem } from "../../config/problems.ts";
import { either, suggestion } from "../../config/suggest.ts";

/** Top-level keys of the machine configuration that a patch may touch. */
const machineKeys = ["version", "debug", "persist", "machine", "cluster"];

/**
 * Kinds of further documents and the Talos minor version of 1.x that they came with. Source: `pkg/machinery/config/types`
 * of siderolabs/talos at v1.11.5 and v1.12.0.
 */
const documentKinds: Record<string, number> = {
  EthernetConfig: 11,
  EventSinkConfig: 11,
  ExistingVolumeConfig: 11,
  ExtensionServiceConfig: 11,
  KmsgLogConfig: 11,
  KubeSpanEndpointsConfig: 11,
  NetworkDefaultActionConfig: 11,
  NetworkRuleConfig: 11,
  PCIDriverRebindConfig: 11,
  RawVolumeConfig: 11,
  SideroLinkConfig: 11,
  SwapVolumeConfig: 11,
  TrustedRootsConfig: 11,
  UserVolumeConfig: 11,
  VolumeConfig: 11,
  WatchdogTimerConfig: 11,
  ZswapConfig: 11,
  BondConfig: 12,
  BridgeConfig: 12,
  DHCPv4Config: 12,
  DHCPv6Config: 12,
  DummyLinkConfig: 12,
  HCloudVIPConfig: 12,
  HostnameConfig: 12,
  Layer2VIPConfig: 12,
  LinkAliasConfig: 12,
  LinkConfig: 12,
  OOMConfig: 12,
  RegistryAuthConfig: 12,
  RegistryMirrorConfig: 12,
  RegistryTLSConfig: 12,
  ResolverConfig: 12,
  StaticHostConfig: 12,
  TimeSyncConfig: 12,
  VLANConfig: 12,
  WireguardConfig: 12,
};

/** Problems of the patches that stand at `path`, for a Talos version such as `v1.11.5`. */
export function patchProblems(path: string, patches: Record<string, unknown>[] | undefined, talos: string): Problem[] {
  const minor = Number(minorOf(talos).split(".")[1]);
  return (patches ?? []).flatMap((patch, index) => {
    const place = `${path}[${index}]`;
    if (patch.kind === undefined && patch.apiVersion === undefined) return keyProblems(place, patch);
    return documentProblems(place, patch, minor, talos);
  });
}

function keyProblems(path: string, patch: Record<string, unknown>): Problem[] {
  return Object.keys(patch)
    .filter((key) => !machineKeys.includes(key))
    .map((key) => ({
      path: `${path}.${key}`,
      message: `"${key}" is no part of Talos' machine configuration`,
      allowed: `${either(machineKeys)}, or a document with apiVersion and kind`,
      hint: suggestion(key, machineKeys),
    }));
}

function documentProblems(path: string, patch: Record<string, unknown>, minor: number, talos: string): Problem[] {
  const kind = String(patch.kind);
  const since = documentKinds[kind];
  const known = Object.keys(documentKinds).filter((name) => (documentKinds[name] ?? 0) <= minor);
  // A Talos newer than this table may know more kinds; its own validation decides then.
  if (since === undefined && minor > newestKnown) return [];
  if (since === undefined || since > minor) {
    return [
      {
        path: `${path}.kind`,
        value: patch.kind,
        message:
          since === undefined
            ? `Talos ${talos} has no configuration document of kind "${kind}"`
            : `Talos ${talos} has no ${kind} yet: it came with Talos 1.${since}`,
        allowed: either(known),
        hint: since === undefined ? suggestion(kind, known) : undefined,
      },
    ];
  }
  if (patch.apiVersion === "v1alpha1") return [];
  return [
    {
      path: `${path}.apiVersion`,
      value: patch.apiVersion,
      message: `${kind} has another version`,
      allowed: "v1alpha1",
    },
  ];
}

const newestKnown = Math.max(...Object.values(documentKinds));
