import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** The secrets of one cluster, generated on the machine that runs Pulumi and kept in the state only: losing them means losing the cluster, so protect the resource. */
export declare class Secrets extends pulumi.CustomResource {
  /** Adopts an existing resource by its id. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: SecretsState,
    opts?: pulumi.CustomResourceOptions,
  ): Secrets;
  /** True for every Secrets, also one from another copy of this package. */
  static isInstance(obj: unknown): obj is Secrets;
  /** Credentials for the Talos API. */
  readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration>;
  /** Everything secret that a cluster is made of: certificate authorities, keys and tokens. */
  readonly machineSecrets: pulumi.Output<outputs.machine.MachineSecrets>;
  /**
   * Talos version whose generation of secrets is meant, such as `v1.11.5`. Changing it rotates nothing.
   * @default the newest version the provider knows
   */
  readonly talosVersion: pulumi.Output<string>;
  constructor(name: string, args?: SecretsArgs, opts?: pulumi.CustomResourceOptions);
}

/** What is known of a Secrets that is adopted. */
export interface SecretsState {
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Everything secret that a cluster is made of: certificate authorities, keys and tokens. */
  machineSecrets?: pulumi.Input<inputs.machine.MachineSecretsArgs | undefined>;
  /**
   * Talos version whose generation of secrets is meant, such as `v1.11.5`. Changing it rotates nothing.
   * @default the newest version the provider knows
   */
  talosVersion?: pulumi.Input<string | undefined>;
}

/** Arguments of a Secrets. */
export interface SecretsArgs {
  /**
   * Talos version whose generation of secrets is meant, such as `v1.11.5`. Changing it rotates nothing.
   * @default the newest version the provider knows
   */
  talosVersion?: pulumi.Input<string | undefined>;
}
