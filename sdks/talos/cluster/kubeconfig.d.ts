import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** A kubeconfig of the cluster, issued by a control plane; does not need the Kubernetes API to be up. */
export declare class Kubeconfig extends pulumi.CustomResource {
  /** Adopts an existing resource by its id. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: KubeconfigState,
    opts?: pulumi.CustomResourceOptions,
  ): Kubeconfig;
  /** True for every Kubeconfig, also one from another copy of this package. */
  static isInstance(obj: unknown): obj is Kubeconfig;
  /**
   * A certificate with less than this left is renewed by the next update; a Go duration.
   * @default 720h
   */
  readonly certificateRenewalDuration: pulumi.Output<string>;
  /** Credentials for the Talos API. */
  readonly clientConfiguration: pulumi.Output<outputs.cluster.KubeconfigClientConfiguration>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  readonly endpoint: pulumi.Output<string>;
  /** The kubeconfig as YAML text. Secret. */
  readonly kubeconfigRaw: pulumi.Output<string>;
  /** The same credentials one by one. */
  readonly kubernetesClientConfiguration: pulumi.Output<outputs.cluster.KubeconfigKubernetesClientConfiguration>;
  /** Address of the node the call is meant for. */
  readonly node: pulumi.Output<string>;
  /** How long the operations may take. */
  readonly timeouts: pulumi.Output<outputs.cluster.KubeconfigTimeouts | undefined>;
  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions);
}

/** What is known of a Kubeconfig that is adopted. */
export interface KubeconfigState {
  /**
   * A certificate with less than this left is renewed by the next update; a Go duration.
   * @default 720h
   */
  certificateRenewalDuration?: pulumi.Input<string | undefined>;
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.cluster.KubeconfigClientConfiguration | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** The kubeconfig as YAML text. Secret. */
  kubeconfigRaw?: pulumi.Input<string | undefined>;
  /** The same credentials one by one. */
  kubernetesClientConfiguration?: pulumi.Input<inputs.cluster.KubeconfigKubernetesClientConfiguration | undefined>;
  /** Address of the node the call is meant for. */
  node?: pulumi.Input<string | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.cluster.KubeconfigTimeouts | undefined>;
}

/** Arguments of a Kubeconfig. */
export interface KubeconfigArgs {
  /**
   * A certificate with less than this left is renewed by the next update; a Go duration.
   * @default 720h
   */
  certificateRenewalDuration?: pulumi.Input<string | undefined>;
  /** Credentials for the Talos API. */
  clientConfiguration: pulumi.Input<inputs.cluster.KubeconfigClientConfiguration>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node: pulumi.Input<string>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.cluster.KubeconfigTimeouts | undefined>;
}
