import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { TestSite } from "./support/site.ts";

const addons = `argocd cert-manager cilium cloudflared coredns envoy-gateway external-dns-cloudflare external-dns-pihole
  external-secrets gateway-api kubelet-csr-approver metrics-server openebs reloader rook-ceph rook-ceph-cluster
  snapshot-controller spegel volsync-kopia`.split(/\s+/);

describe("examples/home in the lab", () => {
  const site = new TestSite(["shared"], ["home"]);
  after(() => site.remove());

  it("comes up on eight machines with its whole platform", async () => {
    const { home } = await site.succeed("up home");
    assert.ok(home?.summary?.kind === "cluster");
    assert.deepEqual(
      home.summary.nodes.map(({ name, role, addresses, state }) => [name, role, addresses.join(), state]).sort(),
      [
        ["k8s-1", "controlplane", "10.0.60.21", "ready"],
        ["k8s-2", "worker", "10.0.60.22", "ready"],
        ["k8s-3", "controlplane", "10.0.60.23", "ready"],
        ["k8s-5", "controlplane", "10.0.60.25", "ready"],
        ["k8s-6", "worker", "10.0.60.26", "ready"],
        ["k8s-7", "worker", "10.0.60.27", "ready"],
        ["k8s-8", "worker", "10.0.60.28", "ready"],
        ["k8s-9", "worker", "10.0.60.29", "ready"],
      ],
    );
    assert.deepEqual(home.summary.addons.map(({ name }) => name).sort(), addons);
    assert.deepEqual(home.warnings, []);
    assert.equal(
      home.changes.some(({ urn }) => /VmLegacy/.test(urn)),
      false,
      "no virtual machine",
    );
  });

  it("is not changed by a second run", async () => {
    const { home } = await site.succeed("up home --only");
    assert.equal(home?.result, "unchanged");
    assert.deepEqual(home.changes, []);
  });

  it("goes, also when its file was away and names an add-on that was never brought up", async () => {
    const file = join(site.folder, "Pulumi.home.yaml");
    renameSync(file, `${file}.away`);
    await site.succeed("status shared");
    renameSync(`${file}.away`, file);
    site.edit("home", (config) => {
      const repository = { url: "https://git.example.net/home.git", username: "flux" };
      Object.assign(config.addons as object, { flux: { settings: { repository } } });
    });
    const { home, shared } = await site.succeed("destroy home shared --yes");
    assert.deepEqual([home?.result, shared?.result], ["destroyed", "destroyed"]);
  });
});
