import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import * as pulumi from "@pulumi/pulumi";
import { annotated } from "../../annotated.ts";
import type { ClusterFacts } from "../../facts.ts";
import { type AddonPlan, type Chart, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";
import { namespacesOf } from "../namespaces.ts";
import { type DeliveryHooks, deliveryHooks } from "./hand-over.ts";
import { type Handed, handedOver } from "./handed.ts";

/** What the delivery needs of the component's arguments. */
export interface DeliveryArgs {
  facts: ClusterFacts;
  addons: AddonPlan[];
  kubeconfig: pulumi.Output<string>;
  secrets: Record<string, pulumi.Output<string>>;
  /** Whether the whole cluster is about to go. @default false */
  destroying?: boolean;
}

/**
 * Applies add-ons: `direct` ones as Helm releases, others as what Argo CD, Flux or Sveltos makes releases of. The
 * namespaces, the Secrets and the objects that belong to an add-on are Pulumi's under all of them, so that they stay as
 * they are when an add-on moves. An add-on waits for those it needs and for no other, so that independent ones are applied
 * side by side.
 */
export class AddonDelivery {
  private readonly name: string;
  private readonly args: DeliveryArgs;
  private readonly opts: pulumi.CustomResourceOptions;
  private readonly hooks: DeliveryHooks;
  private readonly handed: ReadonlyMap<string, Handed>;
  private readonly namespaces = new Map<string, Namespace>();
  /** By namespace and name: add-ons that read the same one share it. */
  private readonly secrets = new Map<string, Secret>();
  private readonly applied = new Map<string, pulumi.Resource[]>();

  constructor(name: string, args: DeliveryArgs, opts: pulumi.CustomResourceOptions) {
    this.name = name;
    this.args = args;
    this.opts = opts;
    this.hooks = deliveryHooks(name, args);
    this.handed = handedOver(args.addons, args.facts);
  }

  /** Namespaces of all add-ons, with their pod security level. */
  createNamespaces(): void {
    for (const { name, labels } of namespacesOf(this.args.addons)) {
      // With a namespace goes everything in it, also what Git still has.
      const opts = { ...this.opts, hooks: this.hooks.objects };
      const made = new Namespace(`${this.name}-namespace-${name}`, { metadata: { name, labels } }, opts);
      this.namespaces.set(name, made);
    }
  }

  /** Secrets, release and objects of one add-on; those that it needs have to be applied before. */
  apply(addon: AddonPlan): void {
    const before = addon.after.flatMap((name) => this.applied.get(name) ?? []);
    const secrets = addon.secrets.map((secret) => this.createSecret(addon, secret));
    if (addon.fromGit) {
      // Nothing tells when it is there; what Pulumi applies itself does not need it.
      this.applied.set(addon.name, before);
      return;
    }
    const ready = [...before, ...this.inNamespace(addon.namespace.name), ...secrets];
    const early = addon.objectsBefore.map((object) => this.createObject(addon, object, ready));
    const chart = this.createChart(addon, [...ready, ...early]);
    const dependsOn = chart.length > 0 ? chart : [...ready, ...early];
    const objects = addon.objects.map((object) => this.createObject(addon, object, dependsOn));
    const made = [...early, ...chart, ...objects];
    // One that has nothing in the cluster does not break the order of those around it.
    this.applied.set(addon.name, made.length > 0 ? made : before);
  }

  /** What was applied for an add-on; nothing for one that the cluster does not have. */
  resourcesOf(addon: string): pulumi.Resource[] {
    return this.applied.get(addon) ?? [];
  }

  /** The release, or what an engine makes one of; nothing without a chart. */
  private createChart(addon: AddonPlan, dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    if (!addon.chart) return [];
    const handed = this.handed.get(addon.name);
    return handed ? this.createHanded(addon, handed, dependsOn) : [this.createRelease(addon, addon.chart, dependsOn)];
  }

  private createSecret(addon: AddonPlan, secret: ExpectedSecret): Secret {
    const value = this.args.secrets[secret.configKey];
    if (!value) throw new pulumi.RunError(`add-on ${addon.name}: the secret orrery:${secret.configKey} is not set`);
    const { name, namespace, labels } = secret;
    const place = `${namespace}/${name}`;
    const shared = this.secrets.get(place);
    if (shared) return shared;
    const made = new Secret(
      `${this.name}-secret-${namespace}-${name}`,
      { metadata: { name, namespace, ...(labels ? { labels } : {}) }, stringData: filledIn(secret.keys, value) },
      { ...this.opts, dependsOn: this.inNamespace(namespace) },
    );
    this.secrets.set(place, made);
    return made;
  }

  private createRelease(
    addon: AddonPlan,
    { repository, name: chart, version }: Chart,
    dependsOn: pulumi.Resource[],
  ): Release {
    const oci = repository.startsWith("oci://");
    return new Release(
      `${this.name}-${addon.name}`,
      {
        name: addon.name,
        namespace: addon.namespace.name,
        chart: oci ? `${repository}/${chart}` : chart,
        version,
        ...(oci ? {} : { repositoryOpts: { repo: repository } }),
        values: addon.values,
        timeout: addon.timeoutSeconds,
        ...(addon.awaited ? {} : { skipAwait: true }),
        // Helm keeps every revision in a Secret of up to 1 MB in etcd; three are enough to look back.
        maxHistory: 3,
        // What another delivery has brought is Helm's from now on; without it Helm refuses to install over it.
        takeOwnership: true,
      },
      { ...this.opts, dependsOn, hooks: this.hooks.direct },
    );
  }

  /** Objects one after the other; what comes after needs the add-on itself, not only the wish for it. */
  private createHanded(addon: AddonPlan, { objects, waitFor }: Handed, dependsOn: pulumi.Resource[]): CustomResource[] {
    const made: CustomResource[] = [];
    for (const [index, object] of objects.entries()) {
      const name = `${this.name}-${addon.name}-${object.kind.toLowerCase()}`;
      const opts = { ...this.opts, dependsOn: [...dependsOn, ...made] };
      if (index < objects.length - 1) {
        made.push(new CustomResource(name, object, opts));
        continue;
      }
      const last = annotated(object, {
        "pulumi.com/timeoutSeconds": String(addon.timeoutSeconds),
        ...(addon.awaited && waitFor ? { "pulumi.com/waitFor": waitFor } : {}),
      });
      made.push(new CustomResource(name, last, { ...opts, hooks: this.hooks[addon.delivery] }));
    }
    return made;
  }

  private createObject(addon: AddonPlan, object: KubernetesObject, dependsOn: pulumi.Resource[]): CustomResource {
    const { kind, metadata } = object;
    const { name, namespace = addon.namespace.name } = metadata;
    const place = namespace === addon.namespace.name ? name : `${namespace}-${name}`;
    return new CustomResource(`${this.name}-${addon.name}-${kind.toLowerCase()}-${place}`, object, {
      ...this.opts,
      hooks: this.hooks.objects,
      dependsOn: place === name ? dependsOn : [...dependsOn, ...this.inNamespace(namespace)],
    });
  }

  private inNamespace(name: string): pulumi.Resource[] {
    const namespace = this.namespaces.get(name);
    return namespace ? [namespace] : [];
  }
}

/** Puts the secret value into the text of each key. All keys are secret: the engine encrypts the map as a whole. */
function filledIn(keys: Record<string, string>, value: pulumi.Output<string>): pulumi.Output<Record<string, string>> {
  return pulumi
    .secret(value)
    .apply((plain) =>
      Object.fromEntries(
        Object.entries(keys).map(([key, text]) => [key, text.replaceAll(secretPlaceholder, () => plain)]),
      ),
    );
}
