/** Shapes of what comes out of resources and functions. */
import type * as outputs from "./output";

export namespace client {
  export interface GetConfigurationClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }
}

export namespace cluster {
  export interface KubeconfigClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface KubeconfigKubernetesClientConfiguration {
    /** CA of the Kubernetes API: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
    /** URL of the Kubernetes API: the cluster endpoint. */
    host: string;
  }

  export interface KubeconfigTimeouts {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: string;
    /**
     * Time for updating, as a Go duration such as `10m`.
     * @default 10m
     */
    update?: string;
  }

  export interface GetHealthClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetHealthTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }

  export interface GetKubeconfigClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetKubeconfigKubernetesClientConfiguration {
    /** CA of the Kubernetes API: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
    /** URL of the Kubernetes API: the cluster endpoint. */
    host: string;
  }

  export interface GetKubeconfigTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }
}

export namespace imageFactory {
  export interface GetExtensionsVersionsExactFilters {
    /** Names to look for. */
    names?: string[];
  }

  export interface GetExtensionsVersionsExtensionsInfo {
    /** Who made it. */
    author: string;
    /** What it does. */
    description: string;
    /** Digest of the image: `sha256:...`. */
    digest: string;
    /** Name. */
    name: string;
    /** Image reference with tag. */
    ref: string;
  }

  export interface GetExtensionsVersionsFilters {
    /** Parts of names to look for. */
    names?: string[];
  }

  export interface GetOverlaysVersionsFilters {
    /** Part of the name to look for. */
    name?: string;
  }

  export interface GetOverlaysVersionsOverlaysInfo {
    /** Digest of the image: `sha256:...`. */
    digest: string;
    /** Repository of the image. */
    image: string;
    /** Name. */
    name: string;
    /** Image reference with tag. */
    ref: string;
  }

  export interface GetUrlsUrls {
    /** Disk image. */
    diskImage: string;
    /** Disk image for secure boot. */
    diskImageSecureboot: string;
    /** Initial RAM file system. */
    initramfs: string;
    /** Installer image reference, without scheme. */
    installer: string;
    /** Installer image reference for secure boot, without scheme. */
    installerSecureboot: string;
    /** Boot ISO. */
    iso: string;
    /** Boot ISO for secure boot. */
    isoSecureboot: string;
    /** Kernel. */
    kernel: string;
    /** Kernel command line. */
    kernelCommandLine: string;
    /** iPXE script. */
    pxe: string;
    /** Unified kernel image. */
    uki: string;
  }

  export interface GetVersionsFilters {
    /**
     * Leaves pre-releases out.
     * @default false
     */
    stableVersionsOnly?: boolean;
  }
}

export namespace machine {
  export interface BootstrapClientConfigurationWo {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface BootstrapTimeouts {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: string;
  }

  export interface ConfigurationApplyClientConfigurationWo {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface ConfigurationApplyOnDestroy {
    /**
     * Leaves etcd first; refused for the last member.
     * @default true
     */
    graceful: boolean;
    /**
     * Reboots after the reset instead of halting.
     * @default false
     */
    reboot: boolean;
    /**
     * Wipes the partitions STATE and EPHEMERAL.
     * @default false
     */
    reset: boolean;
  }

  export interface Timeout {
    /**
     * Time for creating, as a Go duration such as `10m`.
     * @default 10m
     */
    create?: string;
    /**
     * Time for deleting, as a Go duration such as `10m`.
     * @default 10m
     */
    delete?: string;
    /**
     * Time for updating, as a Go duration such as `10m`.
     * @default 10m
     */
    update?: string;
  }

  export interface Certificate {
    /** Certificate: PEM, base64 encoded. */
    cert: string;
    /** Private key: PEM, base64 encoded. Secret. */
    key: string;
  }

  export interface Certificates {
    /** CA of etcd. */
    etcd: outputs.machine.Certificate;
    /** CA of Kubernetes. */
    k8s: outputs.machine.Certificate;
    /** CA of the API aggregation layer. */
    k8sAggregator: outputs.machine.Certificate;
    /** Key that signs service-account tokens. */
    k8sServiceaccount: outputs.machine.Key;
    /** CA of the Talos API. */
    os: outputs.machine.Certificate;
  }

  export interface ClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface Cluster {
    /** Id by which machines of one cluster find each other. */
    id: string;
    /** Encrypts what machines tell the discovery service. Secret. */
    secret: string;
  }

  export interface Key {
    /** Private key: PEM, base64 encoded. Secret. */
    key: string;
  }

  export interface KubernetesSecrets {
    /** Key for encryption at rest in the old AES-CBC way. Secret. */
    aescbcEncryptionSecret?: string;
    /** Token by which kubelets join. Secret. */
    bootstrapToken: string;
    /** Key for encryption at rest. Secret. */
    secretboxEncryptionSecret: string;
  }

  export interface MachineSecrets {
    /** Certificate authorities and keys. */
    certs: outputs.machine.Certificates;
    /** Identity of the cluster. */
    cluster: outputs.machine.Cluster;
    /** Tokens and keys of Kubernetes. */
    secrets: outputs.machine.KubernetesSecrets;
    /** Token by which machines get certificates for the Talos API. */
    trustdinfo: outputs.machine.TrustdInfo;
  }

  export interface TrustdInfo {
    /** The token. Secret. */
    token: string;
  }

  export interface GetDisksClientConfiguration {
    /** CA that the API of the nodes is checked against: PEM, base64 encoded. */
    caCertificate: string;
    /** Certificate the caller shows: PEM, base64 encoded. */
    clientCertificate: string;
    /** Private key of the certificate: PEM, base64 encoded. Secret. */
    clientKey: string;
  }

  export interface GetDisksDisk {
    /** Path on the bus. */
    busPath: string;
    /** True for an optical drive. */
    cdrom: boolean;
    /** Device path, such as `/dev/sda`. */
    devPath: string;
    /** Preferred size of one transfer in bytes. */
    ioSize: number;
    /** Module alias of the kernel. */
    modalias: string;
    /** Model name. */
    model: string;
    /** Size for people, such as `40 GB`. */
    prettySize: string;
    /** True when it cannot be written. */
    readonly: boolean;
    /** True for spinning disks. */
    rotational: boolean;
    /** Disks it is made of, for RAID and multipath. */
    secondaryDisks: string[];
    /** Sector size in bytes. */
    sectorSize: number;
    /** Serial number. */
    serial: string;
    /** Size in bytes. */
    size: number;
    /** Kernel subsystem. */
    subSystem: string;
    /** Stable names below `/dev/disk`. */
    symlinks: string[];
    /** `sata`, `nvme`, `virtio`, ... */
    transport: string;
    /** UUID. */
    uuid: string;
    /** World-wide identifier. */
    wwid: string;
  }

  export interface GetDisksTimeouts {
    /**
     * Time for reading, as a Go duration such as `10m`.
     * @default 10m
     */
    read?: string;
  }
}
