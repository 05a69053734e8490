/**
 * Settings that the stack files and the examples of entries leave out and that bring other values or objects: the check
 * looks at them as well, once for every Kubernetes version.
 */

const gateway = { name: "public", namespace: "envoy-gateway-system" };
const host = "app.example.net";
const vault = { url: "https://vault.example.net:8200", authoritySecret: "cluster-ca" };
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const otherVault = { url: vault.url, roleId: "a", mount: "roles", namespace: "team", authority: certificate };
const storage = { storageGiB: 20, storageClass: "fast" };
const login = { issuer: "https://auth.example.net", clientId: "platform" };
const endpoints = Object.fromEntries(
  ["authorize", "token", "userinfo"].map((name) => [name, `https://auth.example.net/${name}`]),
);
const one = { replicas: 1 };
const records = {
  domains: ["example.net"],
  annotationPrefix: "outside/",
  sources: ["gateway-grpcroute", "crd"],
};
const repository = { url: "https://git.example.net/clusters.git", username: "git" };

/** Settings by entry. */
export const variations: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  argocd: [
    { repository: { ...repository, layout: "folders", revision: "main" }, host, login, ...one },
    { repository: { url: repository.url, path: "apps", takesOver: true } },
  ],
  "argocd-agent": [{ principal: host, mode: "autonomous", issuer: "cluster-ca" }],
  "argocd-agent-principal": [{ host, issuer: "cluster-ca" }],
  capsule: [{ ...one, groups: ["tenants.example.net"], forceTenantPrefix: false }],
  "capsule-proxy": [{ ...one, hostnames: [host], loadBalancer: false, usernameClaim: "sub" }],
  "cert-manager": [
    {
      ...one,
      gatewayApi: false,
      vault,
      acme: {
        email: "a@example.net",
        solver: { type: "gateway", gateway: gateway.name, namespace: gateway.namespace },
      },
    },
    {
      clusterCa: false,
      acme: { email: "a@example.net", solver: { type: "cloudflare", zones: ["example.net"] } },
      vault: { ...otherVault, path: "pki/sign/platform" },
    },
  ],
  cilium: [
    { gatewayApi: false, hubble: false, announcePods: false, router: { address: "10.0.60.1", asn: 65000 } },
    { l2Announcements: false, router: { address: "fd00::1", asn: 65000, localAsn: 65001 } },
    { l2Announcements: true },
  ],
  cloudflared: [
    {
      account: "0123456789abcdef",
      tunnelName: "platform",
      tunnelId: "6ff42ae2-765d-4adf-8112-31c55c1551ef",
      ingress: [{ hostname: host, service: "http://app.apps.svc", originRequest: { noTLSVerify: true } }],
      ...one,
    },
  ],
  "cloudnative-pg": [one],
  "cluster-api-operator": [{ infrastructure: ["proxmox", "harvester", "tinkerbell"] }],
  coredns: [{ ...one, cacheSeconds: 0 }],
  crossplane: [{ replicas: 2, functions: { "function-other": "xpkg.example.net/functions/other:v1.0.0" } }],
  "envoy-gateway": [{ replicas: 1, proxies: 1, gateway: { hostnames: [host], issuer: "vault" } }],
  "external-dns-cloudflare": [{ ...records, policy: "upsert-only" }],
  "external-dns-pihole": [{ ...records, policy: "sync", url: "https://pihole.example.net", insecure: true }],
  "external-dns-powerdns": [
    { ...records, policy: "upsert-only", url: "https://dns.example.net", serverId: "a", insecure: true },
  ],
  "external-secrets": [
    { ...one, vault, infisical: { clientId: "a", project: "platform", environment: "prod", path: "/sub" } },
    { vault: otherVault },
  ],
  flux: [
    { repository: { ...repository, path: "clusters/all", branch: "next", takesOver: true }, imageAutomation: true },
  ],
  "harvester-csi": [{ ...one, hostStorageClass: "harvester-fast" }],
  "ingress-nginx": [{ ...one, defaultClass: true }],
  "intel-device-plugins": [{ mappings: ["gpu"], sharedBy: 4 }],
  istiod: [{ ...one, accessLog: true }],
  "kube-prometheus-stack": [
    {
      ...storage,
      replicas: 2,
      login: { ...login, endpoints },
      grafanaHost: host,
      receive: { gateway, host },
      alerts: {
        receivers: {
          chat: { type: "slack", channel: "#ops" },
          hook: { type: "webhook" },
          mail: {
            type: "email",
            to: "a@example.net",
            from: "b@example.net",
            server: "mail.example.net:587",
            username: "c",
          },
        },
        default: "chat",
        routes: [
          { matchers: ["severity = critical"], receiver: "mail", continue: true },
          { matchers: ["severity = warning"], receiver: "chat" },
        ],
        watchdog: "hook",
      },
    },
    { report: { url: "https://metrics.example.net/api/v1/write", username: "a" }, storageGiB: 0 },
  ],
  longhorn: [{ dataPath: "/var/mnt/longhorn", copies: 1, defaultClass: false, reclaimPolicy: "Retain" }],
  "metrics-server": [one],
  minio: [
    {
      servers: 1,
      driveGiB: 10,
      storageClass: "fast",
      gateway,
      host,
      buckets: [{ name: "backups", versioning: true }, { name: "logs" }],
    },
  ],
  "nvidia-device-plugin": [{ mappings: ["gpu"] }],
  "network-policies": [{ deny: ["ingress"], exempt: ["games"] }, { deny: ["egress"] }],
  openbao: [
    { replicas: 1, ...storage, issuer: "vault", host, injector: false },
    { selfSetUp: { clusters: ["sol"], domains: ["example.net"] } },
  ],
  openebs: [{ path: "/var/mnt/local", storageClass: "local", defaultClass: true, reclaimPolicy: "Retain" }],
  powerdns: [{ zones: ["example.net"], nameserver: "ns.example.net", ...one, loadBalancer: false, ...storage }],
  "proxmox-csi": [
    {
      url: "https://pve01.example.net:8006/api2/json",
      insecure: true,
      storageClasses: [
        { name: "slow", storage: "hdd", default: true, filesystem: "xfs", ssd: false, cache: "writeback" },
        { name: "kept", storage: "ssd", reclaimPolicy: "Retain", cache: "writethrough" },
        { name: "sync", storage: "ssd", cache: "directsync" },
      ],
    },
  ],
  reloader: [{ ...one, all: true }],
  "rook-ceph-cluster": [
    {
      disks: { by: "node", devices: { solwk01: ["/dev/sdb"], solwk02: ["/dev/sdb"], solwk03: ["/dev/sdb"] } },
      blockPools: [{ name: "fast", copies: 2, default: true, reclaimPolicy: "Retain" }, { name: "other" }],
      fileSystem: true,
      snapshots: true,
      encrypted: true,
    },
  ],
  "snapshot-controller": [
    {
      ...one,
      classes: [
        { name: "rbd", driver: "rbd.example.net", default: true, deletionPolicy: "Retain", parameters: { a: "b" } },
        { name: "files", driver: "files.example.net" },
      ],
    },
  ],
  spegel: [{ registries: ["https://docker.io"] }],
  sveltos: [{ telemetry: true, agentless: true }],
  tinkerbell: [
    { address: "10.10.40.2", artifactsAddress: "10.10.40.3", dhcp: "reservation" },
    { address: "10.10.40.2", artifactsAddress: "10.10.40.3", dhcp: "auto-proxy" },
  ],
  "trust-manager": [{ ...one, bundle: { name: "own", publicAuthorities: false, secrets: ["cluster-ca", "other"] } }],
  volsync: [{ replicas: 2 }],
  "volsync-kopia": [{ replicas: 2, maintenance: [{ repository: "kopia", schedule: "0 3 * * 0" }] }],
  zitadel: [{ host, gateway, ...one, database: { instances: 1, ...storage } }],
};
