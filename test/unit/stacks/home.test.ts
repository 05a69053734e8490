import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, it } from "mocha";
import { planMetalInstallers } from "../../../components/talos-image/plan.ts";
import { readStackFiles } from "../../../config/index.ts";
import { checkStackFiles } from "../../../config/load.ts";
import { planCluster } from "../../../stacks/plan.ts";
import { fleet } from "../../support/fleet.ts";

const folder = resolve(import.meta.dirname, "../../../examples/home");

describe("examples/home", () => {
  const { shared, clusters } = readStackFiles(fleet);
  const example = checkStackFiles(folder).clusters;
  const { facts, config } = planCluster("home", { shared, clusters: { ...clusters, ...example } });

  it("has eight machines, each with its address", () => {
    assert.deepEqual(facts.nodes.map(({ name, role, addresses }) => [name, role, ...addresses]).sort(), [
      ["k8s-1", "controlplane", "10.0.60.21"],
      ["k8s-2", "worker", "10.0.60.22"],
      ["k8s-3", "controlplane", "10.0.60.23"],
      ["k8s-5", "controlplane", "10.0.60.25"],
      ["k8s-6", "worker", "10.0.60.26"],
      ["k8s-7", "worker", "10.0.60.27"],
      ["k8s-8", "worker", "10.0.60.28"],
      ["k8s-9", "worker", "10.0.60.29"],
    ]);
    assert.deepEqual(
      facts.nodes.filter(({ vm, metal }) => vm || !metal?.installDisk),
      [],
    );
  });

  it("is in a network that exists already", () => {
    const { vip, nodeSubnets, podSubnets, serviceSubnets, mtu, bgp } = facts.addresses;
    assert.deepEqual(
      { vip, nodeSubnets, podSubnets, serviceSubnets, mtu, bgp },
      {
        vip: "10.0.60.10",
        nodeSubnets: [{ family: "ipv4", cidr: "10.0.60.0/24", gateway: "10.0.60.1" }],
        podSubnets: ["10.42.0.0/16"],
        serviceSubnets: ["10.43.0.0/16"],
        mtu: 1500,
        bgp: undefined,
      },
    );
    const { dnsServers, searchDomains, scheduleOnControlPlanes } = config.machine;
    assert.deepEqual(dnsServers, ["1.1.1.1", "1.0.0.1"]);
    assert.deepEqual(searchDomains, []);
    assert.equal(scheduleOnControlPlanes, true);
  });

  it("boots one image with three extensions, without secure boot", () => {
    const machines = facts.nodes.flatMap(({ name, metal }) => (metal ? [{ name, ...metal }] : []));
    const [installer, ...others] = planMetalInstallers(facts.release, machines);
    assert.deepEqual(others, []);
    assert.deepEqual(installer?.schematic.officialExtensions, [
      "siderolabs/i915",
      "siderolabs/intel-ucode",
      "siderolabs/mei",
    ]);
    assert.equal(installer?.machines.length, 8);
    assert.match(installer?.reference ?? "", /^factory\.talos\.dev\/metal-installer\/[0-9a-f]{64}:v1\.12\.0$/);
  });
});
