import { z } from "zod";
import type { Problem } from "../../config/problems.ts";
import type { ClusterFacts, ExpectedSecret, KubernetesObject, MachineRequirement } from "../facts.ts";

export type { ExpectedSecret, KubernetesObject } from "../facts.ts";
export { secretPlaceholder } from "../facts.ts";

/** Who applies an add-on. */
export type Delivery = "direct" | "argocd" | "flux" | "sveltos";

/** Level of the Pod Security Standards that a namespace enforces. */
export type PodSecurity = "privileged" | "baseline" | "restricted";

/** Chart values, and any other plain structure that ends up as YAML. */
export type Values = Record<string, unknown>;

/** A Helm chart at exactly one version. */
export interface Chart {
  /** `https://charts.example.net`, or for OCI registries `oci://registry.example.net/charts`. */
  repository: string;
  name: string;
  version: string;
}

/** Something that runs when the add-on works. */
export interface Workload {
  kind: "Deployment" | "DaemonSet" | "StatefulSet";
  name: string;
  /** @default the add-on's */
  namespace?: string;
  /** True for pods on the host's network: they start before there is a CNI. @default false */
  hostNetwork?: boolean;
}

/** Kinds of custom resources of one API group. */
export interface Definitions {
  group: string;
  version: string;
  /** Kinds that live in namespaces. */
  namespaced?: readonly string[];
  /** Kinds of the cluster as a whole. */
  clusterWide?: readonly string[];
}

/** Something that has to be there before an add-on is applied. */
export interface Need {
  /** `cni`, `crd:gateway.networking.k8s.io`, ...; with the name of what a setting names: `cluster-issuer:acme`. */
  capability: string;
  /** Another way out than choosing an add-on that provides it: `or set addons.cilium.settings.gatewayApi to false`. */
  otherwise?: string;
  /** The setting that names it, below `addons.<name>.settings`: `gateway.issuer`. @default no setting does */
  namedBy?: string;
  /** True for what need not be there before: controllers find it when it comes. @default false */
  anytime?: true;
}

/** What else a cluster gets, for entries that concern all of it. */
export interface Platform {
  /** Names of the chosen add-ons, sorted. */
  addons: readonly string[];
  /** Their namespaces, and those for the clusters that this one makes, sorted. */
  namespaces: readonly string[];
}

/**
 * One entry of the catalogue. A file of the folder `catalogue` exports one as default, made with {@link defineAddon};
 * its name is the file's name, and that is all that adding an add-on takes.
 */
