import assert from "node:assert/strict";
import fc from "fast-check";
import { planNodes } from "../../../../components/talos-cluster/node-plan.ts";
import { addressPlan, clusterConfig, home, shared } from "./fixtures.ts";

function plan(value: Record<string, unknown> = {}, name = "sol") {
  const config = clusterConfig(value);
  return planNodes(config, shared, addressPlan(config, name));
}

function nodeOf(value: Record<string, unknown>, name: string) {
  const { nodes, problems } = plan(value);
  assert.deepEqual(problems, []);
  const node = nodes.find((candidate) => candidate.name === name);
  assert.ok(node, `no node ${name} among ${nodes.map(({ name }) => name).join(", ")}`);
  return node;
}

describe("node plan", () => {
  it("decides everything about the default nodes", () => {
    const { nodes, problems } = plan();
    assert.deepEqual(problems, []);
    assert.deepEqual(
      nodes.map(({ name, suffix, vm }) => [name, suffix, vm?.vmId, vm?.host]),
      [
        ["solcp01", 11, 101_011, "pve01"],
        ["solcp02", 12, 101_012, "pve02"],
        ["solcp03", 13, 101_013, "pve03"],
        ["solwk01", 21, 101_021, "pve01"],
        ["solwk02", 22, 101_022, "pve02"],
        ["solwk03", 23, 101_023, "pve03"],
      ],
    );
    assert.deepEqual(nodes[0], {
      name: "solcp01",
      role: "controlplane",
      pool: "cp",
      suffix: 11,
      addresses: ["fd00:101::11", "10.101.0.11"],
      interfaceAddresses: ["fd00:101::11/64", "10.101.0.11/24"],
      loopbacks: ["fd00:255:101::11", "10.255.101.11"],
      settings: {},
      asn: 4_210_101_011,
      macAddress: "bc:24:11:10:10:11",
      vm: {
        vmId: 101_011,
        host: "pve01",
        cores: 2,
        memoryMiB: 4096,
        cpuType: "host",
        disks: [{ interface: "scsi0", sizeGiB: 32, storage: "rbd-vm" }],
      },
    });
  });

  it("lets the more specific setting win, merges maps and adds up patches and volumes", () => {
    const volume = { name: "data", diskMatch: "true", minSizeGiB: 1 };
    const { vm, settings } = nodeOf(
      {
        nodes: {
          cores: 3,
          memoryMiB: 5000,
          labels: { a: "1", b: "1" },
          patches: [{ machine: {} }],
          userVolumes: [volume],
        },
        workers: { wk: { count: 1, memoryMiB: 6000, labels: { b: "2" } } },
        overrides: {
          solwk01: {
            diskGiB: 99,
            dataDisksGiB: [5],
            labels: { c: "3" },
            patches: [{ cluster: {} }],
            userVolumes: [{ ...volume, minSizeGiB: 2 }],
          },
        },
      },
      "solwk01",
    );
    assert.deepEqual([vm?.cores, vm?.memoryMiB], [3, 6000]);
    assert.deepEqual(
      vm?.disks.map(({ interface: name, sizeGiB }) => [name, sizeGiB]),
      [
        ["scsi0", 99],
        ["scsi1", 5],
      ],
    );
    assert.deepEqual(settings.labels, { a: "1", b: "2", c: "3" });
    assert.deepEqual(settings.patches, [{ machine: {} }, { cluster: {} }]);
    assert.deepEqual(settings.userVolumes, [{ ...volume, minSizeGiB: 2, filesystem: "xfs" }]);
  });

  it("takes a host's own storage for disks", () => {
    assert.equal(nodeOf({}, "solwk03").vm?.disks[0]?.storage, "local-zfs");
    assert.equal(nodeOf({ nodes: { storage: "rbd-vm" } }, "solwk03").vm?.disks[0]?.storage, "rbd-vm");
  });

  it("puts a node with a GPU on a host that has its mapping", () => {
    const node = nodeOf({ overrides: { solwk01: { gpu: { mapping: "igpu" } } } }, "solwk01");
    assert.equal(node.vm?.host, "pve02");
    assert.deepEqual(node.gpu, { mapping: "igpu", primary: false });
  });

  it("numbers pools from their first suffix, so that a node that goes shifts no other", () => {
    const names = (suffixes: number[]) =>
      plan({ workers: { gpu: { suffixes } } })
        .nodes.filter(({ pool }) => pool === "gpu")
        .map(({ name }) => name);
    assert.deepEqual(names([31, 32, 33]), ["solgpu01", "solgpu02", "solgpu03"]);
    assert.deepEqual(names([32, 33]), ["solgpu02", "solgpu03"]);
  });

  it("moves and renames no node when others come or go", () => {
    const subset = fc.uniqueArray(fc.integer({ min: 21, max: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(subset, subset, (one, other) => {
        const before = plan({ workers: { wk: { suffixes: one } } }).nodes;
        const after = plan({ workers: { wk: { suffixes: [...one, ...other.filter((s) => !one.includes(s))] } } }).nodes;
        for (const node of before)
          assert.deepEqual(
            after.find(({ name }) => name === node.name),
            node,
          );
      }),
      { numRuns: 30 },
    );
  });

  it("plans bare metal with the addresses it has", () => {
    const { nodes, problems } = planNodes(home, shared, addressPlan(home, "home"));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      nodes.map(({ name, role, pool, addresses, vm }) => [name, role, pool, addresses[0], vm]),
      [
        ["k8s-1", "controlplane", "cp", "10.0.60.21", undefined],
        ["k8s-3", "controlplane", "cp", "10.0.60.23", undefined],
        ["k8s-5", "controlplane", "cp", "10.0.60.25", undefined],
        ["k8s-2", "worker", "metal", "10.0.60.22", undefined],
        ["k8s-6", "worker", "metal", "10.0.60.26", undefined],
        ["k8s-7", "worker", "metal", "10.0.60.27", undefined],
        ["k8s-8", "worker", "metal", "10.0.60.28", undefined],
        ["k8s-9", "worker", "metal", "10.0.60.29", undefined],
      ],
    );
  });

  it("mixes bare metal with VMs", () => {
    const { nodes, problems } = plan({
      metal: [
        {
          role: "worker",
          suffix: 41,
          interface: "enp1s0",
          installDisk: "/dev/nvme0n1",
          maintenanceAddress: "10.9.9.9",
        },
      ],
    });
    assert.deepEqual(problems, []);
    const metal = nodes.at(-1);
    assert.equal(metal?.name, "solwk21");
    assert.deepEqual(metal?.addresses, ["fd00:101::41", "10.101.0.41"]);
    assert.equal(metal?.metal?.maintenanceAddress, "10.9.9.9");
  });
});

describe("mistakes in a node plan", () => {
  const metal = { role: "worker", suffix: 41, interface: "enp1s0", installDisk: "/dev/sda" };
  const cases: [title: string, value: Record<string, unknown>, expected: string[]][] = [
    [
      "an even number",
      { controlPlanes: { count: 2 } },
      [
        "controlPlanes: 2 control planes tolerate no more failures than 1, and lose quorum more easily (an odd number: 1, 3, 5, 7 or 9)",
      ],
    ],
    [
      "no control plane",
      { controlPlanes: { count: 0 } },
      ["controlPlanes: the cluster has no control plane (an odd number: 1, 3, 5, 7 or 9)"],
    ],
    [
      "a control plane outside its range",
      { controlPlanes: { suffixes: [11, 12, 21] }, workers: {} },
      ["controlPlanes.suffixes[2]: suffix 21 lies outside the range of control planes (11 to 20)"],
    ],
    [
      "a worker outside its range",
      { workers: { wk: { suffixes: [21, 254] } } },
      ["workers.wk.suffixes[1]: suffix 254 lies outside the range of workers (21 to 253)"],
    ],
    [
      "suffixes that no address can be made of",
      { workers: { wk: { suffixes: [5, 300] } } },
      [
        "workers.wk.suffixes[0]: suffix 5 lies outside the range of workers (21 to 253)",
        "workers.wk.suffixes[1]: suffix 300 lies outside the range of workers (21 to 253)",
      ],
    ],
    [
      "a count that goes beyond the last suffix, told once",
      { workers: { wk: { firstSuffix: 250, count: 9 } } },
      ["workers.wk.count: suffix 254 lies outside the range of workers (21 to 253)"],
    ],
    [
      "a suffix before the pool's first",
      { workers: { gpu: { firstSuffix: 31, suffixes: [30] } } },
      ['workers.gpu.suffixes[0]: suffix 30 lies before the first suffix of the pool "gpu" (31 to 253)'],
    ],
    [
      "pools that overlap",
      { workers: { wk: { count: 3 }, gpu: { firstSuffix: 23 } } },
      [
        "workers.wk.count: suffix 23 of solwk03 is used twice: solgpu01 has it by workers.gpu.count (each suffix once; pools may not overlap)",
      ],
    ],
    [
      "a pool without suffixes",
      { workers: { gpu: { count: 2 } } },
      ['workers.gpu: the pool "gpu" does not say which suffixes its nodes have (firstSuffix, from 21 to 253)'],
    ],
    [
      "suffixes that span tens",
      { workers: { gpu: { suffixes: [31, 45] } } },
      [
        'workers.gpu.suffixes: the suffixes of the pool "gpu" span more than one ten, so that names would depend on which are there (firstSuffix besides suffixes)',
      ],
    ],
    [
      "count and suffixes at odds",
      { workers: { wk: { count: 3, suffixes: [21] } } },
      ["workers.wk.count: count is 3, but 1 suffixes are given (count or suffixes, not both)"],
    ],
    [
      "an override for nobody",
      { overrides: { solwk04: {} } },
      ['overrides.solwk04: there is no node called "solwk04" (solcp01, solcp02, solcp03, solwk01, solwk02 or solwk03)'],
    ],
    [
      "an override for bare metal",
      { metal: [metal], overrides: { solwk21: { cores: 2 } } },
      ["overrides.solwk21: solwk21 is bare metal: its settings stand with it (metal[0])"],
    ],
    [
      "a host that is not there",
      { overrides: { solwk01: { host: "pve04" } }, workers: { wk: { hosts: ["pve1", "pve02"] } } },
      [
        'overrides.solwk01.host: the host "pve04" does not exist (pve01, pve02, pve03)',
        'workers.wk.hosts[0]: the host "pve1" does not exist (pve01, pve02, pve03)',
      ],
    ],
    [
      "a mapping that is not there",
      { overrides: { solwk01: { gpu: { mapping: "igpu2" } } } },
      ['overrides.solwk01.gpu.mapping: the PCI mapping "igpu2" does not exist (igpu)'],
    ],
    [
      "a host without the mapping",
      { overrides: { solwk01: { host: "pve01", gpu: { mapping: "igpu" } } } },
      ['overrides.solwk01.host: solwk01 uses the PCI mapping "igpu", which pve01 does not have (pve02)'],
    ],
    [
      "a device for two nodes",
      { overrides: { solwk01: { gpu: { mapping: "igpu" } }, solwk02: { gpu: { mapping: "igpu" } } } },
      [
        'overrides.solwk02.gpu.mapping: solwk01 and solwk02 use the PCI mapping "igpu" on pve02, which has 1 such device (one node per device)',
      ],
    ],
    [
      "a storage that is not there",
      { nodes: { storage: "rbd" } },
      ['nodes.storage: the storage "rbd" does not exist (rbd-vm, local-zfs)'],
    ],
    [
      "a storage that holds no disks",
      { workers: { wk: { storage: "resources" } } },
      ['workers.wk.storage: the storage "resources" cannot hold VM disks (rbd-vm, local-zfs)'],
    ],
    [
      "too little memory, told once where it stands",
      { nodes: { memoryMiB: 1536 } },
      [
        "nodes.memoryMiB: too little memory for a control plane: below Talos' minimum (2048 MiB or more; 4096 by default)",
      ],
    ],
    [
      "too little memory and disk for a worker",
      { workers: { wk: { memoryMiB: 512, diskGiB: 5 } } },
      [
        "workers.wk.memoryMiB: too little memory for a worker: below Talos' minimum (1024 MiB or more; 8192 by default)",
        "workers.wk.diskGiB: too small a system disk for a worker: below Talos' minimum (10 GiB or more; 64 by default)",
      ],
    ],
    [
      "more nodes than the pod ranges hold",
      { workers: { wk: { count: 126 } } },
      [
        "workers: the cluster has 129 nodes, more than the pod ranges fd00:101:240::/56 or 10.101.128.0/17 hold (128 nodes)",
      ],
    ],
    [
      "an address outside the node subnets",
      { overrides: { solwk01: { addresses: ["10.9.9.9"] } } },
      [
        "overrides.solwk01.addresses[0]: the address 10.9.9.9 lies in none of the node subnets (fd00:101::/64, 10.101.0.0/24)",
      ],
    ],
    [
      "an address that is taken",
      { overrides: { solwk01: { addresses: ["fd00:101::10"] } } },
      [
        "overrides.solwk01.addresses: solwk01 has the address fd00:101::10, which is the address of the Kubernetes API (each address once)",
      ],
    ],
    [
      "BGP over an unknown interface",
      { metal: [{ ...metal, interface: undefined }] },
      [
        'metal[0].interface: solwk21 speaks BGP and does not say over which interface (the name of its network interface, such as "enp1s0")',
      ],
    ],
    [
      "a patch that is no part of the configuration",
      { machine: { patches: [{ machin: {} }] } },
      [
        'machine.patches[0].machin: "machin" is no part of Talos\' machine configuration (version, debug, persist, machine or cluster, or a document with apiVersion and kind)',
      ],
    ],
    [
      "a document that this Talos does not know yet",
      { overrides: { solwk01: { patches: [{ apiVersion: "v1alpha1", kind: "ResolverConfig" }] } } },
      ["overrides.solwk01.patches[0].kind: Talos v1.11.5 has no ResolverConfig yet: it came with Talos 1.12"],
    ],
    [
      "control planes that would share a host",
      { controlPlanes: { suffixes: [11, 12, 14] } },
      [
        "overrides.solcp04.host: solcp01 and solcp04 would run on pve01 together, and fail together (at most 1 control plane on each of pve01, pve02, pve03)",
      ],
    ],
  ];
  for (const [title, value, expected] of cases) {
    it(title, () => {
      const { problems } = plan(value);
      const shown = problems.map(({ path, message, allowed }) => {
        // The list of all document kinds is long; which ones there are is not what this is about.
        return `${path}: ${message}${allowed && !allowed.includes("VolumeConfig") ? ` (${allowed})` : ""}`;
      });
      assert.deepEqual(shown.sort(), [...expected].sort());
    });
  }

  it("tells all mistakes at once, with hints", () => {
    const { problems } = plan({
      controlPlanes: { count: 4 },
      nodes: { storage: "rbd-v" },
      overrides: { solwk1: {}, solwk02: { host: "pve0" } },
    });
    assert.deepEqual(problems.map(({ path }) => path).sort(), [
      "controlPlanes",
      "nodes.storage",
      "overrides.solwk02.host",
      "overrides.solwk1",
    ]);
    const hints = problems.flatMap(({ hint }) => hint ?? []);
    assert.ok(hints.includes('did you mean "rbd-vm"?') && hints.includes('did you mean "solwk01"?'), hints.join("\n"));
  });
});
