/** Arithmetic that every component needs: what follows from a cluster's id and a node's suffix. Pure functions. */
import { Address4, Address6 } from "ip-address";
import type { AddressPlan } from "./facts.ts";

/**
 * Address number `number` of a range, without prefix length. In IPv6 the decimal digits of the number are used as
 * hexadecimal text, so that number 11 of `fd00:101::/64` is `fd00:101::11` and reads like its IPv4 sibling.
 *
 * @throws RangeError when the range does not hold that address
 */
export function addressInRange(cidr: string, number: number): string {
  const v6 = cidr.includes(":");
  const range = v6 ? new Address6(cidr) : new Address4(cidr);
  const offset = v6 ? BigInt(`0x${number}`) : BigInt(number);
  const value = range.startAddress().bigInt() + offset;
  if (value > range.endAddress().bigInt()) throw new RangeError(`${cidr} has no address number ${number}`);
  return v6 ? Address6.fromBigInt(value).correctForm() : Address4.fromBigInt(value).correctForm();
}

/** A node's addresses without prefix length, primary family first. */
export function nodeAddresses(plan: AddressPlan, suffix: number): string[] {
  return plan.nodeSubnets.map((subnet) => addressInRange(subnet.cidr, suffix));
}

/** An address of one of the plan's node subnets with that subnet's prefix length: `fd00:101::11/64`. */
export function withPrefixLength(plan: AddressPlan, address: string): string {
  const subnet = plan.nodeSubnets.find(({ cidr }) => cidr.includes(":") === address.includes(":"));
  if (!subnet) throw new RangeError(`the cluster has no node subnet of the family of ${address}`);
  return `${address}/${subnet.cidr.split("/")[1]}`;
}

/** A node's loopback addresses, announced by BGP; none when the plan has no loopback ranges. */
export function loopbacks(plan: AddressPlan, suffix: number): string[] {
  return plan.loopbackRanges.map((cidr) => addressInRange(cidr, suffix));
}

/** Number of a node's virtual machine on Proxmox: 101011 for suffix 11 of cluster 101. */
export function vmId(clusterId: number, suffix: number): number {
  return clusterId * 1000 + suffix;
}

/**
 * MAC address of a node's virtual machine: Proxmox' own prefix, then the digits of the VM id, so that the node can be
 * told from what a switch shows: `bc:24:11:10:10:11` for VM 101011.
 */
export function macAddress(clusterId: number, suffix: number): string {
  const digits = String(vmId(clusterId, suffix)).padStart(6, "0");
  return `bc:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}

/** ASN of a node's BGP speaker, out of the 32-bit private range. */
export function nodeAsn(clusterId: number, suffix: number): number {
  return 4_210_000_000 + clusterId * 1000 + suffix;
}
