import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Waits until the cluster is healthy; fails when it is not in time. Runs in previews too, once its arguments are known. */
export declare function getHealth(args: GetHealthArgs, opts?: pulumi.InvokeOptions): Promise<GetHealthResult>;

/** Waits until the cluster is healthy; fails when it is not in time. Runs in previews too, once its arguments are known. Takes and gives outputs. */
export declare function getHealthOutput(
  args: GetHealthOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetHealthResult>;

/** Arguments of {@link getHealth}. */
export interface GetHealthArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: inputs.cluster.GetHealthClientConfiguration;
  /** Addresses of the control planes: the ones etcd advertises. */
  controlPlaneNodes: string[];
  /** Addresses that calls are sent to. */
  endpoints: string[];
  /**
   * Leaves out what needs a working Kubernetes API and CNI.
   * @default false
   */
  skipKubernetesChecks?: boolean;
  /** How long the operations may take. */
  timeouts?: inputs.cluster.GetHealthTimeouts;
  /**
   * Addresses of the workers.
   * @default none
   */
  workerNodes?: string[];
}

/** Result of {@link getHealth}. */
export interface GetHealthResult {
  /** Credentials for the Talos API. */
  readonly clientConfiguration: outputs.cluster.GetHealthClientConfiguration;
  /** Addresses of the control planes: the ones etcd advertises. */
  readonly controlPlaneNodes: string[];
  /** Addresses that calls are sent to. */
  readonly endpoints: string[];
  /** Identifier of the result. */
  readonly id: string;
  /**
   * Leaves out what needs a working Kubernetes API and CNI.
   * @default false
   */
  readonly skipKubernetesChecks?: boolean;
  /** How long the operations may take. */
  readonly timeouts?: outputs.cluster.GetHealthTimeouts;
  /**
   * Addresses of the workers.
   * @default none
   */
  readonly workerNodes?: string[];
}

/** Arguments of {@link getHealthOutput}. */
export interface GetHealthOutputArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: pulumi.Input<inputs.cluster.GetHealthClientConfigurationArgs>;
  /** Addresses of the control planes: the ones etcd advertises. */
  controlPlaneNodes: pulumi.Input<pulumi.Input<string>[]>;
  /** Addresses that calls are sent to. */
  endpoints: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Leaves out what needs a working Kubernetes API and CNI.
   * @default false
   */
  skipKubernetesChecks?: pulumi.Input<boolean | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.cluster.GetHealthTimeoutsArgs | undefined>;
  /**
   * Addresses of the workers.
   * @default none
   */
  workerNodes?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}
