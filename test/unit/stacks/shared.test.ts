import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "mocha";
import { planImage } from "../../../components/talos-image/plan.ts";
import type { Release, SharedConfig } from "../../../config/index.ts";
import { imagesToKeep } from "../../../stacks/shared/images.ts";
import { shared } from "../../../stacks/shared.ts";
import { resolved, runMocked } from "../../support/mocks.ts";
import { imagerRelease, release, sharedConfig } from "../components/talos-image/releases.ts";

const sdn = { exitNodes: ["pve01"], primaryExitNode: "pve01", routeTargetImport: "65000:1" };

function run(config: SharedConfig, previous: Record<string, unknown> = {}) {
  return runMocked(() => shared(config), {
    "talos:imageFactory/schematic:Schematic": ({ schematic }) => ({ id: sha256(String(schematic)) }),
    "pulumi:pulumi:StackReference": () => ({ state: { outputs: previous, secretOutputNames: [] } }),
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function imageNames(config: SharedConfig): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [name, one] of Object.entries(config.releases))
    names[name] = `talos-${planImage(one, config.proxmox).name}`;
  return names;
}

describe("stack shared", () => {
  it("asks Proxmox at the endpoint of the stack file when the environment names none", async () => {
    const before = process.env.PROXMOX_VE_ENDPOINT;
    const config = sharedConfig({ proxmox: { ...sharedConfig().proxmox, endpoint: "https://pve01.example.net:8006" } });
    const endpoint = async (variable: string) => {
      process.env.PROXMOX_VE_ENDPOINT = variable;
      const { resources } = await run(config);
      return resources.find(({ type }) => type === "pulumi:providers:proxmoxve")?.inputs.endpoint;
    };
    try {
      assert.equal(await endpoint(""), "https://pve01.example.net:8006");
      assert.equal(await endpoint("https://pve02.example.net:8006"), "https://pve02.example.net:8006");
    } finally {
      if (before === undefined) delete process.env.PROXMOX_VE_ENDPOINT;
      else process.env.PROXMOX_VE_ENDPOINT = before;
    }
  });

  it("has the images of all releases, the zone between its appliers, and mappings", async () => {
    const config = sharedConfig({
      sdn,
      proxmox: {
        ...sharedConfig().proxmox,
        pciMappings: { igpu: [{ host: "pve01", id: "8086:46a6", path: "0000:00:02.0", iommuGroup: 1 }] },
      },
    });
    const { stable, candidate } = imageNames(config);
    const { resources } = await run(config);
    const tree = resources.map(({ name, parent, dependsOn }) => `${name} < ${parent} (${dependsOn.join(", ")})`);
    assert.deepEqual(
      tree.sort(),
      [
        `${candidate} <  ()`,
        `${candidate}-local-pve03 < ${candidate} (${candidate}-schematic)`,
        `${candidate}-resources < ${candidate} (${candidate}-schematic)`,
        `${candidate}-schematic < ${candidate} ()`,
        `${stable} <  ()`,
        `${stable}-build < ${stable} ()`,
        `${stable}-local-pve03 < ${stable} (${stable}-build)`,
        `${stable}-resources < ${stable} (${stable}-build)`,
        "mapping-igpu <  ()",
        "proxmox <  ()",
        "sdn-applier <  (sdn-controller, sdn-zone)",
        "sdn-controller <  (sdn-finalizer)",
        "sdn-finalizer <  ()",
        "sdn-zone <  (sdn-controller, sdn-finalizer)",
      ].sort(),
    );
    for (const resource of resources.filter(({ type }) => type.startsWith("proxmoxve:"))) {
      assert.equal(resource.provider, "proxmox", resource.name);
    }
  });

  it("describes the zone so that VIPs can move and hosts are named", async () => {
    const { resources } = await run(sharedConfig({ sdn }));
    const zone = resources.find(({ name }) => name === "sdn-zone");
    assert.deepEqual(zone?.inputs, {
      resourceId: "evpnz1",
      controller: "evpnctl",
      vrfVxlan: 4096,
      mtu: 1450,
      nodes: ["pve01", "pve02", "pve03"],
      exitNodes: ["pve01"],
      primaryExitNode: "pve01",
      exitNodesLocalRouting: true,
      rtImport: "65000:1",
      disableArpNdSuppression: true,
    });
    assert.deepEqual(zone?.ignoreChanges, ["controller", "vrfVxlan"]);
    assert.deepEqual(resources.find(({ name }) => name === "sdn-controller")?.inputs, {
      sdnControllerEvpnId: "evpnctl",
      asn: 4200001000,
      peers: ["fd00:255::1", "fd00:255::2", "fd00:255::3"],
    });
  });

  it("applies SDN again when the zone changes, and only then", async () => {
    const trigger = async (config: SharedConfig) =>
      (await run(config)).resources.find(({ name }) => name === "sdn-applier")?.replacementTrigger;
    const first = await trigger(sharedConfig({ sdn }));
    assert.equal(await trigger(sharedConfig({ sdn, ntpServers: ["ntp.example.net"] })), first);
    assert.notEqual(await trigger(sharedConfig({ sdn: { ...sdn, exitNodes: ["pve01", "pve02"] } })), first);
  });

  it("exports releases, images and the zone", async () => {
    const config = sharedConfig({ sdn });
    const { result } = await run(config);
    const images = await resolved(result.images as never);
    assert.deepEqual(images, {
      stable: planImage(imagerRelease(), config.proxmox).published,
      candidate: planImage(release(), config.proxmox).published,
    });
    assert.deepEqual(await resolved(result.sdn as never), { zone: "evpnz1", mtu: 1450 });
    assert.deepEqual(result.releases, config.releases);
    assert.deepEqual(result.retiredReleases, {});
  });

  it("lays an image once that two releases share", async () => {
    const twin: Release = { ...release(), kubernetes: "1.33.2" };
    const { resources } = await run(sharedConfig({ releases: { candidate: release(), twin } }));
    assert.equal(resources.filter(({ type }) => type === "orrery:index:TalosImage").length, 1);
  });

  it("keeps the image of a release that moved on", async () => {
    const before = sharedConfig({ releases: { candidate: release() } });
    const after = sharedConfig({ releases: { candidate: { ...release(), talos: "v1.12.1" } } });
    const old = imageNames(before).candidate;
    const { resources, result } = await run(after, { releases: before.releases, retiredReleases: {} });
    assert.ok(resources.some(({ name }) => name === `${old}-resources`));
    assert.ok(resources.some(({ name }) => name === `${imageNames(after).candidate}-resources`));
    assert.deepEqual(Object.values(result.retiredReleases as object), [before.releases.candidate]);
    assert.deepEqual(Object.keys(await resolved(result.images as never)), ["candidate"]);
  });

  describe("firewall", () => {
    const names = async (firewall: object) =>
      (await run(sharedConfig({ sdn, firewall }))).resources
        .filter(({ type }) => /firewall/i.test(type))
        .map(({ name, dependsOn }) => `${name} (${dependsOn.join(", ")})`);

    it("is left alone unless it is switched on", async () => {
      assert.deepEqual(await names({ enabled: false }), []);
      assert.deepEqual(await names({ enabled: true }), ["firewall ()"]);
    });

    it("lets administrators and hosts in before it drops", async () => {
      const dropping = { enabled: true, inputPolicy: "DROP", managementRanges: ["10.0.0.0/24"] };
      assert.deepEqual((await names(dropping)).sort(), [
        "firewall (host-rules, management)",
        "host-rules ()",
        "management ()",
      ]);
    });
  });
});

describe("images to keep", () => {
  const config = sharedConfig({ releases: { candidate: { ...release(), talos: "v1.12.2" } } });
  const names = (set: object) => Object.keys(set).map((name) => name.split("-")[0]);

  it("keeps images over several moves under names that stay", () => {
    const second = { candidate: { ...release(), talos: "v1.12.1" } };
    const once = imagesToKeep(sharedConfig({ releases: second }), {
      releases: { candidate: release() },
      retiredReleases: {},
    });
    const retiredReleases = Object.fromEntries(
      Object.values(once.retired).map((kept) => [kept.releaseName, kept.release]),
    );
    const twice = imagesToKeep(config, { releases: second, retiredReleases });
    assert.deepEqual(names(twice.current), ["v1.12.2"]);
    assert.deepEqual(names(twice.retired), ["v1.12.0", "v1.12.1"]);
    const labels = Object.values(twice.retired).map(({ releaseName }) => releaseName);
    assert.deepEqual(
      labels,
      Object.keys(twice.retired).map((name) => `candidate ${name}`),
    );
  });

  it("takes a retired image back into use when a release goes back to it", () => {
    const back = sharedConfig({ releases: { candidate: release() } });
    const { current, retired } = imagesToKeep(back, {
      releases: config.releases,
      retiredReleases: { "candidate v1.12.0": release() },
    });
    assert.deepEqual(names(current), ["v1.12.0"]);
    assert.deepEqual(names(retired), ["v1.12.2"]);
  });

  it("removes them when told to", () => {
    const removing = { ...config, retiredImages: "remove" as const };
    assert.deepEqual(imagesToKeep(removing, { releases: { candidate: release() }, retiredReleases: {} }).retired, {});
  });

  it("keeps nothing before the first time", () => {
    assert.deepEqual(imagesToKeep(config, { releases: undefined, retiredReleases: undefined }).retired, {});
  });
});
