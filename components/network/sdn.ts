/** What a cluster adds to the shared SDN zone. */
import { createHash } from "node:crypto";
import type { AddressPlan } from "../facts.ts";

/** Inputs of the VNet and its subnets. */
export interface SdnPlan {
  vnet: { resourceId: string; zone: string; tag: number; alias: string };
  subnets: { family: string; cidr: string; gateway: string; snat: boolean }[];
  /** Changes when any of the inputs does: SDN changes take effect only when they are applied again. */
  hash: string;
}

/** Decides VNet and subnets of a cluster; undefined in the modes that have none. */
export function planSdn(plan: AddressPlan, zone: string): SdnPlan | undefined {
  if (!plan.sdn) return undefined;
  const snat = plan.sdn.snat ?? false;
  const vnet = { resourceId: plan.sdn.vnet, zone, tag: plan.sdn.vni, alias: plan.clusterName };
  const subnets = plan.nodeSubnets.map(({ family, cidr, gateway }) => ({ family, cidr, gateway, snat }));
  const hash = createHash("sha256").update(JSON.stringify({ vnet, subnets })).digest("hex").slice(0, 16);
  return { vnet, subnets, hash };
}
