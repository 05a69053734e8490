import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { ClusterFacts, MachineRequirement, NodePlan } from "../../../../components/facts.ts";
import { machineRequirements } from "../../../../components/platform-addons/plan.ts";
import { clusterPatches } from "../../../../components/talos-cluster/machine-config/patches.ts";
import { type ClusterConfig, readStackFiles, type SharedConfig } from "../../../../config/index.ts";
import { planCluster } from "../../../../stacks/plan.ts";
import { clusterConfig, clusterFacts, home, shared } from "./fixtures.ts";

/** Everything that a cluster may say of its machines. */
const everything = {
  purpose: "Test & play",
  owner: "platform",
  contacts: ["platform@example.net"],
  nodes: {
    watchdog: true,
    labels: { tier: "test" },
    annotations: { note: "x" },
    taints: [{ key: "dedicated", value: "test", effect: "NoSchedule" }],
    sysctls: { "vm.max_map_count": "262144" },
    userVolumes: [{ name: "data", diskMatch: "!system_disk", minSizeGiB: 10, maxSizeGiB: 20 }],
    patches: [{ machine: { sysctls: { "fs.inotify.max_user_watches": "1048576" } } }],
  },
  machine: {
    dnsServers: ["fd00::53"],
    searchDomains: ["example.net"],
    scheduleOnControlPlanes: true,
    exposeControlPlaneMetrics: true,
    certificateNames: ["api.example.net"],
    diskEncryption: "nodeID",
    registryMirrors: { "docker.io": ["https://mirror.example.net"] },
    oidc: { issuerUrl: "https://id.example.net", clientId: "kubernetes" },
    auditPolicy: { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "RequestResponse" }] },
    patches: [{ apiVersion: "v1alpha1", kind: "KmsgLogConfig", name: "logs", url: "tcp://[fd00::1]:3478" }],
    controlPlanePatches: [{ cluster: { apiServer: { extraArgs: { "event-ttl": "4h" } } } }],
    workerPatches: [{ machine: { kubelet: { extraArgs: { v: "4" } } } }],
  },
};

const clusters: Record<string, ClusterConfig> = {
  sol: clusterConfig({ overrides: { solwk01: { gpu: { mapping: "igpu" } } } }),
  luna: clusterConfig({ id: 102, ...everything }),
  terra: clusterConfig({ id: 103, release: "candidate", network: { mode: "vlan", bgp: { bfd: true } } }),
  ceres: clusterConfig({ id: 104, release: "candidate", ...everything }),
  home,
};
const requirements: MachineRequirement[] = [
  { nodes: "controlplane", patch: { cluster: { coreDNS: { disabled: true } } }, reason: "another DNS service" },
  { nodes: { name: "solwk01" }, patch: { machine: { nodeLabels: { gpu: "intel" } } }, reason: "a plugin looks for it" },
  {
    nodes: "all",
    patch: { machine: { kubelet: { extraArgs: { "rotate-server-certificates": "true" } } } },
    reason: "certificates are approved",
  },
];

interface NodePatches {
  node: NodePlan;
  patches: string[];
  talos: string;
  kubernetes: string;
}

function patchesOf(cluster: string): NodePatches[] {
  const config = clusters[cluster] as ClusterConfig;
  return nodePatches(clusterFacts(config, cluster), config, shared, requirements);
}

function nodePatches(
  facts: ClusterFacts,
  config: ClusterConfig,
  shared: SharedConfig,
  requirements: MachineRequirement[],
): NodePatches[] {
  const { talos, kubernetes } = facts.release;
  const patches = clusterPatches({ facts, config, shared, requirements });
  return facts.nodes.map((node) => ({
    node,
    patches: patches.of({ node, installer: `registry.example.net/talos/installer:${talos}` }),
    talos,
    kubernetes,
  }));
}

