import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { bootstrapState } from "../../../../components/talos-cluster/lifecycle/bootstrap.ts";
import { Talosctl } from "../../../../components/talos-cluster/lifecycle/talosctl.ts";
import { sha256 } from "../../../../lab/talos/contents.ts";
import type { ClientCredentials } from "../../../../lab/talos/credentials.ts";
import { talosconfigOf } from "../../../../lab/talos/generate.ts";
import type { FieldChange, KubernetesObject } from "../../../../lab/talos/interface.ts";
import { listen } from "../../../../lab/tools/listen.ts";
import { openLabTools } from "../../../../lab/tools/register.ts";
import type { ToolServer } from "../../../../lab/tools/server.ts";
import {
  addNode,
  address,
  cluster,
  configuration,
  hardware,
  openTestLab,
  type TestLab,
  testSecrets,
} from "../talos/helpers.ts";

const bin = resolve(import.meta.dirname, "../../../../lab/bin");

describe("lab/tools", () => {
  let lab: TestLab;
  let tools: ToolServer;

  beforeEach(() => {
    lab = openTestLab();
    tools = openLabTools(lab.world, lab.talos);
  });

  afterEach(() => {
    tools.close();
    lab.remove();
  });

  async function talosctl(suffix: number, args: string[], files: Record<string, string> = {}) {
    const { clientConfiguration } = await testSecrets(lab);
    const config = talosconfigOf("luna", clientConfiguration, [], []);
    return tools.call("talosctl", {
      args: ["--talosconfig", "tc", "-n", address(suffix), "-e", address(suffix), ...args],
      files: { tc: config, ...files },
      folders: [],
      env: { HOME: "/nowhere" },
    });
  }

  describe("talosctl", () => {
    it("tells the state of etcd before and after the bootstrap", async () => {
      await addNode(lab, 11, "controlplane");
      await lab.world.clock.pass(120_000);
      const before = await talosctl(11, ["service", "etcd"]);
      assert.match(before.stdout, /^STATE {4}Preparing$/m);
      assert.equal((await talosctl(11, ["etcd", "members"])).code, 1);
      assert.deepEqual(await talosctl(11, ["bootstrap"]), { stdout: "", stderr: "", code: 0 });
      const after = await talosctl(11, ["service", "etcd"]);
      assert.match(after.stdout, /^STATE {4}Running\nHEALTH {3}OK$/m);
      const members = (await talosctl(11, ["etcd", "members"])).stdout.split("\n");
      assert.match(members[0] ?? "", /^NODE +ID +HOSTNAME +PEER URLS +CLIENT URLS +LEARNER$/);
      assert.match(
        members[1] ?? "",
        /^fd00:102::11 {3}[0-9a-f]{16} {3}node11 {5}https:\/\/\[fd00:102::11\]:2380 {3}https:\/\/\[fd00:102::11\]:2379 {3}false$/,
      );
      assert.deepEqual(await talosctl(11, ["bootstrap"]), {
        stdout: "",
        stderr: "error executing bootstrap: rpc error: code = AlreadyExists desc = etcd data directory is not empty\n",
        code: 1,
      });
    });

    it("takes five seconds of virtual time for every question and counts it", async () => {
      const before = lab.world.clock.nowMs;
      await talosctl(11, ["version"]);
      assert.equal(lab.world.clock.nowMs - before, 5000);
      assert.equal(lab.world.state.counters["talosctl.version"], 1);
    });

    it("says that a machine cannot be reached, in talosctl's words", async () => {
      assert.deepEqual(await talosctl(19, ["service", "etcd"]), {
        stdout: "",
        stderr:
          'error listing services: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp [fd00:102::19]:50000: connect: no route to host"\n',
        code: 1,
      });
    });

    it("tells by a dry run whether a change reboots, and changes nothing", async () => {
      await cluster(lab, [11]);
      const hash = lab.talos.api.machines.get(hardware(11).key)?.persisted?.hash;
      for (const [patch, said] of [
        ["machine: {sysctls: {vm.swappiness: '1'}}", "Applied configuration without a reboot (skipped in dry-run)."],
        ["machine: {env: {FOO: bar}}", "Applied configuration with a reboot (skipped in dry-run)."],
        ["", "No changes."],
      ]) {
        const file = await configuration(lab, 11, "controlplane", patch);
        const { stderr, code } = await talosctl(11, ["apply-config", "--mode", "auto", "--dry-run", "--file", "c"], {
          c: file,
        });
        assert.equal(code, 0);
        assert.ok(stderr.includes(said ?? ""), stderr);
      }
      assert.equal(lab.talos.api.machines.get(hardware(11).key)?.persisted?.hash, hash);
    });

    it("reboots and waits until the node is back", async () => {
      await cluster(lab, [11]);
      const { code } = await talosctl(11, ["reboot"]);
      assert.equal(code, 0);
      assert.equal(lab.talos.api.machines.get(hardware(11).key)?.phase, "running");
      assert.deepEqual(
        lab.records("node.reboot").map(({ details }) => details?.reason),
        ["talosctl reboot"],
      );
      const { stdout } = await talosctl(11, ["get", "machinestatus", "-o", "json"]);
      const { metadata, spec } = JSON.parse(stdout);
      assert.equal(metadata.type, "MachineStatuses.runtime.talos.dev");
      assert.equal(spec.stage, "booting");
    });

    it("shows the machine configuration that a node has, as the text that it is", async () => {
      await cluster(lab, [11]);
      const { stdout } = await talosctl(11, ["get", "machineconfig", "v1alpha1", "-o", "json"]);
      const { metadata, spec } = JSON.parse(stdout);
      assert.equal(metadata.type, "MachineConfigs.config.talos.dev");
      assert.equal(sha256(spec), lab.talos.api.machines.get(hardware(11).key)?.active?.hash);
      const missing = await talosctl(11, ["get", "machineconfig", "persistent"]);
      assert.match(missing.stderr, /MachineConfigs\.config\.talos\.dev\(config\/persistent@undefined\) doesn't exist/);
    });

    it("lists disks in maintenance mode", async () => {
      lab.talos.power.powerOn(hardware(11));
      await lab.world.clock.pass(30_000);
      const { stdout } = await tools.call("talosctl", {
        args: ["-n", address(11), "get", "disks", "--insecure"],
        files: {},
        folders: [],
        env: {},
      });
      assert.match(
        stdout,
        /^fd00:102::11 {3}runtime {5}Disk {3}sda +2 +43 GB +false +virtio +QEMU HARDDISK {3}drive-scsi0$/m,
      );
    });

    it("removes a dead member and lets its successor join", async () => {
      await cluster(lab, [11, 12, 13]);
      const dead = lab.talos.api.machines.get(hardware(13).key)?.etcd?.memberId ?? "";
      lab.talos.power.destroyed(hardware(13).key);
      assert.equal((await talosctl(11, ["etcd", "remove-member", dead])).code, 0);
      await addNode(lab, 13, "controlplane");
      await lab.world.clock.pass(120_000);
      assert.equal((await talosctl(11, ["etcd", "members"])).stdout.trim().split("\n").length, 4);
    });

    it("is injected faults into", async () => {
      await cluster(lab, [11]);
      lab.world.faults.add({ provider: "talosctl", operation: "etcd", kind: "error", times: 1 });
      assert.equal((await talosctl(11, ["etcd", "status"])).stderr, "injected fault: talosctl etcd fd00:102::11\n");
      assert.match((await talosctl(11, ["etcd", "status"])).stdout, /^NODE +MEMBER +DB SIZE +IN USE +LEADER/);
    });
  });

  describe("kubectl", () => {
    const objects: Record<string, KubernetesObject[]> = {};
    let changes: FieldChange[] = [];

    beforeEach(() => {
      objects.nodes = [
        {
          apiVersion: "v1",
          kind: "Node",
          metadata: { name: "node11", labels: { "node-role.kubernetes.io/control-plane": "" } },
          spec: {},
          status: { conditions: [{ type: "Ready", status: "True" }], nodeInfo: { kubeletVersion: "v1.31.4" } },
        },
      ];
      objects.pods = [
        pod("web", { ownerReferences: [{ kind: "ReplicaSet" }] }),
        pod("agent", { ownerReferences: [{ kind: "DaemonSet" }] }),
        pod("mirror", { annotations: { "kubernetes.io/config.mirror": "x" } }),
      ];
      lab.talos.connectKubernetes({
        cniRunning: () => true,
        list: (_clusterId, resource) => objects[resource],
        setUnschedulable(_clusterId, name, unschedulable) {
          const node = objects.nodes?.find(({ metadata }) => metadata.name === name);
          if (node) node.spec = unschedulable ? { unschedulable } : {};
          return node !== undefined;
        },
        replaceObject(_clusterId, object, change) {
          changes.push(change);
          const list = objects[`${object.kind.toLowerCase()}s`] ?? [];
          list.splice(
            list.findIndex(({ metadata }) => metadata.name === object.metadata.name),
            1,
            object,
          );
          return true;
        },
        deleteObject(_clusterId, resource, name) {
          const before = objects[resource]?.length ?? 0;
          objects[resource] = (objects[resource] ?? []).filter(({ metadata }) => metadata.name !== name);
          return objects[resource].length < before;
        },
      });
    });

    const pod = (name: string, metadata: object): KubernetesObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", ...metadata },
      spec: { nodeName: "node11", volumes: [{ emptyDir: {} }] },
    });

    it("patches an object by merging, and takes away what is null", async () => {
      await cluster(lab, [11, 12, 13]);
      const patch = (text: string) => {
        patchFile = text;
        return kubectl("patch", "pods", "web", "--namespace", "default", "--type", "merge", "--patch-file", "patch");
      };
      assert.equal(
        (await patch('{"metadata":{"labels":{"a":"1"}},"spec":{"volumes":null}}')).stdout,
        "pod/web patched\n",
      );
      const web = objects.pods?.find(({ metadata }) => metadata.name === "web");
      assert.deepEqual([web?.metadata.labels, web?.spec], [{ a: "1" }, { nodeName: "node11" }]);
      assert.equal((await patch('{"metadata":{"labels":{"a":"1"}}}')).stdout, "pod/web patched (no change)\n");
      assert.match(
        (await kubectl("patch", "pods", "nobody", "--type", "merge", "--patch-file", "patch")).stderr,
        /pods "nobody" not found/,
      );
    });

    it("says who has changed which fields, by the name that the flag gives or kubectl's own", async () => {
      await cluster(lab, [11, 12, 13]);
      changes = [];
      patchFile = '{"spec":{"nodeName":"node12"}}';
      const place = ["pods", "web", "--namespace", "default"];
      const patch = ["patch", ...place, "--type", "merge", "--patch-file", "patch"];
      await kubectl(...patch);
      await kubectl("label", ...place, "a=1", "b-");
      await kubectl("label", ...place, "c=2", "--field-manager", "somebody");
      patchFile = '{"spec":{"nodeName":"node13"}}';
      await kubectl(...patch, "--field-manager=somebody");
      assert.deepEqual(changes, [
        { manager: "kubectl-patch", fields: { spec: { nodeName: "node12" } } },
        { manager: "kubectl-label", fields: { metadata: { labels: { a: "1" } } } },
        { manager: "somebody", fields: { metadata: { labels: { c: "2" } } } },
        { manager: "somebody", fields: { spec: { nodeName: "node13" } } },
      ]);
    });

    let patchFile = "";

    async function kubectl(...args: string[]) {
      const machine = lab.talos.api.machines.get(hardware(11).key);
      if (!machine) throw new Error("no machine");
      const kubeconfig = lab.talos.api.kubeconfig({ key: hardware(11).key, machine });
      return tools.call("kubectl", {
        args: ["--kubeconfig", "kc", ...args],
        files: { kc: kubeconfig, patch: patchFile },
        folders: [],
        env: {},
      });
    }

    it("answers when the cluster has a quorum", async () => {
      await cluster(lab, [11, 12, 13]);
      assert.deepEqual(await kubectl("get", "--raw", "/readyz"), { stdout: "ok", stderr: "", code: 0 });
      assert.match(
        (await kubectl("get", "nodes")).stdout,
        /^NAME {5}STATUS {3}ROLES {11}AGE {9}VERSION\nnode11 {3}Ready/,
      );
      lab.talos.power.powerOff(hardware(12).key);
      lab.talos.power.powerOff(hardware(13).key);
      assert.deepEqual(await kubectl("get", "nodes"), {
        stdout: "",
        stderr: "Unable to connect to the server: net/http: TLS handshake timeout\n",
        code: 1,
      });
    });

    it("prints several types one after the other, and only as tables", async () => {
      await cluster(lab, [11]);
      const both = (await kubectl("get", "nodes,pods")).stdout;
      assert.match(both, /^NAME +STATUS +ROLES.*\nnode11 .*\n\nNAME +READY +STATUS.*\nweb /);
      assert.match((await kubectl("get", "nodes,gadgets")).stderr, /doesn't have a resource type "gadgets"/);
      assert.match((await kubectl("get", "nodes,pods", "-o", "json")).stderr, /as tables only/);
    });

    it("says how far what engines act on is", async () => {
      await cluster(lab, [11]);
      objects.applications = [
        {
          apiVersion: "argoproj.io/v1alpha1",
          kind: "Application",
          metadata: { name: "apps", namespace: "argocd" },
          status: { sync: { status: "Synced" }, health: { status: "Healthy" } },
        },
      ];
      objects.helmreleases = [
        {
          apiVersion: "helm.toolkit.fluxcd.io/v2",
          kind: "HelmRelease",
          metadata: { name: "web", namespace: "flux-system" },
          status: { conditions: [{ type: "Ready", status: "False", message: "no such chart" }] },
        },
      ];
      assert.equal(
        (await kubectl("get", "applications", "-n", "argocd")).stdout,
        "NAME   SYNC STATUS   HEALTH STATUS\napps   Synced        Healthy\n",
      );
      assert.match(
        (await kubectl("get", "helmreleases", "-n", "flux-system")).stdout,
        /^NAME +AGE +READY +STATUS\nweb +<unknown> +False +no such chart\n$/,
      );
    });

    it("waits for an object that is named with its type", async () => {
      await cluster(lab, [11]);
      const wait = (node: string) => kubectl("wait", node, "--for=condition=Ready", "--timeout=10s");
      assert.deepEqual(await wait("nodes/node11"), { stdout: "node/node11 condition met\n", stderr: "", code: 0 });
      assert.match((await wait("nodes/node12")).stderr, /nodes "node12" not found/);
    });

    it("selects the pods of a node", async () => {
      await cluster(lab, [11]);
      objects.pods?.push({ ...pod("elsewhere", {}), spec: { nodeName: "node12" } });
      const of = (selector: string) => kubectl("get", "pods", "--field-selector", selector, "-o", "name");
      assert.equal((await of("spec.nodeName=node11")).stdout, "pod/web\npod/agent\npod/mirror\n");
      assert.equal((await of("spec.nodeName=node12")).stdout, "pod/elsewhere\n");
      assert.equal(
        (await of("status.phase=Running")).stderr,
        "error: the lab selects by the field spec.nodeName only\n",
      );
    });

    it("cordons and drains in virtual time, respecting the flags", async () => {
      await cluster(lab, [11]);
      const refused = await kubectl("drain", "node11", "--ignore-daemonsets");
      assert.equal(refused.code, 1);
      assert.equal(
        refused.stderr,
        'error: unable to drain node "node11" due to error: cannot delete Pods with local storage (use --delete-emptydir-data to override): default/web\n',
      );
      const before = lab.world.clock.nowMs;
      const drained = await kubectl(
        "drain",
        "node11",
        "--ignore-daemonsets",
        "--delete-emptydir-data",
        "--timeout=300s",
      );
      assert.deepEqual(drained, {
        stdout: "node/node11 already cordoned\nevicting pod default/web\npod/web evicted\nnode/node11 drained\n",
        stderr: "Warning: ignoring DaemonSet-managed Pods: default/agent\n",
        code: 0,
      });
      assert.equal(lab.world.clock.nowMs - before, 10_000);
      assert.equal((await kubectl("uncordon", "node11")).stdout, "node/node11 uncordoned\n");
      assert.deepEqual(objects.nodes?.[0]?.spec, {});
    });

    for (const [args, stderr] of [
      [["cordon", "nobody"], 'Error from server (NotFound): nodes "nobody" not found\n'],
      [["delete", "nodes", "nobody"], 'Error from server (NotFound): nodes "nobody" not found\n'],
      [["get", "gadgets"], 'error: the server doesn\'t have a resource type "gadgets"\n'],
      [["get", "pods", "--frob"], "unknown flag: --frob\n"],
    ] as const) {
      it(`fails like kubectl: ${args.join(" ")}`, async () => {
        await cluster(lab, [11]);
        assert.deepEqual(await kubectl(...args), { stdout: "", stderr, code: 1 });
      });
    }
  });

  describe("programs", () => {
    let folder: string;
    let credentials: ClientCredentials;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "orrery-bin-"));
      credentials = await cluster(lab, [11]);
      writeFileSync(join(folder, "talosconfig"), talosconfigOf("luna", credentials, [address(11)], [address(11)]));
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    function run(program: string, args: string[], more: NodeJS.ProcessEnv = {}) {
      const env = { ...process.env, HOME: folder, TALOSCONFIG: join(folder, "talosconfig"), ...more };
      return new Promise<{ stdout: string; stderr: string; code: number }>((done) => {
        execFile(resolve(bin, program), args, { env, cwd: folder }, (error, stdout, stderr) => {
          done({ stdout, stderr, code: error ? Number(error.code) : 0 });
        });
      });
    }

    it("ask the lab that runs and write its files", async () => {
      const ORRERY_LAB = await tools.listen();
      const written = await run("talosctl", ["kubeconfig", "kc"], { ORRERY_LAB });
      assert.deepEqual(written, { stdout: "", stderr: "", code: 0 });
      assert.match(readFileSync(join(folder, "kc"), "utf8"), /server: https:\/\/\[fd00:102::10\]:6443/);
      assert.equal(statSync(join(folder, "kc")).mode & 0o777, 0o600);
      lab.talos.connectKubernetes({
        cniRunning: () => true,
        list: () => [],
        setUnschedulable: () => false,
        deleteObject: () => false,
      });
      const ready = await run("kubectl", ["--kubeconfig", "kc", "get", "--raw", "/readyz"], { ORRERY_LAB });
      assert.deepEqual(ready, { stdout: "ok", stderr: "", code: 0 });
    });

    it("hand verbs that ask no node to the real talosctl", async () => {
      const tools = process.env.ORRERY_TOOLS ?? join(process.env.HOME ?? "", ".orrery", "tools");
      const env = { ORRERY_TOOLS: tools, ORRERY_TALOS_VERSION: "v1.11.5" };
      const { stdout, code } = await run("talosctl", ["version", "--client", "--short"], env);
      assert.deepEqual([stdout.trim(), code], ["Client:\nTalos v1.11.5", 0]);
      assert.equal((await run("talosctl", ["gen", "nothing"], env)).code, 0);
      assert.equal((await run("talosctl", ["validate", "--mode", "cloud", "--config", "absent"], env)).code, 1);
    });

    it("hand them over when the lab runs, too", async () => {
      const ORRERY_LAB = await tools.listen();
      const { stdout } = await run("talosctl", ["version", "--client", "--short"], { ORRERY_LAB });
      assert.match(stdout, /^Client:\nTalos v1\./);
      assert.equal(lab.world.state.counters["talosctl.version"], undefined);
    });

    it("hand over what was typed to the letter, and print what they get to the letter", async () => {
      const typed = ["", "two words", "line\nbreak", "ü", "*", "--flag=$HOME", "x".repeat(100_000)];
      const { address: ORRERY_LAB, close } = await listen(async (_tool, { args }) => ({
        stdout: args.join("|"),
        stderr: `${args.length} arguments, ü`,
        code: 7,
      }));
      try {
        const { stdout, stderr, code } = await run("kubectl", typed, { ORRERY_LAB });
        assert.deepEqual([stderr, code], ["7 arguments, ü", 7]);
        assert.equal(stdout, typed.join("|"));
      } finally {
        close();
      }
    });

    it("may be called by a link of another name", async () => {
      const { address: ORRERY_LAB, close } = await listen(async (tool) => ({ stdout: tool, stderr: "", code: 0 }));
      const link = join(folder, "lab-kubectl");
      symlinkSync(join(bin, "kubectl"), link);
      try {
        const { stdout, stderr } = await run(link, ["get", "nodes"], { ORRERY_LAB });
        assert.deepEqual([stdout, stderr], ["kubectl", ""]);
      } finally {
        close();
      }
    });

    it("are refused when they do not know the lab's key", async () => {
      const address = await tools.listen();
      const { stdout, stderr, code } = await run("kubectl", ["get", "nodes"], { ORRERY_LAB: `${address}0` });
      assert.deepEqual([stdout, stderr, code], ["", "the lab was given a wrong key\n", 125]);
    });

    it("say so when the lab has gone", async () => {
      const env = { ORRERY_LAB: "127.0.0.1:9/key", ORRERY_LAB_FOLDER: "" };
      const { stderr, code } = await run("kubectl", ["get", "nodes"], env);
      assert.equal(stderr, "kubectl: the lab at 127.0.0.1:9 does not answer: the connection was refused\n");
      assert.equal(code, 125);
    });

    it("say so when there is no lab", async () => {
      const env = { ORRERY_LAB: "", ORRERY_LAB_FOLDER: join(folder, "none") };
      const { stderr, code } = await run("kubectl", ["get", "nodes"], env);
      assert.equal(code, 125);
      assert.equal(stderr, `kubectl: there is no lab: ORRERY_LAB names none and ${join(folder, "none")} holds none\n`);
    });

    it("open the folder of a lab that has ended", async () => {
      writeFileSync(join(lab.folder, "world.json"), JSON.stringify(lab.world.state));
      const env = { ORRERY_LAB: "127.0.0.1:9/key", ORRERY_LAB_FOLDER: lab.folder };
      const { stdout, stderr } = await run("talosctl", ["etcd", "members"], env);
      assert.match(stdout, /node11/, stderr);
    });

    it("run with a Node.js that knows TypeScript, whichever the PATH has", async () => {
      writeFileSync(join(lab.folder, "world.json"), JSON.stringify(lab.world.state));
      const env = { ORRERY_LAB: "", ORRERY_LAB_FOLDER: lab.folder, NODE_OPTIONS: "--no-experimental-strip-types" };
      const { stdout, stderr } = await run("talosctl", ["etcd", "members"], env);
      assert.match(stdout, /node11/, stderr);
    });

    it("are what the program's own talosctl module understands", async () => {
      process.env.ORRERY_LAB = await tools.listen();
      const { PATH } = process.env;
      process.env.PATH = [bin, PATH].join(delimiter);
      try {
        const node = { name: "node11", address: address(11) };
        const client = new Talosctl("v1.11.5", join(folder, "talosconfig"));
        assert.equal(await client.etcdService(node), "Running");
        assert.equal(await client.etcdHealthy(node), true);
        assert.equal(await client.bootstrap(node), "exists");
        assert.equal(await bootstrapState([node], client), "has-cluster");
        assert.deepEqual(
          (await client.etcdMembers(node)).map(({ id: _, ...member }) => member),
          [{ hostname: "node11", address: address(11), learner: false }],
        );
        assert.equal((await client.machineStatus(node)).stage, "booting");
        assert.match(await client.kubeconfig(node), /^apiVersion: v1$/m);
        const file = join(folder, "machine.yaml");
        writeFileSync(file, await configuration(lab, 11, "controlplane", "machine: {env: {FOO: bar}}"));
        assert.deepEqual(await client.dryRun(node, file), { reboot: true, changes: true });
      } finally {
        process.env.PATH = PATH;
        delete process.env.ORRERY_LAB;
      }
    });
  });
});
