import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Brings a machine configuration to a node. In maintenance mode that installs Talos; on a running node it reboots when the change needs it and the mode allows. Reading finds no drift. */
export declare class ConfigurationApply extends pulumi.CustomResource {
  /** Adopts an existing resource by its id. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: ConfigurationApplyState,
    opts?: pulumi.CustomResourceOptions,
  ): ConfigurationApply;
  /** True for every ConfigurationApply, also one from another copy of this package. */
  static isInstance(obj: unknown): obj is ConfigurationApply;
  /**
   * When the new configuration takes effect: `auto`, `reboot`, `no_reboot`, `staged` or `staged_if_needing_reboot`. A node in maintenance mode takes `auto` and `reboot` only.
   * @default auto
   */
  readonly applyMode: pulumi.Output<string>;
  /** Credentials for the Talos API. */
  readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  readonly clientConfigurationWo: pulumi.Output<outputs.machine.ConfigurationApplyClientConfigurationWo | undefined>;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  readonly configPatches: pulumi.Output<string[] | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  readonly endpoint: pulumi.Output<string>;
  /** The configuration with all patches applied; empty when it came by `machineConfigurationInputWo`. Secret. */
  readonly machineConfiguration: pulumi.Output<string>;
  /** SHA-256 of the patched configuration in hexadecimal digits; makes a changed write-only input show as a change. */
  readonly machineConfigurationHash: pulumi.Output<string>;
  /** The configuration to apply. Kept three times in the state: prefer `machineConfigurationInputWo`. Secret. */
  readonly machineConfigurationInput: pulumi.Output<string | undefined>;
  /** The configuration to apply, left out of the outputs; excludes `machineConfigurationInput`. Secret. */
  readonly machineConfigurationInputWo: pulumi.Output<string | undefined>;
  /** Address of the node the call is meant for. */
  readonly node: pulumi.Output<string>;
  /**
   * What happens to the node when this resource is destroyed. Takes effect only when it was applied before the destroy.
   * @default nothing happens
   */
  readonly onDestroy: pulumi.Output<outputs.machine.ConfigurationApplyOnDestroy | undefined>;
  /** The mode that was really used: differs from `applyMode` only for `staged_if_needing_reboot`. */
  readonly resolvedApplyMode: pulumi.Output<string>;
  /** How long the operations may take. */
  readonly timeouts: pulumi.Output<outputs.machine.Timeout | undefined>;
  constructor(name: string, args: ConfigurationApplyArgs, opts?: pulumi.CustomResourceOptions);
}

/** What is known of a ConfigurationApply that is adopted. */
export interface ConfigurationApplyState {
  /**
   * When the new configuration takes effect: `auto`, `reboot`, `no_reboot`, `staged` or `staged_if_needing_reboot`. A node in maintenance mode takes `auto` and `reboot` only.
   * @default auto
   */
  applyMode?: pulumi.Input<string | undefined>;
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.ConfigurationApplyClientConfigurationWo | undefined>;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** The configuration with all patches applied; empty when it came by `machineConfigurationInputWo`. Secret. */
  machineConfiguration?: pulumi.Input<string | undefined>;
  /** SHA-256 of the patched configuration in hexadecimal digits; makes a changed write-only input show as a change. */
  machineConfigurationHash?: pulumi.Input<string | undefined>;
  /** The configuration to apply. Kept three times in the state: prefer `machineConfigurationInputWo`. Secret. */
  machineConfigurationInput?: pulumi.Input<string | undefined>;
  /** The configuration to apply, left out of the outputs; excludes `machineConfigurationInput`. Secret. */
  machineConfigurationInputWo?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node?: pulumi.Input<string | undefined>;
  /**
   * What happens to the node when this resource is destroyed. Takes effect only when it was applied before the destroy.
   * @default nothing happens
   */
  onDestroy?: pulumi.Input<inputs.machine.ConfigurationApplyOnDestroy | undefined>;
  /** The mode that was really used: differs from `applyMode` only for `staged_if_needing_reboot`. */
  resolvedApplyMode?: pulumi.Input<string | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.machine.Timeout | undefined>;
}

/** Arguments of a ConfigurationApply. */
export interface ConfigurationApplyArgs {
  /**
   * When the new configuration takes effect: `auto`, `reboot`, `no_reboot`, `staged` or `staged_if_needing_reboot`. A node in maintenance mode takes `auto` and `reboot` only.
   * @default auto
   */
  applyMode?: pulumi.Input<string | undefined>;
  /** Credentials for the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Credentials for the Talos API that are kept out of the state; excludes `clientConfiguration`. Absent on delete, so that a reset on destroy cannot use them. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.ConfigurationApplyClientConfigurationWo | undefined>;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Address the call is sent to, when it is not the node itself.
   * @default the value of `node`
   */
  endpoint?: pulumi.Input<string | undefined>;
  /** The configuration to apply. Kept three times in the state: prefer `machineConfigurationInputWo`. Secret. */
  machineConfigurationInput?: pulumi.Input<string | undefined>;
  /** The configuration to apply, left out of the outputs; excludes `machineConfigurationInput`. Secret. */
  machineConfigurationInputWo?: pulumi.Input<string | undefined>;
  /** Address of the node the call is meant for. */
  node: pulumi.Input<string>;
  /**
   * What happens to the node when this resource is destroyed. Takes effect only when it was applied before the destroy.
   * @default nothing happens
   */
  onDestroy?: pulumi.Input<inputs.machine.ConfigurationApplyOnDestroy | undefined>;
  /** How long the operations may take. */
  timeouts?: pulumi.Input<inputs.machine.Timeout | undefined>;
}
