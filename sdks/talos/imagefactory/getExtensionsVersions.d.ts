import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Lists the system extensions that the Image Factory has for a Talos version. */
export declare function getExtensionsVersions(
  args: GetExtensionsVersionsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetExtensionsVersionsResult>;

/** Lists the system extensions that the Image Factory has for a Talos version. Takes and gives outputs. */
export declare function getExtensionsVersionsOutput(
  args: GetExtensionsVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetExtensionsVersionsResult>;

/** Arguments of {@link getExtensionsVersions}. */
export interface GetExtensionsVersionsArgs {
  /**
   * Selects by whole names.
   * @default all
   */
  exactFilters?: inputs.imageFactory.GetExtensionsVersionsExactFilters;
  /**
   * Narrows the result.
   * @default all
   */
  filters?: inputs.imageFactory.GetExtensionsVersionsFilters;
  /** Talos version to list for. */
  talosVersion: string;
}

/** Result of {@link getExtensionsVersions}. */
export interface GetExtensionsVersionsResult {
  /**
   * Selects by whole names.
   * @default all
   */
  readonly exactFilters?: outputs.imageFactory.GetExtensionsVersionsExactFilters;
  /** The extensions that were found. */
  readonly extensionsInfos: outputs.imageFactory.GetExtensionsVersionsExtensionsInfo[];
  /**
   * Narrows the result.
   * @default all
   */
  readonly filters?: outputs.imageFactory.GetExtensionsVersionsFilters;
  /** Identifier of the result. */
  readonly id: string;
  /** Talos version to list for. */
  readonly talosVersion: string;
}

/** Arguments of {@link getExtensionsVersionsOutput}. */
export interface GetExtensionsVersionsOutputArgs {
  /**
   * Selects by whole names.
   * @default all
   */
  exactFilters?: pulumi.Input<inputs.imageFactory.GetExtensionsVersionsExactFiltersArgs | undefined>;
  /**
   * Narrows the result.
   * @default all
   */
  filters?: pulumi.Input<inputs.imageFactory.GetExtensionsVersionsFiltersArgs | undefined>;
  /** Talos version to list for. */
  talosVersion: pulumi.Input<string>;
}
