import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Makes a talosconfig for `talosctl` out of credentials. */
export declare function getConfiguration(
  args: GetConfigurationArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetConfigurationResult>;

/** Makes a talosconfig for `talosctl` out of credentials. Takes and gives outputs. */
export declare function getConfigurationOutput(
  args: GetConfigurationOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetConfigurationResult>;

/** Arguments of {@link getConfiguration}. */
export interface GetConfigurationArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: inputs.client.GetConfigurationClientConfiguration;
  /** Name of the cluster. */
  clusterName: string;
  /** Addresses that calls are sent to. */
  endpoints?: string[];
  /** Addresses of the nodes that calls are meant for. */
  nodes?: string[];
}

/** Result of {@link getConfiguration}. */
export interface GetConfigurationResult {
  /** Credentials for the Talos API. */
  readonly clientConfiguration: outputs.client.GetConfigurationClientConfiguration;
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Addresses that calls are sent to. */
  readonly endpoints?: string[];
  /** Identifier of the result. */
  readonly id: string;
  /** Addresses of the nodes that calls are meant for. */
  readonly nodes?: string[];
  /** The talosconfig as YAML text. Secret. */
  readonly talosConfig: string;
}

/** Arguments of {@link getConfigurationOutput}. */
export interface GetConfigurationOutputArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: pulumi.Input<inputs.client.GetConfigurationClientConfigurationArgs>;
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /** Addresses that calls are sent to. */
  endpoints?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Addresses of the nodes that calls are meant for. */
  nodes?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}
