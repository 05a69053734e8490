import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { macAddress, nodeAsn } from "../../../../components/addressing.ts";
import type { NodePlan } from "../../../../components/facts.ts";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { linkLocalAddress } from "../../../../components/network/bgp.ts";
import { routerConfiguration } from "../../../../components/network/router.ts";
import { schemaOf } from "../../../../lab/vyos/schema.ts";
import { linesOf, setPath, type Tree } from "../../../../lab/vyos/tree.ts";
import { commitParts } from "../../../../lab/vyos/verify.ts";
import { testCluster, testShared } from "../../../support/site.ts";

function node(name: string, suffix: number, mac: string | undefined = macAddress(103, suffix)): NodePlan {
  return {
    name,
    role: "worker",
    pool: "wk",
    suffix,
    addresses: [`fd00:103::${suffix}`, `10.103.0.${suffix}`],
    interfaceAddresses: [],
    loopbacks: [],
    asn: nodeAsn(103, suffix),
    macAddress: mac,
    settings: {},
  };
}

function textsOf(network: Record<string, unknown>, nodes: NodePlan[], hosts: string[] = [], zone?: string) {
  const { plan } = planAddresses(testCluster({ id: 103, network }, "terra"), testShared(), "terra");
  return routerConfiguration({ addresses: plan, nodes, zone, hostAddresses: hosts });
}

/** Word by word, as the tree of a configuration is walked. */
function compareWords(one: string, other: string): number {
  const [words, others] = [one.split(" "), other.split(" ")];
  const at = words.findIndex((word, index) => word !== others[index]);
  const [word = "", against = ""] = [words[at] ?? "", others[at] ?? ""];
  return word < against ? -1 : 1;
}

