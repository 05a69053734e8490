import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ConfigError, parseCluster, parseShared } from "../../../config/index.ts";
import { sharedValue } from "../../support/site.ts";

/** The lines below the count, without file and key. */
function complaints(parse: () => unknown, place: string): string[] {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const [count, ...lines] = error.message.split("\n");
    const number = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
    assert.equal(count, `${number} in the configuration:`);
    return lines.map((line) => {
      assert.ok(line.startsWith(`  ${place}`), line);
      return line.slice(place.length + 2).replace(/^\./, "");
    });
  }
  return [];
}

function cluster(value: Record<string, unknown>): string[] {
  const parse = () => parseCluster({ id: 102, release: "stable", ...value }, "Pulumi.luna.yaml", "luna");
  return complaints(parse, "Pulumi.luna.yaml: orrery:cluster");
}

function shared(value: Record<string, unknown>): string[] {
  return complaints(() => parseShared(sharedValue(value), "Pulumi.shared.yaml"), "Pulumi.shared.yaml: orrery:shared");
}

const externalNetwork = {
  mode: "external",
  nodeSubnets: ["192.168.1.0/24"],
  gateways: ["192.168.1.1"],
  vip: "192.168.1.10",
  podSubnets: ["10.0.0.0/16"],
  serviceSubnets: ["10.96.0.0/16"],
};

