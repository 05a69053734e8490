/**
 * The transit engine of the lab's Vault, with which the Pulumi engine encrypts the data key of every stack. A passphrase
 * would do as well, but turning one into a key takes a quarter of a second in every process of the engine.
 *
 * Facts: github.com/hashicorp/vault, api-docs/secret/transit.mdx (encrypt and decrypt data); gocloud.dev/secrets/hashivault
 * 0.46.0, vault.go (paths, variables of the environment).
 */
import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";

// `import` of this module would evaluate all it exports, among it an HTTP client for browsers' code.
const { createServer } = process.getBuiltinModule("node:http");

/** Name of the key, and what the engine calls it. */
const keyName = "orrery";
/** The secrets provider of the lab's stacks. */
export const secretsProvider = `hashivault://${keyName}`;

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const prefix = "vault:v1:";

/** A running transit engine. */
export interface Transit {
  /** What a Vault client needs to know to reach it, and only it. */
  env: Record<string, string>;
  close(): void;
}

/**
 * Starts the transit engine, for this machine only. Its key is kept in the lab's folder, in a file of the owner's; who asks
 * needs a token that is made anew each time.
 */
export async function openTransit(folder: string): Promise<Transit> {
  const key = keyIn(join(folder, "vault.key"));
  const token = randomBytes(24).toString("base64url");
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, key, token);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  // An open connection must not keep the program alive.
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    env: {
      VAULT_SERVER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      VAULT_SERVER_TOKEN: token,
      // What somebody has set for a Vault of their own would lead the client there.
      VAULT_AGENT_ADDR: "",
      VAULT_HTTP_PROXY: "",
      VAULT_PROXY_ADDR: "",
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  status: number;
  body: { data: Record<string, string> } | { errors: string[] };
}

const refuse = (status: number, error: string): Answer => ({ status, body: { errors: [error] } });

async function answer(request: IncomingMessage, key: Buffer, token: string): Promise<Answer> {
  if (!same(String(request.headers["x-vault-token"] ?? ""), token)) return refuse(403, "permission denied");
  const [, operation] = new RegExp(`^/v1/transit/(encrypt|decrypt)/${keyName}$`).exec(request.url ?? "") ?? [];
  if (!operation || !["PUT", "POST"].includes(request.method ?? "")) return refuse(404, "unsupported path");
  try {
    const { plaintext, ciphertext } = JSON.parse(await readText(request));
    const data: Record<string, string> =
      operation === "encrypt"
        ? { ciphertext: encrypt(key, Buffer.from(plaintext, "base64")) }
        : { plaintext: decrypt(key, ciphertext).toString("base64") };
    return { status: 200, body: { data } };
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : String(error));
  }
}

function encrypt(key: Buffer, plaintext: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = [nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  return prefix + Buffer.concat(sealed).toString("base64");
}

/** @throws Error when the text was not encrypted with this key */
function decrypt(key: Buffer, ciphertext: string): Buffer {
  const sealed = Buffer.from(ciphertext.slice(prefix.length), "base64");
  if (!ciphertext.startsWith(prefix) || sealed.length < nonceBytes + tagBytes) throw new Error("invalid ciphertext");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}

function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The key in a file, which is made when it is not there. */
function keyIn(file: string): Buffer {
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(keyBytes).toString("base64url"), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  return Buffer.from(readFileSync(file, "utf8"), "base64url");
}
