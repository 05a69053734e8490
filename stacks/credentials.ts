/** The credentials for Proxmox VE, which the provider takes from the environment. */
import type { SharedConfig } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

type Environment = Record<string, string | undefined>;

/** What is missing of endpoint and credentials; values of credentials are never shown. */
export function credentialProblems(env: Environment, shared: SharedConfig): Problem[] {
  const problems: Problem[] = [];
  if (!env.PROXMOX_VE_ENDPOINT && !shared.proxmox.endpoint) {
    problems.push({
      path: "PROXMOX_VE_ENDPOINT",
      message: "environment variable is missing",
      allowed: "the URL of any host, such as https://pve01.example.net:8006",
      hint: "or set proxmox.endpoint in orrery:shared",
    });
  } else if (env.PROXMOX_VE_ENDPOINT && !/^https:\/\/[^/]+\/?$/.test(env.PROXMOX_VE_ENDPOINT)) {
    problems.push({
      path: "PROXMOX_VE_ENDPOINT",
      value: env.PROXMOX_VE_ENDPOINT,
      message: "cannot be used",
      allowed: "a URL with https:// and without path",
    });
  }
  if (!hasCredentials(env)) {
    problems.push({
      path: "PROXMOX_VE_API_TOKEN",
      message: "environment variable is missing",
      allowed: "a token such as orrery@pve!pulumi=<uuid>",
      hint: "or set PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD",
    });
  } else if (env.PROXMOX_VE_API_TOKEN && !/^[^@\s]+@[^!\s]+![^=\s]+=\S+$/.test(env.PROXMOX_VE_API_TOKEN)) {
    problems.push({
      path: "PROXMOX_VE_API_TOKEN",
      message: "does not look like a token",
      allowed: "user@realm!token=<uuid>",
    });
  }
  return problems;
}

function hasCredentials(env: Environment): boolean {
  return Boolean(
    env.PROXMOX_VE_API_TOKEN ||
      (env.PROXMOX_VE_USERNAME && env.PROXMOX_VE_PASSWORD) ||
      (env.PROXMOX_VE_AUTH_TICKET && env.PROXMOX_VE_CSRF_PREVENTION_TOKEN),
  );
}
