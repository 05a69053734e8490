/** Shapes of what goes into resources and functions. */
import type * as pulumi from "@pulumi/pulumi";
import type * as inputs from "./input";

export namespace client {
  export interface GetConfigurationClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetConfigurationClientConfigurationArgs {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }
}

export namespace cluster {
  export interface KubeconfigClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface KubeconfigKubernetesClientConfiguration {
    /** CA of the Kubernetes API: PEM, base64 encoded. */
    caCertificate?: pulumi.Input<string | undefined>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate?: pulumi.Input<string | undefined>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey?: pulumi.Input<string | undefined>;
    /** URL of the Kubernetes API: the cluster endpoint. */
    host?: pulumi.Input<string | undefined>;
  }

  export interface KubeconfigTimeouts {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: pulumi.Input<string | undefined>;
    /**
     * Time for updating, as a Go duration such as `10m`.
     * @default 10m
     */
    update?: pulumi.Input<string | undefined>;
  }

  export interface GetHealthClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetHealthClientConfigurationArgs {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface GetHealthTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }

  export interface GetHealthTimeoutsArgs {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: pulumi.Input<string | undefined>;
  }

  export interface GetKubeconfigClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetKubeconfigClientConfigurationArgs {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface GetKubeconfigTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }

  export interface GetKubeconfigTimeoutsArgs {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: pulumi.Input<string | undefined>;
  }
}

export namespace imageFactory {
  export interface GetExtensionsVersionsExactFilters {
    /** Names to look for. */
    names?: string[];
  }

  export interface GetExtensionsVersionsExactFiltersArgs {
    /** Names to look for. */
    names?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  }

  export interface GetExtensionsVersionsFilters {
    /** Parts of names to look for. */
    names?: string[];
  }

  export interface GetExtensionsVersionsFiltersArgs {
    /** Parts of names to look for. */
    names?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  }

  export interface GetOverlaysVersionsFilters {
    /** Part of the name to look for. */
    name?: string;
  }

  export interface GetOverlaysVersionsFiltersArgs {
    /** Part of the name to look for. */
    name?: pulumi.Input<string | undefined>;
  }

  export interface GetVersionsFilters {
    /**
     * Leaves pre-releases out.
     * @default false
     */
    stableVersionsOnly?: boolean;
  }

  export interface GetVersionsFiltersArgs {
    /**
     * Leaves pre-releases out.
     * @default false
     */
    stableVersionsOnly?: pulumi.Input<boolean | undefined>;
  }
}

export namespace machine {
  export interface BootstrapClientConfigurationWo {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface BootstrapTimeouts {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: pulumi.Input<string | undefined>;
  }

  export interface ConfigurationApplyClientConfigurationWo {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface ConfigurationApplyOnDestroy {
    /**
     * Leaves etcd first; refused for the last member.
     * @default true
     */
    graceful?: pulumi.Input<boolean | undefined>;
    /**
     * Reboots after the reset instead of halting.
     * @default false
     */
    reboot?: pulumi.Input<boolean | undefined>;
    /**
     * Wipes the partitions STATE and EPHEMERAL.
     * @default false
     */
    reset?: pulumi.Input<boolean | undefined>;
  }

  export interface Timeout {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: pulumi.Input<string | undefined>;
    /**
     * Time for deleting, as a Go duration such as `10m`.
     * @default 10m
     */
    delete?: pulumi.Input<string | undefined>;
    /**
     * Time for updating, as a Go duration such as `10m`.
     * @default 10m
     */
    update?: pulumi.Input<string | undefined>;
  }

  export interface Certificate {
    /** Certificate: PEM, base64 encoded. */
    cert: string;
    /** Private key: PEM, base64 encoded. Secret. */
    key: string;
  }

  export interface CertificateArgs {
    /** Certificate: PEM, base64 encoded. */
    cert: pulumi.Input<string>;
    /** Private key: PEM, base64 encoded. Secret. */
    key: pulumi.Input<string>;
  }

