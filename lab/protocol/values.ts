/** How Pulumi's wire format marks special values; see sdk/nodejs/runtime/rpc.ts of pulumi/pulumi. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** The string that stands for a value that is not known before the resource exists. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A property bag as providers see it: plain values, with {@link unknown} where a value is not known yet. */
export type Properties = Record<string, unknown>;

/** True for a value that is not known yet; it may stand anywhere in a property bag during preview. */
export function isUnknown(value: unknown): boolean {
  return value === unknown;
}

/** True if the value or anything in it is not known yet. */
export function containsUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  if (isRecord(value)) return Object.values(value).some(containsUnknown);
  return false;
}

/** True for objects that are neither null nor arrays. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Plain properties and the names of the top-level ones that hold a secret somewhere. */
export interface Unwrapped {
  properties: Properties;
  secretKeys: Set<string>;
}

/** Takes the secret and output wrappers off a property bag and remembers which keys held secrets. */
export function unwrap(bag: Record<string, unknown>): Unwrapped {
  const secretKeys = new Set<string>();
  const properties: Properties = {};
  for (const [key, value] of Object.entries(bag)) {
    const seen = { secret: false };
    properties[key] = plain(value, seen);
    if (seen.secret) secretKeys.add(key);
  }
  return { properties, secretKeys };
}

function plain(value: unknown, seen: { secret: boolean }): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, seen));
  if (!isRecord(value)) return value;
  const signature = value[signatureKey];
  if (signature === secretSignature) {
    seen.secret = true;
    return plain(value.value, seen);
  }
  if (signature === outputSignature) {
    if (value.secret === true) seen.secret = true;
    return value.value === undefined ? unknown : plain(value.value, seen);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) result[key] = plain(item, seen);
  return result;
}

/** Marks the named top-level properties as secret, the way the engine expects them on the wire. */
export function wrapSecrets(properties: Properties, secretKeys: Iterable<string>): Properties {
  const result: Properties = { ...properties };
  for (const key of secretKeys) {
    if (result[key] !== undefined) result[key] = { [signatureKey]: secretSignature, value: result[key] };
  }
  return result;
}

/** Marks one value as secret where it stands, also inside of others. */
export function secretValue(value: unknown): unknown {
  return value === undefined ? undefined : { [signatureKey]: secretSignature, value };
}
