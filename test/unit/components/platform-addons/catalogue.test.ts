import assert from "node:assert/strict";
import { type KubernetesObject, secretPlaceholder } from "../../../../components/platform-addons/addon.ts";
import { type AddonPlan, planAddons } from "../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "./facts.ts";

type Cluster = "sol" | "luna" | "terra";

function planned(cluster: Cluster, name: string, said: unknown = true, more: Record<string, unknown> = {}): AddonPlan {
  const { addons, problems } = planAddons(configOf({ addons: { ...more, [name]: said } }), factsOf(cluster));
  assert.deepEqual(problems, []);
  return addons.find((addon) => addon.name === name) as AddonPlan;
}

function pick(values: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, values[key]]));
}

function specOf<T>(object: KubernetesObject | undefined): T {
  assert.ok(object, "the object is there");
  return object.spec as T;
}

function kinds({ objects }: AddonPlan): string[] {
  return objects.map(({ kind }) => kind);
}

describe("catalogue: cilium", () => {
  const table: [Cluster, Record<string, unknown>, string[]][] = [
    [
      "sol",
      {
        cluster: { name: "sol", id: 101 },
        ipv4: { enabled: true },
        ipv6: { enabled: true },
        ipv4NativeRoutingCIDR: "10.101.128.0/17",
        ipv6NativeRoutingCIDR: "fd00:101:240::/56",
        MTU: 1450,
        bgpControlPlane: { enabled: true },
        l2announcements: { enabled: false },
        k8sClientRateLimit: undefined,
      },
      ["CiliumLoadBalancerIPPool", "CiliumBGPPeerConfig", "CiliumBGPAdvertisement", "CiliumBGPClusterConfig"],
    ],
    [
      "luna",
      {
        cluster: { name: "luna", id: 102 },
        ipv4: { enabled: true },
        ipv6: { enabled: true },
        ipv4NativeRoutingCIDR: "10.102.128.0/17",
        ipv6NativeRoutingCIDR: "fd00:102:240::/56",
        MTU: 1500,
        bgpControlPlane: { enabled: true },
        l2announcements: { enabled: true },
        k8sClientRateLimit: { qps: 32, burst: 64 },
      },
      [
        "CiliumLoadBalancerIPPool",
        "CiliumBGPPeerConfig",
        "CiliumBGPAdvertisement",
        "CiliumBGPClusterConfig",
        "CiliumL2AnnouncementPolicy",
      ],
    ],
    [
      "terra",
      {
        cluster: { name: "terra", id: 103 },
        ipv4: { enabled: true },
        ipv6: { enabled: false },
        ipv4NativeRoutingCIDR: "10.42.0.0/16",
        ipv6NativeRoutingCIDR: undefined,
        MTU: 1500,
        bgpControlPlane: { enabled: false },
        l2announcements: { enabled: true },
        k8sClientRateLimit: { qps: 32, burst: 64 },
      },
      ["CiliumLoadBalancerIPPool", "CiliumL2AnnouncementPolicy"],
    ],
  ];
  for (const [cluster, values, objects] of table) {
    it(`fits the address plan of ${cluster}`, () => {
      const cilium = planned(cluster, "cilium");
      assert.deepEqual(pick(cilium.values, ...Object.keys(values)), values);
      assert.deepEqual(kinds(cilium), objects);
      assert.equal(cilium.version, "1.18.4");
    });
  }

  it("is set up for Talos: KubePrism, its cgroup mount, no kernel modules", () => {
    const { values } = planned("sol", "cilium");
    assert.deepEqual(
      pick(values, "ipam", "kubeProxyReplacement", "k8sServiceHost", "k8sServicePort", "cgroup", "routingMode"),
      {
        ipam: { mode: "kubernetes" },
        kubeProxyReplacement: true,
        k8sServiceHost: "localhost",
        k8sServicePort: 7445,
        cgroup: { autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" },
        routingMode: "native",
      },
    );
    assert.ok(!JSON.stringify(values.securityContext).includes("SYS_MODULE"));
    assert.equal(values.bpf, undefined, "bpf.masquerade breaks DNS where Talos forwards it to the host");
  });

  it("peers with the speaker of the same node, whose number differs from node to node", () => {
    const { objects } = planned("sol", "cilium");
    const cluster = objects.find(({ kind }) => kind === "CiliumBGPClusterConfig");
    assert.deepEqual(specOf<{ bgpInstances: unknown[] }>(cluster).bgpInstances, [
      {
        name: "cluster",
        localASN: 4_220_101_000,
        peers: [{ name: "node", peerAddress: "::1", peerASN: 0, peerConfigRef: { name: "node" } }],
      },
    ]);
    const peer = objects.find(({ kind }) => kind === "CiliumBGPPeerConfig")?.spec as Record<string, unknown>;
    assert.deepEqual(peer.timers, { keepAliveTimeSeconds: 10, holdTimeSeconds: 30 });
    assert.deepEqual(
      (peer.families as { afi: string }[]).map(({ afi }) => afi),
      ["ipv6", "ipv4"],
    );
  });

  it("hands out the plan's load-balancer addresses, and none where there are none", () => {
    const pool = planned("terra", "cilium").objects[0];
    assert.deepEqual(pool?.spec, { blocks: [{ cidr: "192.168.11.0/24" }], allowFirstLastIPs: "No" });
    const facts = factsOf("terra");
    const bare = { ...facts, addresses: { ...facts.addresses, loadBalancerRanges: [] } };
    const [cilium] = planAddons(configOf(), bare).addons.filter(({ name }) => name === "cilium");
    assert.deepEqual(cilium?.objects, []);
    assert.deepEqual(cilium?.provides, ["cni", "crd:cilium.io"]);
  });

  it("keeps announcements on the link to workers, where there are any", () => {
    const selectorOf = (cilium: AddonPlan) =>
      specOf<{ nodeSelector: { matchExpressions?: unknown[] } }>(cilium.objects.at(-1)).nodeSelector;
    assert.equal(selectorOf(planned("luna", "cilium")).matchExpressions?.length, 1);
    const facts = factsOf("luna");
    const single = { ...facts, nodes: facts.nodes.slice(0, 1) };
    const [cilium] = planAddons(configOf(), single).addons.filter(({ name }) => name === "cilium");
    assert.deepEqual(selectorOf(cilium as AddonPlan), {});
    const { replicas, podDisruptionBudget } = (cilium as AddonPlan).values.operator as Record<string, unknown>;
    assert.deepEqual([replicas, podDisruptionBudget], [1, { enabled: false, maxUnavailable: 1 }]);
  });

  it("follows its settings", () => {
    const settings = { gatewayApi: false, hubble: false, announcePods: false, l2Announcements: true };
    const cilium = planned("sol", "cilium", { settings }, { "gateway-api": false });
    assert.deepEqual(pick(cilium.values, "gatewayAPI", "hubble"), {
      gatewayAPI: { enabled: false },
      hubble: { enabled: false },
    });
    assert.deepEqual(
      cilium.workloads.map(({ name }) => name),
      ["cilium", "cilium-envoy", "cilium-operator"],
    );
    assert.ok(kinds(cilium).includes("CiliumL2AnnouncementPolicy"));
    assert.ok(!JSON.stringify(cilium.objects).includes("PodCIDR"));
  });
});

describe("catalogue: gateway-api", () => {
  it("comes in the version that the release's Cilium was tested with", () => {
    const versionFor = (cilium: string) => {
      const facts = factsOf("sol");
      const { addons } = planAddons(configOf(), { ...facts, release: { ...facts.release, cilium } });
      return addons.find(({ name }) => name === "gateway-api")?.version;
    };
    assert.equal(versionFor("1.18.4"), "1.11.1");
    assert.equal(versionFor("1.19.0"), "1.14.0");
    assert.equal(versionFor("1.20.1"), "1.14.0");
  });

  it("brings nothing of the chart but the Gateway API", () => {
    const { values } = planned("sol", "gateway-api");
    assert.deepEqual(values, { traefik: false, gatewayAPI: true, deleteOnUninstall: false });
  });
});

describe("catalogue: coredns", () => {
  const table: [Cluster, Record<string, unknown>][] = [
    [
      "sol",
      {
        name: "kube-dns",
        clusterIP: "10.101.96.10",
        clusterIPs: ["10.101.96.10", "fd00:101:96::a"],
        ipFamilyPolicy: "RequireDualStack",
      },
    ],
    [
      "luna",
      {
        name: "kube-dns",
        clusterIP: "10.102.96.10",
        clusterIPs: ["10.102.96.10", "fd00:102:96::a"],
        ipFamilyPolicy: "RequireDualStack",
      },
    ],
    ["terra", { name: "kube-dns", clusterIP: "10.43.0.10", clusterIPs: ["10.43.0.10"], ipFamilyPolicy: "SingleStack" }],
  ];
  for (const [cluster, service] of table) {
    it(`answers on the addresses that ${cluster}'s kubelets hand out, IPv4 first as Talos has it`, () => {
      const selector = { "k8s-app": "kube-dns" };
      assert.deepEqual(planned(cluster, "coredns").values.service, { ...service, selector });
    });
  }

  it("takes over the Deployment of Talos' own, whose selector cannot be changed", () => {
    const { deployment, podDisruptionBudget, k8sAppLabelOverride } = planned("sol", "coredns").values;
    const selector = { matchLabels: { "k8s-app": "kube-dns" } };
    assert.deepEqual(deployment, { selector });
    assert.deepEqual(podDisruptionBudget, { maxUnavailable: 1, selector });
    assert.equal(k8sAppLabelOverride, "kube-dns");
  });

  it("switches the one of Talos off", () => {
    assert.deepEqual(planned("sol", "coredns").machine, [
      {
        nodes: "controlplane",
        patch: { cluster: { coreDNS: { disabled: true } } },
        reason: "the add-on coredns serves DNS",
      },
    ]);
  });
});

describe("catalogue: metrics-server and kubelet-csr-approver", () => {
  const names: [Cluster, string, boolean][] = [
    ["sol", "solcp01", true],
    ["sol", "solgpu123", true],
    ["sol", "lunacp01", false],
    ["sol", "solcp01.example.net", false],
    ["luna", "lunawk02", true],
  ];
  for (const [cluster, node, approved] of names) {
    it(`${approved ? "approves" : "refuses"} ${node} in ${cluster}`, () => {
      const { values } = planned(cluster, "kubelet-csr-approver");
      assert.equal(new RegExp(values.providerRegex as string).test(node), approved);
    });
  }

  it("names bare-metal nodes that follow no rule", () => {
    const facts = factsOf("terra");
    const metal = { maintenanceAddress: "192.168.10.31", installDisk: "/dev/sda", extensions: [] };
    const [first] = facts.nodes;
    const nodes = [...facts.nodes, { ...first, name: "k8s-1", vm: undefined, metal }] as typeof facts.nodes;
    const { addons } = planAddons(configOf({ addons: { "kubelet-csr-approver": true } }), { ...facts, nodes });
    const { values } = addons.find(({ name }) => name === "kubelet-csr-approver") as AddonPlan;
    assert.equal(values.providerRegex, "^(terra[a-z]{2,6}[0-9]{2,3}|k8s-1)$");
  });

  it("approves for addresses of the node networks only", () => {
    const { values } = planned("luna", "kubelet-csr-approver");
    assert.deepEqual(values.providerIpPrefixes, ["fd00:102::/64", "10.102.0.0/24"]);
  });

  it("has kubelets ask for certificates, so that metrics-server can check them", () => {
    const approver = planned("sol", "kubelet-csr-approver");
    assert.deepEqual(approver.machine[0]?.patch, {
      machine: { kubelet: { extraArgs: { "rotate-server-certificates": "true" } } },
    });
    const { values, after } = planned("sol", "metrics-server", true, { "kubelet-csr-approver": true });
    assert.ok(!JSON.stringify(values).includes("insecure"));
    assert.deepEqual(after, ["kubelet-csr-approver"]);
  });
});

describe("catalogue: cert-manager", () => {
  it("has a certificate authority of the cluster's own by default", () => {
    const addon = planned("sol", "cert-manager");
    assert.deepEqual(
      addon.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["ClusterIssuer self-signed", "Certificate cluster-ca", "ClusterIssuer cluster-ca"],
    );
    assert.deepEqual(addon.provides, [
      "crd:cert-manager.io",
      "cluster-issuer:self-signed",
      "cluster-issuer:cluster-ca",
      "secret:cert-manager/cluster-ca",
    ]);
    assert.deepEqual(addon.secrets, []);
    assert.equal(addon.namespace.podSecurity, "restricted");
  });

  it("orders by ACME with a challenge in DNS, and expects the token by name", () => {
    const acme = { email: "ops@example.net", solver: { type: "cloudflare", zones: ["example.net"] } };
    const addon = planned("sol", "cert-manager", { settings: { clusterCa: false, acme } });
    assert.deepEqual(addon.objects, [
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name: "acme" },
        spec: {
          acme: {
            email: "ops@example.net",
            server: "https://acme-v02.api.letsencrypt.org/directory",
            privateKeySecretRef: { name: "acme-account" },
            solvers: [
              {
                dns01: { cloudflare: { apiTokenSecretRef: { name: "cloudflare-api-token", key: "api-token" } } },
                selector: { dnsZones: ["example.net"] },
              },
            ],
          },
        },
      },
    ]);
    assert.deepEqual(
      addon.secrets.map(({ configKey, namespace, name, keys }) => [configKey, namespace, name, keys]),
      [["cloudflareToken", "cert-manager", "cloudflare-api-token", { "api-token": secretPlaceholder }]],
    );
  });

  it("orders by ACME with a challenge over a gateway, without any secret", () => {
    const acme = {
      email: "ops@example.net",
      solver: { type: "gateway", gateway: "public", namespace: "envoy-gateway-system" },
    };
    const more = { "envoy-gateway": { settings: { gateway: {} } } };
    const addon = planned("sol", "cert-manager", { settings: { acme } }, more);
    const { spec } = addon.objects.at(-1) as { spec?: { acme: { solvers: unknown[] } } };
    assert.deepEqual(spec?.acme.solvers, [
      {
        http01: {
          gatewayHTTPRoute: { parentRefs: [{ kind: "Gateway", name: "public", namespace: "envoy-gateway-system" }] },
        },
      },
    ]);
    assert.deepEqual(addon.secrets, []);
  });
});

