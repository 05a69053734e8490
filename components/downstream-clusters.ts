import { VmLegacy } from "@muhlba91/pulumi-proxmoxve/vmLegacy.js";
import { Command } from "@pulumi/command/local/command.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import * as pulumi from "@pulumi/pulumi";
import { type AutoscalerPlan, autoscalerChart } from "./downstream-clusters/autoscaler.ts";
import { replaceProgram } from "./downstream-clusters/lifecycle/request.ts";
import type { DownstreamPlan } from "./downstream-clusters/plan.ts";
import type { RemovalHooks } from "./downstream-clusters/removal.ts";
import { type MachineTemplate, vmTemplateArguments } from "./downstream-clusters/vm-template.ts";
import { awaited, awaitedTenant } from "./downstream-clusters/wait.ts";
import { type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "./facts.ts";

/** What {@link DownstreamClusters} gets. */
export interface DownstreamClustersArgs {
  clusters: DownstreamPlan[];
  /** VM templates on Proxmox that machines are cloned from, one per release. */
  templates: MachineTemplate[];
  /** Objects for the clusters as a whole, such as what brings their platform. */
  platform: KubernetesObject[];
  /** What makes `TenantCluster` and `PlatformService` known; none where nobody asks for clusters that way. */
  interfaces: KubernetesObject[];
  /** Values of the secrets that the clusters expect, by configuration key. */
  secrets: Record<string, pulumi.Output<string>>;
  /** The Kubernetes provider of the management cluster. */
  kubernetes: pulumi.ProviderResource;
  /** Credentials of the management cluster; secret. */
  kubeconfig: pulumi.Output<string>;
  /** What happens before objects are deleted. */
  removal: RemovalHooks;
  /** What has to be there before: Cluster API with its providers, and what brings the platform. */
  after: pulumi.Resource[];
  /**
   * With `git` somebody else applies what belongs into a repository: Pulumi keeps namespaces, secrets, VM templates and
   * autoscalers, and replaces machines.
   */
  delivery: "direct" | "git";
  /** Wait until the machines are as wanted. */
  wait: boolean;
}

/**
 * Clusters that a management cluster makes through Cluster API. Pulumi writes the objects; the controllers in the
 * management cluster make machines of them, and go on doing so when Pulumi does not run.
 */
export class DownstreamClusters extends pulumi.ComponentResource {
  private readonly name: string;
  private readonly args: DownstreamClustersArgs;
  private readonly opts: pulumi.CustomResourceOptions;

  constructor(name: string, args: DownstreamClustersArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("orrery:index:DownstreamClusters", name, {}, opts);
    this.name = name;
    this.args = args;
    this.opts = { parent: this, provider: args.kubernetes };

    const templates = args.templates.map((template) => this.createTemplate(template));
    const interfaces = args.delivery === "direct" ? this.createPlatform() : [];
    for (const plan of args.clusters) this.createCluster(plan, [...templates, ...interfaces]);

    this.registerOutputs({});
  }

  private createTemplate(template: MachineTemplate): pulumi.Resource {
    return new VmLegacy(`${this.name}-template-${template.name}`, vmTemplateArguments(template), {
      parent: this,
      // The provider reports speed limits that nobody set; the consequence: limits set by hand stay.
      ignoreChanges: ["disks[0].speed"],
    });
  }

  /** What brings the clusters' platform, and the interfaces: those are answered. */
  private createPlatform(): pulumi.Resource[] {
    const { platform, interfaces, after, removal } = this.args;
    for (const object of platform) this.createObject(object, after);
    const isDefinition = ({ kind }: KubernetesObject) => kind === "CompositeResourceDefinition";
    const others = interfaces
      .filter((object) => !isDefinition(object))
      .map((object) => this.createObject(object, after, { hooks: removal.machines }));
    // Definitions come last, so that they go first: while one is in use, everything that makes it work stays.
    const definitions = interfaces.filter(isDefinition).map((object) =>
      this.createObject(awaited(object), [...after, ...others], {
        // Everything of a kind goes with its definition: a hook deletes it, and only when that is nothing. The consequence:
        // without the program nothing deletes it.
        retainOnDelete: true,
        hooks: removal.definition,
      }),
    );
    return [...others, ...definitions];
  }

  private createCluster(plan: DownstreamPlan, before: pulumi.Resource[]): void {
    const { namespace: name } = plan;
    const namespace = new Namespace(
      `${this.name}-${plan.name}`,
      { metadata: { name } },
      { ...this.opts, dependsOn: this.args.after, hooks: this.args.removal.namespace },
    );
    const secrets = plan.secrets.map((secret) => this.createSecret(secret, namespace));
    if (this.args.delivery === "git") {
      this.createHelpers(plan, [namespace]);
      return;
    }
    const ready = [namespace, ...secrets, ...before];
    this.createHelpers(
      plan,
      plan.tenant ? this.createTenant(plan, plan.tenant, ready) : this.createObjects(plan, ready),
    );
  }

  /** The `TenantCluster` that Crossplane makes everything else of. */
  private createTenant(
    { registration }: DownstreamPlan,
    object: KubernetesObject,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource[] {
    const tenant = this.createObject(this.args.wait ? awaitedTenant(object) : object, dependsOn, {
      // A hook deletes the cluster, unless it is only written in another way from now on. The consequence: without the
      // program nothing deletes it.
      retainOnDelete: true,
      hooks: this.args.removal.tenant,
    });
    for (const each of registration) this.createObject(each, [tenant]);
    return [tenant];
  }

  /** The objects of Cluster API; answers those of the last step. */
  private createObjects(
    { cluster: object, steps, registration }: DownstreamPlan,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource[] {
    // The same as for a TenantCluster.
    const cluster = this.createObject(object, dependsOn, { retainOnDelete: true, hooks: this.args.removal.cluster });
    // Whoever brings its platform hears of its end before it begins.
    for (const each of registration) this.createObject(each, [cluster]);
    // Cluster API deletes what belongs to a cluster, in the right order. The consequence of `deletedWith`: when the
    // cluster goes, only its object is deleted, and Pulumi forgets the others.
    let last: pulumi.Resource[] = [cluster];
    for (const step of steps) {
      const before = last;
      last = step.map((each) =>
        this.createObject(this.args.wait ? awaited(each) : each, before, {
          deletedWith: cluster,
          hooks: this.args.removal.machines,
        }),
      );
    }
    return last;
  }

  /** What works on a cluster's objects, whoever has applied them. */
  private createHelpers(plan: DownstreamPlan, dependsOn: pulumi.Resource[]): void {
    if (plan.autoscaler) this.createAutoscaler(plan.autoscaler, dependsOn);
    this.replaceMachines(plan, dependsOn);
  }

  /** What is to be true once and stays true needs no object: the program looks for machines that are still there. */
  private replaceMachines({ name, replace }: DownstreamPlan, dependsOn: pulumi.Resource[]): void {
    if (!replace) return;
    const environment = { ORRERY_REPLACE: JSON.stringify(replace), ORRERY_KUBECONFIG: this.args.kubeconfig };
    new Command(
      `${this.name}-${name}-replace`,
      { create: replaceProgram, environment, addPreviousOutputInEnv: false },
      { parent: this, dependsOn },
    );
  }

  private createAutoscaler({ name, namespace, values }: AutoscalerPlan, dependsOn: pulumi.Resource[]): Release {
    const { repository, name: chart, version } = autoscalerChart;
    return new Release(
      `${this.name}-${name}`,
      {
        name,
        namespace,
        chart,
        version,
        repositoryOpts: { repo: repository },
        values,
        maxHistory: 3,
        // It starts when the cluster's API is there.
        ...(this.args.wait && this.args.delivery === "direct" ? {} : { skipAwait: true }),
      },
      { ...this.opts, dependsOn },
    );
  }

  private createObject(
    object: KubernetesObject,
    dependsOn: pulumi.Resource[],
    opts: pulumi.CustomResourceOptions = {},
  ): CustomResource {
    const { kind, metadata } = object;
    return new CustomResource(`${this.name}-${kind.toLowerCase()}-${metadata.name}`, object, {
      ...this.opts,
      hooks: this.args.removal.object,
      ...opts,
      dependsOn,
    });
  }

  private createSecret(secret: ExpectedSecret, namespace: pulumi.Resource): Secret {
    const { configKey, name, labels, keys } = secret;
    const value = this.args.secrets[configKey];
    if (!value) throw new pulumi.RunError(`the secret orrery:${configKey} is not set`);
    const stringData = pulumi
      .secret(value)
      .apply((plain) =>
        Object.fromEntries(
          Object.entries(keys).map(([key, text]) => [key, text.replaceAll(secretPlaceholder, () => plain)]),
        ),
      );
    return new Secret(
      `${this.name}-secret-${secret.namespace}-${name}`,
      { metadata: { name, namespace: secret.namespace, ...(labels ? { labels } : {}) }, stringData },
      {
        ...this.opts,
        dependsOn: [namespace],
        // Where Pulumi applies the cluster as well, it is gone before.
        ...(this.args.delivery === "git" ? { hooks: this.args.removal.namespace } : {}),
      },
    );
  }
}
