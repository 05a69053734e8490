import { Provider } from "@muhlba91/pulumi-proxmoxve/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import type { SharedConfig } from "../config/index.ts";

/**
 * The connection to Proxmox VE that the stack file describes. What it leaves open, credentials above all, the provider
 * takes from its environment variables (`PROXMOX_VE_API_TOKEN`, ...).
 */
export function proxmoxProvider(shared: SharedConfig): { proxmoxve: pulumi.ProviderResource } {
  const provider = new Provider("proxmox", {
    endpoint: process.env.PROXMOX_VE_ENDPOINT || shared.proxmox.endpoint,
    insecure: shared.proxmox.insecure || undefined,
  });
  return { proxmoxve: provider };
}