export interface Addon<Settings extends z.ZodType = z.ZodType> {
  /** Also the name of the Helm release. */
  name: string;
  /** One sentence without full stop. */
  description: string;
  /** Where the facts in the entry were read, with the version. */
  sources: readonly string[];
  /**
   * The release decides the version of what is tested together with it; everything else is pinned here.
   * @default no chart: the entry is objects and demands on the machine configuration
   */
  chart?: { repository: string; name: string; version: string | ((facts: ClusterFacts) => string) };
  /**
   * Top-level keys that the chart knows at that version, or at any where the release decides it; a key outside of them is
   * refused. @default not checked
   */
  valueKeys?: readonly string[];
  /** `podSecurity` is left out for namespaces that Kubernetes or another add-on brings. */
  namespace: { name: string; podSecurity?: PodSecurity };
  /** What the stack file may say in `addons.<name>.settings`. */
  settings: Settings;
  /** Settings for the documentation and the tests, where an entry cannot do without any. @default none */
  example?: unknown;
  /**
   * What is wrong with settings that fit the schema, with paths below `addons.<name>.settings`. `others` has the settings of
   * all chosen add-ons by name, for what two of them say together.
   * @default nothing
   */
  check?: (facts: ClusterFacts, settings: z.output<Settings>, others?: Readonly<Record<string, unknown>>) => Problem[];
  /** Chart values: a pure function of the cluster and the settings. @default none */
  values?: (facts: ClusterFacts, settings: z.output<Settings>) => Values;
  /**
   * Chart values that other add-ons have to have beside this one, by their names; those that are not chosen are passed
   * over. What the stack file says for them goes before. @default none
   */
  valuesOfOthers?: (facts: ClusterFacts, settings: z.output<Settings>) => Readonly<Record<string, Values>>;
  /** Objects that are applied before the chart, of kinds that others bring. @default none */
  objectsBefore?: (facts: ClusterFacts, settings: z.output<Settings>) => KubernetesObject[];
  /** Objects that are applied when the chart is there. @default none */
  objects?: (facts: ClusterFacts, settings: z.output<Settings>, platform?: Platform) => KubernetesObject[];
  /** @default nothing */
  needs?: (facts: ClusterFacts, settings: z.output<Settings>) => Need[];
  /** Capabilities that it waits for when a chosen add-on provides them, and does without otherwise. @default none */
  after?: readonly string[];
  /** What it provides to others. @default nothing */
  provides?: (facts: ClusterFacts, settings: z.output<Settings>) => string[];
  /**
   * What it could provide besides, by capability: the setting, below `addons.<name>.settings`, that has to be true for it.
   * @default nothing
   */
  providesWith?: Readonly<Record<string, string>>;
  /** Custom resources that it brings. @default none */
  definitions?: readonly Definitions[];
  /** Workload that registers the custom resources when it runs. @default the chart itself brings them */
  definitionsFrom?: string;
  /** What runs with these chart values. @default nothing */
  workloads?: (values: Values) => Workload[];
  /** Secrets that it reads and that nothing in its chart makes. @default none */
  secrets?: (facts: ClusterFacts, settings: z.output<Settings>) => ExpectedSecret[];
  /** @default none */
  machine?: (facts: ClusterFacts, settings: z.output<Settings>) => MachineRequirement[];
  /** Sets of cluster labels; one set that matches as a whole selects the add-on. @default none */
  selectedBy?: readonly Readonly<Record<string, string>>[];
  /** True for what every cluster gets unless it says otherwise. @default false */
  byDefault?: boolean;
  /** Set where only Pulumi itself can apply it: the reason. @default every delivery */
  directOnly?: string;
  /**
   * Set where what it brought stays when it is switched off: who has it from then on.
   * @default everything goes with it
   */
  leftTo?: string;
  /** False for what is not ready before somebody has done something to it: nothing waits for it. @default true */
  awaited?: boolean;
  /** How long Helm may wait until everything is ready, in seconds. @default 600 */
  timeoutSeconds?: number;
}

/** An add-on as Sveltos delivers it to every cluster with certain labels: what differs between them has stand-ins. */
export interface AddonTemplate {
  /** Labels of the clusters that get it. */
  selector: Record<string, string>;
  values: Values;
  objectsBefore: KubernetesObject[];
  objects: KubernetesObject[];
}

/** An add-on of one cluster, fully decided: plain values only, and no secret among them. */
export interface AddonPlan {
  name: string;
  description: string;
  /** The chart's; empty without one. */
  version: string;
  delivery: Delivery;
  /** Absent for an add-on that is objects and demands on the machine configuration only. */
  chart?: Chart;
  namespace: { name: string; podSecurity?: PodSecurity };
  values: Values;
  /** Objects that are applied before the chart. */
  objectsBefore: KubernetesObject[];
  /** Objects that are applied when the chart is there. */
  objects: KubernetesObject[];
  /** Present when Sveltos delivers it. */
  template?: AddonTemplate;
  /** True when Git alone says what becomes of it: Pulumi has its namespace and its Secrets only. @default false */
  fromGit?: true;
  /** Secrets that Pulumi makes for it. */
  secrets: ExpectedSecret[];
  /** Names of the add-ons that have to be there before, sorted; without those that another one of them waits for. */
  after: string[];
  provides: string[];
  machine: MachineRequirement[];
  workloads: Workload[];
  /** Whether what comes after it waits until it is ready. */
  awaited: boolean;
  timeoutSeconds: number;
}

const defined = new WeakSet<object>();

/** Makes an entry of the catalogue; infers the type of the settings that its functions get. */
export function defineAddon<Settings extends z.ZodType>(addon: Addon<Settings>): Addon<Settings> {
  defined.add(addon);
  return addon;
}

/** True for what {@link defineAddon} made. */
export function isAddon(value: unknown): value is Addon {
  return typeof value === "object" && value !== null && defined.has(value);
}

/** For entries that have no settings of their own. */
export const noSettings = z.strictObject({});