describe("parseCluster", () => {
  const valid: { name: string; value: Record<string, unknown> }[] = [
    { name: "id and release alone", value: {} },
    { name: "an external network", value: { network: externalNetwork } },
    {
      name: "an add-on that is switched on, off, and set",
      value: { addons: { a: true, b: false, c: { values: {} } } },
    },
    { name: "the lowest id", value: { id: 1 } },
    { name: "the highest id", value: { id: 254 } },
    {
      name: "an install disk by path and by selector",
      value: {
        metal: [
          { role: "worker", suffix: 41, installDisk: "/dev/sda" },
          { role: "worker", suffix: 42, installDisk: { type: "nvme" } },
        ],
      },
    },
  ];
  for (const { name, value } of valid) {
    it(`takes ${name}`, () => assert.deepEqual(cluster(value), []));
  }

  it("takes the stack's name as the cluster's", () => {
    assert.equal(parseCluster({ id: 1, release: "stable" }, "Pulumi.luna.yaml", "luna").name, "luna");
    assert.equal(parseCluster({ id: 1, release: "stable", name: "moon" }, "Pulumi.luna.yaml", "luna").name, "moon");
  });

  const invalid: { value: Record<string, unknown>; says: string[] }[] = [
    { value: { id: "102" }, says: ['id: has to be a number (found "102", allowed 1 to 254; write it without quotes)'] },
    { value: { id: 255 }, says: ["id: is too large (found 255, allowed 1 to 254)"] },
    { value: { id: 0 }, says: ["id: is too small (found 0, allowed 1 to 254)"] },
    { value: { id: 1.5 }, says: ["id: has to be a whole number (found 1.5, allowed 1 to 254)"] },
    { value: { id: undefined }, says: ["id: is missing (allowed 1 to 254)"] },
    { value: { release: undefined }, says: ["release: is missing (allowed text)"] },
    { value: { release: 1.31 }, says: ['release: has to be text (found 1.31; write it in quotes: "1.31")'] },
    {
      value: { rollout: { workerAtOnce: 2 } },
      says: [
        'rollout.workerAtOnce: unknown key (allowed workersAtOnce, requireReady, healthTimeoutSeconds or drainTimeoutSeconds; did you mean "workersAtOnce"?)',
      ],
    },
    {
      value: { network: { mode: "vlam" } },
      says: ['network.mode: cannot be used (found "vlam", allowed sdn, vlan or external; did you mean "vlan"?)'],
    },
    { value: { network: {} }, says: ["network.mode: is missing (allowed sdn, vlan or external)"] },
    {
      value: { network: { mode: "sdn", vlanId: 7 } },
      says: [
        'network.vlanId: unknown key (allowed mode, snat, bgp or router; "vlanId" belongs to mode vlan or external)',
      ],
    },
    {
      value: { network: { ...externalNetwork, gateways: [] } },
      says: ["network.gateways: has too few entries (found [], allowed at least 1)"],
    },
    {
      value: { network: { ...externalNetwork, vip: "192.168.1" } },
      says: ['network.vip: cannot be used (found "192.168.1", allowed an IPv4 or IPv6 address)'],
    },
    {
      value: { network: { ...externalNetwork, podSubnets: ["10.0.0.0"] } },
      says: [
        'network.podSubnets[0]: cannot be used (found "10.0.0.0", allowed a range in CIDR notation such as "10.101.0.0/24")',
      ],
    },
    {
      value: { network: { mode: "sdn", bgp: { peer: "10.0.0.1" } } },
      says: ['network.bgp.peer: cannot be used (found "10.0.0.1", allowed an IPv6 address)'],
    },
    {
      value: { workers: { GPU: { count: 1 } } },
      says: ['workers.GPU: is a name that cannot be used here (found "GPU", allowed 2 to 6 lower-case letters)'],
    },
    {
      value: { contacts: "me@example.net" },
      says: [
        'contacts: has to be a list (found "me@example.net"; write it as a list, also when there is one entry only)',
      ],
    },
    {
      value: { rollout: null },
      says: [
        "rollout: has to be keys and values (found null; nothing stands after the colon; give a value or remove the key)",
      ],
    },
    { value: { labels: { "a.b/c": 1 } }, says: ['labels["a.b/c"]: has to be text (found 1; write it in quotes: "1")'] },
    {
      value: { machine: { scheduleOnControlPlanes: "true" } },
      says: ['machine.scheduleOnControlPlanes: has to be true or false (found "true"; write it without quotes)'],
    },
    {
      value: { machine: { oidc: { issuerUrl: "http://x", clientId: "" } } },
      says: [
        'machine.oidc.issuerUrl: cannot be used (found "http://x", allowed a URL with https://)',
        "machine.oidc.clientId: is empty (allowed text)",
      ],
    },
    { value: { nodes: { memoryMiB: 0 } }, says: ["nodes.memoryMiB: is too small (found 0, allowed more than 0)"] },
    {
      value: { addons: { cilium: { setings: {} } } },
      says: [
        'addons.cilium.setings: unknown key (allowed settings, values, existingSecrets or delivery; did you mean "settings"?)',
      ],
    },
    { value: { addons: { cilium: 5 } }, says: ["addons.cilium: has to be true or false or keys and values (found 5)"] },
    {
      value: { addons: { cilium: "yes" } },
      says: ['addons.cilium: has to be true or false or keys and values (found "yes"; write true)'],
    },
    { value: { protect: "off" }, says: ['protect: has to be true or false (found "off"; write false)'] },
    {
      value: { controlPlanes: 3 },
      says: ["controlPlanes: has to be keys and values (found 3; write { count: 3 })"],
    },
    {
      value: { workers: 3 },
      says: ["workers: has to be keys and values (found 3; write { wk: { count: 3 } }, which names a pool)"],
    },
    { value: { labels: 3 }, says: ["labels: has to be keys and values (found 3)"] },
    {
      value: { metal: [{ role: "workr", suffix: 41, installDisk: "sda" }] },
      says: [
        'metal[0].role: cannot be used (found "workr", allowed controlplane or worker; did you mean "worker"?)',
        'metal[0].installDisk: cannot be used (found "sda", allowed a device path such as "/dev/nvme0n1")',
      ],
    },
    {
      value: { machine: { patches: [{ machine: { token: { secure: "AAAB" } } }] } },
      says: [
        "machine.patches[0].machine.token: is a secret inside an object, which Pulumi would not keep secret (use a flat key: pulumi config set --secret orrery:<name>)",
      ],
    },
    {
      value: { name: "Luna" },
      says: [
        'name: cannot be used (found "Luna", allowed a DNS label: lower-case letters, digits and dashes, starting with a letter)',
      ],
    },
  ];
  for (const { value, says } of invalid) {
    it(`says ${says[0]}`, () => assert.deepEqual(cluster(value), says));
  }

  it("tells of everything at once", () => {
    const found = cluster({ id: "1", releese: "x", network: { mode: "sdnn" }, workers: { wk: { count: -1 } } });
    assert.deepEqual(
      found.map((line) => line.split(":")[0]),
      ["id", "network.mode", "workers.wk.count", "releese"],
    );
  });

  it("refuses a stack's name that no node could have", () => {
    const parse = () => parseCluster({ id: 1, release: "stable" }, "Pulumi.Luna_2.yaml", "Luna_2");
    assert.deepEqual(complaints(parse, "Pulumi.Luna_2.yaml: orrery:cluster"), [
      "name: cannot be a cluster's name (found \"Luna_2\", allowed a DNS label: lower-case letters, digits and dashes, starting with a letter; the stack's name is the default; give another one)",
    ]);
  });

  it("says that nothing is there", () => {
    const parse = () => parseCluster(undefined, "Pulumi.luna.yaml", "luna");
    assert.deepEqual(complaints(parse, "Pulumi.luna.yaml: orrery:cluster"), [": is missing (allowed keys and values)"]);
  });

  it("shortens long values", () => {
    const [line] = cluster({ contacts: "x".repeat(500) });
    assert.ok(line && line.length < 200, line);
  });
});

