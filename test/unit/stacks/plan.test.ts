import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { stringify } from "yaml";
import type { SharedFacts } from "../../../components/facts.ts";
import { readStackFiles, type SharedConfig } from "../../../config/index.ts";
import { planCluster, readSite } from "../../../stacks/plan.ts";
import { complaints } from "../../support/complaints.ts";
import { fleet } from "../../support/fleet.ts";
import { sharedValue, testCluster, testShared } from "../../support/site.ts";

type Clusters = Record<string, Record<string, unknown>>;

/** Problems of the first of some clusters, with the way to its object left out. */
function problems(clusters: Clusters, shared: SharedConfig = testShared()): string[] {
  const parsed = Object.entries(clusters).map(([stack, value]) => [stack, testCluster(value, stack)]);
  const files = { shared, clusters: Object.fromEntries(parsed) };
  const [stack = ""] = Object.keys(clusters);
  const prefix = `Pulumi.${stack}.yaml: orrery:cluster.`;
  return complaints(() => planCluster(stack, files)).map((line) => line.replace(prefix, ""));
}

const external = {
  mode: "external",
  nodeSubnets: ["192.168.1.0/24"],
  gateways: ["192.168.1.1"],
  vip: "192.168.1.10",
  podSubnets: ["172.16.0.0/16"],
  serviceSubnets: ["172.17.0.0/16"],
};

