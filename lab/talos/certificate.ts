import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { privateKeyOf } from "./credentials.ts";

/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  certificate: string;
  key: string;
}

const oid = {
  commonName: [2, 5, 4, 3],
  organization: [2, 5, 4, 10],
  keyUsage: [2, 5, 29, 15],
  extendedKeyUsage: [2, 5, 29, 37],
  clientAuthentication: [1, 3, 6, 1, 5, 5, 7, 3, 2],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
  ed25519: [1, 3, 101, 112],
  rsaWithSha256: [1, 2, 840, 113549, 1, 1, 11],
};

/**
 * Issues a client certificate, as Talos does for the kubeconfig's user. `talosctl gen crt` cannot: it reads no EC
 * authorities and gives Talos' own roles only.
 * @param validForHours from now
 */
export function issueClientCertificate(
  ca: { certificate: string; key: string },
  subject: { commonName: string; organization: string },
  validForHours: number,
  now = new Date(),
): IssuedCertificate {
  const issuer = new X509Certificate(ca.certificate);
  const caKey = privateKeyOf(ca.key);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const [algorithmOid, digest] =
    caKey.asymmetricKeyType === "ed25519"
      ? ([oid.ed25519, null] as const)
      : caKey.asymmetricKeyType === "rsa"
        ? ([oid.rsaWithSha256, "sha256"] as const)
        : ([oid.ecdsaWithSha256, "sha256"] as const);
  const algorithm = sequence(objectId(algorithmOid), ...(caKey.asymmetricKeyType === "rsa" ? [tlv(5, [])] : []));
  const body = sequence(
    tlv(0xa0, [integer(Buffer.from([2]))]),
    integer(Buffer.concat([Buffer.from([0x5a]), randomBytes(15)])),
    algorithm,
    subjectOf(issuer),
    sequence(time(new Date(now.getTime() - 10_000)), time(new Date(now.getTime() + validForHours * 3_600_000))),
    sequence(
      set(sequence(objectId(oid.organization), utf8(subject.organization))),
      set(sequence(objectId(oid.commonName), utf8(subject.commonName))),
    ),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, [
      sequence(
        // digitalSignature and keyEncipherment
        sequence(objectId(oid.keyUsage), tlv(1, [Buffer.from([0xff])]), octets(tlv(3, [Buffer.from([5, 0xa0])]))),
        sequence(objectId(oid.extendedKeyUsage), octets(sequence(objectId(oid.clientAuthentication)))),
      ),
    ]),
  );
  const signature = sign(digest, body, caKey);
  const certificate = sequence(body, algorithm, tlv(3, [Buffer.from([0]), signature]));
  return {
    certificate: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "sec1", format: "pem" }).toString(),
  };
}

/** The subject of a certificate in its original encoding: the sixth field of its body, after version and issuer. */
function subjectOf(certificate: X509Certificate): Buffer {
  const body = childrenOf(childrenOf(certificate.raw)[0] ?? Buffer.alloc(0));
  const subject = body[5];
  if (!subject) throw new Error("the certificate authority has no subject");
  return subject;
}

/** The elements inside a constructed element, each with its header. */
function childrenOf(element: Buffer): Buffer[] {
  const { start, end } = extentOf(element, 0);
  const children: Buffer[] = [];
  for (let at = start; at < end; ) {
    const child = extentOf(element, at);
    children.push(element.subarray(at, child.end));
    at = child.end;
  }
  return children;
}

function extentOf(data: Buffer, at: number): { start: number; end: number } {
  const first = data[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  const length = data.readUIntBE(at + 2, count);
  return { start: at + 2 + count, end: at + 2 + count + length };
}

function tlv(tag: number, parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.from(value.length.toString(16).padStart(value.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

const sequence = (...parts: Buffer[]) => tlv(0x30, parts);
const set = (...parts: Buffer[]) => tlv(0x31, parts);
const integer = (value: Buffer) => tlv(2, [value]);
const octets = (value: Buffer) => tlv(4, [value]);
const utf8 = (text: string) => tlv(12, [Buffer.from(text, "utf8")]);

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  // UTCTime up to 2049, GeneralizedTime from then on.
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, [Buffer.from(`${digits.slice(2)}Z`)])
    : tlv(0x18, [Buffer.from(`${digits}Z`)]);
}

function objectId(numbers: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = numbers;
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const groups = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(6, [Buffer.from(bytes)]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
