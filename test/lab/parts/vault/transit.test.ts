import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTransit, type Transit } from "../../../../lab/vault/transit.ts";

describe("the lab's transit engine", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-transit-"));
  let transit: Transit;
  before(async () => {
    transit = await openTransit(folder);
  });
  after(() => {
    transit.close();
    rmSync(folder, { recursive: true });
  });

  async function ask(operation: string, body: unknown, token = transit.env.VAULT_SERVER_TOKEN ?? "") {
    const response = await fetch(`${transit.env.VAULT_SERVER_URL}/v1/transit/${operation}`, {
      method: "PUT",
      headers: { "x-vault-token": token },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as { data?: Record<string, string> }) };
  }

  const plaintext = Buffer.from("a data key").toString("base64");

  it("gives back what it encrypted, also after the lab was closed and opened", async () => {
    const { data } = await ask("encrypt/orrery", { plaintext });
    assert.match(data?.ciphertext ?? "", /^vault:v1:/);
    const other = await ask("encrypt/orrery", { plaintext });
    assert.notEqual(other.data?.ciphertext, data?.ciphertext);
    transit.close();
    transit = await openTransit(folder);
    assert.deepEqual((await ask("decrypt/orrery", { ciphertext: data?.ciphertext })).data, { plaintext });
  });

  it("keeps its key for the owner only", () => {
    assert.equal(statSync(join(folder, "vault.key")).mode & 0o777, 0o600);
  });

  it("refuses who has no token, other keys, and what it did not encrypt", async () => {
    assert.equal((await ask("encrypt/orrery", { plaintext }, "a guess")).status, 403);
    const asLong = "é".repeat(transit.env.VAULT_SERVER_TOKEN?.length ?? 0);
    assert.equal((await ask("encrypt/orrery", { plaintext }, asLong)).status, 403);
    assert.equal((await ask("encrypt/other", { plaintext })).status, 404);
    const { data } = await ask("encrypt/orrery", { plaintext });
    const sealed = Buffer.from((data?.ciphertext ?? "").slice("vault:v1:".length), "base64");
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    const forged = `vault:v1:${sealed.toString("base64")}`;
    assert.equal((await ask("decrypt/orrery", { ciphertext: forged })).status, 400);
    assert.equal((await ask("decrypt/orrery", { ciphertext: "vault:v1:" })).status, 400);
  });
});
