import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "../types/input";
import type * as outputs from "../types/output";

/** Generates the machine configuration of a control plane or worker, with patches applied; asks nobody. */
export declare function getConfiguration(
  args: GetConfigurationArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetConfigurationResult>;

/** Generates the machine configuration of a control plane or worker, with patches applied; asks nobody. Takes and gives outputs. */
export declare function getConfigurationOutput(
  args: GetConfigurationOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetConfigurationResult>;

/** Arguments of {@link getConfiguration}. */
export interface GetConfigurationArgs {
  /** URL of the Kubernetes API, such as `https://[fd00:101::10]:6443`. */
  clusterEndpoint: string;
  /** Name of the cluster. */
  clusterName: string;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  configPatches?: string[];
  /**
   * Adds documentation comments.
   * @default false
   */
  docs?: boolean;
  /**
   * Adds commented examples.
   * @default false
   */
  examples?: boolean;
  /**
   * Kubernetes version, such as `1.31.4`.
   * @default the newest version the provider knows
   */
  kubernetesVersion?: string;
  /** Everything secret that a cluster is made of: certificate authorities, keys and tokens. */
  machineSecrets: inputs.machine.MachineSecrets;
  /** `controlplane` or `worker`. */
  machineType: string;
  /**
   * Talos version whose generation of the configuration is meant, such as `v1.11.5`. Does not choose the installer: patch `machine.install.image` too.
   * @default the newest version the provider knows
   */
  talosVersion?: string;
}

/** Result of {@link getConfiguration}. */
export interface GetConfigurationResult {
  /** URL of the Kubernetes API, such as `https://[fd00:101::10]:6443`. */
  readonly clusterEndpoint: string;
  /** Name of the cluster. */
  readonly clusterName: string;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  readonly configPatches?: string[];
  /**
   * Adds documentation comments.
   * @default false
   */
  readonly docs?: boolean;
  /**
   * Adds commented examples.
   * @default false
   */
  readonly examples?: boolean;
  /** Identifier of the result. */
  readonly id: string;
  /**
   * Kubernetes version, such as `1.31.4`.
   * @default the newest version the provider knows
   */
  readonly kubernetesVersion?: string;
  /** The complete machine configuration. Secret. */
  readonly machineConfiguration: string;
  /** Everything secret that a cluster is made of: certificate authorities, keys and tokens. */
  readonly machineSecrets: outputs.machine.MachineSecrets;
  /** `controlplane` or `worker`. */
  readonly machineType: string;
  /**
   * Talos version whose generation of the configuration is meant, such as `v1.11.5`. Does not choose the installer: patch `machine.install.image` too.
   * @default the newest version the provider knows
   */
  readonly talosVersion?: string;
}

/** Arguments of {@link getConfigurationOutput}. */
export interface GetConfigurationOutputArgs {
  /** URL of the Kubernetes API, such as `https://[fd00:101::10]:6443`. */
  clusterEndpoint: pulumi.Input<string>;
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /**
   * Patches that are applied in this order: strategic merge documents (YAML) or JSON patches.
   * @default none
   */
  configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Adds documentation comments.
   * @default false
   */
  docs?: pulumi.Input<boolean | undefined>;
  /**
   * Adds commented examples.
   * @default false
   */
  examples?: pulumi.Input<boolean | undefined>;
  /**
   * Kubernetes version, such as `1.31.4`.
   * @default the newest version the provider knows
   */
  kubernetesVersion?: pulumi.Input<string | undefined>;
  /** Everything secret that a cluster is made of: certificate authorities, keys and tokens. */
  machineSecrets: pulumi.Input<inputs.machine.MachineSecretsArgs>;
  /** `controlplane` or `worker`. */
  machineType: pulumi.Input<string>;
  /**
   * Talos version whose generation of the configuration is meant, such as `v1.11.5`. Does not choose the installer: patch `machine.install.image` too.
   * @default the newest version the provider knows
   */
  talosVersion?: pulumi.Input<string | undefined>;
}
