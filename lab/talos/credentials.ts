import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { sha256 } from "./contents.ts";
import { TalosError } from "./errors.ts";

/** What a caller shows to the Talos API; all PEM, base64 encoded. */
export interface ClientCredentials {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

/** Verdicts by content: a certificate is looked at once, however often it is shown. */
const checked = new Map<string, TalosError | undefined>();
const issuers = new Map<string, boolean>();

/**
 * The TLS hand-shake with mutual certificates.
 * @param serverCa the CA of the machine's own configuration: PEM, base64 encoded
 * @throws TalosError Unavailable in the words of a failed hand-shake
 */
export function shakeHands(credentials: ClientCredentials, serverCa: string): void {
  const key = sha256(JSON.stringify([credentials, serverCa]));
  if (!checked.has(key)) checked.set(key, problemOf(credentials, serverCa));
  const problem = checked.get(key);
  if (problem) throw problem;
}

function problemOf(credentials: ClientCredentials, serverCa: string): TalosError | undefined {
  if (decode(credentials.caCertificate).trim() !== decode(serverCa).trim()) {
    return handshakeError("tls: failed to verify certificate: x509: certificate signed by unknown authority");
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(decode(credentials.clientCertificate));
    const own = createPublicKey(privateKeyOf(decode(credentials.clientKey)));
    if (!own.equals(certificate.publicKey)) return handshakeError("tls: private key does not match public key");
  } catch {
    return handshakeError("tls: failed to find any PEM data in certificate input");
  }
  const ca = new X509Certificate(decode(serverCa));
  if (!certificate.verify(ca.publicKey)) return handshakeError("remote error: tls: unknown certificate authority");
  if (certificate.validToDate.getTime() < Date.now()) return handshakeError("remote error: tls: expired certificate");
  return undefined;
}

function handshakeError(reason: string): TalosError {
  return new TalosError(
    "Unavailable",
    `connection error: desc = "transport: authentication handshake failed: ${reason}"`,
  );
}

/** True when the PEM certificate was issued by the base64 encoded PEM CA. */
export function issuedBy(certificatePem: string, ca: string): boolean {
  const key = sha256(`${certificatePem}/${ca}`);
  let answer = issuers.get(key);
  if (answer === undefined) {
    try {
      answer = new X509Certificate(certificatePem).verify(new X509Certificate(decode(ca)).publicKey);
    } catch {
      answer = false;
    }
    issuers.set(key, answer);
  }
  return answer;
}

/** Parses a key that Talos wrote: its label for Ed25519 keys is Talos' own. */
export function privateKeyOf(pem: string) {
  return createPrivateKey(pem.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"));
}

export function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

export function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
