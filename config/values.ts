import { z } from "zod";

/** A DNS label: lower-case letters, digits and dashes, starting with a letter. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "a DNS label: lower-case letters, digits and dashes, starting with a letter",
  );

/** A released version with its leading v, as Talos writes it: `v1.11.5`. */
export const talosVersion = z.string().regex(/^v1\.\d+\.\d+(-[a-z]+\.\d+)?$/, 'a Talos version such as "v1.11.5"');

/** A version without leading v, as Kubernetes and Helm charts write it: `1.31.4`. */
export const plainVersion = z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as "1.31.4"');

/** An IPv4 or IPv6 address; `components/network/addresses.ts` parses it. */
export const ipAddress = z.union([z.ipv4(), z.ipv6()], { error: "an IPv4 or IPv6 address" });

/** An IPv4 or IPv6 range in CIDR notation. */
export const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: 'a range in CIDR notation such as "10.101.0.0/24"' });

/** A MAC address in lower case with colons. */
export const macAddress = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address in lower case such as "bc:24:11:00:00:01"');

/** A Kubernetes taint effect. */
export const taint = z.strictObject({
  /** Key. */
  key: z.string().min(1),
  /** Value. @default empty */
  value: z.string().optional(),
  /** What becomes of pods that do not tolerate it. */
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

/** String to string, as labels, annotations and sysctls are written. */
export const stringMap = z.record(z.string(), z.string());

/** A Talos strategic-merge patch or configuration document, written as YAML structure in the stack file. */
export const patch = z.record(z.string(), z.unknown());
