import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Lists the overlays for single-board computers that the Image Factory has for a Talos version. */
export declare function getOverlaysVersions(
  args: GetOverlaysVersionsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetOverlaysVersionsResult>;

/** Lists the overlays for single-board computers that the Image Factory has for a Talos version. Takes and gives outputs. */
export declare function getOverlaysVersionsOutput(
  args: GetOverlaysVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetOverlaysVersionsResult>;

/** Arguments of {@link getOverlaysVersions}. */
export interface GetOverlaysVersionsArgs {
  /**
   * Narrows the result.
   * @default all
   */
  filters?: inputs.imageFactory.GetOverlaysVersionsFilters;
  /** Talos version to list for. */
  talosVersion: string;
}

/** Result of {@link getOverlaysVersions}. */
export interface GetOverlaysVersionsResult {
  /**
   * Narrows the result.
   * @default all
   */
  readonly filters?: outputs.imageFactory.GetOverlaysVersionsFilters;
  /** Identifier of the result. */
  readonly id: string;
  /** The overlays that were found. */
  readonly overlaysInfos: outputs.imageFactory.GetOverlaysVersionsOverlaysInfo[];
  /** Talos version to list for. */
  readonly talosVersion: string;
}

/** Arguments of {@link getOverlaysVersionsOutput}. */
export interface GetOverlaysVersionsOutputArgs {
  /**
   * Narrows the result.
   * @default all
   */
  filters?: pulumi.Input<inputs.imageFactory.GetOverlaysVersionsFiltersArgs | undefined>;
  /** Talos version to list for. */
  talosVersion: pulumi.Input<string>;
}
