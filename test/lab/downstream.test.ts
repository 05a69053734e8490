import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { Display } from "../../fleet/progress/display.ts";
import { renderStack } from "../../fleet/render/run.ts";
import type { ClusterState } from "../../lab/kubernetes/state.ts";
import type { VmState } from "../../lab/proxmox/state.ts";
import { callInFolder } from "../../lab/tools/folder.ts";
import { showCommands } from "../../lab/vyos/router.ts";
import type { WorldState } from "../../lab/world/world.ts";
import { changed } from "./support/judge.ts";
import { TestRepository } from "./support/repository.ts";
import { silent, TestSite } from "./support/site.ts";

const host = "10.0.0.1";

interface DownstreamSection {
  delivery?: string;
  clusters: Record<string, Record<string, unknown>>;
}

describe("clusters that make clusters, in the lab", () => {
  const site = new TestSite(["shared", "sol"]);
  after(() => site.remove());

  /** A management cluster of two nodes with what Cluster API needs. */
  function prepare(): void {
    site.edit("shared", (config) => {
      config.routers = { vyos01: { host, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk", interface: "eth1" } };
    });
    site.edit("sol", (config) => {
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 1 } };
      config.overrides = {};
      config.addons = {
        "cert-manager": true,
        "cluster-api-operator": { settings: { infrastructure: ["proxmox", "harvester"] } },
        "ingress-nginx": true,
        crossplane: true,
        sveltos: true,
      };
      config.downstream = {
        proxmox: { url: "https://pve01.example.net:8006" },
        harvester: {
          server: "https://harvester.example.net:6443",
          network: "default/vlan40",
          images: { stable: "default/talos" },
          sshKeyPair: "default/unused",
        },
        domain: "example.net",
        network: { router: "vyos01" },
        clusters: {
          media: {
            id: 1,
            workers: { min: 1, max: 3 },
            unhealthyAfterSeconds: 60,
            labels: { "cert-manager": "true", capsule: "true" },
          },
        },
      };
    });
  }

  /** Changes what the stack file says about downstream clusters. */
  function change(alter: (downstream: DownstreamSection) => void): void {
    site.edit("sol", (config) => alter(config.downstream as DownstreamSection));
  }

  /** VMs on Proxmox that Cluster API has made. */
  function machines(): VmState[] {
    const vms = Object.values(site.world().parts.proxmox?.vms ?? {});
    return vms.filter(({ config }) => String(config.name).startsWith("media-"));
  }

  function names(): string[] {
    return machines()
      .map(({ config }) => String(config.name))
      .sort();
  }

  /** What the router has, as it prints it. */
  function routerLines(): string[] {
    const router = site.world().parts.routers?.[host];
    assert.ok(router);
    return showCommands(router).split("\n");
  }

  function harvesterVms() {
    return Object.entries(site.world().parts.harvester ?? {});
  }

  /** The management cluster, or one that it has made. */
  function cluster(name?: string, world: WorldState = site.world()): ClusterState {
    const found = Object.entries(world.parts.kubernetes?.clusters ?? {}).find(([key]) => key.split("/")[1] === name);
    assert.ok(found, `there is no cluster ${name ?? "that makes clusters"}`);
    return found[1];
  }

  it("makes a cluster, with as few workers as it may have", async () => {
    prepare();
    await site.succeed("up sol");
    const made = machines();
    assert.deepEqual(
      names().map((name) => name.replace(/-[0-9a-f]{5}$/, "")),
      ["media-control-plane", "media-workers"],
    );
    assert.ok(made.every(({ status, vmId }) => status === "running" && vmId >= 101_501 && vmId <= 101_525));
    assert.deepEqual(
      new Set(made.map(({ config }) => `${JSON.stringify(config.cpu)} ${JSON.stringify(config.memory)}`)).size,
      1,
    );
  });

  it("tells their router before there are machines", () => {
    const lines = routerLines();
    for (const wanted of [
      "set interfaces ethernet eth1 vif 40 address '10.10.40.1/24'",
      "set policy prefix-list DOWNSTREAM-101-V4 rule 10 prefix '10.10.50.16/28'",
      "set protocols bgp listen range 10.10.40.0/24 peer-group 'DOWNSTREAM-101'",
    ]) {
      assert.ok(lines.includes(wanted), wanted);
    }
    const order = site.world().records.filter(({ kind }) => kind === "router.save" || kind === "machine.create");
    assert.equal(order[0]?.kind, "router.save", "machines find their gateway");
  });

  it("shows its machines to everybody who asks", async () => {
    const kubeconfig = site.read(".orrery/lab/sol/kubeconfig");
    const args = ["--kubeconfig", "kubeconfig", "get", "machines", "--namespace", "media"];
    const call = { args, files: { kubeconfig }, folders: [], env: {} };
    const { stdout } = await callInFolder(join(site.folder, ".orrery/lab"), "kubectl", call);
    const [head = "", ...lines] = stdout.trimEnd().split("\n");
    assert.match(head, /^NAME +CLUSTER +NODE NAME +READY +PHASE +AGE +VERSION$/);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^media-\S+ +media +media-\S+ +True +Running +\w+ +v1\.31\.4$/);
  });

  it("brings its platform into it, with addresses of its own", async () => {
    await site.pass(600);
    const { objects } = cluster("media");
    for (const wanted of ["DaemonSet.apps/kube-system/cilium", "Deployment.apps/cert-manager/cert-manager"]) {
      assert.ok(wanted in objects, `${wanted} is not among ${Object.keys(objects).join(", ")}`);
    }
    const pool = objects["CiliumLoadBalancerIPPool.cilium.io//default"];
    assert.match(JSON.stringify(pool?.spec), /"blocks":\[\{"cidr":"10\.10\.50\.16\/28"\}\]/);
    const bgp = objects["CiliumBGPClusterConfig.cilium.io//cluster"];
    assert.match(JSON.stringify(bgp?.spec), /"localASN":4220101001,.*"peerASN":4200001000,"peerAddress":"10.10.40.1"/);
  });

  it("leads to the API of its tenants as soon as capsule-proxy has an address", () => {
    const { objects } = cluster();
    const slice = objects["EndpointSlice.discovery.k8s.io/media/kube-media"];
    assert.deepEqual(slice?.endpoints, [{ addresses: ["10.10.50.17"] }]);
    assert.ok(objects["Service./media/kube-media"]);
    const ingress = objects["Ingress.networking.k8s.io/media/kube-media"];
    assert.match(JSON.stringify(ingress?.spec), /"host":"kube\.media\.example\.net"/);
  });

  it("adds workers for pods that do not fit", async () => {
    site.changeWorld((world) => {
      cluster("media", world).objects["Deployment.apps/default/load"] = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "load", namespace: "default" },
        spec: { replicas: 3, template: { spec: { containers: [{ resources: { requests: { cpu: "3" } } }] } } },
      };
    });
    await site.pass(600);
    assert.equal(machines().length, 4);
  });

  it("replaces a worker that is not ready, after as long as the stack file says", async () => {
    const victim = machines().find(({ config }) => String(config.name).startsWith("media-workers"));
    assert.ok(victim);
    site.changeWorld(({ parts }) => {
      const vm = parts.proxmox?.vms[victim.vmId];
      if (vm) vm.status = "stopped";
    });
    await site.pass(50);
    assert.ok(names().includes(String(victim.config.name)), "a minute has to pass");
    const mark = site.mark();
    await site.pass(600);
    assert.ok(!names().includes(String(victim.config.name)));
    assert.equal(machines().length, 4);
    assert.equal(site.recordsSince(mark, "machine.remediate").length, 1);
  });

  it("moves to a TenantCluster and upgrades on the way: as many machines as the autoscaler has made", async () => {
    const before = names();
    change(({ clusters }) => Object.assign(clusters.media ?? {}, { release: "candidate" }));
    const { sol: planned } = await site.succeed("preview sol --only");
    const replaced = "the cluster media gets new machines, one after the other:";
    assert.deepEqual(planned?.warnings, [`${replaced} 1 control plane`, `${replaced} 1 to 3 workers`]);
    change(({ clusters }) => {
      Object.assign(clusters.media ?? {}, { writeAs: "tenant-cluster" });
      // The label for capsule is that for capsule-proxy, too, which dev is not to get.
      const addons = { "cert-manager": true, capsule: true };
      Object.assign(clusters, {
        dev: { id: 2, infrastructure: "harvester", workers: 2, writeAs: "tenant-cluster", addons },
      });
    });
    const mark = site.mark();
    const { sol } = await site.succeed("up sol --only");
    const after = names();
    assert.equal(after.length, 4);
    assert.deepEqual(
      after.filter((name) => before.includes(name)),
      [],
    );
    const planes = site
      .recordsSince(mark)
      .filter(
        ({ kind, subject }) => /^machine\.(create|delete)$/.test(kind) && subject.startsWith("media-control-plane"),
      );
    assert.deepEqual(
      planes.map(({ kind }) => kind),
      ["machine.create", "machine.delete"],
      "the new control plane comes before the old one goes",
    );
    assert.deepEqual(changed(sol, "update"), [
      "ClusterProfile sol-clusterprofile-downstream-capsule-proxy",
      "ClusterProfile sol-clusterprofile-downstream-capsule-proxy-namespace",
      "Command sol-downstream-router",
      "Release sol-media-autoscaler",
    ]);
    assert.ok(changed(sol, "create").includes("TenantCluster sol-tenantcluster-media"));
    assert.ok(changed(sol, "delete").includes("Cluster sol-cluster-media"));
    assert.deepEqual(sol?.moves, [{ cluster: "media", from: "cluster-api", to: "tenant-cluster" }]);
  });

  it("makes one on Harvester by one line more", () => {
    assert.deepEqual(
      harvesterVms().map(([name, { cpu, memory, network, running }]) => [
        name.replace(/-[0-9a-f]{5}$/, ""),
        cpu,
        memory,
        network,
        running,
      ]),
      ["control-plane", "workers", "workers"].map((role) => [
        `orrery/dev-${role}`,
        4,
        "8192Mi",
        "default/vlan40",
        true,
      ]),
    );
  });

  it("leaves a cluster to Git, and takes it back only when Git cannot take it along any more", async () => {
    const before = names();
    const uids = () =>
      Object.entries(cluster().objects)
        .filter(([key]) => /\/media\/|downstream-/.test(key) && !key.includes("helm.release"))
        .map(([key, { metadata }]) => `${key} ${metadata.uid}`);
    const git = new TestRepository(join(site.folder, ".orrery/lab/repositories"));
    const to = join(site.folder, "clusters");
    // Argo CD takes an empty folder for a mistake, and would delete nothing.
    const other = join(to, "clusters/sol/apps/other.yaml");
    mkdirSync(dirname(other), { recursive: true });
    writeFileSync(
      other,
      stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "o", namespace: "argocd" } }),
    );
    const push = (takenBack = false) => {
      const rendered = renderStack({ verb: "render", stack: "sol", to, json: false, takenBack }, site.folder);
      git.pushFolder(to);
      return rendered;
    };
    /** Argo CD asks every two minutes, and does what the time allows when somebody looks. */
    const read = async () => {
      await site.pass(130);
      await site.succeed("status sol");
    };
    change((downstream) => Object.assign(downstream, { delivery: "git" }));
    site.edit("sol", ({ addons }) =>
      Object.assign(addons as object, { argocd: { settings: { repository: { url: TestRepository.url } } } }),
    );
    push();
    const left = await site.succeed("up sol --only");
    const kinds = left.sol?.letGo.map((urn) => urn.split("::")[2]?.split(":").at(-1));
    for (const kind of ["ClusterProfile", "TenantCluster", "CompositeResourceDefinition"]) {
      assert.ok(kinds?.includes(kind), `${kind} is not among ${kinds}`);
    }
    await read();
    const inDev = Object.keys(cluster("dev").objects).filter((key) => /^Deployment.*capsule/.test(key));
    assert.deepEqual(inDev, ["Deployment.apps/capsule-system/capsule-controller-manager"]);
    assert.deepEqual(names(), before);
    const here = uids();
    assert.ok(here.some((key) => key.startsWith("ClusterProfile.config.projectsveltos.io//downstream-cilium ")));

    let media: object | undefined;
    change(({ clusters }) => {
      media = clusters.media;
      delete clusters.media;
    });
    const without = await site.succeed("preview sol --only");
    assert.deepEqual(
      without.sol?.warnings.filter((text) => text.includes("still there")),
      [
        "nothing in the namespace media was deleted: the cluster media is still there, and its machines would stay for ever; take it out of the repository, or run kubectl delete clusters.cluster.x-k8s.io media --namespace media, and then the same command again",
      ],
    );
    change((downstream) => {
      Object.assign(downstream, { delivery: "direct" });
      Object.assign(downstream.clusters, { media });
    });
    const refused =
      /^the TenantCluster [a-z/]+ and \d+ more: the Application argocd\/apps would delete it when its file leaves Git/;
    const planned = await site.succeed("preview sol --only");
    assert.equal(planned.sol?.warnings.filter((text) => refused.test(text)).length, 1);
    const early = await site.run("up sol --only");
    assert.match(
      JSON.stringify(early.stacks.find(({ stack }) => stack === "sol")?.failure),
      /the TenantCluster [a-z/]+ and \d+ more: the Application argocd\/apps would delete it when its file leaves Git/,
    );
    const { kept } = push();
    assert.ok(kept.includes("clusters/sol/apps/downstream/media.yaml"));
    await read();
    const back = await site.succeed("up sol --only");
    assert.ok(changed(back.sol, "create").includes("TenantCluster sol-tenantcluster-media"));
    change(({ clusters }) => void delete clusters.media);
    const going = await site.succeed("preview sol --only");
    assert.deepEqual(
      going.sol?.warnings.filter((text) => text.includes("media")),
      [
        "the TenantCluster media/media is still in Git, and Argo CD would make it anew, because the Application argocd/apps applies it: take it out of the repository (npm run fleet -- render sol --to <folder> --taken-back, then commit and push), and run this again when Argo CD has read that",
      ],
    );
    change(({ clusters }) => void Object.assign(clusters, { media }));
    assert.deepEqual(push(true).removed, kept);
    await read();
    assert.deepEqual([names(), uids()], [before, here]);
  });

  it("deletes a cluster with all of its machines, moves another back from its TenantCluster, and replaces a machine", async () => {
    const others = harvesterVms().map(([name]) => name);
    const victim = others.find((name) => name.startsWith("orrery/dev-workers")) ?? "";
    change((downstream) => {
      Object.assign(downstream, { delivery: "direct" });
      delete downstream.clusters.media;
      Object.assign(downstream.clusters.dev ?? {}, {
        writeAs: "cluster-api",
        replace: [victim.replace("orrery/", "")],
      });
    });
    const planned = await site.succeed("preview sol --only");
    const told = planned.sol?.warnings.filter((text) => /cluster media/.test(text));
    assert.deepEqual(told, ["the cluster media goes with all of its machines"], "by Pulumi, before its namespace");
    const { sol } = await site.succeed("up sol --only");
    assert.deepEqual(names(), []);
    assert.deepEqual(
      Object.keys(cluster().objects).filter((key) => key.includes("/media")),
      [],
      "nothing of it is left in the management cluster",
    );
    const made = changed(sol, "create");
    for (const wanted of ["Command sol-dev-replace", "Cluster sol-cluster-dev"]) assert.ok(made.includes(wanted));
    assert.ok(changed(sol, "delete").includes("TenantCluster sol-tenantcluster-dev"));
    assert.deepEqual(changed(sol, "update"), ["Command sol-downstream-router"]);
    const rules = routerLines().filter(
      (line) => line.startsWith("set policy prefix-list") && line.includes(" prefix "),
    );
    assert.deepEqual(rules, ["set policy prefix-list DOWNSTREAM-101-V4 rule 20 prefix '10.10.50.32/28'"]);
    assert.deepEqual(
      Object.keys(cluster().objects).filter((key) => /platform\.orrery|kubernetes\.m\.crossplane\.io/.test(key)),
      [],
      "nobody asks for clusters that way any more",
    );
    const present = harvesterVms().map(([name]) => name);
    assert.equal(present.length, others.length);
    assert.deepEqual(
      others.filter((name) => !present.includes(name)),
      [victim],
    );
  });

  it("goes with its clusters when it is destroyed, and after them, also when the stack file knows them no more", async () => {
    site.edit("sol", (config) => delete config.downstream);
    const mark = site.mark();
    const shown = new Set<string>();
    let look = () => {};
    const phase: Display["phase"] = (_stack, _name, view) => {
      look = () => {
        for (const text of view().current) shown.add(text);
      };
    };
    const timer = setInterval(() => look(), 20);
    await site.succeed("destroy sol", { ...silent, phase }).finally(() => clearInterval(timer));
    assert.ok(shown.has("cluster dev: its machines are being taken down"), [...shown].join(", "));
    const { parts } = site.world();
    assert.deepEqual([parts.harvester, parts.proxmox?.vms], [{}, {}]);
    assert.ok(!routerLines().some((line) => / vif |DOWNSTREAM/.test(line)));
    const order = site.recordsSince(mark).filter(({ kind }) => /^(machine\.gone|vm\.stop)$/.test(kind));
    assert.deepEqual(
      order.map(({ kind }) => kind),
      ["machine.gone", "machine.gone", "machine.gone", "vm.stop", "vm.stop"],
    );
  });
});
