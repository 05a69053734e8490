import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import * as pulumi from "@pulumi/pulumi";
import { type AddonPlan, type Chart, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";
import { namespacesOf } from "../namespaces.ts";
import { argoApplication } from "./argocd.ts";
import { type DeliveredAddon, type DeliveredChart, deliveredBy, hasChart } from "./delivered.ts";
import { applicationRemovalHook, releaseHandOverHook } from "./hand-over.ts";
import { helmRecordHook } from "./helm-records.ts";

/** What the delivery needs of the component's arguments. */
export interface DeliveryArgs {
  addons: AddonPlan[];
  kubeconfig: pulumi.Output<string>;
  secrets: Record<string, pulumi.Output<string>>;
}

/**
 * Applies add-ons: `direct` ones as Helm releases, those of `argocd` as Applications that Argo CD makes releases of. The
 * namespaces, the Secrets and the objects that belong to an add-on are Pulumi's under both, so that they stay as they
 * are when an add-on moves. An add-on waits for those it needs and for no other, so that independent ones are applied
 * side by side.
 */
export class AddonDelivery {
  private readonly name: string;
  private readonly args: DeliveryArgs;
  private readonly opts: pulumi.CustomResourceOptions;
  private readonly hooks: Record<"records" | "handOver" | "removal", pulumi.ResourceHook>;
  private readonly argocd: readonly DeliveredAddon[];
  private readonly namespaces = new Map<string, Namespace>();
  private readonly applied = new Map<string, pulumi.Resource[]>();

  constructor(name: string, args: DeliveryArgs, opts: pulumi.CustomResourceOptions) {
    this.name = name;
    this.args = args;
    this.opts = opts;
    this.hooks = {
      records: helmRecordHook(`${name}-helm-records`, args.kubeconfig),
      handOver: releaseHandOverHook(`${name}-hand-over`, args.kubeconfig, args.addons),
      removal: applicationRemovalHook(`${name}-removal`, args.kubeconfig, args.addons),
    };
    this.argocd = deliveredBy("argocd", args.addons);
  }

  /** Namespaces of all add-ons, with their pod security level. */
  createNamespaces(): void {
    for (const { name, labels } of namespacesOf(this.args.addons)) {
      const made = new Namespace(`${this.name}-namespace-${name}`, { metadata: { name, labels } }, this.opts);
      this.namespaces.set(name, made);
    }
  }

  /** Secrets, release and objects of one add-on; those that it needs have to be applied before. */
  apply(addon: AddonPlan): void {
    const before = addon.after.flatMap((name) => this.applied.get(name) ?? []);
    const secrets = addon.secrets.map((secret) => this.createSecret(addon, secret));
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

  /** The release or the `Application` that makes one; nothing without a chart. */
  private createChart(addon: AddonPlan, dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    if (!addon.chart) return [];
    const delivered = this.argocd.find(({ name }) => name === addon.name);
    return [
      delivered && hasChart(delivered)
        ? this.createApplication(delivered, dependsOn)
        : this.createRelease(addon, addon.chart, dependsOn),
    ];
  }

  private createSecret(addon: AddonPlan, secret: ExpectedSecret): Secret {
    const value = this.args.secrets[secret.configKey];
    if (!value) throw new pulumi.RunError(`add-on ${addon.name}: the secret orrery:${secret.configKey} is not set`);
    const { name, namespace, labels } = secret;
    return new Secret(
      `${this.name}-secret-${namespace}-${name}`,
      { metadata: { name, namespace, ...(labels ? { labels } : {}) }, stringData: filledIn(secret.keys, value) },
      { ...this.opts, dependsOn: this.inNamespace(namespace) },
    );
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
      {
        ...this.opts,
        dependsOn,
        hooks: { beforeCreate: [this.hooks.records], beforeDelete: [this.hooks.handOver] },
      },
    );
  }

  private createApplication(addon: DeliveredChart, dependsOn: pulumi.Resource[]): CustomResource {
    const application = argoApplication(addon);
    const annotations: Record<string, string> = {
      ...application.metadata.annotations,
      "pulumi.com/timeoutSeconds": String(addon.timeoutSeconds),
    };
    // What comes after needs the add-on itself, not only the wish for it.
    if (addon.awaited) annotations["pulumi.com/waitFor"] = "jsonpath={.status.health.status}=Healthy";
    return new CustomResource(
      `${this.name}-${addon.name}-application`,
      { ...application, metadata: { ...application.metadata, annotations } },
      { ...this.opts, dependsOn, hooks: { beforeDelete: [this.hooks.removal] } },
    );
  }

  private createObject(addon: AddonPlan, object: KubernetesObject, dependsOn: pulumi.Resource[]): CustomResource {
    const { kind, metadata } = object;
    const { name, namespace = addon.namespace.name } = metadata;
    const place = namespace === addon.namespace.name ? name : `${namespace}-${name}`;
    return new CustomResource(`${this.name}-${addon.name}-${kind.toLowerCase()}-${place}`, object, {
      ...this.opts,
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