describe("machine configuration", () => {
  for (const [cluster, name] of [
    ["sol", "solcp01"],
    ["sol", "solwk01"],
    ["terra", "terracp01"],
    ["ceres", "cereswk01"],
    ["home", "k8s-6"],
  ] as const) {
    it(`has the patches of ${name} as they were looked over`, () => {
      const found = patchesOf(cluster).find(({ node }) => node.name === name);
      const text = found?.patches.join("---\n") ?? "";
      const file = join(import.meta.dirname, "golden", `${name}.yaml`);
      // A change that is meant is written with GOLDEN=write, and looked over in the diff.
      if (process.env.GOLDEN === "write") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
  }

  it("says the same every time", () => {
    assert.deepEqual(patchesOf("luna"), patchesOf("luna"));
  });

  it("names a node in the way that its Talos version wants", () => {
    const hostnames = (cluster: string) =>
      patchesOf(cluster)[0]
        ?.patches.filter((text) => /hostname: [a-z]/.test(text))
        .map((text) => parse(text));
    assert.deepEqual(hostnames("sol"), [{ machine: { network: { hostname: "solcp01" } } }]);
    assert.deepEqual(hostnames("terra"), [
      { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: "terracp01" },
    ]);
  });

  it("lets patches of the node come last, after those of role and cluster", () => {
    const order = patchesOf("luna")[0]
      ?.patches.slice(-3)
      .map((text) => Object.keys(parse(text)).join());
    assert.deepEqual(order, ["apiVersion,kind,name,url", "cluster", "machine"]);
  });
});

describe("machine configuration and Talos", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
    await run("v1.11.5", ["gen", "secrets", "-o", join(folder, "secrets.yaml")]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const files = readStackFiles(join(import.meta.dirname, "../../../.."));
  const site = { ...files, clusters: { ...files.clusters, home } };
  for (const stack of [...Object.keys(site.clusters)]) {
    it(`takes every machine configuration of the stack ${stack}`, async () => {
      const { facts, config, shared, addons } = planCluster(stack, site);
      await validated(nodePatches(facts, config, shared, machineRequirements(addons)));
    });
  }

  for (const cluster of ["luna", "ceres"]) {
    it(`takes all that a stack file can say, on Talos ${patchesOf(cluster)[0]?.talos}`, async () => {
      await validated(patchesOf(cluster));
    });
  }

  async function validated(configurations: NodePatches[]): Promise<void> {
    const answers = await inPairs(configurations, async ({ node, patches, talos, kubernetes }) => {
      const file = join(folder, `${node.name}.yaml`);
      const flag = node.role === "controlplane" ? "--config-patch-control-plane" : "--config-patch-worker";
      await run(talos, [
        ...["gen", "config", "test", "https://[fd00::10]:6443", "--kubernetes-version", kubernetes, "--force"],
        ...["--talos-version", talos, "--with-secrets", join(folder, "secrets.yaml"), "-t", node.role, "-o", file],
        ...["--with-docs=false", "--with-examples=false", ...patches.flatMap((patch) => [flag, patch])],
      ]);
      const mode = node.metal ? "metal" : "cloud";
      return { mode, text: await run(talos, ["validate", "--strict", "--mode", mode, "-c", file]) };
    });
    assert.ok(answers.length > 0);
    for (const { mode, text } of answers) assert.match(text, new RegExp(`is valid for ${mode} mode`));
  }

  it("refuses a hostname document on Talos 1.11, which is why there is none", async () => {
    const file = join(folder, "refused.yaml");
    const document = "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: off\nhostname: x\n";
    await assert.rejects(
      run("v1.11.5", ["gen", "config", "x", "https://x:6443", "-t", "worker", "-o", file, "--config-patch", document]),
      /HostnameConfig/,
    );
  });
});

/** Runs the `talosctl` of a Talos version; set-up has put it where this looks. */
function run(talos: string, args: string[]): Promise<string> {
  const tools = process.env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools");
  const program = join(tools, "talosctl", talos, "talosctl");
  assert.ok(existsSync(program), `there is no talosctl ${talos}: run \`npm run setup\``);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`talosctl ${args[0]}: ${text}`))));
  });
}

/** Two at a time: the tool is quick, and starting many at once only makes each of them slow. */
async function inPairs<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < items.length; index += 2) {
    results.push(...(await Promise.all(items.slice(index, index + 2).map(work))));
  }
  return results;
}
