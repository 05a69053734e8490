import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { TalosCluster } from "../../../../components/talos-cluster.ts";
import { type Registered, resolved, runMocked } from "../../../support/mocks.ts";
import { clusterConfig, clusterFacts, home, shared } from "./fixtures.ts";

const types = {
  cluster: "orrery:index:TalosCluster",
  vm: "proxmoxve:index/vmLegacy:VmLegacy",
  options: "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
  rules: "proxmoxve:firewall/rulesLegacy:RulesLegacy",
  secrets: "talos:machine/secrets:Secrets",
  apply: "talos:machine/configurationApply:ConfigurationApply",
  bootstrap: "command:local:Command",
  kubeconfig: "talos:cluster/kubeconfig:Kubeconfig",
};

/** How a secret looks on its way to the engine. */
const secretKey = "4dabf18193072939515e22adb298388d";

class Anchor extends pulumi.CustomResource {
  constructor(name: string) {
    super("test:index:Anchor", name, {});
  }
}

/** Brings a cluster up under mocks. */
async function mocked(value: Record<string, unknown> = {}, options: { firewall?: boolean; name?: string } = {}) {
  const config = options.name === "home" ? home : clusterConfig(value);
  const facts = clusterFacts(config, options.name ?? "sol");
  const hosts = Object.keys(shared.proxmox.hosts);
  const image = {
    schematic: "abc",
    installer: "registry.example.net/talos/installer:v1.11.5",
    fileIds: Object.fromEntries(hosts.map((host) => [host, `resources:iso/${host}.iso`])),
    metalInstallers: { "k8s-6": "registry.example.net/metal-installer:k8s-6" },
  };
  const requests: Record<string, unknown>[] = [];
  const run = await runMocked(
    () => {
      const network = new Anchor("network");
      const securityGroup = options.firewall ? "cluster-101" : undefined;
      return new TalosCluster(facts.name, { facts, config, shared, image, securityGroup, network: [network] });
    },
    {
      [types.secrets]: () => ({
        state: { machineSecrets: { cluster: "machine-secret" }, clientConfiguration: { clientKey: "client-secret" } },
      }),
      [types.kubeconfig]: () => ({ state: { kubeconfigRaw: "kubeconfig-secret" } }),
    },
    "sol",
    {
      "talos:machine/getConfiguration:getConfiguration": (inputs) => {
        requests.push(inputs);
        return { ...inputs, machineConfiguration: `configuration-secret of ${inputs.machineType}` };
      },
      "talos:client/getConfiguration:getConfiguration": (inputs) => ({ ...inputs, talosConfig: "talosconfig-secret" }),
    },
  );
  const of = (type: string) => run.resources.filter((resource) => resource.type === type);
  return { ...run, of, requests };
}

/** The usual cluster, brought up once: nobody changes what came of it. */
let usual: ReturnType<typeof mocked> | undefined;
function usualCluster(): ReturnType<typeof mocked> {
  usual ??= mocked();
  return usual;
}

function named(resources: Registered[], name: string): Registered {
  const found = resources.find((resource) => resource.name === name);
  assert.ok(found, `no resource ${name}`);
  return found;
}

