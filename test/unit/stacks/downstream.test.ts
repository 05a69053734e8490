import assert from "node:assert/strict";
import type { StackFiles } from "../../../config/index.ts";
import { ConfigError, describe as sentence } from "../../../config/problems.ts";
import { planCluster } from "../../../stacks/plan.ts";
import { expectedSecrets } from "../../../stacks/secrets.ts";
import { testCluster, testShared } from "../../support/site.ts";

const proxmox = { url: "https://pve01.example.net:8006" };
const addons = { "cert-manager": true, "cluster-api-operator": true, sveltos: true };

function filesOf(downstream: unknown, changes: Record<string, unknown> = {}): StackFiles {
  return {
    shared: testShared(),
    clusters: { sol: testCluster({ addons, downstream, ...changes }), luna: testCluster({ id: 2 }, "luna") },
  };
}

function problemsOf(downstream: unknown, changes: Record<string, unknown> = {}): string[] {
  try {
    planCluster("sol", filesOf(downstream, changes));
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(sentence).map((text) => text.replace("Pulumi.sol.yaml: orrery:cluster.", ""));
  }
}

describe("downstream clusters of a stack", () => {
  for (const { kubeRoute, made, provided, problem } of [
    {
      kubeRoute: "ingress",
      made: { "ingress-nginx": true },
      provided: "ingress-class:nginx",
      problem:
        'makes Ingresses of the class nginx, and none is served in the management cluster (found "ingress"; switch on addons.ingress-nginx, add ingress-class:nginx to provided where somebody else brings it, or say none)',
    },
    {
      kubeRoute: "envoy-gateway-system/public",
      made: { "envoy-gateway": { settings: { gateway: {} } } },
      provided: "gateway:envoy-gateway-system/public",
      problem:
        'names a Gateway that is not made in the management cluster (found "envoy-gateway-system/public"; set addons.envoy-gateway.settings.gateway, add gateway:envoy-gateway-system/public to provided where somebody else brings it, or say none)',
    },
  ]) {
    it(`are not led to by what nobody brings: ${kubeRoute}`, () => {
      const clusters = { media: { id: 1, labels: { "cert-manager": "true", capsule: "true" } } };
      const said = { proxmox, domain: "example.net", clusters, kubeRoute };
      assert.deepEqual(problemsOf(said), [`downstream.kubeRoute: ${problem}`]);
      assert.deepEqual(problemsOf(said, { addons: { ...addons, ...made } }), []);
      assert.deepEqual(problemsOf(said, { provided: [provided] }), []);
      assert.deepEqual(problemsOf({ ...said, kubeRoute: "none" }), []);
      assert.deepEqual(problemsOf({ ...said, clusters: { media: { id: 1 } } }), []);
    });
  }

  describe("have the Ingress that leads to them signed by an issuer", () => {
    const clusters = { media: { id: 1, labels: { "cert-manager": "true", capsule: "true" } } };
    const said = { proxmox, domain: "example.net", clusters, kubeRouteIssuer: "cluster-ca" };
    const withIngress = { ...addons, "ingress-nginx": true };
    const certManager = (settings: object) => ({ addons: { ...withIngress, "cert-manager": { settings } } });
    const acme = (zone: string) =>
      certManager({ acme: { email: "ops@example.net", solver: { type: "cloudflare", zones: [zone] } } });

    it("that the add-on cert-manager makes, or somebody else", () => {
      assert.deepEqual(problemsOf(said, { addons: withIngress }), []);
      const corporate = { ...said, kubeRouteIssuer: "corporate" };
      assert.deepEqual(problemsOf(corporate, { addons: withIngress, provided: ["cluster-issuer:corporate"] }), []);
    });

    it("and not by one that nobody makes", () => {
      assert.deepEqual(problemsOf({ ...said, kubeRouteIssuer: "clusterca" }, { addons: withIngress }), [
        'downstream.kubeRouteIssuer: names a ClusterIssuer that no chosen add-on makes (found "clusterca", allowed cluster-ca or self-signed; did you mean "cluster-ca"?, or add cluster-issuer:clusterca to provided, where somebody else makes it)',
      ]);
      assert.deepEqual(problemsOf(said, certManager({ clusterCa: false })), [
        'downstream.kubeRouteIssuer: names a ClusterIssuer that no chosen add-on makes (found "cluster-ca"; set addons.cert-manager.settings.clusterCa, or add cluster-issuer:cluster-ca to provided, where somebody else makes it)',
      ]);
      const { "cert-manager": _, ...without } = withIngress;
      const found = problemsOf(said, { addons: { ...without, "cluster-api-operator": true }, provided: [] });
      assert.ok(
        found.includes(
          'downstream.kubeRouteIssuer: names a ClusterIssuer that no chosen add-on makes (found "cluster-ca"; switch on cert-manager, or set addons.cert-manager.settings.clusterCa, or add cluster-issuer:cluster-ca to provided, where somebody else makes it)',
        ),
        found.join("\n"),
      );
    });

    it("and not by acme for a name outside of its zones", () => {
      const byAcme = { ...said, kubeRouteIssuer: "acme" };
      assert.deepEqual(problemsOf(byAcme, acme("example.net")), []);
      assert.deepEqual(problemsOf(byAcme, acme("example.org")), [
        "downstream.kubeRouteIssuer: asks the issuer acme for kube.media.example.net, which is in none of its zones (allowed names in example.org; add the zone to addons.cert-manager.settings.acme.solver.zones)",
      ]);
    });

    it("and slips in the settings of acme are told as such, also where somebody else makes it", () => {
      const unsolved = certManager({ acme: { email: "ops@example.net" } });
      const found = problemsOf(
        { ...said, kubeRouteIssuer: "acme" },
        { ...unsolved, provided: ["cluster-issuer:acme"] },
      );
      assert.deepEqual(found, [
        "addons.cert-manager.settings.acme.solver: is missing (allowed keys and values; for example { type: cloudflare })",
      ]);
    });

    it("where there is one, for a Gateway has certificates of its own", () => {
      const byGateway = { ...said, kubeRoute: "edge/public" };
      assert.deepEqual(problemsOf(byGateway, { provided: ["gateway:edge/public"] }), [
        'downstream.kubeRouteIssuer: is for an Ingress, and an HTTPRoute has the certificate of its Gateway (found "cluster-ca"; leave it out, or set downstream.kubeRoute to ingress)',
      ]);
    });
  });

  it("are planned with the release of the management cluster, or with their own", () => {
    const { downstream } = planCluster("sol", filesOf({ proxmox, clusters: { media: { id: 1 }, dev: { id: 3 } } }));
    assert.deepEqual(
      downstream?.clusters.map(({ name }) => name),
      ["media", "dev"],
    );
    assert.equal(downstream?.templates.length, 1, "both run the same image");
    assert.match(String(downstream?.templates[0]?.name), /^v1\.12\.0-[0-9a-f]{12}$/);
  });

  it("are written as a TenantCluster each where the stack file says so, for all of them or for one", () => {
    const clusters = { media: { id: 1 }, dev: { id: 3, writeAs: "tenant-cluster" } };
    const withCrossplane = { addons: { ...addons, crossplane: true } };
    const tenants = (said: Record<string, unknown>) => {
      const { downstream } = planCluster("sol", filesOf({ proxmox, clusters, ...said }, withCrossplane));
      const names = downstream?.clusters.filter(({ tenant }) => tenant).map(({ name }) => name);
      return [names, downstream?.interfaces.filter(({ kind }) => kind === "CompositeResourceDefinition").length];
    };
    assert.deepEqual(tenants({}), [["dev"], 2]);
    assert.deepEqual(tenants({ writeAs: "tenant-cluster" }), [["media", "dev"], 2]);
    assert.deepEqual(tenants({ clusters: { media: { id: 1 } } }), [[], 0]);
    assert.deepEqual(tenants({ clusters: { media: { id: 1 } }, crossplane: true }), [[], 2]);
  });

  it("need Crossplane for that, and say how to do without", () => {
    assert.deepEqual(problemsOf({ proxmox, clusters: { dev: { id: 3, writeAs: "tenant-cluster" } } }), [
      'downstream.clusters.dev.writeAs: needs Crossplane in the management cluster, which makes a cluster of the TenantCluster of dev (found "tenant-cluster"; switch on addons.crossplane, or say cluster-api)',
    ]);
    const clusters = { media: { id: 1 }, dev: { id: 3 } };
    assert.deepEqual(problemsOf({ proxmox, writeAs: "tenant-cluster", clusters }), [
      'downstream.writeAs: needs Crossplane in the management cluster, which makes a cluster of the TenantCluster of media and of dev (found "tenant-cluster"; switch on addons.crossplane, or say cluster-api)',
    ]);
    assert.deepEqual(problemsOf({ proxmox, clusters, crossplane: true }), [
      "downstream.crossplane: needs Crossplane in the management cluster (found true; switch on addons.crossplane)",
    ]);
  });

  it("are not there when nothing is said", () => {
    assert.equal(planCluster("sol", filesOf(undefined)).downstream, undefined);
  });

  it("have their router told what to have when the stack file names it, and take its key for that", () => {
    const said = { proxmox, network: { router: "vyos01" }, clusters: { media: { id: 1 } } };
    const problems = (routers: Record<string, unknown>, network: object = said.network) => {
      const shared = testShared({ routers });
      try {
        const plan = planCluster("sol", { ...filesOf({ ...said, network }), shared });
        assert.match(
          plan.downstream?.router ?? "",
          /^set interfaces ethernet eth1 vif 40 address '10\.10\.40\.1\/24'$/m,
        );
        return expectedSecrets(plan).map(({ neededBy, configKey }) => `${neededBy}: ${configKey}`);
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.problems.map(sentence);
      }
    };
    const router = { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk", interface: "eth1" };
    assert.deepEqual(problems({ vyos01: router }), [
      "the router vyos01: routerKey",
      "the downstream cluster media: downstreamProxmoxToken",
    ]);
    assert.deepEqual(problems({}), [
      'Pulumi.sol.yaml: orrery:cluster.downstream.network.router: router does not exist (found "vyos01", allowed none, because there is no router; describe it under routers in orrery:shared)',
    ]);
    assert.deepEqual(problems({ vyos01: { ...router, asn: 65000 } }), [
      "Pulumi.sol.yaml: orrery:cluster.downstream.network.routerAsn: is not the ASN of vyos01 (found 4200001000, allowed 65000, the router's own ASN in orrery:shared)",
    ]);
    assert.equal(problems({ vyos01: { ...router, asn: 65000 } }, { router: "vyos01", routerAsn: 65000 }).length, 2);
  });

  describe("beside other stacks", () => {
    const clusters = { media: { id: 1 } };
    const problems = (luna: Record<string, unknown>, network: object = {}, own: Record<string, unknown> = {}) => {
      const files = filesOf({ proxmox, clusters, network });
      files.clusters.sol = testCluster({ addons, downstream: { proxmox, clusters, network }, ...own });
      files.clusters.luna = testCluster({ id: 2, ...luna }, "luna");
      files.shared = testShared({
        routers: { vyos01: { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk" } },
      });
      try {
        planCluster("sol", files);
        return [];
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.problems.map(sentence).map((text) => text.replace("Pulumi.sol.yaml: orrery:cluster.", ""));
      }
    };
    const downstream = (id: number, network: object = {}) => ({
      addons,
      downstream: { proxmox, clusters: { lab: { id } }, network },
    });

    it("have addresses of their own", () => {
      assert.deepEqual(problems(downstream(1)), [
        "downstream.clusters.media.id: its addresses are those of lab, a downstream cluster of stack luna (found 1, allowed another id, or other ranges below downstream.network)",
      ]);
      assert.deepEqual(problems(downstream(2)), [], "in one network, with other ids");
      const elsewhere = {
        vlanId: 41,
        nodeSubnet: "10.11.40.0/24",
        gateway: "10.11.40.1",
        loadBalancerRange: "10.11.50.0/24",
      };
      assert.deepEqual(problems(downstream(1, elsewhere)), []);
      assert.equal(problems(downstream(1, { ...elsewhere, loadBalancerRange: "10.10.50.0/24" })).length, 1);
    });

    it("have ranges that no cluster has", () => {
      assert.deepEqual(problems({}, { nodeSubnet: "10.2.27.0/24", gateway: "10.2.27.1" }), [
        'downstream.network.nodeSubnet: overlaps load balancers 10.2.27.0/24 of stack luna (found "10.2.27.0/24", allowed a range that nothing else has)',
      ]);
      assert.deepEqual(problems({}, { loadBalancerRange: "10.101.27.0/24" }), [
        'downstream.network.loadBalancerRange: overlaps load balancers 10.101.27.0/24 of stack sol (found "10.101.27.0/24", allowed a range that nothing else has)',
      ]);
    });

    it("have a VLAN that no cluster has, and one each on a router", () => {
      assert.deepEqual(problems({ network: { mode: "vlan", vlanId: 40 } }), [
        "downstream.network.vlanId: is taken on bridge vmbr0 by stack luna (found 40, allowed another VLAN id)",
      ]);
      assert.deepEqual(problems({ network: { mode: "vlan", vlanId: 40, bridge: "vmbr1" } }), []);
      const atRouter = { mode: "vlan", vlanId: 40, bridge: "vmbr1", router: "vyos01" };
      assert.deepEqual(problems({ network: atRouter }, { router: "vyos01" }), [
        "downstream.network.vlanId: is taken on router vyos01 by stack luna (found 40, allowed another VLAN id)",
      ]);
      assert.deepEqual(problems({ network: atRouter }), []);
      assert.deepEqual(problems(downstream(2, { router: "vyos01" }), { router: "vyos01" }), [
        "downstream.network.vlanId: is taken on router vyos01 by downstream clusters of stack luna (found 40, allowed another VLAN id)",
      ]);
    });
  });

  it("are on one host where the template is on local storage", () => {
    const storages = (files: boolean, disks: boolean) => ({
      proxmox: {
        hosts: { pve01: { addresses: ["10.255.0.1"] }, pve02: {}, pve03: {} },
        storages: { files: { shared: files, content: ["iso"] }, disks: { shared: disks, content: ["images"] } },
        diskStorage: "disks",
        imageStorage: "files",
      },
    });
    const problems = (shared: Record<string, unknown>, more: object = {}) => {
      const files = filesOf({ proxmox: { ...proxmox, ...more }, clusters: { media: { id: 1 } } });
      try {
        planCluster("sol", { ...files, shared: testShared(shared) });
        return [];
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.problems.map(sentence);
      }
    };
    assert.deepEqual(problems(storages(true, true)), []);
    assert.deepEqual(problems(storages(false, true)), [
      'Pulumi.sol.yaml: orrery:cluster.downstream.proxmox.hosts: their VMs are clones of a template on pve01, and Proxmox clones nothing to another host that is on local storage: files (found ["pve01","pve02","pve03"], allowed one host, or shared storage for disks and images)',
    ]);
    assert.match(problems(storages(false, false))[0] ?? "", /local storage: disks and files \(/);
    assert.deepEqual(problems(storages(false, false), { hosts: ["pve02"] }), []);
  });

  it("on Harvester come with a warning, because Talos does not read what its provider makes of a configuration", () => {
    const harvester = {
      server: "https://harvester.example.net:6443",
      network: "default/vlan40",
      images: { stable: "default/talos" },
      sshKeyPair: "default/unused",
    };
    const both = { "cluster-api-operator": { settings: { infrastructure: ["proxmox", "harvester"] } } };
    const warnings = (clusters: object) =>
      planCluster("sol", filesOf({ proxmox, harvester, clusters }, { addons: { ...addons, ...both } })).downstream
        ?.warnings;
    assert.deepEqual(warnings({ media: { id: 1 } }), []);
    const games = { id: 3, infrastructure: "harvester" };
    assert.deepEqual(warnings({ media: { id: 1 }, games, lab: { ...games, id: 4 } }), [
      "Talos does not read what Cluster API's provider for Harvester makes of a machine configuration: outside of the lab every machine of games and of lab waits in maintenance mode until it is given its configuration by hand; see docs/downstream-clusters.md",
    ]);
  });

  it("need a secret each, under one key", () => {
    const plan = planCluster("sol", filesOf({ proxmox, clusters: { media: { id: 1 }, dev: { id: 3 } } }));
    assert.deepEqual(
      expectedSecrets(plan).map(({ neededBy, configKey }) => `${neededBy}: ${configKey}`),
      ["the downstream cluster media: downstreamProxmoxToken", "the downstream cluster dev: downstreamProxmoxToken"],
    );
  });

  it("have their kubelets' certificates approved, whatever Cluster API calls the machines", () => {
    const clusters = { media: { id: 1, labels: { "metrics-server": "true" } } };
    const { downstream } = planCluster("sol", filesOf({ proxmox, clusters }));
    const values = (downstream?.platform ?? [])
      .filter(({ kind }) => kind === "ConfigMap")
      .flatMap(({ data }) => Object.values(data as Record<string, string>));
    const [, rule = ""] = /providerRegex: "(.*)"/.exec(values.join("\n")) ?? [];
    const regex = new RegExp(rule.replaceAll("{{ $name }}", "media"));
    const groups = (downstream?.clusters[0]?.steps ?? [])
      .flat()
      .filter(({ kind }) => kind === "TalosControlPlane" || kind === "MachineDeployment")
      .map(({ metadata }) => metadata.name);
    assert.equal(groups.length, 2);
    for (const group of groups) assert.match(`${group}-x7k2p-9fj4d`, regex);
    for (const name of ["mediacp01", "dev-workers-x7k2p", "media-workers-x7k2p.example.net"]) {
      assert.doesNotMatch(name, regex);
    }
  });

  it("get their platform by labels: one profile for all that get the same", () => {
    const clusters = {
      media: { id: 1, labels: { "metrics-server": "true", "cert-manager": "true" } },
      dev: { id: 3, labels: { "cert-manager": "true" } },
    };
    const { downstream } = planCluster("sol", filesOf({ proxmox, clusters }));
    const profiles = (downstream?.platform ?? []).filter(({ kind }) => kind === "ClusterProfile");
    const selectors = Object.fromEntries(
      profiles.map(({ metadata, spec }) => [
        metadata.name,
        (spec as { clusterSelector: { matchLabels: Record<string, string> } }).clusterSelector.matchLabels,
      ]),
    );
    assert.deepEqual(selectors["downstream-cilium"], { cni: "cilium" });
    assert.deepEqual(selectors["downstream-cilium-objects"], { cni: "cilium" });
    assert.deepEqual(selectors["downstream-cert-manager"], { "cert-manager": "true" });
    for (const { name, cluster } of downstream?.clusters ?? []) {
      const labels = cluster.metadata.labels ?? {};
      assert.equal(labels.cni, "cilium", `${name} has the label of what it gets without being asked`);
      assert.equal(labels["cert-manager"], "true");
    }
  });

  it("have their own addresses in what all of them share", () => {
    const { downstream } = planCluster("sol", filesOf({ proxmox, clusters: { media: { id: 1 }, dev: { id: 3 } } }));
    const annotations = downstream?.clusters.map(({ cluster }) => cluster.metadata.annotations);
    assert.deepEqual(annotations, [
      { "orrery/id": "1", "orrery/load-balancers": "10.10.50.16/28", "orrery/asn": "4220101001" },
      { "orrery/id": "3", "orrery/load-balancers": "10.10.50.48/28", "orrery/asn": "4220101003" },
    ]);
    const objects = downstream?.platform.find(({ metadata }) => metadata.name === "downstream-cilium-objects");
    const text = (objects as unknown as { data: Record<string, string> }).data["objects.yaml"] ?? "";
    assert.match(text, /cidr: \{\{ index \.Cluster\.metadata\.annotations "orrery\/load-balancers" \}\}/);
    assert.match(text, /allowFirstLastIPs: "No"/, "without quotes it would be false for Kubernetes");
    assert.match(text, /localASN: \{\{ index \.Cluster\.metadata\.annotations "orrery\/asn" \}\}/);
    assert.match(text, /peerASN: 4200001000\n\s+peerAddress: 10\.10\.40\.1\n/);
    assert.doesNotMatch(JSON.stringify(downstream?.platform), /990415|4199904150|240\.77|stand-in/);
  });

  it("have profiles of their own where they differ from most, and everything that depends on them, too", () => {
    const files = filesOf({ proxmox, clusters: { media: { id: 1 }, dev: { id: 3, release: "next" } } });
    const next = { ...files.shared.releases.stable, cilium: "1.18.5" } as (typeof files.shared.releases)[string];
    files.shared.releases.next = next;
    const { downstream } = planCluster("sol", files);
    const names = (downstream?.platform ?? [])
      .filter(({ kind }) => kind === "ClusterProfile")
      .map(({ metadata, spec }) => [metadata.name, (spec as { dependsOn?: string[] }).dependsOn ?? []]);
    assert.deepEqual(Object.fromEntries(names)["dev-cilium-objects"], ["dev-cilium"]);
    assert.deepEqual(Object.fromEntries(names)["downstream-cilium-objects"], ["downstream-cilium"]);
    assert.ok(
      "downstream-gateway-api" in Object.fromEntries(names),
      "what is the same for both is shared all the same",
    );
  });

  it("are refused add-ons that need a Secret which nobody could bring", () => {
    const clusters = { media: { id: 1, labels: { "external-dns-cloudflare": "true" } } };
    const problems = (said: object) => problemsOf({ proxmox, clusters, addons: { "external-dns-cloudflare": said } });
    assert.deepEqual(problems({}), [
      "downstream.clusters.media.labels: the add-on external-dns-cloudflare expects a Secret in media, and Sveltos does not know its value (let external-secrets bring it and set downstream.addons.external-dns-cloudflare.existingSecrets to true, or switch it off: downstream.addons.external-dns-cloudflare: false)",
    ]);
    assert.deepEqual(problems({ existingSecrets: true }), []);
  });

  it("are told what their platform lacks where it can be said for them", () => {
    const problems = (more: object) =>
      problemsOf({ proxmox, clusters: { media: { id: 1 } }, addons: { minio: { existingSecrets: true } }, ...more });
    const [storage] = problems({});
    assert.equal(
      storage,
      "downstream.addons.minio: needs default-storage-class, which no chosen add-on provides (switch on harvester-csi, longhorn, openebs with defaultClass, proxmox-csi with storageClasses[0].default or rook-ceph-cluster, or name a class: downstream.addons.minio.settings.storageClass)",
    );
    assert.deepEqual(problems({ addons: { minio: { existingSecrets: true, settings: { storageClass: "nfs" } } } }), [
      'downstream.addons.minio.settings.storageClass: names a StorageClass that no chosen add-on makes (found "nfs"; add storage-class:nfs to downstream.provided, where somebody else makes it)',
    ]);
    assert.deepEqual(problems({ provided: ["default-storage-class"] }), []);
  });

  describe("have add-ons of their own", () => {
    const clusters = {
      media: { id: 1, labels: { "cert-manager": "true", "metrics-server": "true" } },
      dev: { id: 3, addons: { "kubelet-csr-approver": true } },
      games: { id: 4, labels: { "cert-manager": "true" }, addons: { "cert-manager": false } },
    };
    const planned = (said: Record<string, unknown>, changes: Record<string, unknown> = {}) =>
      planCluster("sol", filesOf({ proxmox, provided: ["default-storage-class"], ...said }, changes)).downstream ??
      assert.fail();
    const git = { repository: { url: "https://git.example.net/clusters.git" } };
    const byArgo = { addons: { ...addons, argocd: { settings: git }, "external-secrets": true } };
    const namesOf = (addons: readonly { name: string }[] = []) => addons.map(({ name }) => name);
    const selectorsOf = ({ platform }: ReturnType<typeof planned>) =>
      Object.fromEntries(
        platform.flatMap(({ kind, metadata, spec }) => {
          const { clusterSelector, generators } = (spec ?? {}) as {
            clusterSelector?: object;
            generators?: { clusters: { selector: object } }[];
          };
          const selector = kind === "ApplicationSet" ? generators?.[0]?.clusters.selector : clusterSelector;
          return selector ? [[metadata.name, selector]] : [];
        }),
      );

    it("which nobody else gets, and are without what they switch off, whatever their labels", () => {
      const { addons: chosen } = planned({ clusters });
      assert.deepEqual(
        Object.entries(chosen).map(([name, each]) => [
          name,
          namesOf(each).filter((addon) => /cert-manager|csr-approver|metrics-server/.test(addon)),
        ]),
        [
          ["media", ["cert-manager", "kubelet-csr-approver", "metrics-server"]],
          ["dev", ["kubelet-csr-approver"]],
          ["games", []],
        ],
      );
    });

    for (const [engine, said, changes] of [
      ["Sveltos", {}, {}],
      ["Argo CD", { platform: "argocd" }, byArgo],
    ] as const) {
      const notIn = (values: string[]) => [{ key: "cluster.x-k8s.io/cluster-name", operator: "NotIn", values }];

      it(`by ${engine}: a label that one add-on gives a cluster brings no other one, and none that is off`, () => {
        const selectors = selectorsOf(planned({ clusters, ...said }, changes));
        assert.deepEqual(selectors["downstream-cert-manager"], {
          matchLabels: { "cert-manager": "true" },
          matchExpressions: notIn(["games"]),
        });
        assert.deepEqual(selectors["downstream-metrics-server"], {
          matchLabels: { "metrics-server": "true" },
          matchExpressions: notIn(["dev"]),
        });
        assert.deepEqual(selectors["downstream-kubelet-csr-approver"], { matchLabels: { "metrics-server": "true" } });
        assert.deepEqual(selectors["downstream-cilium"], { matchLabels: { cni: "cilium" } });
      });

      it(`by ${engine}: nothing is made anew for the others when one of them gets something else`, () => {
        const labels = { "cert-manager": "true" };
        const three = { media: { id: 1, labels }, dev: { id: 3, labels }, games: { id: 4, labels } };
        const own = {
          ...three,
          media: { ...three.media, addons: { cilium: { values: { debug: { enabled: true } } } } },
        };
        const before = Object.keys(selectorsOf(planned({ clusters: three, ...said }, changes)));
        const after = selectorsOf(planned({ clusters: own, ...said }, changes));
        assert.deepEqual(
          before.filter((name) => !(name in after)),
          [],
        );
        assert.deepEqual(after["downstream-cilium"], {
          matchLabels: { cni: "cilium" },
          matchExpressions: notIn(["media"]),
        });
        assert.ok("media-cilium" in after && !("dev-cilium" in after));
      });

      it(`by ${engine}: by their names where a label of theirs says something else`, () => {
        const dev = { id: 3, labels: { "metrics-server": "false" }, addons: { "kubelet-csr-approver": true } };
        const selectors = selectorsOf(planned({ clusters: { dev }, ...said }, changes));
        assert.deepEqual(selectors["dev-kubelet-csr-approver"], {
          matchLabels: { "cluster.x-k8s.io/cluster-name": "dev" },
        });
      });

      it(`by ${engine}: with settings and values laid over those of all clusters, key by key`, () => {
        const cilium = { settings: { hubble: false }, values: { debug: { enabled: true, verbose: "flow" } } };
        const media = {
          id: 1,
          addons: { cilium: { settings: { hubble: true }, values: { debug: { enabled: false } } } },
        };
        const plan = planned(
          { addons: { cilium }, clusters: { media, dev: { id: 3, addons: { cilium: true } } }, ...said },
          changes,
        );
        const valuesOf = (name: string) =>
          plan.addons[name]?.find((addon) => addon.name === "cilium")?.values as {
            debug: object;
            hubble: { relay?: { enabled: boolean } };
          };
        assert.deepEqual(valuesOf("media").debug, { enabled: false, verbose: "flow" });
        assert.deepEqual(valuesOf("dev").debug, { enabled: true, verbose: "flow" });
        assert.notDeepEqual(valuesOf("media").hubble, valuesOf("dev").hubble);
        const selectors = selectorsOf(plan);
        assert.deepEqual(selectors["downstream-cilium"], {
          matchLabels: { cni: "cilium" },
          matchExpressions: notIn(["dev"]),
        });
        assert.deepEqual(selectors["dev-cilium"], { matchLabels: { "cluster.x-k8s.io/cluster-name": "dev" } });
      });
    }

    it("and only their machines are asked for what those need, also where Crossplane makes them", () => {
      const monitoring = { "kube-prometheus-stack": { existingSecrets: true } };
      const machinesOf = (writeAs: string, own: object) => {
        const both = { media: { id: 1 }, games: { id: 4, addons: own } };
        const plan = planned({ clusters: both, writeAs }, { addons: { ...addons, crossplane: true } });
        return plan.clusters.map(({ tenant, steps }) => {
          const planes = tenant ?? steps.flat().find(({ kind }) => kind === "TalosControlPlane");
          return JSON.stringify(planes?.spec);
        });
      };
      for (const writeAs of ["cluster-api", "tenant-cluster"]) {
        const [media, games] = machinesOf(writeAs, {});
        const [mediaAfter, gamesAfter] = machinesOf(writeAs, monitoring);
        assert.equal(mediaAfter, media, "the machines of media stay");
        assert.notEqual(gamesAfter, games);
        assert.match(gamesAfter ?? "", /bind-address/);
        assert.doesNotMatch(mediaAfter ?? "", /bind-address/);
      }
    });

    it("and are told where: for all of them only what all of them get", () => {
      const labels = { monitoring: "true", fluxcd: "true" };
      const problems = (said: object) => problemsOf({ proxmox, provided: ["default-storage-class"], ...said });
      assert.deepEqual(problems({ clusters: { media: { id: 1 }, games: { id: 4, labels } } }), [
        "downstream.clusters.games.labels: the add-on kube-prometheus-stack expects a Secret in games, and Sveltos does not know its value (let external-secrets bring it and set downstream.clusters.games.addons.kube-prometheus-stack.existingSecrets to true, or switch it off: downstream.clusters.games.addons.kube-prometheus-stack: false)",
      ]);
      const games = { id: 4, addons: { "kube-prometheus-stack": true } };
      assert.deepEqual(problems({ clusters: { media: { id: 1 }, games } }), [
        "downstream.clusters.games.addons.kube-prometheus-stack: the add-on kube-prometheus-stack expects a Secret in games, and Sveltos does not know its value (let external-secrets bring it and set downstream.clusters.games.addons.kube-prometheus-stack.existingSecrets to true, or switch it off: downstream.clusters.games.addons.kube-prometheus-stack: false)",
      ]);
      assert.deepEqual(
        problemsOf({
          proxmox,
          clusters: { media: { id: 1 }, dev: { id: 3, addons: { minio: { existingSecrets: true } } } },
        }),
        [
          "downstream.clusters.dev.addons.minio: needs default-storage-class, which no chosen add-on provides (switch on harvester-csi, longhorn, openebs with defaultClass, proxmox-csi with storageClasses[0].default or rook-ceph-cluster, or name a class: downstream.clusters.dev.addons.minio.settings.storageClass)",
        ],
      );
    });

    it("and are told slips with their place, of their own or of what is said for all", () => {
      const problems = (own: object, common: object = {}) =>
        problemsOf({ proxmox, addons: common, clusters: { media: { id: 1 }, dev: { id: 3, addons: own } } });
      assert.deepEqual(problems({ cilium: { settings: { hubbel: true }, values: { debgu: {} } } }), [
        'downstream.clusters.dev.addons.cilium.values.debgu: the chart has no such value (did you mean "debug"?)',
        'downstream.clusters.dev.addons.cilium.settings.hubbel: unknown key (allowed gatewayApi, hubble, announcePods, l2Announcements or router; did you mean "hubble"?)',
      ]);
      assert.deepEqual(problems({ cilium: { settings: { hubble: true } } }, { cilium: { values: { debgu: {} } } }), [
        'downstream.addons.cilium.values.debgu: the chart has no such value (did you mean "debug"?)',
      ]);
      assert.deepEqual(problems({ "metric-server": true }), [
        'downstream.clusters.dev.addons.metric-server: no such add-on in the catalogue (did you mean "metrics-server"?)',
      ]);
    });
  });

  describe("whose platform comes by Argo CD", () => {
    const url = "https://git.example.net/clusters.git";
    const argo = { ...addons, sveltos: false, argocd: { settings: { repository: { url } } }, "external-secrets": true };
    const labels = { "cert-manager": "true" };
    const said = { proxmox, platform: "argocd", clusters: { media: { id: 1, labels }, dev: { id: 3 } } };
    const planned = (downstream: unknown = said) =>
      planCluster("sol", filesOf(downstream, { addons: argo })).downstream ?? assert.fail();

    it("get it by the same labels, and are registered with them", () => {
      const { platform, clusters } = planned();
      const sets = platform.filter(({ kind }) => kind === "ApplicationSet");
      const selectors = sets.map(({ metadata, spec }) => {
        const [generator] = (spec as { generators: { clusters: { selector: { matchLabels: object } } }[] }).generators;
        return [metadata.name, generator?.clusters.selector.matchLabels];
      });
      assert.deepEqual(Object.fromEntries(selectors), {
        "downstream-gateway-api": { "gateway-api": "true" },
        "downstream-cilium": { cni: "cilium" },
        "downstream-cilium-objects": { cni: "cilium" },
        "downstream-cert-manager": { "cert-manager": "true" },
        "downstream-cert-manager-objects": { "cert-manager": "true" },
      });
      for (const { cluster, registration } of clusters) {
        const wish = registration.find(({ kind }) => kind === "ExternalSecret")?.spec as {
          target: { template: { metadata: Record<string, Record<string, string>> } };
        };
        const { labels: known, annotations } = wish.target.template.metadata;
        assert.deepEqual(known, { ...cluster.metadata.labels, "argocd.argoproj.io/secret-type": "cluster" });
        for (const [key, value] of Object.entries(cluster.metadata.annotations ?? {}))
          assert.equal(annotations?.[key], value);
      }
      assert.doesNotMatch(JSON.stringify(platform), /990415|4199904150|240\.77|stand-in/);
    });

    it("have sets of their own where they differ", () => {
      const files = filesOf(
        { ...said, clusters: { media: { id: 1 }, "my-dev": { id: 3, release: "next" } } },
        { addons: argo },
      );
      const next = { ...files.shared.releases.stable, cilium: "1.18.5" } as (typeof files.shared.releases)[string];
      files.shared.releases.next = next;
      const sets = planCluster("sol", files).downstream?.platform.filter(({ kind }) => kind === "ApplicationSet") ?? [];
      const names = sets.map(({ metadata, spec }) => [
        metadata.name,
        (spec as { template: { metadata: { name: string } } }).template.metadata.name,
      ]);
      assert.equal(Object.fromEntries(names)["my-dev-cilium"], "{{ .name }}-cilium");
      assert.ok(
        "downstream-cilium" in Object.fromEntries(names) && "downstream-gateway-api" in Object.fromEntries(names),
      );
    });

    it("may be written as a TenantCluster; services for others are not to be asked for then", () => {
      const kindsWith = (more: object) => {
        const files = filesOf(
          { ...said, writeAs: "tenant-cluster" },
          { addons: { ...argo, crossplane: true, ...more } },
        );
        const { interfaces = [] } = planCluster("sol", files).downstream ?? {};
        return interfaces
          .filter(({ kind }) => kind === "CompositeResourceDefinition")
          .map(({ metadata }) => metadata.name);
      };
      assert.deepEqual(kindsWith({}), ["tenantclusters.platform.orrery"]);
      assert.deepEqual(kindsWith({ sveltos: true }), [
        "tenantclusters.platform.orrery",
        "platformservices.platform.orrery",
      ]);
    });

    it("have no secret in what is planned for them", () => {
      const { platform, clusters, files } = planned();
      const objects = [...platform, ...clusters.flatMap(({ registration }) => registration)];
      assert.ok(objects.every(({ kind }) => kind !== "Secret"));
      assert.deepEqual(Object.keys(files), [
        "clusters/sol/downstream/downstream-cilium/Chart.yaml",
        "clusters/sol/downstream/downstream-cilium/templates/objects.yaml",
        "clusters/sol/downstream/downstream-cert-manager/Chart.yaml",
        "clusters/sol/downstream/downstream-cert-manager/templates/objects.yaml",
      ]);
    });

    it("are refused what only Sveltos can do, and an Argo CD that is not there", () => {
      assert.deepEqual(problemsOf({ ...said, crossplane: true }, { addons: { ...argo, crossplane: true } }), [
        "downstream.crossplane: needs Sveltos: what tenants ask for gets its platform and its services by it (found true; set downstream.platform to sveltos)",
      ]);
      const capsule = {
        ...said,
        domain: "example.net",
        clusters: { media: { id: 1, labels: { ...labels, capsule: "true" } } },
      };
      assert.deepEqual(problemsOf(capsule, { addons: argo }), [
        "downstream.kubeRoute: is the way to capsule-proxy in clusters that have it, and needs Sveltos, which hears of its address (switch on addons.sveltos, or say none)",
      ]);
      assert.deepEqual(problemsOf({ ...capsule, kubeRoute: "none" }, { addons: argo }), []);
      assert.deepEqual(problemsOf(said), [
        "downstream.clusters: get no network: nothing in the management cluster brings their add-ons (switch on addons.argocd)",
        'downstream.platform: needs external-secrets in the management cluster, which tells Argo CD of each cluster (found "argocd"; switch on addons.external-secrets)',
      ]);
    });
  });

  const table: [string, unknown, Record<string, unknown>, string[]][] = [
    [
      "a cluster with nothing to make its machines",
      { proxmox, clusters: { media: { id: 1 } } },
      { addons: {} },
      [
        "downstream.clusters: get no network: nothing in the management cluster brings their add-ons (switch on addons.sveltos)",
        'downstream.clusters.media.infrastructure: nothing in the management cluster can make machines there (found "proxmox"; switch on addons.cluster-api-operator, with proxmox in its settings.infrastructure)',
      ],
    ],
    [
      "a cluster on a Proxmox that is not described",
      { clusters: { media: { id: 1 } } },
      {},
      ["downstream.proxmox: is missing, and media is to be made there (allowed url and tokenId)"],
    ],
    [
      "names and ids of other clusters, and releases that do not exist",
      { proxmox, clusters: { luna: { id: 2, release: "stabel" } } },
      {},
      [
        'downstream.clusters.luna: is the name of another cluster too (found "luna", allowed a name of its own)',
        "downstream.clusters.luna.id: is the id of a cluster with a stack of its own (found 2)",
        'downstream.clusters.luna.release: release does not exist (found "stabel", allowed stable; did you mean "stable"?)',
      ],
    ],
    [
      "bounds the wrong way round, and hosts that do not exist",
      { proxmox: { ...proxmox, hosts: ["pve1"] }, clusters: { dev: { id: 1, workers: { min: 3, max: 1 } } } },
      {},
      [
        "downstream.clusters.dev.workers.max: is less than min (found 1, allowed 3 or more)",
        'downstream.proxmox.hosts[0]: host does not exist (found "pve1", allowed pve01, pve02 or pve03; did you mean "pve01"?)',
      ],
    ],
    [
      "a machine of another cluster",
      { proxmox, clusters: { dev: { id: 1, replace: ["dev-workers-x7k2p", "media-workers-x7k2p"] } } },
      {},
      [
        'downstream.clusters.dev.replace[1]: is no machine of dev (found "media-workers-x7k2p", allowed a name such as dev-workers-x7k2p; kubectl get machines --namespace dev has them)',
      ],
    ],
    [
      "a release without image on Harvester",
      {
        harvester: { server: "https://h.example.net", network: "default/vlan40", images: {}, sshKeyPair: "default/x" },
        clusters: { dev: { id: 1, infrastructure: "harvester" } },
      },
      { addons: { ...addons, "cluster-api-operator": { settings: { infrastructure: ["harvester"] } } } },
      [
        "downstream.harvester.images.stable: is missing, and dev runs that release (allowed an image on Harvester, as namespace/name)",
      ],
    ],
  ];
  for (const [what, downstream, changes, expected] of table) {
    it(`refuse ${what}`, () => assert.deepEqual(problemsOf(downstream, changes), expected));
  }
});