const router = { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk" };

describe("planCluster", () => {
  it("plans the three clusters that the project comes with", () => {
    const files = readStackFiles(fleet);
    const plans = Object.keys(files.clusters).map((stack) => planCluster(stack, files));
    assert.deepEqual(
      plans.map(({ facts }) => [facts.name, facts.releaseName, facts.nodes.length, facts.addresses.mode]),
      [
        ["luna", "stable", 6, "sdn"],
        ["sol", "stable", 6, "sdn"],
        ["terra", "candidate", 6, "vlan"],
      ],
    );
    const [luna, sol] = plans;
    assert.deepEqual(luna?.facts.hosts, ["pve01", "pve02", "pve03"]);
    assert.deepEqual(
      sol?.facts.nodes.map(({ name, vm }) => [name, vm?.vmId]),
      [
        ["solcp01", 101011],
        ["solcp02", 101012],
        ["solcp03", 101013],
        ["solwk01", 101021],
        ["solwk02", 101022],
        ["solwk03", 101023],
      ],
    );
    const gpus = plans.flatMap(({ facts }) => facts.nodes).filter(({ gpu }) => gpu);
    assert.deepEqual(
      gpus.map(({ name, gpu, vm }) => [name, gpu?.mapping, vm?.host]),
      [["solwk01", "igpu", "pve01"]],
    );
    assert.ok(sol?.addons.some(({ name }) => name === "cilium"));
  });

  it("plans the smallest cluster", () => {
    assert.deepEqual(problems({ luna: { id: 102 } }), []);
  });

  const collisions: { name: string; clusters: Clusters; shared?: Record<string, unknown>; says: string[] }[] = [
    {
      name: "an id that is taken",
      clusters: { sol: { id: 101 }, luna: { id: 101 }, terra: { id: 102 } },
      says: [
        "id: is taken by stack luna: VM ids, VNet, VNI, ASNs and address ranges would collide (found 101, allowed an id of its own, such as 103)",
      ],
    },
    {
      name: "a name that is taken",
      clusters: { sol: { id: 101 }, luna: { id: 102, name: "sol" } },
      says: ['name: is the name of stack luna too (found "sol")'],
    },
    {
      name: "a VLAN that is taken",
      clusters: {
        sol: { id: 101, network: { mode: "vlan", vlanId: 102 } },
        luna: { id: 102, network: { mode: "vlan" } },
      },
      says: [
        "network.vlanId: is taken on bridge vmbr0 by stack luna (found 102, allowed another VLAN id or another bridge)",
      ],
    },
    {
      name: "the same VLAN on another bridge",
      clusters: {
        sol: { id: 101, network: { mode: "vlan", vlanId: 102, bridge: "vmbr1" } },
        luna: { id: 102, network: { mode: "vlan" } },
      },
      says: [],
    },
    {
      name: "ranges of another cluster",
      clusters: { sol: { id: 101, network: { ...external, podSubnets: ["10.102.0.0/16"] } }, luna: { id: 102 } },
      says: [
        'network.podSubnets[0]: pods overlap nodes 10.102.0.0/24 of stack luna (found "10.102.0.0/16", allowed ranges that no other stack has)',
        'network.podSubnets[0]: pods overlap pods 10.102.128.0/17 of stack luna (found "10.102.0.0/16", allowed ranges that no other stack has)',
        'network.podSubnets[0]: pods overlap services 10.102.96.0/24 of stack luna (found "10.102.0.0/16", allowed ranges that no other stack has)',
        'network.podSubnets[0]: pods overlap load balancers 10.102.27.0/24 of stack luna (found "10.102.0.0/16", allowed ranges that no other stack has)',
      ],
    },
    {
      name: "ranges that another cluster was given",
      clusters: { luna: { id: 102 }, sol: { id: 101, network: { ...external, serviceSubnets: ["10.102.96.0/20"] } } },
      says: [
        'id: services overlap services 10.102.96.0/20 of stack sol (found "10.102.96.0/24", allowed ranges that no other stack has)',
      ],
    },
    {
      name: "a peer that is another cluster's node",
      clusters: { sol: { id: 101, network: { mode: "sdn", bgp: { peerAsn: 4210102011 } } }, luna: { id: 102 } },
      says: [
        "network.bgp.peerAsn: is an ASN of stack luna (found 4210102011, allowed the ASN of the hosts or of your router)",
      ],
    },
    {
      name: "no workers, and control planes for nothing else",
      clusters: { sol: { id: 101, workers: {}, machine: { scheduleOnControlPlanes: false } } },
      says: [
        "machine.scheduleOnControlPlanes: leaves no node for pods, because there are no workers (found false, allowed true)",
      ],
    },
    {
      name: "no workers",
      clusters: { sol: { id: 101, workers: {} } },
      says: [],
    },
    {
      name: "the zone's own VNI",
      clusters: { sol: { id: 101 } },
      shared: { sdn: { vrfVni: 10101 } },
      says: ["id: its VNI 10101 is the VRF VNI of the SDN zone (found 101)"],
    },
    {
      name: "the zone's own ASN",
      clusters: { sol: { id: 101 } },
      shared: { sdn: { asn: 4220101500 } },
      says: ["id: its ASNs hold 4220101500, the ASN of the SDN zone (found 101)"],
    },
    {
      name: "a host's address",
      clusters: { sol: { id: 101 } },
      shared: { proxmox: { ...(sharedValue().proxmox as object), hosts: { pve01: { addresses: ["10.101.0.200"] } } } },
      says: ["id: nodes 10.101.0.0/24 hold the address 10.101.0.200 of host pve01 (found 101)"],
    },
    {
      name: "a host on the external network of the nodes",
      clusters: { sol: { id: 101, network: external } },
      shared: { proxmox: { ...(sharedValue().proxmox as object), hosts: { pve01: { addresses: ["192.168.1.5"] } } } },
      says: [],
    },
    {
      name: "a router that nobody has described",
      clusters: { sol: { id: 101, network: { mode: "vlan", router: "vyso01" } } },
      shared: { routers: { vyos01: router } },
      says: ['network.router: router does not exist (found "vyso01", allowed vyos01; did you mean "vyos01"?)'],
    },
    {
      name: "a router where there is none",
      clusters: { sol: { id: 101, network: { mode: "vlan", router: "vyos01" } } },
      says: [
        'network.router: router does not exist (found "vyos01", allowed none, because there is no router; describe it under routers in orrery:shared)',
      ],
    },
    {
      name: "a router with another ASN than the nodes peer with",
      clusters: { sol: { id: 101, network: { mode: "vlan", router: "vyos01" } } },
      shared: { routers: { vyos01: { ...router, asn: 65000 } } },
      says: [
        "network.bgp.peerAsn: is not the ASN of vyos01 (found 4200001000, allowed 65000, the router's own ASN in orrery:shared)",
      ],
    },
    {
      name: "a router without neighbours",
      clusters: { sol: { id: 101, network: { mode: "sdn", router: "vyos01" } } },
      shared: {
        routers: { vyos01: router },
        proxmox: { ...(sharedValue().proxmox as object), hosts: { pve01: {} } },
      },
      says: [
        'network.router: has no neighbours: no Proxmox host says its addresses (found "vyos01"; give them: proxmox.hosts.<host>.addresses in orrery:shared)',
      ],
    },
    {
      name: "a router in front of nodes without BGP",
      clusters: { sol: { id: 101, release: "quiet", network: { mode: "sdn", router: "vyos01" } } },
      shared: {
        routers: { vyos01: router },
        releases: {
          quiet: { talos: "v1.12.0", kubernetes: "1.32.10", cilium: "1.18.4", image: { source: "factory" } },
        },
      },
      says: [
        'network.router: has nothing to accept: the nodes of the release do not speak BGP (found "vyos01"; choose a release with a BGP speaker, or leave the router out)',
      ],
    },
    {
      name: "one VLAN twice on a router, and two ASNs for it",
      clusters: {
        sol: { id: 101, network: { mode: "vlan", router: "vyos01", vlanId: 102, bridge: "vmbr1" } },
        luna: { id: 102, network: { mode: "vlan", router: "vyos01", bgp: { peerAsn: 65000 } } },
      },
      shared: { routers: { vyos01: router } },
      says: [
        "network.vlanId: is taken on router vyos01 by stack luna (found 102, allowed another VLAN id or another router)",
        "network.bgp.peerAsn: cannot be the ASN of router vyos01 (found 4200001000, allowed 65000, as stack luna has it for the same router)",
      ],
    },
    {
      name: "a release that does not exist",
      clusters: { sol: { id: 101, release: "stabel" } },
      says: ['release: release does not exist (found "stabel", allowed stable; did you mean "stable"?)'],
    },
    {
      name: "load balancers where nodes are",
      clusters: {
        sol: {
          id: 101,
          workers: {},
          controlPlanes: { count: 1 },
          network: { ...external, loadBalancerRanges: ["192.168.1.11/32"] },
        },
      },
      says: [
        'network.loadBalancerRanges: holds the address 192.168.1.11 of node solcp01 (found "192.168.1.11/32", allowed addresses that no node has)',
      ],
    },
    {
      name: "a node subnet that is too small for its suffixes",
      clusters: {
        sol: {
          id: 101,
          workers: { wk: { count: 1 } },
          controlPlanes: { count: 1 },
          network: { ...external, nodeSubnets: ["192.168.1.0/28"] },
        },
      },
      says: ["network.nodeSubnets: solwk01 has no address in each of 192.168.1.0/28 (found 21)"],
    },
  ];
  for (const { name, clusters, shared, says } of collisions) {
    it(`${says.length > 0 ? "refuses" : "takes"} ${name}`, () => {
      assert.deepEqual(problems(clusters, testShared(shared)), says);
    });
  }

  it("tells of the mistakes of all planners together", () => {
    const found = problems({
      sol: {
        id: 101,
        release: "stabel",
        network: { mode: "sdn", bgp: { peer: "fd00::1" } },
        controlPlanes: { count: 2 },
        addons: { cilum: true },
      },
      luna: { id: 101 },
    });
    const paths = found.map((line) => line.slice(0, line.indexOf(":")));
    assert.deepEqual(paths.toSorted(), ["addons.cilum", "controlPlanes", "id", "network.bgp.peer", "release"]);
  });

  it("misses a stack file", () => {
    const files = { shared: testShared(), clusters: { luna: testCluster({ id: 102 }, "luna") } };
    assert.deepEqual(
      complaints(() => planCluster("lune", files)),
      ['Pulumi.lune.yaml: file is missing (allowed stack luna; did you mean "luna"?)'],
    );
  });

  it("goes by the releases that were published, because images exist for them", () => {
    const shared = testShared();
    const stable = shared.releases.stable;
    assert.ok(stable);
    const files = { shared, clusters: { sol: testCluster() } };
    const published: SharedFacts = { releases: { stable: { ...stable, kubernetes: "1.31.4" } }, images: {} };
    assert.equal(planCluster("sol", files, published).facts.release.kubernetes, "1.31.4");
    assert.deepEqual(
      complaints(() => planCluster("sol", files, { releases: {}, images: {} })),
      [
        'Pulumi.sol.yaml: orrery:cluster.release: is not published yet (found "stable"; bring the shared stack up first: pulumi up -s shared)',
      ],
    );
  });
});

describe("readSite", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-site-"));
    write("shared", { "orrery:shared": sharedValue() });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(stack: string, config: Record<string, unknown>): void {
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
  }

  it("reads what is right", () => {
    write("luna", { "orrery:cluster": { id: 102, release: "stable" } });
    assert.deepEqual(Object.keys(readSite("luna", folder).clusters), ["luna"]);
  });

  it("puts the problems of other files, of the plan and of the environment into one message", () => {
    write("luna", { "orrery:cluster": { id: 102, release: "unstable" } });
    write("sol", { "orrery:cluster": { id: 101, release: "stable", ownr: "me" } });
    const found = complaints(() => readSite("luna", folder, { PROXMOX_VE_ENDPOINT: "https://pve01:8006" }));
    assert.deepEqual(
      found.map((line) => line.split(" (")[0]),
      [
        "Pulumi.sol.yaml: orrery:cluster.ownr: unknown key",
        "Pulumi.luna.yaml: orrery:cluster.release: release does not exist",
        "PROXMOX_VE_API_TOKEN: environment variable is missing",
      ],
    );
  });

  it("looks through the rest of a file that has mistakes of form", () => {
    write("luna", {
      "orrery:cluster": {
        id: 101,
        release: "unstable",
        ownr: "me",
        protect: "no",
        workers: { wk: { count: 3, hst: "pve01", memoryMiB: 512 } },
      },
    });
    write("sol", { "orrery:cluster": { id: 101, release: "stable" } });
    assert.deepEqual(
      complaints(() => readSite("luna", folder)).map((line) => line.split(" (")[0]),
      [
        "Pulumi.luna.yaml: orrery:cluster.protect: has to be true or false",
        "Pulumi.luna.yaml: orrery:cluster.workers.wk.hst: unknown key",
        "Pulumi.luna.yaml: orrery:cluster.ownr: unknown key",
        "Pulumi.luna.yaml: orrery:cluster.release: release does not exist",
        "Pulumi.luna.yaml: orrery:cluster.id: is taken by stack sol: VM ids, VNet, VNI, ASNs and address ranges would collide",
        "Pulumi.luna.yaml: orrery:cluster.workers.wk.memoryMiB: too little memory for a worker: below Talos' minimum",
      ],
    );
  });

  it("never takes a file with mistakes for a good one", () => {
    write("luna", { "orrery:cluster": { id: 102, release: "stable", ownr: "me" } });
    assert.throws(() => readSite("luna", folder), /ownr: unknown key/);
    write("luna", { "orrery:cluster": { id: 102, release: "stable", workers: { wk: { suffixes: ["x"] } } } });
    assert.throws(() => readSite("luna", folder), /suffixes\[0\]/);
  });
});
