/** A node's addresses: what follows from its suffix, or what the stack file says for it. */
import { Address4, Address6 } from "ip-address";
import type { Problem } from "../../config/problems.ts";
import { nodeAddresses } from "../addressing.ts";
import type { AddressPlan } from "../facts.ts";

/** Addresses of a node, primary family first, and what is wrong with those that were given. */
export function planNodeAddresses(
  plan: AddressPlan,
  suffix: number,
  given: string[] | undefined,
  path: string,
): { addresses: string[]; problems: Problem[] } {
  const problems: Problem[] = [];
  for (const [index, address] of (given ?? []).entries()) {
    const subnet = plan.nodeSubnets.find(({ cidr }) => cidr.includes(":") === address.includes(":"));
    if (!subnet || !holds(subnet.cidr, address)) {
      problems.push({
        path: `${path}[${index}]`,
        value: address,
        message: `the address ${address} lies in none of the node subnets`,
        allowed: plan.nodeSubnets.map(({ cidr }) => cidr).join(", "),
      });
    }
  }
  const addresses = plan.nodeSubnets.flatMap((subnet) => {
    const own = given?.find((address) => address.includes(":") === subnet.cidr.includes(":"));
    return own ? [canonical(own)] : derived(plan, subnet.cidr, suffix);
  });
  return { addresses, problems };
}

/** Addresses that two nodes have, or that a node has although they are the VIP, a gateway or kept free. */
export function addressProblems(
  plan: AddressPlan,
  nodes: { name: string; addresses: string[]; path: string }[],
): Problem[] {
  const taken = new Map<string, string>();
  taken.set(canonical(plan.vip), "the address of the Kubernetes API");
  for (const { gateway, cidr } of plan.nodeSubnets) taken.set(canonical(gateway), `the gateway of ${cidr}`);
  for (const address of plan.reservedAddresses) taken.set(canonical(address), "kept free");
  const problems: Problem[] = [];
  for (const { name, addresses, path } of nodes) {
    for (const address of addresses) {
      const user = taken.get(address);
      if (user) {
        problems.push({
          path,
          value: address,
          message: `${name} has the address ${address}, which is ${user}`,
          allowed: "each address once",
        });
      }
      taken.set(address, user ?? `the address of ${name}`);
    }
  }
  return problems;
}

/** A suffix that no address can be made of is reported by the range check of suffixes, not here. */
function derived(plan: AddressPlan, cidr: string, suffix: number): string[] {
  try {
    const index = plan.nodeSubnets.findIndex((subnet) => subnet.cidr === cidr);
    return nodeAddresses(plan, suffix).slice(index, index + 1);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return [];
    throw error;
  }
}

function holds(cidr: string, address: string): boolean {
  return address.includes(":")
    ? new Address6(address).isInSubnet(new Address6(cidr))
    : new Address4(address).isInSubnet(new Address4(cidr));
}

function canonical(address: string): string {
  return address.includes(":") ? new Address6(address).correctForm() : new Address4(address).correctForm();
}