describe("TalosCluster", () => {
  it("registers one tree, all of it below the cluster", async () => {
    const { resources } = await usualCluster();
    const nodes = ["solcp01", "solcp02", "solcp03", "solwk01", "solwk02", "solwk03"];
    const tree = resources.filter(({ type }) => type.startsWith("test:") === false);
    assert.deepEqual(
      tree.map(({ type, name }) => `${type} ${name}`).sort(),
      [
        `${types.cluster} sol`,
        `${types.secrets} sol-secrets`,
        `${types.bootstrap} sol-bootstrap`,
        `${types.kubeconfig} sol-kubeconfig`,
        ...nodes.map((name) => `${types.vm} ${name}`),
        ...nodes.map((name) => `${types.apply} ${name}`),
      ].sort(),
    );
    for (const { name, type, parent } of tree) assert.equal(parent, type === types.cluster ? "" : "sol", name);
  });

  it("changes control planes one after the other, then workers", async () => {
    const { of } = await usualCluster();
    const others = (name: string) => named(of(types.apply), name).dependsOn.filter((other) => other !== name);
    // Both a VM and its configuration carry the node's name; "sol-secrets" comes from the inputs.
    assert.deepEqual(others("solcp01"), ["sol-secrets"]);
    assert.deepEqual(others("solcp02"), ["sol-secrets", "solcp01"]);
    assert.deepEqual(others("solcp03"), ["sol-secrets", "solcp02"]);
    assert.deepEqual(others("solwk01"), ["sol-secrets", "solcp03"]);
    assert.deepEqual(others("solwk03"), ["sol-secrets", "solwk02"]);
  });

  it("lets as many workers change together as the rollout says", async () => {
    const { of } = await mocked({ rollout: { workersAtOnce: 2 }, workers: { wk: { count: 4 } } });
    const before = (name: string) =>
      named(of(types.apply), name).dependsOn.filter(
        (other) => other.startsWith("sol") && other !== name && other !== "sol-secrets",
      );
    assert.deepEqual(["solwk01", "solwk02", "solwk03", "solwk04"].map(before), [
      ["solcp03"],
      ["solcp03"],
      ["solwk01"],
      ["solwk02"],
    ]);
  });

  it("sends every change of a running node through the gate, lets it leave in order, and the VM take the configuration along", async () => {
    const { of } = await usualCluster();
    for (const apply of of(types.apply)) {
      assert.deepEqual(apply.updateHooks, ["sol-gate", "sol-healthy"]);
      assert.deepEqual(apply.deleteHooks, ["sol-leave"]);
      assert.equal(apply.deletedWith, apply.name);
      assert.equal(apply.inputs.applyMode, "auto");
      assert.equal(apply.inputs.onDestroy, undefined);
    }
  });

  it("bootstraps after all control planes and no worker, without secrets among the arguments", async () => {
    const { of } = await usualCluster();
    const [bootstrap] = of(types.bootstrap);
    assert.deepEqual(
      bootstrap?.dependsOn.filter((name) => name.startsWith("solcp") || name.startsWith("solwk")),
      ["solcp01", "solcp02", "solcp03"],
    );
    assert.equal(bootstrap?.inputs.create, "node components/talos-cluster/lifecycle/bootstrap.ts");
    assert.equal(bootstrap?.inputs.update, "node components/talos-cluster/lifecycle/bootstrap.ts join");
    assert.deepEqual(named(of(types.kubeconfig), "sol-kubeconfig").dependsOn, ["sol-bootstrap", "sol-secrets"]);
  });

  it("keeps every secret secret", async () => {
    const { resources, result } = await usualCluster();
    for (const { type, name, inputs } of resources) {
      assert.doesNotMatch(JSON.stringify(withoutSecrets(inputs)), /-secret/, `${type} ${name}`);
    }
    const [secrets] = resources.filter(({ type }) => type === types.secrets);
    assert.deepEqual(secrets?.additionalSecretOutputs, ["machineSecrets", "clientConfiguration"]);
    for (const output of [result.kubeconfig, result.talosconfig]) assert.equal(await pulumi.isSecret(output), true);
    assert.equal(await resolved(result.kubeconfig), "kubeconfig-secret");
    const cluster = resources.find(({ type }) => type === types.cluster);
    assert.deepEqual(cluster?.inputs, {});
  });

  it("protects the secrets when the stack file says so", async () => {
    const protectedOf = async (value: Record<string, unknown>) =>
      (await mocked(value)).resources.filter(({ protect }) => protect).map(({ name }) => name);
    assert.deepEqual(await protectedOf({}), []);
    assert.deepEqual(await protectedOf({ protect: true }), ["sol-secrets"]);
  });

  it("makes VMs that boot from disk or ISO, wait for the network and are never rebooted by Proxmox", async () => {
    const { of } = await mocked({
      purpose: "Production use",
      owner: "platform",
      overrides: { solwk01: { gpu: { mapping: "igpu", primary: true }, dataDisksGiB: [10], watchdog: true } },
    });
    const vm = named(of(types.vm), "solwk01");
    assert.deepEqual(vm.dependsOn, ["network"]);
    assert.deepEqual(vm.ignoreChanges, ["disks[0].speed", "disks[1].speed"]);
    assert.deepEqual(vm.updateHooks, ["sol-disks", "sol-disks-changed"]);
    assert.deepEqual(vm.inputs, {
      nodeName: "pve02",
      vmId: 101_021,
      name: "solwk01",
      description: "worker of pool wk of cluster sol (Production use); owner: platform",
      tags: ["platform", "production-use", "sol", "talos", "worker"],
      operatingSystem: { type: "l26" },
      machine: "q35",
      bios: "ovmf",
      efiDisk: { datastoreId: "rbd-vm", fileFormat: "raw", type: "4m", preEnrolledKeys: false },
      cpu: { cores: 4, type: "host" },
      memory: { dedicated: 8192 },
      agent: { enabled: true, waitForIp: { disabled: true } },
      scsiHardware: "virtio-scsi-pci",
      disks: [
        { interface: "scsi0", datastoreId: "rbd-vm", size: 64, fileFormat: "raw", discard: "on", ssd: true },
        { interface: "scsi1", datastoreId: "rbd-vm", size: 10, fileFormat: "raw", discard: "on", ssd: true },
      ],
      cdrom: { interface: "ide0", fileId: "resources:iso/pve02.iso" },
      initialization: {
        interface: "ide2",
        datastoreId: "rbd-vm",
        ipConfigs: [
          {
            ipv6: { address: "fd00:101::21/64", gateway: "fd00:101::fffe" },
            ipv4: { address: "10.101.0.21/24", gateway: "10.101.0.254" },
          },
        ],
      },
      bootOrders: ["scsi0", "ide0"],
      networkDevices: [{ bridge: "vnet101", macAddress: "BC:24:11:10:10:21", mtu: 1450, firewall: false }],
      serialDevices: [{ device: "socket" }],
      hostpcis: [{ device: "hostpci0", mapping: "igpu", pcie: true, xvga: true }],
      watchdog: { enabled: true, model: "i6300esb", action: "reset" },
      rebootAfterUpdate: false,
      migrate: true,
      stopOnDestroy: true,
    });
  });

  it("filters what reaches the VMs only where the firewall is on", async () => {
    assert.equal((await usualCluster()).of(types.options).length, 0);
    const { of } = await mocked({}, { firewall: true });
    assert.equal(of(types.options).length, 6);
    const rules = named(of(types.rules), "solcp01");
    assert.deepEqual(rules.inputs, {
      nodeName: "pve01",
      vmId: 101_011,
      rules: [{ securityGroup: "cluster-101", comment: "what may reach the nodes" }],
    });
    assert.equal(rules.deletedWith, "solcp01");
    const [device] = named(of(types.vm), "solcp01").inputs.networkDevices as { firewall: boolean }[];
    assert.equal(device?.firewall, true);
  });

  it("puts VMs on the cluster's VLAN", async () => {
    const { of } = await mocked({ network: { mode: "vlan" } });
    assert.deepEqual(named(of(types.vm), "solcp01").inputs.networkDevices, [
      { bridge: "vmbr0", macAddress: "BC:24:11:10:10:11", mtu: 1500, firewall: false, vlanId: 101 },
    ]);
  });

  it("builds a cluster of bare metal without Proxmox", async () => {
    const { resources, of, requests, result } = await mocked({}, { name: "home" });
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("proxmoxve:")),
      [],
    );
    assert.equal(named(of(types.apply), "k8s-6").inputs.endpoint, "10.0.60.26");
    assert.equal(named(of(types.apply), "k8s-6").deletedWith, "");
    const installers = requests.flatMap(
      ({ configPatches }) => (configPatches as string[]).join("\n").match(/image: (\S+)/)?.[1] ?? [],
    );
    assert.equal(installers.filter((image) => image === "registry.example.net/metal-installer:k8s-6").length, 1);
    assert.deepEqual(result.nodes[0], { name: "k8s-1", role: "controlplane", addresses: ["10.0.60.21"] });
  });

  it("asks for each node's configuration once, for the release's versions", async () => {
    const { requests } = await usualCluster();
    assert.equal(requests.length, 6);
    for (const { talosVersion, kubernetesVersion, clusterEndpoint, docs, examples } of requests) {
      assert.deepEqual(
        [talosVersion, kubernetesVersion, clusterEndpoint],
        ["v1.11.5", "1.31.4", "https://[fd00:101::10]:6443"],
      );
      assert.deepEqual([docs, examples], [false, false]);
    }
  });

  it("shows its nodes as plain values", async () => {
    const { result } = await usualCluster();
    assert.equal(result.endpoint, "https://[fd00:101::10]:6443");
    assert.deepEqual(result.nodes[0], {
      name: "solcp01",
      role: "controlplane",
      host: "pve01",
      vmId: 101_011,
      addresses: ["fd00:101::11", "10.101.0.11"],
    });
  });
});

/** The same value without what is marked as secret. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return "hidden";
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item)]));
}
