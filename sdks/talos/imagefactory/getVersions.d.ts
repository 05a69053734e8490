import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Lists the Talos versions that the Image Factory has. */
export declare function getVersions(args?: GetVersionsArgs, opts?: pulumi.InvokeOptions): Promise<GetVersionsResult>;

/** Lists the Talos versions that the Image Factory has. Takes and gives outputs. */
export declare function getVersionsOutput(
  args?: GetVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetVersionsResult>;

/** Arguments of {@link getVersions}. */
export interface GetVersionsArgs {
  /**
   * Narrows the result.
   * @default all
   */
  filters?: inputs.imageFactory.GetVersionsFilters;
}

/** Result of {@link getVersions}. */
export interface GetVersionsResult {
  /**
   * Narrows the result.
   * @default all
   */
  readonly filters?: outputs.imageFactory.GetVersionsFilters;
  /** Identifier of the result. */
  readonly id: string;
  /** Versions, oldest first. */
  readonly talosVersions: string[];
}

/** Arguments of {@link getVersionsOutput}. */
export interface GetVersionsOutputArgs {
  /**
   * Narrows the result.
   * @default all
   */
  filters?: pulumi.Input<inputs.imageFactory.GetVersionsFiltersArgs | undefined>;
}
