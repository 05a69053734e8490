import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { type FirewallRule, securityGroup } from "../../../../components/network/firewall.ts";
import { familyOf } from "../../../../components/network/ranges.ts";
import { testCluster, testShared } from "../../../support/site.ts";

function groupOf(changes: Record<string, unknown>, management: string[]) {
  return securityGroup(planAddresses(testCluster(changes), testShared(), "sol").plan, management);
}

/** A rule as a person would say it. */
function line({ proto = "any", dport, source = "anywhere", dest }: FirewallRule): string {
  return `${proto}${dport ? ` ${dport}` : ""} from ${source}${dest ? ` to ${dest}` : ""}`;
}

const cluster6 = "fd00:101::/64,fd00:255:101::/48,fd00:101:240::/56";
const cluster4 = "10.101.0.0/24,10.255.101.0/24,10.101.128.0/17";
const forPods = "50000,6443,2381,10250,10257,10259,4240,4244,9100,9962:9965";

describe("securityGroup", () => {
  it("lets in what a cluster needs, and managers from their ranges", () => {
    const { name, comment, rules } = groupOf({}, ["10.0.10.0/24", "fd00:0:0:10::/64", "10.0.11.0/24"]);
    assert.deepEqual({ name, comment }, { name: "cluster-101", comment: "nodes of cluster sol" });
    assert.deepEqual(rules.map(line), [
      "tcp 50000,6443 from fd00:0:0:10::/64",
      "tcp 50000,6443 from 10.0.10.0/24,10.0.11.0/24",
      "any from fd00:101::/64,fd00:255:101::/48",
      "any from 10.101.0.0/24,10.255.101.0/24",
      `tcp ${forPods} from fd00:101:240::/56`,
      `tcp ${forPods} from 10.101.128.0/17`,
      "tcp 179 from fe80::/10",
      `any from ${cluster6} to fd00:101:240::/56`,
      `any from ${cluster4} to 10.101.128.0/17`,
      "any from anywhere to fd00:101:1b::/120",
      "any from anywhere to 10.101.27.0/24",
      "icmp from anywhere",
      "ipv6-icmp from anywhere",
    ]);
  });

  it("lets everybody manage when no ranges are given", () => {
    const [first] = groupOf({}, []).rules;
    assert.equal(first && line(first), "tcp 50000,6443 from anywhere");
  });

  it("does not open the nodes' global addresses to everybody", () => {
    const shared = testShared({ ipv6GlobalPrefixes: ["2001:db8:1000::/48"] });
    const { plan } = planAddresses(testCluster(), shared, "sol");
    assert.equal(plan.globalSubnets.length, 1);
    assert.doesNotMatch(securityGroup(plan, ["10.0.10.0/24"]).rules.map(line).join("\n"), /2001:db8/);
  });

  it("opens BFD where it is used", () => {
    const { rules } = groupOf({ network: { mode: "vlan", bgp: { bfd: true } } }, []);
    assert.ok(rules.map(line).includes("udp 3784:3785 from fe80::/10"));
  });

  it("has one family only where the network has", () => {
    const network = {
      mode: "external",
      nodeSubnets: ["192.168.1.0/24"],
      gateways: ["192.168.1.1"],
      vip: "192.168.1.10",
      podSubnets: ["172.16.0.0/16"],
      serviceSubnets: ["172.17.0.0/16"],
    };
    assert.deepEqual(groupOf({ network }, []).rules.map(line), [
      "tcp 50000,6443 from anywhere",
      "any from 192.168.1.0/24",
      `tcp ${forPods} from 172.16.0.0/16`,
      "any from 192.168.1.0/24,172.16.0.0/16 to 172.16.0.0/16",
      "icmp from anywhere",
      "ipv6-icmp from anywhere",
    ]);
  });

  it("stays inside Proxmox' limits for all ids", () => {
    for (let id = 1; id <= 254; id++) {
      const { name, rules } = groupOf({ id }, ["fd00:0:0:10::/64", "10.0.10.0/24"]);
      assert.match(name, /^[A-Za-z][A-Za-z0-9_-]{1,17}$/);
      for (const { source, dest, dport } of rules) {
        const families = new Set([source, dest].flatMap((list) => (list ? list.split(",").map(familyOf) : [])));
        assert.ok(families.size <= 1, "families do not mix in a rule");
        const ports = (dport ?? "").split(/[,:]/);
        assert.ok(ports.length <= 15, "iptables' multiport holds 15 ports");
      }
    }
  });
});
