import assert from "node:assert/strict";
import { join } from "node:path";
import { readStackFiles } from "../../config/load.ts";
import { Engine, findPulumi } from "../../fleet/engine.ts";
import { foldersOf } from "../../fleet/folders.ts";
import { openLabSession } from "../../fleet/lab/session.ts";
import { callInFolder } from "../../lab/tools/folder.ts";
import type { WorldRecord } from "../../lab/world/world.ts";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

const driver = "csi.proxmox.sinextra.dev";
const vmIds: Record<string, number> = { lunawk01: 102_021, lunawk02: 102_022 };

/** What the CSI plugin for Proxmox plugs into nodes' VMs while they run belongs to pods and not to the stack. */
describe("volumes of pods on disks of Proxmox in the lab", () => {
  const site = new TestSite();
  before(async () => {
    site.edit("luna", (config) => {
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 2 } };
      config.addons = {};
    });
    await site.succeed("up luna");
  });
  after(() => site.remove());

  /** A pod runs on a node with a volume that the plugin has attached. */
  function mount(node: string, claim: string, { owner = "StatefulSet" } = {}): void {
    site.changeWorld(({ parts }) => {
      const [cluster] = Object.values(parts.kubernetes?.clusters ?? {});
      const vm = parts.proxmox?.vms[vmIds[node] ?? 0];
      assert.ok(cluster && vm && parts.proxmox);
      const put = (key: string, apiVersion: string, name: string, more: Record<string, unknown>) => {
        const [kind = ""] = key.split(".");
        const { metadata = {}, ...rest } = more;
        cluster.objects[`${key}/${name}`] = {
          apiVersion,
          kind,
          metadata: { name, uid: `${kind}-${name}`, ...(metadata as object) },
          ...rest,
        };
      };
      put("CSIDriver.storage.k8s.io/", "storage.k8s.io/v1", driver, { spec: { attachRequired: true } });
      put("PersistentVolume./", "v1", `pvc-${claim}`, {
        spec: {
          csi: { driver, volumeHandle: `proxmox/pve02/rbd-vm/vm-9999-pvc-${claim}` },
          claimRef: { namespace: "default", name: claim },
        },
      });
      put("VolumeAttachment.storage.k8s.io/", "storage.k8s.io/v1", `csi-${claim}`, {
        spec: { attacher: driver, nodeName: node, source: { persistentVolumeName: `pvc-${claim}` } },
        status: { attached: true },
      });
      put("Pod./default", "v1", `${claim}-0`, {
        metadata: { namespace: "default", ownerReferences: owner === "" ? [] : [{ kind: owner, controller: true }] },
        spec: { nodeName: node, volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }] },
        status: { phase: "Running" },
      });
      const lun = [1, 2, 3].find((each) => !vm.volumes[`scsi${each}`] && !vm.plugged?.[`scsi${each}`]);
      vm.plugged = { ...vm.plugged, [`scsi${lun}`]: `rbd-vm:vm-9999-pvc-${claim}` };
      parts.proxmox.volumes = { ...parts.proxmox.volumes, [`rbd-vm:vm-9999-pvc-${claim}`]: { sizeGiB: 5 } };
    });
  }

  /** The pod is gone, and its volume with it. */
  function remove(claim: string): void {
    site.changeWorld(({ parts }) => {
      const [cluster] = Object.values(parts.kubernetes?.clusters ?? {});
      for (const key of Object.keys(cluster?.objects ?? {})) {
        if (key.endsWith(`-${claim}`) || key.endsWith(`/${claim}-0`)) delete cluster?.objects[key];
      }
      for (const vm of Object.values(parts.proxmox?.vms ?? {})) {
        for (const [name, volume] of Object.entries(vm.plugged ?? {})) {
          if (volume.endsWith(`-${claim}`)) delete vm.plugged?.[name];
        }
      }
    });
  }

  const vm = (node: string) => site.world().parts.proxmox?.vms[vmIds[node] ?? 0];
  const volumes = () => Object.keys(site.world().parts.proxmox?.volumes ?? {});

  /** What became of nodes and their disks, in order: `node.drain lunawk01`. A drain cordons once more. */
  function story(mark: number): string[] {
    const told = /^(node\.(cordon|drain|uncordon)|csi\.detach|vm\.(unplug|takeOver|config|resize|delete))$/;
    const disk = ({ details }: WorldRecord) => (details?.disk === undefined ? "" : ` ${details.disk}`);
    return site
      .recordsSince(mark)
      .filter(({ kind }) => told.test(kind))
      .map((record) => `${record.kind} ${record.subject}${disk(record)}`)
      .filter((line, index, lines) => line !== lines[index - 1]);
  }

  /** `pulumi refresh`: looks everything up. */
  async function refresh(stack: string): Promise<void> {
    const folders = foldersOf(site.folder, true);
    await findPulumi();
    const session = await openLabSession(folders, readStackFiles(site.folder));
    try {
      const opened = await new Engine(folders, session).open(stack);
      assert.ok(opened);
      const urns = (opened.opened.deployment?.resources ?? []).map(({ urn }) => urn);
      await opened.refresh(urns, { onEvent: () => {}, signal: new AbortController().signal });
    } finally {
      await session.close();
    }
  }

  it("are not the stack's after a refresh, and stay where they are when something else of the VM changes", async () => {
    mount("lunawk01", "data");
    await refresh("luna");
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 2, memoryMiB: 9216 } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "update"), ["VmLegacy lunawk01", "VmLegacy lunawk02"]);
    assert.deepEqual(story(mark).sort(), ["vm.config vm/102021", "vm.config vm/102022"]);
    assert.deepEqual(vm("lunawk01")?.plugged, { scsi1: "rbd-vm:vm-9999-pvc-data" });
  });

  it("leave with their pods before the disks of the VM change, one node after the other", async () => {
    mount("lunawk02", "more");
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 2, memoryMiB: 9216, dataDisksGiB: [10] } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "update"), ["VmLegacy lunawk01", "VmLegacy lunawk02"]);
    const [first, second] = story(mark)[0] === "node.cordon lunawk01" ? ["1", "2"] : ["2", "1"];
    assert.deepEqual(
      story(mark),
      [first, second].flatMap((number) => [
        `node.cordon lunawk0${number}`,
        `node.drain lunawk0${number}`,
        `csi.detach vm/10202${number} scsi1`,
        `vm.config vm/10202${number}`,
        `node.uncordon lunawk0${number}`,
      ]),
    );
    assert.deepEqual(vm("lunawk01")?.volumes.scsi1, { storage: "rbd-vm", sizeGiB: 10 });
    assert.deepEqual(volumes(), ["rbd-vm:vm-9999-pvc-data", "rbd-vm:vm-9999-pvc-more"]);
  });

  it("are not pulled out where their pods cannot be moved, and nothing else changes", async () => {
    mount("lunawk01", "alone", { owner: "" });
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.overrides = { lunawk01: { diskGiB: 120 } };
    });
    const outcome = await site.run("up luna --only");
    const luna = outcome.stacks.find(({ stack }) => stack === "luna");
    assert.match(
      luna?.failure?.causes.map(({ message }) => message).join("\n") ?? "",
      /the disks of lunawk01 were not changed, because volumes of pods that are attached to it would be pulled out: kubectl drain lunawk01 failed: error: unable to drain node "lunawk01" due to error: cannot delete Pods that declare no controller \(use --force to override\): default\/alone-0; mend that and run `up` again/,
    );
    assert.deepEqual(story(mark), ["node.cordon lunawk01", "node.uncordon lunawk01"]);
    assert.deepEqual(vm("lunawk01")?.plugged, { scsi2: "rbd-vm:vm-9999-pvc-alone" });
    remove("alone");
    await site.succeed("up luna --only");
    assert.equal(vm("lunawk01")?.volumes.scsi0?.sizeGiB, 120);
  });

  it("may stay when a disk is grown by hand and looked up", async () => {
    mount("lunawk01", "quiet");
    site.changeWorld(({ parts }) => {
      const disk = parts.proxmox?.vms[vmIds.lunawk01 ?? 0]?.volumes.scsi0;
      assert.ok(disk);
      disk.sizeGiB = 130;
    });
    site.edit("luna", (config) => {
      config.overrides = { lunawk01: { diskGiB: 130 } };
    });
    await refresh("luna");
    assert.equal((await site.succeed("up luna --only")).luna?.result, "unchanged");
    assert.deepEqual(Object.values(vm("lunawk01")?.plugged ?? {}), ["rbd-vm:vm-9999-pvc-quiet"]);
    remove("quiet");
  });

  it("may come back when the change of the disks failed", async () => {
    mount("lunawk01", "back");
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.overrides = { lunawk01: { diskGiB: 60 } };
    });
    const outcome = await site.run("up luna --only");
    const luna = outcome.stacks.find(({ stack }) => stack === "luna");
    assert.match(luna?.failure?.causes.map(({ message }) => message).join("\n") ?? "", /Cannot shrink/);
    assert.equal(story(mark).at(-1), "node.uncordon lunawk01");
    site.edit("luna", (config) => {
      config.overrides = { lunawk01: { diskGiB: 130 } };
    });
    await site.succeed("up luna --only");
  });

  it("leave their node with the lab's own kubectl, too, while nothing else runs", async () => {
    const kubeconfig = site.read(".orrery/lab/luna/kubeconfig");
    const kubectl = (...args: string[]) =>
      callInFolder(join(site.folder, ".orrery/lab"), "kubectl", {
        args: ["--kubeconfig", "kubeconfig", ...args],
        files: { kubeconfig },
        folders: [],
        env: {},
      });
    mount("lunawk01", "own");
    const { stderr, code } = await kubectl("drain", "lunawk01", "--ignore-daemonsets", "--delete-emptydir-data");
    assert.equal(code, 0, stderr);
    // Each question takes five seconds, and the plugin twelve.
    for (let asked = 0; asked < 5; asked += 1) await kubectl("get", "volumeattachments", "-o", "name");
    assert.deepEqual(vm("lunawk01")?.plugged, {});
    await kubectl("uncordon", "lunawk01");
  });

  it("outlive a node that is taken away", async () => {
    mount("lunawk02", "kept");
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 1, memoryMiB: 9216, dataDisksGiB: [10] } };
    });
    await site.succeed("up luna --only");
    assert.deepEqual(story(mark), [
      "node.cordon lunawk02",
      "node.drain lunawk02",
      "csi.detach vm/102022 scsi2",
      "vm.delete vm/102022",
    ]);
    assert.ok(volumes().includes("rbd-vm:vm-9999-pvc-kept"));
  });
});
