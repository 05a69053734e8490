import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Fetches a kubeconfig on every run; the resource `Kubeconfig` keeps one instead. */
export declare function getKubeconfig(
  args: GetKubeconfigArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetKubeconfigResult>;

/** Fetches a kubeconfig on every run; the resource `Kubeconfig` keeps one instead. Takes and gives outputs. */
export declare function getKubeconfigOutput(
  args: GetKubeconfigOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetKubeconfigResult>;

/** Arguments of {@link getKubeconfig}. */
export interface GetKubeconfigArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: inputs.cluster.GetKubeconfigClientConfiguration;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: string;
  /** Address of the node the call is meant for. */
  node: string;
  /** How long the operations may take. */
  timeouts?: inputs.cluster.GetKubeconfigTimeouts;
  /**
   * Waits until the Kubernetes API can be used.
   * @default false
   */
  wait?: boolean;
}

/** Result of {@link getKubeconfig}. */
export interface GetKubeconfigResult {
  /** Credentials for the Talos API. */
  readonly clientConfiguration: outputs.cluster.GetKubeconfigClientConfiguration;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  readonly endpoint: string;
  /** Identifier of the result. */
  readonly id: string;
  /** The kubeconfig as YAML text. Secret. */
  readonly kubeconfigRaw: string;
  /** The same credentials one by one. */
  readonly kubernetesClientConfiguration: outputs.cluster.GetKubeconfigKubernetesClientConfiguration;
  /** Address of the node the call is meant for. */
  readonly node: string;
  /** How long the operations may take. */
  readonly timeouts?: outputs.cluster.GetKubeconfigTimeouts;
  /**
   * Waits until the Kubernetes API can be used.
   * @default false
   */
  readonly wait?: boolean;
}

/** Arguments of {@link getKubeconfigOutput}. */
export interface GetKubeconfigOutputArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: pulumi.Input<inputs.cluster.GetKubeconfigClientConfigurationArgs>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node: pulumi.Input<string>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.cluster.GetKubeconfigTimeoutsArgs | undefined>;
  /**
   * Waits until the Kubernetes API can be used.
   * @default false
   */
  wait?: pulumi.Input<boolean | undefined>;
}
