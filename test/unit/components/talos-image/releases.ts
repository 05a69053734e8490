import { type Release, releaseSchema, type SharedConfig, sharedSchema } from "../../../../config/shared.ts";

/** A release whose image comes from the public factory. */
export function release(): Release {
  return releaseSchema.parse({
    talos: "v1.12.0",
    kubernetes: "1.34.1",
    cilium: "1.18.4",
    image: { source: "factory" },
    extensions: [
      { name: "siderolabs/qemu-guest-agent", image: "ghcr.io/siderolabs/qemu-guest-agent:10.0.2@sha256:a1" },
      { name: "siderolabs/crun", image: "ghcr.io/siderolabs/crun:1.24@sha256:c1" },
    ],
    kernelArguments: ["talos.unified_cgroup_hierarchy=1"],
  });
}

/** A release whose image is built here, with an extension that no factory has. */
export function imagerRelease(): Release {
  return releaseSchema.parse({
    ...release(),
    talos: "v1.11.5",
    image: { source: "imager", repository: "registry.example.net/talos", folder: "images" },
    customExtensions: [{ name: "frr", image: "ghcr.io/sulibot/frr-talos-extension:v1.0.18" }],
    bgpSpeaker: "frr",
  });
}

/** Three hosts: two share the storage of boot images, the third has its own. */
export function sharedConfig(more: Record<string, unknown> = {}): SharedConfig {
  return sharedSchema.parse({
    proxmox: {
      hosts: {
        pve01: { addresses: ["fd00:255::1"] },
        pve02: { addresses: ["fd00:255::2"] },
        pve03: { imageStorage: "local", addresses: ["fd00:255::3"] },
      },
      storages: {
        resources: { shared: true, content: ["iso"] },
        local: { content: ["iso"] },
        "rbd-vm": { shared: true, content: ["images"] },
      },
      diskStorage: "rbd-vm",
      imageStorage: "resources",
    },
    releases: { stable: imagerRelease(), candidate: release() },
    ...more,
  });
}
