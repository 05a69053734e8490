import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { loopbacks, macAddress, nodeAddresses, nodeAsn, vmId } from "../../../../components/addressing.ts";
import type { AddressPlan } from "../../../../components/facts.ts";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { asnRanges } from "../../../../components/network/bgp.ts";
import { contains, overlap, parseRange } from "../../../../components/network/ranges.ts";
import type { SharedConfig } from "../../../../config/index.ts";
import { describe as sentence } from "../../../../config/problems.ts";
import { testCluster, testShared } from "../../../support/site.ts";

const shared = testShared();

function planOf(changes: Record<string, unknown>, of: SharedConfig = shared): AddressPlan {
  const { plan, problems } = planAddresses(testCluster(changes), of, "sol");
  assert.deepEqual(problems, []);
  return plan;
}

function complaints(network: Record<string, unknown>, more: Record<string, unknown> = {}): string[] {
  return planAddresses(testCluster({ network, ...more }), shared, "sol").problems.map(sentence);
}

const dualStack = {
  mode: "external",
  nodeSubnets: ["2001:db8:1::/64", "192.168.1.0/24"],
  gateways: ["2001:db8:1::1", "192.168.1.1"],
  vip: "2001:db8:1::10",
  podSubnets: ["2001:db8:2::/56", "172.16.0.0/16"],
  serviceSubnets: ["2001:db8:3::/112", "172.17.0.0/16"],
};
const ipv4Only = {
  mode: "external",
  nodeSubnets: ["192.168.1.0/24"],
  gateways: ["192.168.1.1"],
  vip: "192.168.1.10",
  podSubnets: ["172.16.0.0/20"],
  serviceSubnets: ["172.17.0.0/16"],
};

