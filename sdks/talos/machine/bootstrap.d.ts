import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Starts the first etcd member of a cluster, on exactly one control plane. Not idempotent: on a node that has etcd data it fails when its time is over. */
export declare class Bootstrap extends pulumi.CustomResource {
  /** Adopts an existing resource by its id. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: BootstrapState,
    opts?: pulumi.CustomResourceOptions,
  ): Bootstrap;
  /** True for every Bootstrap, also one from another copy of this package. */
  static isInstance(obj: unknown): obj is Bootstrap;
  /** Credentials for the Talos API. */
  readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  readonly clientConfigurationWo: pulumi.Output<outputs.machine.BootstrapClientConfigurationWo | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  readonly endpoint: pulumi.Output<string>;
  /** Address of the node the call is meant for. */
  readonly node: pulumi.Output<string>;
  /** How long the operations may take. */
  readonly timeouts: pulumi.Output<outputs.machine.BootstrapTimeouts | undefined>;
  constructor(name: string, args: BootstrapArgs, opts?: pulumi.CustomResourceOptions);
}

/** What is known of a Bootstrap that is adopted. */
export interface BootstrapState {
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.BootstrapClientConfigurationWo | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node?: pulumi.Input<string | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.machine.BootstrapTimeouts | undefined>;
}

/** Arguments of a Bootstrap. */
export interface BootstrapArgs {
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.BootstrapClientConfigurationWo | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node: pulumi.Input<string>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.machine.BootstrapTimeouts | undefined>;
}
