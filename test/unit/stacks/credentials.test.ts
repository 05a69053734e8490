import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describe as textOf } from "../../../config/problems.ts";
import { credentialProblems } from "../../../stacks/credentials.ts";
import { sharedValue, testShared } from "../../support/site.ts";

const endpoint = "https://pve01.example.net:8006";
const token = "orrery@pve!pulumi=11111111-2222-3333-4444-555555555555";

function complaints(env: Record<string, string>, shared = testShared()): string[] {
  return credentialProblems(env, shared).map(textOf);
}

const noEndpoint =
  "PROXMOX_VE_ENDPOINT: environment variable is missing (allowed the URL of any host, such as https://pve01.example.net:8006; or set proxmox.endpoint in orrery:shared)";
const noToken =
  "PROXMOX_VE_API_TOKEN: environment variable is missing (allowed a token such as orrery@pve!pulumi=<uuid>; or set PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD)";

describe("credentialProblems", () => {
  const cases: { name: string; env: Record<string, string>; says: string[] }[] = [
    { name: "nothing", env: {}, says: [noEndpoint, noToken] },
    { name: "a token", env: { PROXMOX_VE_ENDPOINT: endpoint, PROXMOX_VE_API_TOKEN: token }, says: [] },
    {
      name: "user and password",
      env: { PROXMOX_VE_ENDPOINT: endpoint, PROXMOX_VE_USERNAME: "root@pam", PROXMOX_VE_PASSWORD: "x" },
      says: [],
    },
    {
      name: "a ticket",
      env: { PROXMOX_VE_ENDPOINT: endpoint, PROXMOX_VE_AUTH_TICKET: "x", PROXMOX_VE_CSRF_PREVENTION_TOKEN: "y" },
      says: [],
    },
    { name: "a user alone", env: { PROXMOX_VE_ENDPOINT: endpoint, PROXMOX_VE_USERNAME: "root@pam" }, says: [noToken] },
    {
      name: "an endpoint without TLS",
      env: { PROXMOX_VE_ENDPOINT: "http://pve01:8006", PROXMOX_VE_API_TOKEN: token },
      says: [
        'PROXMOX_VE_ENDPOINT: cannot be used (found "http://pve01:8006", allowed a URL with https:// and without path)',
      ],
    },
    {
      name: "an endpoint with the API's path",
      env: { PROXMOX_VE_ENDPOINT: `${endpoint}/api2/json`, PROXMOX_VE_API_TOKEN: token },
      says: [
        'PROXMOX_VE_ENDPOINT: cannot be used (found "https://pve01.example.net:8006/api2/json", allowed a URL with https:// and without path)',
      ],
    },
    {
      name: "half a token, without showing it",
      env: { PROXMOX_VE_ENDPOINT: endpoint, PROXMOX_VE_API_TOKEN: "11111111-2222" },
      says: ["PROXMOX_VE_API_TOKEN: does not look like a token (allowed user@realm!token=<uuid>)"],
    },
  ];
  for (const { name, env, says } of cases) {
    it(`judges ${name}`, () => assert.deepEqual(complaints(env), says));
  }

  it("takes the endpoint of the stack file", () => {
    const proxmox = { ...(sharedValue().proxmox as object), endpoint };
    assert.deepEqual(complaints({ PROXMOX_VE_API_TOKEN: token }, testShared({ proxmox })), []);
  });
});