describe("planAddresses", () => {
  it("follows from the id in mode sdn", () => {
    assert.deepEqual(planOf({}), {
      clusterId: 101,
      clusterName: "sol",
      mode: "sdn",
      nodeSubnets: [
        { family: "ipv6", cidr: "fd00:101::/64", gateway: "fd00:101::fffe" },
        { family: "ipv4", cidr: "10.101.0.0/24", gateway: "10.101.0.254" },
      ],
      vip: "fd00:101::10",
      endpoint: "https://[fd00:101::10]:6443",
      reservedAddresses: ["10.101.0.10"],
      podSubnets: ["fd00:101:240::/56", "10.101.128.0/17"],
      serviceSubnets: ["fd00:101:96::/112", "10.101.96.0/24"],
      dnsServiceAddresses: ["fd00:101:96::a", "10.101.96.10"],
      loadBalancerRanges: ["fd00:101:1b::/120", "10.101.27.0/24"],
      loopbackRanges: ["fd00:255:101::/48", "10.255.101.0/24"],
      bridge: "vnet101",
      mtu: 1450,
      sdn: { vnet: "vnet101", vni: 10101, snat: true },
      bgp: {
        peer: "fe80::255:ffff",
        peerAsn: 4200001000,
        keepaliveSeconds: 10,
        holdSeconds: 30,
        bfd: false,
        ciliumAsn: 4220101000,
      },
      maxNodes: 128,
      globalSubnets: [],
    });
  });

  it("tags frames with the id in mode vlan, or with what the file says", () => {
    const { bridge, vlanId, mtu, sdn } = planOf({ network: { mode: "vlan" } });
    assert.deepEqual({ bridge, vlanId, mtu, sdn }, { bridge: "vmbr0", vlanId: 101, mtu: 1500, sdn: undefined });
    const other = planOf({ network: { mode: "vlan", bridge: "vmbr1", vlanId: 7, mtu: 9000 } });
    assert.deepEqual([other.bridge, other.vlanId, other.mtu], ["vmbr1", 7, 9000]);
  });

  it("takes the zone's MTU in mode sdn", () => {
    assert.equal(planOf({}, testShared({ sdn: { mtu: 8950 } })).mtu, 8950);
  });

  it("has no BGP when nothing on the nodes speaks it", () => {
    const [release] = Object.values(shared.releases);
    const silent = testShared({ releases: { stable: { ...release, bgpSpeaker: "none" } } });
    assert.equal(planOf({}, silent).bgp, undefined);
  });

  it("takes both families of an external network, IPv6 first", () => {
    const reversed = Object.fromEntries(
      Object.entries(dualStack).map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
    );
    for (const network of [dualStack, reversed]) {
      const plan = planOf({ network });
      assert.deepEqual(plan.nodeSubnets, [
        { family: "ipv6", cidr: "2001:db8:1::/64", gateway: "2001:db8:1::1" },
        { family: "ipv4", cidr: "192.168.1.0/24", gateway: "192.168.1.1" },
      ]);
      assert.deepEqual(plan.podSubnets, ["2001:db8:2::/56", "172.16.0.0/16"]);
      assert.deepEqual(plan.dnsServiceAddresses, ["2001:db8:3::a", "172.17.0.10"]);
      assert.equal(plan.endpoint, "https://[2001:db8:1::10]:6443");
      assert.equal(plan.maxNodes, 256);
      assert.deepEqual([plan.bgp, plan.sdn, plan.vlanId, plan.loopbackRanges], [undefined, undefined, undefined, []]);
    }
  });

  it("takes an external network of IPv4 alone, and of IPv6 alone", () => {
    const ipv4 = planOf({ network: ipv4Only });
    assert.deepEqual([ipv4.endpoint, ipv4.maxNodes], ["https://192.168.1.10:6443", 16]);
    assert.deepEqual(nodeAddresses(ipv4, 21), ["192.168.1.21"]);
    const ipv6 = planOf({
      network: {
        mode: "external",
        nodeSubnets: ["2001:db8:1::/64"],
        gateways: ["fe80::1"],
        vip: "2001:db8:1::10",
        podSubnets: ["2001:db8:2::/60"],
        serviceSubnets: ["2001:db8:3::/108"],
      },
    });
    assert.deepEqual([ipv6.nodeSubnets[0]?.gateway, ipv6.maxNodes], ["fe80::1", 16]);
    assert.deepEqual(nodeAddresses(ipv6, 21), ["2001:db8:1::21"]);
  });

  it("gives the cluster its /64 out of each global prefix", () => {
    const prefixes = testShared({ ipv6GlobalPrefixes: ["2001:db8:1000::/48", "2001:db8:2000:ff00::/56"] });
    assert.deepEqual(planOf({}, prefixes).globalSubnets, ["2001:db8:1000:65::/64", "2001:db8:2000:ff65::/64"]);
    const narrow = planAddresses(testCluster(), testShared({ ipv6GlobalPrefixes: ["2001:db8::/60"] }), "sol");
    assert.deepEqual(narrow.problems.map(sentence), [
      "id: the global prefix 2001:db8::/60 has no /64 number 101 (found 101; take a smaller id, or a prefix of /56 or shorter for ipv6GlobalPrefixes in orrery:shared)",
    ]);
  });

  it("misses a zone", () => {
    const { problems } = planAddresses(testCluster(), testShared({ sdn: undefined }), "sol");
    assert.deepEqual(problems.map(sentence), [
      'network.mode: there is no SDN zone (found "sdn", allowed vlan or external; or describe the zone under sdn in orrery:shared)',
    ]);
  });

  const bgpCases: { bgp: Record<string, unknown>; says: string }[] = [
    {
      bgp: { peer: "fd00::1" },
      says: 'network.bgp.peer: is no link-local address (found "fd00::1", allowed an address in fe80::/10)',
    },
    {
      bgp: { peerAsn: 4210101011 },
      says: "network.bgp.peerAsn: is an ASN of the cluster's own (found 4210101011, allowed an ASN outside 4210101000 to 4210101999 and 4220101000 to 4220101999)",
    },
    {
      bgp: { keepaliveSeconds: 10, holdSeconds: 20 },
      says: "network.bgp.holdSeconds: is too short: a session would not outlive two lost keepalives (found 20, allowed 30 or more, three times keepaliveSeconds)",
    },
  ];
  for (const { bgp, says } of bgpCases) {
    it(`says ${says}`, () => assert.deepEqual(complaints({ mode: "sdn", bgp }), [says]));
  }

  const external: { changes: Record<string, unknown>; of?: Record<string, unknown>; says: string[] }[] = [
    {
      changes: { podSubnets: ["2001:db8:2::/56"] },
      says: [
        'network.podSubnets: has no IPv4 entry (found ["2001:db8:2::/56"], allowed one entry of each family of the node subnets: IPv6 and IPv4)',
      ],
    },
    {
      changes: { nodeSubnets: ["192.168.1.0/24", "192.168.2.0/24"] },
      of: ipv4Only,
      says: [
        'network.nodeSubnets: has two entries of one address family (found ["192.168.1.0/24","192.168.2.0/24"], allowed one entry of each family of the node subnets: IPv4)',
      ],
    },
    {
      changes: { serviceSubnets: ["2001:db8:3::/112"] },
      of: ipv4Only,
      says: [
        'network.serviceSubnets: has an IPv6 entry (found ["2001:db8:3::/112"], allowed one entry of each family of the node subnets: IPv4)',
      ],
    },
    {
      changes: { gateways: ["192.168.2.1"] },
      of: ipv4Only,
      says: [
        'network.gateways[0]: lies outside its node subnet (found "192.168.2.1", allowed an address in 192.168.1.0/24)',
      ],
    },
    {
      changes: { vip: "192.168.2.10" },
      of: ipv4Only,
      says: ['network.vip: lies outside the node subnets (found "192.168.2.10", allowed an address in 192.168.1.0/24)'],
    },
    {
      changes: { vip: "192.168.1.1" },
      of: ipv4Only,
      says: ['network.vip: is the gateway\'s address (found "192.168.1.1", allowed a free address)'],
    },
    {
      changes: { loadBalancerRanges: ["192.168.1.0/28"] },
      of: ipv4Only,
      says: [
        'network.vip: lies in the load-balancer range 192.168.1.0/28 (found "192.168.1.10", allowed a free address)',
      ],
    },
    {
      changes: { serviceSubnets: ["172.16.8.0/22"] },
      of: ipv4Only,
      says: [
        'network.serviceSubnets[0]: overlaps 172.16.0.0/20 of network.podSubnets[0] (found "172.16.8.0/22", allowed ranges that share no address)',
      ],
    },
    {
      changes: { loadBalancerRanges: ["192.168.0.0/22"] },
      of: ipv4Only,
      says: [
        'network.vip: lies in the load-balancer range 192.168.0.0/22 (found "192.168.1.10", allowed a free address)',
        'network.loadBalancerRanges[0]: overlaps 192.168.1.0/24 of network.nodeSubnets[0] (found "192.168.0.0/22", allowed ranges that share no address)',
      ],
    },
    {
      changes: { podSubnets: ["172.16.0.0/25"] },
      of: ipv4Only,
      says: [
        'network.podSubnets[0]: has a prefix length that pods cannot have (found "172.16.0.0/25", allowed /8 to /24, because each node gets a /24)',
      ],
    },
    {
      changes: {
        podSubnets: ["2001:db8::/40", "172.16.0.0/16"],
        nodeSubnets: ["fd12::/64", "192.168.1.0/24"],
        gateways: ["fd12::1", "192.168.1.1"],
        vip: "fd12::10",
        serviceSubnets: ["fd13::/112", "172.17.0.0/16"],
      },
      says: [
        'network.podSubnets[0]: has a prefix length that pods cannot have (found "2001:db8::/40", allowed /48 to /64, because each node gets a /64)',
      ],
    },
    {
      changes: { serviceSubnets: ["2001:db8:3::/64", "172.17.0.0/16"] },
      says: [
        'network.serviceSubnets[0]: has a prefix length that services cannot have (found "2001:db8:3::/64", allowed /108 to /124)',
      ],
    },
  ];
  for (const { changes, of = dualStack, says } of external) {
    it(`says ${says[0]}`, () => assert.deepEqual(complaints({ ...of, ...changes }), says));
  }

  it("lets load balancers live in an external node subnet, where they are announced", () => {
    assert.deepEqual(complaints({ ...ipv4Only, loadBalancerRanges: ["192.168.1.240/28"] }), []);
  });
});

