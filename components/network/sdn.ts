/** What a cluster adds to the shared SDN zone. */
import { createHash } from "node:crypto";
import type { AddressPlan } from "../facts.ts";
import { nthAddress, parseRange } from "./ranges.ts";

/** Inputs of the VNet and its subnets. */
export interface SdnPlan {
  vnet: { resourceId: string; zone: string; tag: number; alias: string };
  /** `family` tells them apart in resource names. */
  subnets: { family: string; cidr: string; gateway: string; snat: boolean }[];
  /** Changes when any of the inputs does: SDN changes take effect only when they are applied again. */
  hash: string;
}

/** The last group of a gateway's address in a /64, as in the node subnets: `fffe`. */
const gatewayNumber = 0xfffe;

/**
 * Nodes have an address in it and take it as source for what is outside, so that the hosts have to know the way back;
 * it is reached from outside as it is.
 */
function globalSubnet(cidr: string, index: number): SdnPlan["subnets"][number] {
  const gateway = nthAddress(parseRange(cidr), gatewayNumber);
  return { family: `global-${index + 1}`, cidr, gateway, snat: false };
}

/** Decides VNet and subnets of a cluster; undefined in the modes that have none. */
export function planSdn(plan: AddressPlan, zone: string): SdnPlan | undefined {
  if (!plan.sdn) return undefined;
  const snat = plan.sdn.snat ?? false;
  const vnet = { resourceId: plan.sdn.vnet, zone, tag: plan.sdn.vni, alias: plan.clusterName };
  const own = plan.nodeSubnets.map(({ family, cidr, gateway }) => ({ family, cidr, gateway, snat }));
  const subnets = [...own, ...plan.globalSubnets.map(globalSubnet)];
  const hash = createHash("sha256").update(JSON.stringify({ vnet, subnets })).digest("hex").slice(0, 16);
  return { vnet, subnets, hash };
}