  export interface Certificates {
    /** CA of etcd. */
    etcd: inputs.machine.Certificate;
    /** CA of Kubernetes. */
    k8s: inputs.machine.Certificate;
    /** CA of the API aggregation layer. */
    k8sAggregator: inputs.machine.Certificate;
    /** Key that signs service-account tokens. */
    k8sServiceaccount: inputs.machine.Key;
    /** CA of the Talos API. */
    os: inputs.machine.Certificate;
  }

  export interface CertificatesArgs {
    /** CA of etcd. */
    etcd: pulumi.Input<inputs.machine.CertificateArgs>;
    /** CA of Kubernetes. */
    k8s: pulumi.Input<inputs.machine.CertificateArgs>;
    /** CA of the API aggregation layer. */
    k8sAggregator: pulumi.Input<inputs.machine.CertificateArgs>;
    /** Key that signs service-account tokens. */
    k8sServiceaccount: pulumi.Input<inputs.machine.KeyArgs>;
    /** CA of the Talos API. */
    os: pulumi.Input<inputs.machine.CertificateArgs>;
  }

  export interface ClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface Cluster {
    /** Id by which machines of one cluster find each other. */
    id: string;
    /** Encrypts what machines tell the discovery service. Secret. */
    secret: string;
  }

  export interface ClusterArgs {
    /** Id by which machines of one cluster find each other. */
    id: pulumi.Input<string>;
    /** Encrypts what machines tell the discovery service. Secret. */
    secret: pulumi.Input<string>;
  }

  export interface Key {
    /** Private key: PEM, base64 encoded. Secret. */
    key: string;
  }

  export interface KeyArgs {
    /** Private key: PEM, base64 encoded. Secret. */
    key: pulumi.Input<string>;
  }

  export interface KubernetesSecrets {
    /** Key for encryption at rest in the old AES-CBC way. Secret. */
    aescbcEncryptionSecret?: string;
    /** Token by which kubelets join. Secret. */
    bootstrapToken: string;
    /** Key for encryption at rest. Secret. */
    secretboxEncryptionSecret: string;
  }

  export interface KubernetesSecretsArgs {
    /** Key for encryption at rest in the old AES-CBC way. Secret. */
    aescbcEncryptionSecret?: pulumi.Input<string | undefined>;
    /** Token by which kubelets join. Secret. */
    bootstrapToken: pulumi.Input<string>;
    /** Key for encryption at rest. Secret. */
    secretboxEncryptionSecret: pulumi.Input<string>;
  }

  export interface MachineSecrets {
    /** Certificate authorities and keys. */
    certs: inputs.machine.Certificates;
    /** Identity of the cluster. */
    cluster: inputs.machine.Cluster;
    /** Tokens and keys of Kubernetes. */
    secrets: inputs.machine.KubernetesSecrets;
    /** Token by which machines get certificates for the Talos API. */
    trustdinfo: inputs.machine.TrustdInfo;
  }

  export interface MachineSecretsArgs {
    /** Certificate authorities and keys. */
    certs: pulumi.Input<inputs.machine.CertificatesArgs>;
    /** Identity of the cluster. */
    cluster: pulumi.Input<inputs.machine.ClusterArgs>;
    /** Tokens and keys of Kubernetes. */
    secrets: pulumi.Input<inputs.machine.KubernetesSecretsArgs>;
    /** Token by which machines get certificates for the Talos API. */
    trustdinfo: pulumi.Input<inputs.machine.TrustdInfoArgs>;
  }

  export interface TrustdInfo {
    /** The token. Secret. */
    token: string;
  }

  export interface TrustdInfoArgs {
    /** The token. Secret. */
    token: pulumi.Input<string>;
  }

  export interface GetDisksClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetDisksClientConfigurationArgs {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: pulumi.Input<string>;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: pulumi.Input<string>;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: pulumi.Input<string>;
  }

  export interface GetDisksTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }

  export interface GetDisksTimeoutsArgs {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: pulumi.Input<string | undefined>;
  }
}
