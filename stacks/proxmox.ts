import { Provider } from "@muhlba91/pulumi-proxmoxve/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import type { SharedConfig } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

/**
 * The connection to Proxmox VE that the stack file describes. What it leaves open, credentials above all, the provider
 * takes from its environment variables (`PROXMOX_VE_API_TOKEN`, ...).
 */
export function proxmoxProvider(shared: SharedConfig): { proxmoxve: pulumi.ProviderResource } {
  const provider = new Provider("proxmox", {
    endpoint: process.env.PROXMOX_VE_ENDPOINT ?? shared.proxmox.endpoint,
    insecure: shared.proxmox.insecure || undefined,
  });
  return { proxmoxve: provider };
}

/** What is missing in the environment to reach Proxmox VE. */
export function missingCredentials(shared: SharedConfig, env: Record<string, string | undefined>): Problem[] {
  const problems: Problem[] = [];
  if (!env.PROXMOX_VE_ENDPOINT && !shared.proxmox.endpoint) {
    problems.push({
      file: "Pulumi.shared.yaml",
      path: "orrery:shared.proxmox.endpoint",
      message: "the address of the Proxmox API is missing",
      allowed: "an https URL here or in the environment variable PROXMOX_VE_ENDPOINT",
    });
  }
  const ticket = env.PROXMOX_VE_AUTH_TICKET && env.PROXMOX_VE_CSRF_PREVENTION_TOKEN;
  const password = env.PROXMOX_VE_USERNAME && env.PROXMOX_VE_PASSWORD;
  if (!env.PROXMOX_VE_API_TOKEN && !password && !ticket) {
    problems.push({
      path: "environment",
      message: "credentials for the Proxmox API are missing",
      allowed: "PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME with PROXMOX_VE_PASSWORD",
    });
  }
  return problems;
}
