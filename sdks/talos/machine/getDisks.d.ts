import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Lists the disks of a node, also in maintenance mode. */
export declare function getDisks(args: GetDisksArgs, opts?: pulumi.InvokeOptions): Promise<GetDisksResult>;

/** Lists the disks of a node, also in maintenance mode. Takes and gives outputs. */
export declare function getDisksOutput(
  args: GetDisksOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetDisksResult>;

/** Arguments of {@link getDisks}. */
export interface GetDisksArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: inputs.machine.GetDisksClientConfiguration;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: string;
  /** Address of the node the call is meant for. */
  node: string;
  /**
   * CEL expression that picks disks, such as `disk.size > 100u * GB`.
   * @default all disks
   */
  selector?: string;
  /** How long the operations may take. */
  timeouts?: inputs.machine.GetDisksTimeouts;
}

/** Result of {@link getDisks}. */
export interface GetDisksResult {
  /** Credentials for the Talos API. */
  readonly clientConfiguration: outputs.machine.GetDisksClientConfiguration;
  /** The disks that were found. */
  readonly disks: outputs.machine.GetDisksDisk[];
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  readonly endpoint: string;
  /** Identifier of the result. */
  readonly id: string;
  /** Address of the node the call is meant for. */
  readonly node: string;
  /**
   * CEL expression that picks disks, such as `disk.size > 100u * GB`.
   * @default all disks
   */
  readonly selector?: string;
  /** How long the operations may take. */
  readonly timeouts?: outputs.machine.GetDisksTimeouts;
}

/** Arguments of {@link getDisksOutput}. */
export interface GetDisksOutputArgs {
  /** Credentials for the Talos API. */
  clientConfiguration: pulumi.Input<inputs.machine.GetDisksClientConfigurationArgs>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node: pulumi.Input<string>;
  /**
   * CEL expression that picks disks, such as `disk.size > 100u * GB`.
   * @default all disks
   */
  selector?: pulumi.Input<string | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.machine.GetDisksTimeoutsArgs | undefined>;
}
