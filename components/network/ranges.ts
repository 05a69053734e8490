/** Ranges of addresses as numbers, so that they can be compared across a fleet. Pure functions. */
import { Address4, Address6 } from "ip-address";
import type { Family } from "../facts.ts";

/** A range of addresses. */
export interface Range {
  family: Family;
  /** Canonical CIDR notation. */
  cidr: string;
  prefixLength: number;
  first: bigint;
  last: bigint;
}

/** `ipv6` for anything with a colon. */
export function familyOf(address: string): Family {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** A range from CIDR notation; an address without prefix length is a range of one. */
export function parseRange(cidr: string): Range {
  const family = familyOf(cidr);
  const parsed = family === "ipv6" ? new Address6(cidr) : new Address4(cidr);
  const start = parsed.startAddress();
  return {
    family,
    cidr: `${start.correctForm()}/${parsed.subnetMask}`,
    prefixLength: parsed.subnetMask,
    first: start.bigInt(),
    last: parsed.endAddress().bigInt(),
  };
}

/** An address in its canonical form. */
export function canonicalAddress(address: string): string {
  return familyOf(address) === "ipv6" ? new Address6(address).correctForm() : new Address4(address).correctForm();
}

/** Whether two ranges share an address. */
export function overlap(one: Range, other: Range): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Address number `index` of a range, counted plainly: number 10 of `fd00:101:96::/112` is `fd00:101:96::a`. */
export function nthAddress(range: Range, index: number): string {
  const value = range.first + BigInt(index);
  return range.family === "ipv6" ? Address6.fromBigInt(value).correctForm() : Address4.fromBigInt(value).correctForm();
}

/** Subnet number `index` with a longer prefix out of a range, or undefined when the range has no such subnet. */
export function nthSubnet(range: Range, prefixLength: number, index: number): string | undefined {
  const bits = range.family === "ipv6" ? 128 : 32;
  const first = range.first + (BigInt(index) << BigInt(bits - prefixLength));
  if (prefixLength < range.prefixLength || first > range.last) return undefined;
  const address = range.family === "ipv6" ? Address6.fromBigInt(first) : Address4.fromBigInt(first);
  return `${address.correctForm()}/${prefixLength}`;
}

/** IPv6 first, and otherwise as it was: Kubernetes takes the first family as the primary one. */
export function primaryFirst<T>(items: readonly T[], addressOf: (item: T) => string): T[] {
  const rank = (item: T) => (familyOf(addressOf(item)) === "ipv6" ? 0 : 1);
  return items.toSorted((one, other) => rank(one) - rank(other));
}