describe("parseShared", () => {
  const proxmox = sharedValue().proxmox as Record<string, unknown>;
  const stable = (sharedValue().releases as Record<string, Record<string, unknown>>).stable;
  const release = (changes: Record<string, unknown>) => ({ releases: { stable: { ...stable, ...changes } } });

  it("takes what is right", () => assert.deepEqual(shared({}), []));

  const invalid: { value: Record<string, unknown>; says: string[] }[] = [
    {
      value: { proxmox: { ...proxmox, hosts: {} } },
      says: ["proxmox.hosts: cannot be used (found {}, allowed at least one host)"],
    },
    {
      value: { proxmox: { ...proxmox, diskStorage: "disk" } },
      says: [
        'proxmox.diskStorage: storage does not exist (found "disk", allowed files or disks; did you mean "disks"?)',
      ],
    },
    {
      value: { proxmox: { ...proxmox, imageStorage: "disks" } },
      says: [
        'proxmox.imageStorage: storage holds no boot images (found "disks", allowed a storage with content "iso")',
      ],
    },
    {
      value: { proxmox: { ...proxmox, hosts: { pve01: { diskStorage: "files" } } } },
      says: [
        'proxmox.hosts.pve01.diskStorage: storage holds no VM disks (found "files", allowed a storage with content "images")',
      ],
    },
    {
      value: {
        proxmox: { ...proxmox, pciMappings: { igpu: [{ host: "pve04", id: "8086:46a6", path: "0000:00:02.0" }] } },
      },
      says: [
        'proxmox.pciMappings.igpu[0].host: host does not exist (found "pve04", allowed pve01, pve02 or pve03; did you mean "pve01"?)',
      ],
    },
    {
      value: { sdn: { exitNodes: ["pve01", "pve9"], primaryExitNode: "pve02" } },
      says: [
        'sdn.exitNodes[1]: host does not exist (found "pve9", allowed pve01, pve02 or pve03; did you mean "pve01"?)',
        'sdn.primaryExitNode: exit node does not exist (found "pve02", allowed pve01 or pve9; did you mean "pve01"?)',
      ],
    },
    {
      value: release({ kubernetes: "1.36.0" }),
      says: [
        'releases.stable.kubernetes: does not run on Talos v1.12.0 (found "1.36.0", allowed Kubernetes 1.30 to 1.35 on Talos 1.12)',
      ],
    },
    {
      value: release({ kubernetes: "1.29.9" }),
      says: [
        'releases.stable.kubernetes: does not run on Talos v1.12.0 (found "1.29.9", allowed Kubernetes 1.30 to 1.35 on Talos 1.12)',
      ],
    },
    {
      value: release({ talos: "v1.10.3" }),
      says: [
        'releases.stable.talos: is not a supported Talos version (found "v1.10.3", allowed Talos 1.11, 1.12, 1.13 or 1.14)',
      ],
    },
    {
      value: release({ talos: "1.12.0" }),
      says: ['releases.stable.talos: cannot be used (found "1.12.0", allowed a Talos version such as "v1.11.5")'],
    },
    {
      value: release({ customExtensions: [{ name: "frr", image: "example.net/frr:1" }], bgpSpeaker: "frr" }),
      says: [
        'releases.stable.customExtensions[0]: is in no Image Factory (found "frr"; use image.source imager, or switch the extension off with enabled: false)',
      ],
    },
    {
      value: release({ extensions: [] }),
      says: [
        'releases.stable.bgpSpeaker: has no extension in the image (found "bird"; add siderolabs/bird2 to extensions (Talos 1.12 or later has it))',
      ],
    },
    {
      value: release({ customExtensions: [{ name: "frr", image: "x/frr:1", enabled: false }], bgpSpeaker: "frr" }),
      says: [
        'releases.stable.bgpSpeaker: has no extension in the image (found "frr"; add a custom extension with frr in its name, enable it, or set bgpSpeaker: none)',
      ],
    },
    {
      value: release({ image: { source: "imagr" } }),
      says: [
        'releases.stable.image.source: cannot be used (found "imagr", allowed factory or imager; did you mean "imager"?)',
      ],
    },
  ];
  for (const { value, says } of invalid) {
    it(`says ${says[0]}`, () => assert.deepEqual(shared(value), says));
  }
});