describe("addresses of all clusters", () => {
  const anyId = fc.integer({ min: 1, max: 254 });
  const anySuffix = fc.integer({ min: 11, max: 253 });
  const anyMode = fc.constantFrom("sdn", "vlan");
  const wide = testShared({ ipv6GlobalPrefixes: ["2001:db8:1000::/48"] });
  const planFor = (id: number, mode: string) => planOf({ id, network: { mode } }, wide);

  function ranges(plan: AddressPlan): string[] {
    return [
      ...plan.nodeSubnets.map(({ cidr }) => cidr),
      ...plan.podSubnets,
      ...plan.serviceSubnets,
      ...plan.loadBalancerRanges,
      ...plan.loopbackRanges,
      ...plan.globalSubnets,
    ];
  }

  it("share nothing between any two ids", () => {
    const different = fc.tuple(anyId, anyId).filter(([one, other]) => one !== other);
    fc.assert(
      fc.property(different, anyMode, anyMode, anySuffix, anySuffix, ([one, other], mode, otherMode, s, t) => {
        const a = planFor(one, mode);
        const b = planFor(other, otherMode);
        const others = ranges(b).map(parseRange);
        for (const mine of ranges(a).map(parseRange)) {
          for (const theirs of others) assert.ok(!overlap(mine, theirs), `${mine.cidr} ${theirs.cidr}`);
        }
        assert.notDeepEqual([a.bridge, a.vlanId], [b.bridge, b.vlanId]);
        assert.notEqual(vmId(one, s), vmId(other, t));
        assert.notEqual(macAddress(one, s), macAddress(other, t));
        assert.notEqual(nodeAsn(one, s), nodeAsn(other, t));
        if (a.sdn && b.sdn) assert.notEqual(a.sdn.vni, b.sdn.vni);
        for (const mine of asnRanges(one)) {
          for (const theirs of asnRanges(other)) assert.ok(mine.last < theirs.first || theirs.last < mine.first);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("share nothing inside a cluster, and hold every node", () => {
    for (let id = 1; id <= 254; id++) {
      const plan = planFor(id, "sdn");
      const all = ranges(plan).map(parseRange);
      for (const [index, range] of all.entries()) {
        for (const other of all.slice(index + 1)) assert.ok(!overlap(range, other), `${range.cidr} ${other.cidr}`);
      }
      assert.match(plan.bridge, /^[a-zA-Z][a-zA-Z0-9]{1,7}$/);
      for (const suffix of [11, 99, 100, 253]) {
        for (const [index, address] of nodeAddresses(plan, suffix).entries()) {
          const { cidr = "", gateway } = plan.nodeSubnets[index] ?? {};
          assert.ok(contains(parseRange(cidr), parseRange(address)));
          assert.ok(![gateway, plan.vip, ...plan.reservedAddresses].includes(address), address);
        }
      }
    }
  });

  it("read alike in both families", () => {
    fc.assert(
      fc.property(anyId, anySuffix, (id, suffix) => {
        const plan = planFor(id, "sdn");
        assert.deepEqual(nodeAddresses(plan, suffix), [`fd00:${id}::${suffix}`, `10.${id}.0.${suffix}`]);
        assert.deepEqual(loopbacks(plan, suffix), [`fd00:255:${id}::${suffix}`, `10.255.${id}.${suffix}`]);
      }),
    );
  });

  it("stay inside what Proxmox and BGP allow", () => {
    fc.assert(
      fc.property(anyId, anySuffix, (id, suffix) => {
        assert.ok(vmId(id, suffix) >= 100 && vmId(id, suffix) <= 999_999_999);
        assert.ok(nodeAsn(id, suffix) >= 4_200_000_000 && nodeAsn(id, suffix) <= 4_294_967_294);
        assert.match(macAddress(id, suffix), /^bc:24:11(:[0-9]{2}){3}$/);
        assert.ok(planFor(id, "vlan").vlanId === id);
      }),
    );
  });
});
