import * as pulumi from "@pulumi/pulumi";

/** Registers a schematic with the Image Factory; the id names the image that is built from it. */
export declare class Schematic extends pulumi.CustomResource {
  /** Adopts an existing resource by its id. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: SchematicState,
    opts?: pulumi.CustomResourceOptions,
  ): Schematic;
  /** True for every Schematic, also one from another copy of this package. */
  static isInstance(obj: unknown): obj is Schematic;
  /**
   * The schematic as YAML text. Its SHA-256 in canonical form is the id of the resource.
   * @default the empty schematic: plain Talos
   */
  readonly schematic: pulumi.Output<string | undefined>;
  constructor(name: string, args?: SchematicArgs, opts?: pulumi.CustomResourceOptions);
}

/** What is known of a Schematic that is adopted. */
export interface SchematicState {
  /**
   * The schematic as YAML text. Its SHA-256 in canonical form is the id of the resource.
   * @default the empty schematic: plain Talos
   */
  schematic?: pulumi.Input<string | undefined>;
}

/** Arguments of a Schematic. */
export interface SchematicArgs {
  /**
   * The schematic as YAML text. Its SHA-256 in canonical form is the id of the resource.
   * @default the empty schematic: plain Talos
   */
  schematic?: pulumi.Input<string | undefined>;
}
