import assert from "node:assert/strict";
import type { VmState } from "../../lab/proxmox/state.ts";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

type Config = Record<string, unknown> & { downstream?: { clusters: Record<string, Record<string, unknown>> } };

describe("clusters that make clusters, in the lab", () => {
  const site = new TestSite(["shared", "sol"]);
  after(() => site.remove());

  /** A management cluster of two nodes with what Cluster API needs. */
  function prepare(): void {
    site.edit("sol", (config) => {
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 1 } };
      config.overrides = {};
      config.addons = { "cert-manager": true, "cluster-api-operator": true, sveltos: true };
      config.downstream = {
        proxmox: { url: "https://pve01.example.net:8006" },
        domain: "example.net",
        clusters: { media: { id: 1, labels: { "cert-manager": "true", capsule: "true" } } },
      };
    });
  }

  /** Changes what the stack file says about `media`. */
  function change(settings: Record<string, unknown>): void {
    site.edit("sol", (config) => Object.assign((config as Config).downstream?.clusters.media ?? {}, settings));
  }

  /** VMs on Proxmox that Cluster API has made, by name. */
  function machines(): VmState[] {
    const vms = Object.values(site.world().parts.proxmox?.vms ?? {});
    return vms.filter(({ config }) => String(config.name).startsWith("media-"));
  }

  function management() {
    const [cluster] =
      Object.entries(site.world().parts.kubernetes?.clusters ?? {}).find(([key]) => !key.includes("/")) ?? [];
    const found = site.world().parts.kubernetes?.clusters[cluster ?? ""];
    assert.ok(found);
    return found;
  }

  function downstream(name: string) {
    const clusters = Object.entries(site.world().parts.kubernetes?.clusters ?? {});
    const found = clusters.find(([key]) => key.endsWith(`/${name}`))?.[1];
    assert.ok(found, `there is no cluster ${name}`);
    return found;
  }

  function names(): string[] {
    return machines()
      .map(({ config }) => String(config.name))
      .sort();
  }

  it("makes a cluster", async () => {
    prepare();
    await site.succeed("up sol");
    const made = machines();
    assert.equal(made.length, 3, JSON.stringify(made.map(({ config }) => config.name)));
    assert.ok(made.every(({ status, vmId }) => status === "running" && vmId >= 101_501 && vmId <= 101_525));
    assert.deepEqual(
      new Set(made.map(({ config }) => `${JSON.stringify(config.cpu)} ${JSON.stringify(config.memory)}`)).size,
      1,
    );
  });

  it("brings its platform into it, with addresses of its own", async () => {
    await site.pass(600);
    const objects = Object.keys(downstream("media").objects);
    for (const wanted of ["DaemonSet.apps/kube-system/cilium", "Deployment.apps/cert-manager/cert-manager"]) {
      assert.ok(objects.includes(wanted), `${wanted} is not among ${objects.join(", ")}`);
    }
    const pool = downstream("media").objects["CiliumLoadBalancerIPPool.cilium.io//default"];
    assert.match(JSON.stringify(pool?.spec), /"blocks":\[\{"cidr":"10\.10\.50\.16\/28"\}\]/);
    const bgp = downstream("media").objects["CiliumBGPClusterConfig.cilium.io//cluster"];
    assert.match(JSON.stringify(bgp?.spec), /"localASN":4220101001,.*"peerASN":4200001000,"peerAddress":"10.10.40.1"/);
  });

  it("leads to the API of its tenants as soon as capsule-proxy has an address", () => {
    const { objects } = management();
    const slice = objects["EndpointSlice.discovery.k8s.io/media/kube-media"];
    assert.deepEqual(slice?.endpoints, [{ addresses: ["10.10.50.17"] }]);
    assert.ok(objects["Service./media/kube-media"]);
    const ingress = objects["Ingress.networking.k8s.io/media/kube-media"];
    assert.match(JSON.stringify(ingress?.spec), /"host":"kube\.media\.example\.net"/);
  });

  it("has nothing to do in a second run", async () => {
    const { sol } = await site.succeed("up sol");
    assert.equal(sol?.result, "unchanged");
  });

  it("scales by a number", async () => {
    change({ workers: 4 });
    const { sol } = await site.succeed("up sol");
    assert.equal(machines().length, 5);
    assert.deepEqual(
      changed(sol, "update").sort(),
      ["MachineDeployment", "MachineHealthCheck"].map((kind) => `${kind} sol-${kind.toLowerCase()}-media-workers`),
    );
    change({ workers: 1 });
    await site.succeed("up sol");
    assert.equal(machines().length, 2);
  });

  it("leaves the number to the autoscaler between its bounds", async () => {
    change({ workers: { min: 1, max: 3 } });
    await site.succeed("up sol");
    assert.equal(machines().length, 2);
    site.changeWorld(({ parts }) => {
      const cluster = Object.values(parts.kubernetes?.clusters ?? {}).find(({ clusterApi }) => clusterApi);
      if (cluster?.clusterApi) cluster.clusterApi.scale["MachineDeployment.cluster.x-k8s.io/media/media-workers"] = 3;
    });
    await site.pass(600);
    assert.equal(machines().length, 4);
    const { sol } = await site.succeed("up sol");
    assert.equal(sol?.result, "unchanged");
    assert.equal(machines().length, 4, "a run does not take back what the autoscaler has made");
  });

  it("replaces a worker that is not ready, as soon as the stack file says", async () => {
    const [victim] = machines().filter(({ config }) => String(config.name).startsWith("media-workers"));
    assert.ok(victim);
    site.changeWorld(({ parts }) => {
      const vm = parts.proxmox?.vms[victim.vmId];
      if (vm) vm.status = "stopped";
    });
    await site.pass(200);
    assert.ok(names().includes(String(victim.config.name)), "ten minutes have to pass");
    change({ unhealthyAfterSeconds: 60 });
    const mark = site.mark();
    await site.succeed("up sol");
    await site.pass(600);
    assert.ok(!names().includes(String(victim.config.name)));
    assert.equal(machines().length, 4);
    assert.equal(site.recordsSince(mark, "machine.remediate").length, 1);
  });

  it("upgrades by a release: every machine is replaced, and the API is there all the time", async () => {
    const before = names();
    change({ release: "candidate", workers: 2 });
    const mark = site.mark();
    await site.succeed("up sol");
    const after = names();
    assert.equal(after.length, 3);
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
    const { sol } = await site.succeed("up sol");
    assert.equal(sol?.result, "unchanged");
  });

  it("adds a cluster on Harvester by a few lines, and leaves the others alone", async () => {
    const before = names();
    site.edit("sol", (config) => {
      const { downstream, addons } = config as Config & { addons: Record<string, unknown> };
      addons["cluster-api-operator"] = { settings: { infrastructure: ["proxmox", "harvester"] } };
      Object.assign(downstream ?? {}, {
        harvester: {
          server: "https://harvester.example.net:6443",
          network: "default/vlan40",
          images: { stable: "default/talos" },
          sshKeyPair: "default/unused",
        },
      });
      Object.assign(downstream?.clusters ?? {}, {
        dev: { id: 2, infrastructure: "harvester", workers: { min: 1, max: 3 } },
      });
    });
    await site.succeed("up sol");
    const vms = Object.entries(site.world().parts.harvester ?? {});
    assert.deepEqual(
      vms.map(([name, { cpu, memory, network, running }]) => [
        name.replace(/-[0-9a-f]{5}$/, ""),
        cpu,
        memory,
        network,
        running,
      ]),
      [
        ["orrery/dev-control-plane", 4, "8192Mi", "default/vlan40", true],
        ["orrery/dev-workers", 4, "8192Mi", "default/vlan40", true],
      ],
    );
    assert.deepEqual(names(), before);
  });

  it("does not delete a cluster that Git is to apply from now on", async () => {
    const before = names();
    const deliver = (delivery: string) =>
      site.edit("sol", (config) => Object.assign((config as Config).downstream ?? {}, { delivery }));
    deliver("git");
    const outcome = await site.run("up sol");
    const failure = outcome.stacks.find(({ stack }) => stack === "sol")?.failure;
    assert.match(JSON.stringify(failure), /would go with all of its machines; let Pulumi forget it instead/);
    await site.pass(120);
    assert.deepEqual(names(), before);
    deliver("direct");
    await site.succeed("up sol");
    assert.deepEqual(names(), before);
  });

  it("deletes a cluster with all of its machines", async () => {
    site.edit("sol", (config) => {
      const clusters = (config as Config).downstream?.clusters ?? {};
      delete clusters.media;
    });
    await site.succeed("up sol");
    assert.deepEqual(names(), []);
    assert.deepEqual(
      Object.keys(management().objects).filter((key) => key.includes("/media")),
      [],
      "nothing of it is left in the management cluster",
    );
  });
});
