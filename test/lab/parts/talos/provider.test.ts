import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { schematicId, schematicYaml } from "../../../../components/talos-image/schematic.ts";
import { unwrap } from "../../../../lab/protocol/values.ts";
import { decode } from "../../../../lab/talos/credentials.ts";
import type { MachineSecrets } from "../../../../lab/talos/generate.ts";
import { openTalos } from "../../../../lab/talos/open.ts";
import { evaluateSelector } from "../../../../lab/talos/selector.ts";
import { chooseTalosctl } from "../../../../lab/talos/tools-folder.ts";
import {
  addNode,
  address,
  call,
  cluster,
  configuration,
  context,
  create,
  hardware,
  kubernetesWithCni,
  openTestLab,
  type TestLab,
  testSecrets,
} from "./helpers.ts";

describe("lab/talos provider", () => {
  let lab: TestLab;

  beforeEach(() => {
    lab = openTestLab();
  });

  afterEach(() => lab.remove());

  it("makes secrets of which only the leaves are marked", async () => {
    const type = lab.talos.provider.resources["talos:machine/secrets:Secrets"];
    const state = await type?.create({ talosVersion: "v1.11.5" }, context);
    const raw = state?.outputs as Record<string, Record<string, Record<string, Record<string, unknown>>>>;
    assert.equal(typeof raw.machineSecrets?.certs?.os?.cert, "string");
    assert.equal(typeof raw.machineSecrets?.certs?.os?.key, "object");
    const { properties, secretKeys } = unwrap(state?.outputs ?? {});
    assert.deepEqual([...secretKeys].sort(), ["clientConfiguration", "machineSecrets"]);
    const secrets = properties.machineSecrets as MachineSecrets;
    const { clientCertificate } = properties.clientConfiguration as { clientCertificate: string };
    const certificate = new X509Certificate(decode(clientCertificate));
    assert.equal(certificate.subject, "O=os:admin");
    assert.equal(certificate.verify(new X509Certificate(decode(secrets.certs.os.cert)).publicKey), true);
  });

  it("rotates nothing when the version of the secrets changes", async () => {
    const type = lab.talos.provider.resources["talos:machine/secrets:Secrets"];
    const olds = (await testSecrets(lab)) as never;
    const inputs = { talosVersion: "v1.11.5" };
    const news = { talosVersion: "v1.12.0" };
    assert.deepEqual(await type?.diff("id", inputs, olds, news, context), { changed: ["talosVersion"], replaces: [] });
    const outputs = await type?.update("id", inputs, olds, news, context);
    assert.deepEqual(unwrap(outputs ?? {}).properties, { ...(olds as object), talosVersion: "v1.12.0" });
  });

  it("generates the same configuration again without talosctl, also in a later run", async () => {
    const first = await configuration(lab, 11, "controlplane");
    const tools = process.env.ORRERY_TOOLS;
    process.env.ORRERY_TOOLS = join(lab.folder, "no-tools");
    try {
      const later = { ...lab, talos: openTalos(lab.world, lab.folder) };
      assert.equal(await configuration(later, 11, "controlplane"), first);
      await assert.rejects(configuration(later, 12, "controlplane"), /no talosctl below/);
    } finally {
      if (tools === undefined) delete process.env.ORRERY_TOOLS;
      else process.env.ORRERY_TOOLS = tools;
    }
    assert.doesNotMatch(first, /^\s*#/m);
    assert.match(first, /image: ghcr.io\/siderolabs\/kubelet:v1.31.4/);
    assert.deepEqual(
      readdirSync(join(lab.folder, "talos")).filter((name) => name.startsWith("scratch")),
      [],
    );
  });

  it("takes its defaults from the machinery the provider is built on, as the provider does", async () => {
    const { machineSecrets } = await testSecrets(lab);
    const { machineConfiguration } = await call(lab, "talos:machine/getConfiguration:getConfiguration", {
      clusterName: "luna",
      clusterEndpoint: "https://[fd00:102::10]:6443",
      machineType: "worker",
      machineSecrets,
      talosVersion: "v1.11.5",
    });
    assert.match(String(machineConfiguration), /image: ghcr.io\/siderolabs\/installer:v1.13.0/);
  });

  for (const [args, reason] of [
    [{ clusterEndpoint: "[fd00:102::10]:6443" }, "no scheme specified for the cluster endpoint URL"],
    [{ clusterEndpoint: "http://a:6443" }, "the control plane endpoint URL should have scheme https://"],
    [{ machineType: "init" }, 'value must be one of: ["controlplane" "worker"], got: "init"'],
  ] as const) {
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const { machineSecrets } = await testSecrets(lab);
      const fn = lab.talos.provider.functions["talos:machine/getConfiguration:getConfiguration"];
      const good = { clusterName: "luna", clusterEndpoint: "https://a:6443", machineType: "worker", machineSecrets };
      const outcome = await fn?.({ ...good, ...args } as never, { preview: false });
      assert.ok(outcome && "failures" in outcome);
      assert.deepEqual(
        outcome.failures.map((failure) => failure.reason),
        [reason],
      );
    });
  }

  it("writes a talosconfig that the real talosctl reads", async () => {
    const { clientConfiguration } = await testSecrets(lab);
    const { talosConfig } = await call(lab, "talos:client/getConfiguration:getConfiguration", {
      clusterName: "luna",
      clientConfiguration,
      endpoints: [address(11), "10.102.0.11"],
      nodes: [address(11)],
    });
    const { runTalosctl } = await import("../../../../lab/talos/tools-folder.ts");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(lab.folder, "talosconfig"), String(talosConfig));
    const run = await runTalosctl("v1.11.5", ["--talosconfig", "talosconfig", "config", "info"], lab.folder);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /Endpoints:\s+fd00:102::11, 10.102.0.11/);
    assert.match(run.stdout, /Roles:\s+os:admin/);
  });

  it("issues a kubeconfig before there is an API", async () => {
    const { clientConfiguration, machineSecrets } = await testSecrets(lab);
    await addNode(lab, 11, "controlplane");
    const { id, outputs } = await create(lab, "talos:cluster/kubeconfig:Kubeconfig", {
      node: address(11),
      clientConfiguration,
    });
    assert.equal(id, "luna");
    const { host, clientCertificate } = outputs.kubernetesClientConfiguration as Record<string, string>;
    assert.equal(host, "https://[fd00:102::10]:6443");
    const certificate = new X509Certificate(decode(clientCertificate ?? ""));
    assert.equal(certificate.subject, "O=system:masters\nCN=admin");
    assert.equal(certificate.verify(new X509Certificate(decode(machineSecrets.certs.k8s.cert)).publicKey), true);
    const type = lab.talos.provider.resources["talos:cluster/kubeconfig:Kubeconfig"];
    const inputs = { node: address(11), clientConfiguration };
    assert.deepEqual((await type?.diff("id", inputs, outputs, inputs, context))?.changed, []);
    const early = { ...inputs, certificateRenewalDuration: "9000h" };
    assert.deepEqual((await type?.diff("id", early, outputs, early, context))?.changed, ["kubeconfigRaw"]);
  });

  it("waits for health in virtual time and says what is missing", async () => {
    const clientConfiguration = await cluster(lab, [11, 12, 13]);
    const question = { clientConfiguration, endpoints: [address(11)], controlPlaneNodes: [11, 12, 13].map(address) };
    await call(lab, "talos:cluster/getHealth:getHealth", { ...question, skipKubernetesChecks: true });
    await assert.rejects(
      call(lab, "talos:cluster/getHealth:getHealth", { ...question, timeouts: { read: "1m" } }),
      /cluster health check failed: waiting for the Kubernetes API/,
    );
    lab.talos.connectKubernetes(kubernetesWithCni(() => true));
    await call(lab, "talos:cluster/getHealth:getHealth", question);
    lab.talos.power.powerOff(hardware(12).key);
    await assert.rejects(
      call(lab, "talos:cluster/getHealth:getHealth", { ...question, timeouts: { read: "1m" } }),
      /dial tcp \[fd00:102::12\]:50000/,
    );
  });

  it("lists disks, picked by an expression", async () => {
    const disks = [
      { name: "sda", sizeGiB: 40 },
      { name: "sdb", sizeGiB: 200 },
    ];
    lab.talos.power.powerOn(hardware(11, { disks }));
    const { clientConfiguration } = await testSecrets(lab);
    const found = await call(lab, "talos:machine/getDisks:getDisks", {
      node: address(11),
      clientConfiguration,
      selector: "disk.size > 100u * GiB && !system_disk",
    });
    assert.deepEqual(
      (found.disks as { devPath: string }[]).map(({ devPath }) => devPath),
      ["/dev/sdb"],
    );
  });

  for (const [expression, expected] of [
    ["disk.transport == 'nvme'", true],
    ["disk.dev_path.startsWith('/dev/nvme') || disk.rotational", true],
    ["!(disk.size >= 1u * TB)", true],
    ["disk.size < 10u * GB + 1u * MB", false],
    ["disk.model.matches('^Sam')", true],
  ] as const) {
    it(`evaluates ${expression}`, () => {
      const disk = { transport: "nvme", devPath: "/dev/nvme0n1", rotational: false, size: 500e9, model: "Samsung" };
      assert.equal(evaluateSelector(expression, disk), expected);
    });
  }

  for (const [expression, message] of [
    ["disk.size", /expression output type is number, expected bool/],
    ["disk.colour == 'red'", /undefined field 'colour'/],
    ["disk.size >", /failed to parse/],
    ["disk.size > 'a'", /found no matching overload/],
  ] as const) {
    it(`refuses ${expression}`, () => assert.throws(() => evaluateSelector(expression, { size: 1 }), message));
  }

  it("knows a schematic by the same id as the program and the Image Factory", async () => {
    const token = "talos:imageFactory/schematic:Schematic";
    const plain = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
    assert.equal((await create(lab, token, {})).id, plain);
    const schematic = {
      extraKernelArguments: ["talos.unified_cgroup_hierarchy=1"],
      officialExtensions: ["siderolabs/ctr", "siderolabs/qemu-guest-agent"],
      extensionImages: [],
    };
    const { id } = await create(lab, token, { schematic: schematicYaml(schematic) });
    assert.equal(id, schematicId(schematic));
    await assert.rejects(create(lab, token, { schematic: "customisation: {}" }), /field customisation not found/);
    await assert.rejects(
      create(lab, token, { schematic: "customization: {systemExtensions: {officialExtensions: [frr]}}" }),
      /official extension \\"frr\\" is not available/,
    );
  });

  it("answers the Image Factory's questions", async () => {
    const { urls } = await call(lab, "talos:imageFactory/getUrls:getUrls", {
      schematicId: "abc",
      talosVersion: "v1.11.5",
      platform: "nocloud",
    });
    const { iso, installer } = urls as Record<string, string>;
    assert.equal(iso, "https://factory.talos.dev/image/abc/v1.11.5/nocloud-amd64.iso");
    assert.equal(installer, "factory.talos.dev/nocloud-installer/abc:v1.11.5");
    const names = async (talosVersion: string) => {
      const result = await call(lab, "talos:imageFactory/getExtensionsVersions:getExtensionsVersions", {
        talosVersion,
        filters: { names: ["bird2", "qemu-guest-agent"] },
      });
      return (result.extensionsInfos as { name: string }[]).map(({ name }) => name);
    };
    assert.deepEqual(await names("v1.11.5"), ["siderolabs/qemu-guest-agent"]);
    assert.deepEqual(await names("v1.12.0"), ["siderolabs/bird2", "siderolabs/qemu-guest-agent"]);
    const { talosVersions } = await call(lab, "talos:imageFactory/getVersions:getVersions", {
      filters: { stableVersionsOnly: true },
    });
    assert.ok((talosVersions as string[]).includes("v1.11.5"));
    assert.ok((talosVersions as string[]).every((version) => !version.includes("-")));
  });

  it("offers every resource and function that the SDK has", () => {
    const { resources, functions } = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../../lab/schema/talos.json"), "utf8"),
    );
    assert.deepEqual(Object.keys(lab.talos.provider.resources).sort(), Object.keys(resources).sort());
    assert.deepEqual(Object.keys(lab.talos.provider.functions).sort(), Object.keys(functions).sort());
    assert.ok(existsSync(join(import.meta.dirname, "../../../../sdks/talos/machine/secrets.js")));
  });

  for (const [wanted, chosen] of [
    ["v1.11.5", "v1.11.5"],
    ["1.11", "v1.11.6"],
    ["v1.12.9", "v1.12.0"],
    ["v1.10.0", "v1.11.5"],
    ["v1.13.0", "v1.12.0"],
    [undefined, "v1.12.0"],
  ] as const) {
    it(`chooses talosctl ${chosen} for ${wanted}`, () => {
      assert.equal(chooseTalosctl(wanted, ["v1.11.5", "v1.11.6", "v1.12.0"]), chosen);
    });
  }
});