describe("catalogue: external-secrets", () => {
  it("runs two controllers, of which one works", () => {
    const { values, namespace } = planned("sol", "external-secrets");
    assert.deepEqual(pick(values, "replicaCount", "leaderElect", "installCRDs", "crds"), {
      replicaCount: 2,
      leaderElect: true,
      installCRDs: true,
      // With the definitions all Secrets that it has made would go.
      crds: { annotations: { "helm.sh/resource-policy": "keep" } },
    });
    assert.deepEqual(namespace, { name: "external-secrets", podSecurity: "restricted" });
  });
});

describe("catalogue: proxmox-csi on nodes of several kinds", () => {
  const url = "https://pve01.example.net:8006/api2/json";
  const settings = { url, region: "west", storageClasses: [{ name: "fast", storage: "rbd-vm" }] };
  const sol = factsOf("sol");
  const machines = sol.nodes.map(({ vm: _, ...node }) => node);

  function plan(nodes: typeof sol.nodes) {
    const { addons, problems } = planAddons(configOf({ addons: { "proxmox-csi": { settings } } }), { ...sol, nodes });
    return { problems, driver: addons.find(({ name }) => name === "proxmox-csi") };
  }

  it("runs where there is a host, whatever taints are there", () => {
    const taints = [{ key: "dedicated", value: "games", effect: "NoSchedule" as const }];
    const tainted = sol.nodes.slice(3, 5).map((node) => ({ ...node, settings: { taints } }));
    const { problems, driver } = plan([...sol.nodes.slice(0, 3), ...tainted, ...machines.slice(5)]);
    assert.deepEqual(problems, []);
    const node = driver?.values.node as Record<string, unknown>;
    assert.deepEqual(node.nodeSelector, { "topology.kubernetes.io/region": "west" });
    assert.deepEqual(node.tolerations, [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }]);
    const labelled = driver?.machine.map(({ nodes, patch }) => [
      (nodes as { name: string }).name,
      (patch as { machine: { nodeLabels: Record<string, string> } }).machine.nodeLabels,
    ]);
    assert.deepEqual(
      labelled?.map(([name]) => name),
      ["solcp01", "solcp02", "solcp03", "solwk01", "solwk02"],
    );
    assert.deepEqual(labelled?.[4]?.[1], {
      "topology.kubernetes.io/region": "west",
      "topology.kubernetes.io/zone": "pve02",
    });
  });

  it("is refused where no node is a VM of a known host", () => {
    assert.deepEqual(plan(machines).problems, [
      {
        path: "addons.proxmox-csi.settings",
        message: "are for disks of VMs whose host is known here, and no node is one",
        hint: "take longhorn, rook-ceph-cluster or openebs",
      },
    ]);
  });
});

