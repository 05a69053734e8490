import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeAddressesPerCluster, planDownstreamAddresses } from "../../../../components/network/downstream.ts";
import { overlap, parseRange } from "../../../../components/network/ranges.ts";
import { downstreamVyosPlan } from "../../../../components/network/router-downstream.ts";
import { vyosCommands } from "../../../../components/network/router-vyos.ts";
import { downstreamSchema } from "../../../../config/downstream.ts";
import { describe as sentence } from "../../../../config/problems.ts";

function plan(said: Record<string, unknown>) {
  return planDownstreamAddresses(downstreamSchema.parse(said));
}

describe("addresses of downstream clusters", () => {
  it("gives every cluster its block", () => {
    const { plans, problems } = plan({ clusters: { media: { id: 1 }, dev: { id: 2 } } });
    assert.deepEqual(problems, []);
    const shown = Object.values(plans).map((addresses) => [
      addresses.vip,
      addresses.nodeRange.first,
      addresses.nodeRange.last,
      ...addresses.loadBalancerRanges,
      ...addresses.podSubnets,
      ...addresses.serviceSubnets,
      ...addresses.dnsServiceAddresses,
    ]);
    assert.deepEqual(shown, [
      [
        "10.10.40.16",
        "10.10.40.17",
        "10.10.40.31",
        "10.10.50.16/28",
        "172.17.0.0/17",
        "172.17.128.0/20",
        "172.17.128.10",
      ],
      [
        "10.10.40.32",
        "10.10.40.33",
        "10.10.40.47",
        "10.10.50.32/28",
        "172.18.0.0/17",
        "172.18.128.0/20",
        "172.18.128.10",
      ],
    ]);
  });

  it("never gives two clusters the same address", () => {
    const id = fc.integer({ min: 1, max: 14 });
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other);
        const { plans } = plan({ clusters: { one: { id: one }, other: { id: other } } });
        const ranges = (name: string) => {
          const addresses = plans[name];
          assert.ok(addresses);
          const { nodeRange, loadBalancerRanges, podSubnets, serviceSubnets, vip } = addresses;
          return [vip, nodeRange.first, nodeRange.last, ...loadBalancerRanges, ...podSubnets, ...serviceSubnets].map(
            parseRange,
          );
        };
        for (const range of ranges("one")) assert.ok(!ranges("other").some((candidate) => overlap(range, candidate)));
      }),
    );
  });

  it("has a router accept load-balancer addresses of these clusters, from every node, over several paths", () => {
    const downstream = downstreamSchema.parse({ clusters: { media: { id: 1 }, dev: { id: 2 } } });
    const { network } = downstream;
    const { plans } = planDownstreamAddresses(downstream);
    const routerPlan = downstreamVyosPlan({ managementId: 101, network, plans });
    assert.deepEqual(vyosCommands(routerPlan).split("\n"), [
      "# downstream clusters",
      "# eth0 stands for the interface towards the hosts",
      "set protocols bgp parameters bestpath as-path multipath-relax",
      "set protocols bgp address-family ipv4-unicast maximum-paths ebgp '16'",
      "set protocols bgp listen limit '500'",
      "set protocols bgp system-as '4200001000'",
      "set interfaces ethernet eth0 vif 40 address '10.10.40.1/24'",
      "set interfaces ethernet eth0 vif 40 description 'downstream-101'",
      "set interfaces ethernet eth0 vif 40 mtu '1500'",
      ...["dev 20 10.10.50.32/28", "media 10 10.10.50.16/28"].flatMap((said) => {
        const [name, number, prefix] = said.split(" ");
        const rule = `set policy prefix-list DOWNSTREAM-101-V4 rule ${number}`;
        return [
          `${rule} action 'permit'`,
          `${rule} description '${name}'`,
          `${rule} le '32'`,
          `${rule} prefix '${prefix}'`,
        ];
      }),
      "set protocols bgp peer-group DOWNSTREAM-101 address-family ipv4-unicast prefix-list import 'DOWNSTREAM-101-V4'",
      "set protocols bgp peer-group DOWNSTREAM-101 remote-as 'external'",
      "set protocols bgp listen range 10.10.40.0/24 peer-group 'DOWNSTREAM-101'",
      "",
    ]);
    assert.ok(14 * nodeAddressesPerCluster <= 500, "the router listens to all of them");
  });

  const table: [string, Record<string, unknown>, string[]][] = [
    [
      "one id twice",
      { clusters: { media: { id: 3 }, dev: { id: 3 } } },
      [
        "downstream.clusters.dev.id: is the id of media, and their addresses would be the same (found 3, allowed a number of its own from 1 to 14)",
      ],
    ],
    [
      "more nodes than addresses",
      { clusters: { media: { id: 1, controlPlanes: 3, workers: 12 } } },
      [
        "downstream.clusters.media.workers: with its control planes and one machine that takes another one's place it has 16 nodes (found 12, allowed 15 together: a cluster has 16 addresses, one of them the API's)",
      ],
    ],
    [
      "a gateway elsewhere",
      { clusters: { media: { id: 1 } }, network: { gateway: "10.10.41.1" } },
      [
        'downstream.network.gateway: is not in the nodes\' network (found "10.10.41.1", allowed an address in 10.10.40.0/24)',
      ],
    ],
    [
      "a gateway among the nodes",
      { clusters: { media: { id: 1 } }, network: { gateway: "10.10.40.20" } },
      [
        'downstream.network.gateway: is in the block of a cluster (found "10.10.40.20", allowed an address in 10.10.40.0/28 or 10.10.40.240/28)',
      ],
    ],
    [
      "ranges over each other",
      { clusters: { media: { id: 1 } }, network: { loadBalancerRange: "10.10.40.0/24" } },
      [
        'downstream.network.loadBalancerRange: overlaps nodeSubnet 10.10.40.0/24 (found "10.10.40.0/24", allowed a range that nothing else has)',
      ],
    ],
    [
      "a network that is too small",
      { clusters: { dev: { id: 9 } }, network: { nodeSubnet: "10.10.40.0/25" } },
      [
        "downstream.clusters.dev.id: there is no block number 9 in each of 10.10.40.0/25, 10.10.50.0/24 and 172.16.0.0/12 (found 9; take a smaller id, or larger ranges below downstream.network)",
      ],
    ],
  ];
  for (const [what, said, expected] of table) {
    it(`refuses ${what}`, () => assert.deepEqual(plan(said).problems.map(sentence), expected));
  }
});
