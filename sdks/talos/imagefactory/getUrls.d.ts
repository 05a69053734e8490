import type * as pulumi from "@pulumi/pulumi";
import type * as outputs from "../types/output";

/** Computes where the artifacts of a schematic are; asks nobody. */
export declare function getUrls(args: GetUrlsArgs, opts?: pulumi.InvokeOptions): Promise<GetUrlsResult>;

/** Computes where the artifacts of a schematic are; asks nobody. Takes and gives outputs. */
export declare function getUrlsOutput(
  args: GetUrlsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetUrlsResult>;

/** Arguments of {@link getUrls}. */
export interface GetUrlsArgs {
  /**
   * Processor architecture: `amd64` or `arm64`.
   * @default amd64
   */
  architecture?: string;
  /** Platform of the image, such as `metal` or `nocloud`; excludes `sbc`. */
  platform?: string;
  /** Single-board computer; excludes `platform`. */
  sbc?: string;
  /** Id of the schematic: 64 hexadecimal digits. */
  schematicId: string;
  /** Talos version of the artifacts. */
  talosVersion: string;
}

/** Result of {@link getUrls}. */
export interface GetUrlsResult {
  /**
   * Processor architecture: `amd64` or `arm64`.
   * @default amd64
   */
  readonly architecture: string;
  /** Identifier of the result. */
  readonly id: string;
  /** Platform of the image, such as `metal` or `nocloud`; excludes `sbc`. */
  readonly platform?: string;
  /** Single-board computer; excludes `platform`. */
  readonly sbc?: string;
  /** Id of the schematic: 64 hexadecimal digits. */
  readonly schematicId: string;
  /** Talos version of the artifacts. */
  readonly talosVersion: string;
  /** Where the artifacts are. */
  readonly urls: outputs.imageFactory.GetUrlsUrls;
}

/** Arguments of {@link getUrlsOutput}. */
export interface GetUrlsOutputArgs {
  /**
   * Processor architecture: `amd64` or `arm64`.
   * @default amd64
   */
  architecture?: pulumi.Input<string | undefined>;
  /** Platform of the image, such as `metal` or `nocloud`; excludes `sbc`. */
  platform?: pulumi.Input<string | undefined>;
  /** Single-board computer; excludes `platform`. */
  sbc?: pulumi.Input<string | undefined>;
  /** Id of the schematic: 64 hexadecimal digits. */
  schematicId: pulumi.Input<string>;
  /** Talos version of the artifacts. */
  talosVersion: pulumi.Input<string>;
}