describe("catalogue: proxmox-csi", () => {
  const settings = {
    url: "https://pve01.example.net:8006/api2/json",
    storageClasses: [
      { name: "fast", storage: "rbd-vm", default: true },
      { name: "kept", storage: "rbd-vm", reclaimPolicy: "Retain", filesystem: "xfs" },
    ],
  };

  it("makes storage classes", () => {
    assert.deepEqual(planned("sol", "proxmox-csi", { settings }).values.storageClass, [
      {
        name: "fast",
        storage: "rbd-vm",
        fstype: "ext4",
        reclaimPolicy: "Delete",
        cache: "none",
        ssd: true,
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      { name: "kept", storage: "rbd-vm", fstype: "xfs", reclaimPolicy: "Retain", cache: "none", ssd: true },
    ]);
  });

  it("expects the token's secret, and puts it nowhere else", () => {
    const addon = planned("sol", "proxmox-csi", { settings });
    const [secret] = addon.secrets;
    assert.equal(secret?.configKey, "proxmoxCsiToken");
    assert.deepEqual(JSON.parse(secret?.keys["config.yaml"] ?? ""), {
      clusters: [
        {
          url: "https://pve01.example.net:8006/api2/json",
          insecure: false,
          token_id: "kubernetes-csi@pve!csi",
          token_secret: secretPlaceholder,
          region: "proxmox",
        },
      ],
    });
    assert.deepEqual(pick(addon.values, "existingConfigSecret", "existingConfigSecretKey", "config"), {
      existingConfigSecret: "proxmox-csi-plugin",
      existingConfigSecretKey: "config.yaml",
      config: undefined,
    });
  });

  it("tells each virtual machine's node the host that it runs on", () => {
    const { machine } = planned("sol", "proxmox-csi", { settings });
    assert.equal(machine.length, 6);
    assert.deepEqual(machine[1], {
      nodes: { name: "solcp02" },
      patch: {
        machine: {
          nodeLabels: { "topology.kubernetes.io/region": "proxmox", "topology.kubernetes.io/zone": "pve02" },
        },
      },
      reason: "proxmox-csi attaches disks on the node's host",
    });
  });
});

describe("catalogue: argocd", () => {
  it("starts with one application of applications, in the cluster's folder", () => {
    const said = { settings: { repository: { url: "https://git.example.net/clusters.git" } } };
    const addon = planned("luna", "argocd", said);
    const [application] = addon.objects;
    assert.deepEqual(specOf<{ source: unknown }>(application).source, {
      repoURL: "https://git.example.net/clusters.git",
      targetRevision: "HEAD",
      path: "clusters/luna/apps",
      directory: { recurse: true },
    });
    assert.equal((addon.values.global as { domain: string }).domain, "argocd.luna.example.net");
    assert.deepEqual(addon.secrets, []);
  });

  it("expects the token of a private repository", () => {
    const repository = { url: "https://git.example.net/clusters.git", username: "bot", path: "luna", revision: "main" };
    const [secret] = planned("luna", "argocd", { settings: { repository } }).secrets;
    assert.deepEqual(secret, {
      configKey: "argocdRepositoryToken",
      description: "token of bot for https://git.example.net/clusters.git",
      name: "cluster-repository",
      namespace: "argocd",
      labels: { "argocd.argoproj.io/secret-type": "repository" },
      keys: { type: "git", url: repository.url, username: "bot", password: secretPlaceholder },
    });
  });
});
