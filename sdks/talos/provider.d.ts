import * as pulumi from "@pulumi/pulumi";

/** An instance of the Talos provider with its own settings. */
export declare class Provider extends pulumi.ProviderResource {
  /** True for every Provider of this package, also one from another copy of it. */
  static isInstance(obj: unknown): obj is Provider;
  /** URL of the Image Factory. */
  readonly imageFactoryUrl: pulumi.Output<string | undefined>;
  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
  /** The settings under their Terraform names, for Terraform modules that are run by Pulumi. */
  terraformConfig(): pulumi.Output<Provider.TerraformConfigResult>;
}

/** Settings of a Provider. */
export interface ProviderArgs {
  /**
   * URL of the Image Factory.
   * @default https://factory.talos.dev
   */
  imageFactoryUrl?: pulumi.Input<string | undefined>;
}

export declare namespace Provider {
  /** Result of {@link Provider.terraformConfig}. */
  interface TerraformConfigResult {
    // biome-ignore lint/suspicious/noExplicitAny: the published type
    readonly result: { [key: string]: any };
  }
}
