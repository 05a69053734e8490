import { GroupLegacy } from "@muhlba91/pulumi-proxmoxve/cluster/firewall/security/groupLegacy.js";
import { Applier } from "@muhlba91/pulumi-proxmoxve/sdn/applier.js";
import { Subnet } from "@muhlba91/pulumi-proxmoxve/sdn/subnet.js";
import { Vnet } from "@muhlba91/pulumi-proxmoxve/sdn/vnet.js";
import { Command } from "@pulumi/command/remote/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { RouterConfig } from "../config/index.ts";
import type { AddressPlan, NodePlan, SharedFacts } from "./facts.ts";
import { previewHook } from "./hooks.ts";
import { securityGroup } from "./network/firewall.ts";
import { type RouterConfiguration, type RouterFacts, routerConfiguration, vyosPlan } from "./network/router.ts";
import { applyCommand, changedLines, removeCommand, routerScript } from "./network/router-script.ts";
import type { VyosPlan } from "./network/router-vyos.ts";
import { planSdn, type SdnPlan } from "./network/sdn.ts";

/** Arguments of {@link Network}. */
export interface NetworkArgs {
  addresses: AddressPlan;
  /** All nodes, for the neighbours in router configuration. */
  nodes: NodePlan[];
  shared: SharedFacts;
  /** Ranges that may reach the nodes' management ports; empty for everybody. */
  managementRanges: string[];
  /** Whether the data centre's firewall is on; without it no security group is made. */
  firewall: boolean;
  /** Addresses of the Proxmox hosts, which routers beyond peer with in mode `sdn`. @default none */
  hostAddresses?: string[];
  /** The router that is configured over SSH. @default none: its configuration is an output only */
  router?: RouterAccess;
  /** The router of downstream clusters, and what it is to have. @default none: as for the cluster's own */
  downstreamRouter?: RouterAccess & { plan: VyosPlan };
}

/** How a router is reached. */
export interface RouterAccess {
  config: RouterConfig;
  /** Private key of its user. */
  privateKey: pulumi.Input<string>;
}

/**
 * A cluster's network: in mode `sdn` a VNet with its subnets in the shared zone; in the modes `vlan` and `external` it
 * is there already. In all modes the security group and the configuration for routers outside the program.
 */
export class Network extends pulumi.ComponentResource {
  /** What VMs have to wait for. */
  readonly ready: pulumi.Resource[];
  /** What machines of downstream clusters have to wait for. */
  readonly downstreamReady: pulumi.Resource[];
  /** Name of the security group; undefined while the firewall is off. */
  readonly securityGroup?: string;
  /** For routers that this program does not manage. */
  readonly routerConfiguration: RouterConfiguration;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("orrery:index:Network", name, {}, opts);
    const zone = args.shared.sdn?.zone;
    const sdn = zone ? planSdn(args.addresses, zone) : undefined;
    const applied = sdn ? [this.createSdn(name, sdn)] : [];
    const group = args.firewall ? this.createSecurityGroup(name, args) : undefined;

    const { addresses, nodes, hostAddresses = [] } = args;
    const facts: RouterFacts = { addresses, nodes, zone, hostAddresses, router: args.router?.config };
    const plan = args.router && vyosPlan(facts);
    const router = args.router && plan ? [this.configureRouter(`${name}-router`, args.router, plan)] : [];
    const downstream = args.downstreamRouter;
    this.downstreamReady = downstream
      ? // One after the other, because both may be one router, which takes one commit at a time.
        [this.configureRouter(`${name}-downstream-router`, downstream, downstream.plan, router)]
      : [];

    this.ready = [...applied, ...(group ? [group.resource] : []), ...router];
    this.securityGroup = group?.name;
    this.routerConfiguration = routerConfiguration(facts);
    this.registerOutputs({});
  }

  /**
   * SDN changes are pending until they are applied, on all hosts at once. Two appliers do it in the right order both
   * ways: the last one when all is there, the finalizer when all is gone.
   */
  private createSdn(name: string, plan: SdnPlan): pulumi.Resource {
    const finalizer = new Applier(`${name}-sdn-finalizer`, { onCreate: false }, { parent: this });
    const vnet = new Vnet(`${name}-vnet`, plan.vnet, { parent: this, dependsOn: finalizer });
    const subnets = plan.subnets.map(
      ({ family, ...subnet }) =>
        new Subnet(
          `${name}-subnet-${family}`,
          { vnet: plan.vnet.resourceId, ...subnet },
          { parent: this, dependsOn: vnet },
        ),
    );
    return new Applier(
      `${name}-sdn-applier`,
      { onDestroy: false },
      {
        parent: this,
        dependsOn: [vnet, ...subnets],
        // An applier has no inputs that tell of its VNet: it is made anew, and so applies, when one of them changed.
        replacementTrigger: plan.hash,
      },
    );
  }

  /** The whole connection is secret to the provider; what the router is to have is not, so that a change of it can be read. */
  private configureRouter(
    name: string,
    { config, privateKey }: RouterAccess,
    plan: VyosPlan,
    dependsOn: pulumi.Resource[] = [],
  ): pulumi.Resource {
    const { host, port, user, hostKey } = config;
    const args = {
      connection: pulumi.secret({ host, port, user, hostKey, privateKey, dialErrorLimit: 3 }),
      create: applyCommand,
      delete: removeCommand,
      stdin: routerScript(plan),
      // Another router, VLAN or name: what is there goes before the new one comes, because both may share a part.
      triggers: [config.host, ...plan.own],
      // SSH servers take no variables that they do not know.
      addPreviousOutputInEnv: false,
    };
    const hooks: pulumi.ResourceHookBinding = pulumi.runtime.isDryRun()
      ? { beforeUpdate: [this.tellOfLines(name, () => command)] }
      : {};
    const command: Command = new Command(name, args, { parent: this, deleteBeforeReplace: true, dependsOn, hooks });
    return command;
  }

  /** Says at preview, where the engine speaks of a changed script, which lines of the router's configuration change. */
  private tellOfLines(name: string, resourceOf: () => pulumi.Resource): pulumi.ResourceHook {
    return previewHook(
      `${name}-what-changes`,
      async ({ oldInputs, newInputs }) => {
        const [before, after] = [oldInputs, newInputs].map((inputs) => String((inputs as { stdin?: unknown }).stdin));
        const lines = changedLines(before ?? "", after ?? "");
        if (lines.length === 0) return "how it is told, and no line";
        return ["lines of its configuration", ...lines].join("\n");
      },
      resourceOf,
    );
  }

  private createSecurityGroup(name: string, args: NetworkArgs): { name: string; resource: pulumi.Resource } {
    const group = securityGroup(args.addresses, args.managementRanges);
    return { name: group.name, resource: new GroupLegacy(`${name}-security-group`, group, { parent: this }) };
  }
}