describe("routerConfiguration", () => {
  const nodes = [node("terracp01", 11), { ...node("terrabm01", 41), macAddress: undefined }];

  it("configures VyOS on the VLAN: VLAN, DHCP, prefix lists, ECMP, group and neighbours", () => {
    assert.equal(
      textsOf({ mode: "vlan", bgp: { bfd: true } }, nodes).vyos,
      `# cluster terra (id 103): nodes as neighbours
# to be added by hand, because its MAC address is not known: terrabm01
set protocols bgp parameters bestpath as-path multipath-relax
set protocols bgp address-family ipv6-unicast maximum-paths ebgp '16'
set protocols bgp address-family ipv4-unicast maximum-paths ebgp '16'
set protocols bgp system-as '4200001000'
set interfaces ethernet eth0 vif 103 description 'cluster-terra'
set interfaces ethernet eth0 vif 103 mtu '1500'
set interfaces ethernet eth0 vif 103 address 'fd00:103::fffe/64'
set interfaces ethernet eth0 vif 103 address '10.103.0.254/24'
set interfaces ethernet eth0 vif 103 address 'fe80::255:ffff/64'
set service dhcp-server shared-network-name CLUSTER-103 subnet 10.103.0.0/24 default-router '10.103.0.254'
set service dhcp-server shared-network-name CLUSTER-103 subnet 10.103.0.0/24 static-mapping terracp01 ip-address '10.103.0.11'
set service dhcp-server shared-network-name CLUSTER-103 subnet 10.103.0.0/24 static-mapping terracp01 mac-address 'bc:24:11:10:30:11'
set policy prefix-list6 CLUSTER-103-V6 rule 10 action 'permit'
set policy prefix-list6 CLUSTER-103-V6 rule 10 description 'loopbacks'
set policy prefix-list6 CLUSTER-103-V6 rule 10 le '128'
set policy prefix-list6 CLUSTER-103-V6 rule 10 prefix 'fd00:255:103::/48'
set policy prefix-list6 CLUSTER-103-V6 rule 20 action 'permit'
set policy prefix-list6 CLUSTER-103-V6 rule 20 description 'pods'
set policy prefix-list6 CLUSTER-103-V6 rule 20 le '64'
set policy prefix-list6 CLUSTER-103-V6 rule 20 prefix 'fd00:103:240::/56'
set policy prefix-list6 CLUSTER-103-V6 rule 30 action 'permit'
set policy prefix-list6 CLUSTER-103-V6 rule 30 description 'load-balancers'
set policy prefix-list6 CLUSTER-103-V6 rule 30 le '128'
set policy prefix-list6 CLUSTER-103-V6 rule 30 prefix 'fd00:103:1b::/120'
set policy prefix-list CLUSTER-103-V4 rule 10 action 'permit'
set policy prefix-list CLUSTER-103-V4 rule 10 description 'loopbacks'
set policy prefix-list CLUSTER-103-V4 rule 10 le '32'
set policy prefix-list CLUSTER-103-V4 rule 10 prefix '10.255.103.0/24'
set policy prefix-list CLUSTER-103-V4 rule 20 action 'permit'
set policy prefix-list CLUSTER-103-V4 rule 20 description 'pods'
set policy prefix-list CLUSTER-103-V4 rule 20 le '24'
set policy prefix-list CLUSTER-103-V4 rule 20 prefix '10.103.128.0/17'
set policy prefix-list CLUSTER-103-V4 rule 30 action 'permit'
set policy prefix-list CLUSTER-103-V4 rule 30 description 'load-balancers'
set policy prefix-list CLUSTER-103-V4 rule 30 le '32'
set policy prefix-list CLUSTER-103-V4 rule 30 prefix '10.103.27.0/24'
set protocols bgp peer-group CLUSTER-103 capability extended-nexthop
set protocols bgp peer-group CLUSTER-103 ttl-security hops '1'
set protocols bgp peer-group CLUSTER-103 bfd
set protocols bgp peer-group CLUSTER-103 address-family ipv6-unicast prefix-list import 'CLUSTER-103-V6'
set protocols bgp peer-group CLUSTER-103 address-family ipv6-unicast default-originate
set protocols bgp peer-group CLUSTER-103 address-family ipv4-unicast prefix-list import 'CLUSTER-103-V4'
set protocols bgp peer-group CLUSTER-103 address-family ipv4-unicast default-originate
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 interface source-interface 'eth0.103'
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 peer-group 'CLUSTER-103'
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 remote-as '4210103011'
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 description 'terracp01'
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 timers holdtime '30'
set protocols bgp neighbor fe80::be24:11ff:fe10:3011 timers keepalive '10'
`,
    );
  });

  it("uses the interface, version and ASN of the router that the cluster names", () => {
    const { plan } = planAddresses(testCluster({ id: 103, network: { mode: "vlan" } }, "terra"), testShared(), "terra");
    const router = { version: "1.5", interface: "eth2", asn: 65_000 } as const;
    const { vyos } = routerConfiguration({ addresses: plan, nodes, hostAddresses: [], router });
    const network = "set service dhcp-server shared-network-name CLUSTER-103 subnet 10.103.0.0/24";
    const lines = vyos.split("\n");
    for (const line of [
      "set protocols bgp system-as '65000'",
      "set interfaces ethernet eth2 vif 103 mtu '1500'",
      "set protocols bgp neighbor fe80::be24:11ff:fe10:3011 interface source-interface 'eth2.103'",
      `${network} option default-router '10.103.0.254'`,
      `${network} subnet-id '103'`,
      `${network} static-mapping terracp01 mac 'bc:24:11:10:30:11'`,
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  it("has commands that a router of the lab knows, in each version", () => {
    for (const version of ["1.4", "1.5"] as const) {
      for (const mode of ["vlan", "sdn"]) {
        const cluster = testCluster({ id: 103, network: { mode, bgp: { bfd: true } } }, "terra");
        const { plan } = planAddresses(cluster, testShared(), "terra");
        const router = { version, interface: "eth1", asn: 4_200_001_000 };
        const facts = { addresses: plan, nodes, hostAddresses: ["10.255.0.1"], router };
        const tree: Tree = {};
        const lines = routerConfiguration(facts)
          .vyos.split("\n")
          .filter((line) => line.startsWith("set "));
        for (const line of lines) setPath(tree, schemaOf(version), line.slice(4).replaceAll("'", "").split(" "));
        // Written as the router writes it: a run that finds everything there has no difference.
        assert.deepEqual(linesOf(tree, schemaOf(version)), lines.map((line) => line.slice(4)).sort(compareWords));
        for (const { verify } of commitParts) assert.equal(verify(tree), undefined);
      }
    }
  });

  it("configures FRR on the Proxmox hosts, inside the zone's VRF", () => {
    assert.equal(
      textsOf({ mode: "sdn" }, nodes.slice(0, 1), [], "evpnz1").frr,
      `! cluster terra (id 103): nodes as neighbours
! interface vnet103 has to carry the link-local address fe80::255:ffff/64, which the nodes peer with
ipv6 prefix-list CLUSTER-103-V6 seq 10 permit fd00:255:103::/48 le 128
ipv6 prefix-list CLUSTER-103-V6 seq 20 permit fd00:103:240::/56 le 64
ipv6 prefix-list CLUSTER-103-V6 seq 30 permit fd00:103:1b::/120 le 128
ipv6 prefix-list CLUSTER-103-V6-OUT seq 10 permit ::/0
ip prefix-list CLUSTER-103-V4 seq 10 permit 10.255.103.0/24 le 32
ip prefix-list CLUSTER-103-V4 seq 20 permit 10.103.128.0/17 le 24
ip prefix-list CLUSTER-103-V4 seq 30 permit 10.103.27.0/24 le 32
ip prefix-list CLUSTER-103-V4-OUT seq 10 permit 0.0.0.0/0
!
router bgp 4200001000 vrf vrf_evpnz1
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
 neighbor CLUSTER-103 peer-group
 neighbor CLUSTER-103 capability extended-nexthop
 neighbor CLUSTER-103 timers 10 30
 neighbor CLUSTER-103 ttl-security hops 1
 neighbor fe80::be24:11ff:fe10:3011 remote-as 4210103011
 neighbor fe80::be24:11ff:fe10:3011 peer-group CLUSTER-103
 neighbor fe80::be24:11ff:fe10:3011 description terracp01
 neighbor fe80::be24:11ff:fe10:3011 interface vnet103
 address-family ipv6 unicast
  neighbor CLUSTER-103 activate
  neighbor CLUSTER-103 default-originate
  neighbor CLUSTER-103 prefix-list CLUSTER-103-V6 in
  neighbor CLUSTER-103 prefix-list CLUSTER-103-V6-OUT out
  maximum-paths 16
 exit-address-family
 address-family ipv4 unicast
  neighbor CLUSTER-103 activate
  neighbor CLUSTER-103 default-originate
  neighbor CLUSTER-103 prefix-list CLUSTER-103-V4 in
  neighbor CLUSTER-103 prefix-list CLUSTER-103-V4-OUT out
  maximum-paths 16
 exit-address-family
exit
`,
    );
  });

  it("lets a VyOS router beyond the zone peer with the hosts, in a list that clusters share", () => {
    const { vyos } = textsOf({ mode: "sdn" }, nodes, ["10.255.0.1", "10.255.0.2"]);
    const lines = vyos.split("\n");
    assert.ok(lines.includes("set policy prefix-list6 CLUSTERS-V6 rule 10320 prefix 'fd00:103:240::/56'"));
    assert.ok(lines.includes("set protocols bgp neighbor 10.255.0.2 remote-as '4200001000'"));
    assert.ok(lines.includes("# the router's own ASN: set protocols bgp system-as ..."));
    assert.ok(!vyos.includes("fe80::"), "nodes are neighbours of the hosts, not of this router");
    assert.ok(!vyos.includes("default-originate"), "hosts have a default route of their own");
  });

  it("accepts nothing but the cluster's ranges", () => {
    const { vyos } = textsOf({ mode: "vlan" }, nodes);
    const accepted = [...vyos.matchAll(/rule \d+ prefix '(\S+)'/g)].map(([, cidr]) => cidr);
    assert.deepEqual(accepted, [
      "fd00:255:103::/48",
      "fd00:103:240::/56",
      "fd00:103:1b::/120",
      "10.255.103.0/24",
      "10.103.128.0/17",
      "10.103.27.0/24",
    ]);
  });

  it("says that there is nothing to do without BGP", () => {
    const network = {
      mode: "external",
      nodeSubnets: ["192.168.1.0/24"],
      gateways: ["192.168.1.1"],
      vip: "192.168.1.10",
      podSubnets: ["172.16.0.0/16"],
      serviceSubnets: ["172.17.0.0/16"],
    };
    assert.deepEqual(textsOf(network, nodes), {
      vyos: "# cluster terra: its nodes do not speak BGP, so there is nothing to configure\n",
      frr: "! cluster terra: its nodes do not speak BGP, so there is nothing to configure\n",
    });
  });
});

describe("linkLocalAddress", () => {
  const cases: [string, string][] = [
    ["bc:24:11:10:10:11", "fe80::be24:11ff:fe10:1011"],
    ["00:00:5e:00:01:01", "fe80::200:5eff:fe00:101"],
    ["02:00:00:00:00:01", "fe80::ff:fe00:1"],
  ];
  for (const [mac, address] of cases) {
    it(`is ${address} for ${mac}`, () => assert.equal(linkLocalAddress({ macAddress: mac }), address));
  }
  it("is not known without a MAC address", () => assert.equal(linkLocalAddress({}), undefined));
});
