import * as pulumi from "@pulumi/pulumi";
import type { ClusterFacts } from "./facts.ts";
import { clusterProvider } from "./platform-addons/cluster-provider.ts";
import { AddonDelivery } from "./platform-addons/delivery/apply.ts";
import type { AddonPlan } from "./platform-addons/plan.ts";

/** What {@link PlatformAddons} gets. */
export interface PlatformAddonsArgs {
  facts: ClusterFacts;
  /** As `planAddons` decided them, in that order. */
  addons: AddonPlan[];
  kubeconfig: pulumi.Output<string>;
  /** Values of the secrets that the add-ons expect, by configuration key. */
  secrets: Record<string, pulumi.Output<string>>;
  /** Whether the whole cluster is about to go, so that no add-on has to leave it in order before. @default false */
  destroying?: boolean;
}

/**
 * The platform in a cluster: its add-ons, each applied by its delivery.
 *
 * `dependsOn` among the options holds everything back until the cluster is there. Give `deletedWith: <the cluster>` as
 * well: when the whole cluster goes, its add-ons are then forgotten instead of removed one by one, and an API that
 * cannot be reached any more does not block the destroy. The consequence: what add-ons made outside of the cluster,
 * such as disks of persistent volumes, stays. An add-on that is switched off while the cluster stays is removed.
 */
export class PlatformAddons extends pulumi.ComponentResource {
  /** The Kubernetes provider of the cluster, for what else is applied in it. */
  readonly kubernetes: pulumi.ProviderResource;
  private readonly delivery: AddonDelivery;

  constructor(name: string, args: PlatformAddonsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("orrery:index:PlatformAddons", name, {}, opts);

    const provider = clusterProvider(name, args, { parent: this, dependsOn: opts.dependsOn });
    const delivery = new AddonDelivery(name, args, { parent: this, provider });
    delivery.createNamespaces();
    for (const addon of args.addons) delivery.apply(addon);
    this.kubernetes = provider;
    this.delivery = delivery;

    this.registerOutputs({});
  }

  /** What was applied for add-ons; nothing for those that the cluster does not have. */
  resourcesOf(...addons: string[]): pulumi.Resource[] {
    return addons.flatMap((addon) => this.delivery.resourcesOf(addon));
  }
}
