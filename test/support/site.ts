/** A small site for tests: what a shared stack file has to say at least, and clusters on it. */
import { type ClusterConfig, parseCluster, parseShared, type SharedConfig, stackFileName } from "../../config/index.ts";

/** The value of `orrery:shared` with three hosts, one shared storage and a release; top-level keys can be replaced. */
export function sharedValue(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    proxmox: {
      hosts: { pve01: { addresses: ["10.255.0.1"] }, pve02: {}, pve03: {} },
      storages: { files: { shared: true, content: ["iso"] }, disks: { shared: true, content: ["images"] } },
      diskStorage: "disks",
      imageStorage: "files",
    },
    releases: {
      stable: {
        talos: "v1.12.0",
        kubernetes: "1.32.10",
        cilium: "1.18.4",
        image: { source: "factory" },
        extensions: [{ name: "siderolabs/bird2", image: "ghcr.io/siderolabs/bird2:2.17.1" }],
        bgpSpeaker: "bird",
      },
    },
    sdn: {},
    ...changes,
  };
}

/** The shared configuration of {@link sharedValue}. */
export function testShared(changes: Record<string, unknown> = {}): SharedConfig {
  return parseShared(sharedValue(changes), "Pulumi.shared.yaml");
}

/** A cluster's configuration; it says id 101 and release `stable` unless it is told otherwise. */
export function testCluster(changes: Record<string, unknown> = {}, stack = "sol"): ClusterConfig {
  return parseCluster({ id: 101, release: "stable", ...changes }, stackFileName(stack), stack);
}
