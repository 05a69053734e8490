import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { cluster, imagefactory, machine, Provider } from "@pulumiverse/talos";
import { getConfigurationOutput as talosconfigOutput } from "@pulumiverse/talos/client/getConfiguration.js";
import { Kubeconfig } from "@pulumiverse/talos/cluster/kubeconfig.js";
import { Schematic } from "@pulumiverse/talos/imagefactory/schematic.js";
import { Bootstrap } from "@pulumiverse/talos/machine/bootstrap.js";
import { ConfigurationApply } from "@pulumiverse/talos/machine/configurationApply.js";
import { getConfigurationOutput } from "@pulumiverse/talos/machine/getConfiguration.js";
import { Secrets } from "@pulumiverse/talos/machine/secrets.js";

interface Seen {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const clientConfiguration = { caCertificate: "ca", clientCertificate: "cert", clientKey: "key" };

describe("sdks/talos", () => {
  let resources: Seen[];
  let calls: { token: string; inputs: Record<string, unknown> }[];

  beforeEach(() => {
    resources = [];
    calls = [];
    pulumi.runtime.setMocks({
      newResource(args) {
        resources.push({ type: args.type, name: args.name, inputs: args.inputs });
        return { id: `${args.name}-id`, state: args.inputs };
      },
      call(args) {
        calls.push({ token: args.token, inputs: args.inputs });
        return { machineConfiguration: "text", urls: { iso: "i" } };
      },
    });
  });

  it("registers each type under the published token with its inputs", async () => {
    const all = [
      new Secrets("a", { talosVersion: "v1.11.5" }),
      new ConfigurationApply("b", { node: "fd00::1", clientConfiguration, machineConfigurationInputWo: "text" }),
      new Bootstrap("c", { node: "fd00::1", clientConfiguration }),
      new Kubeconfig("d", { node: "fd00::1", clientConfiguration }),
      new Schematic("e", { schematic: "customization: {}" }),
    ];
    for (const resource of all) await read(resource.urn);
    resources.sort((a, b) => a.name.localeCompare(b.name));
    assert.deepEqual(
      resources.map(({ type, name }) => `${name} ${type}`),
      [
        "a talos:machine/secrets:Secrets",
        "b talos:machine/configurationApply:ConfigurationApply",
        "c talos:machine/bootstrap:Bootstrap",
        "d talos:cluster/kubeconfig:Kubeconfig",
        "e talos:imageFactory/schematic:Schematic",
      ],
    );
    assert.deepEqual(resources[0]?.inputs, { talosVersion: "v1.11.5" });
    assert.deepEqual(Object.keys(resources[1]?.inputs ?? {}).sort(), [
      "clientConfiguration",
      "machineConfigurationInputWo",
      "node",
    ]);
    assert.deepEqual(resources[2]?.inputs, { node: "fd00::1", clientConfiguration });
  });

  it("keeps secret what the schema calls secret", async () => {
    const seen: { outputs: string[]; inputs: string[] }[] = [];
    const pending: Promise<void>[] = [];
    const opts: pulumi.CustomResourceOptions = {
      transformations: [
        (args) => {
          const entry = {
            outputs: (args.opts as pulumi.CustomResourceOptions).additionalSecretOutputs ?? [],
            inputs: [],
          };
          seen.push(entry);
          pending.push(addSecretNames(args.props, entry.inputs));
          return undefined;
        },
      ],
    };
    new ConfigurationApply("b", { node: "n", clientConfiguration, machineConfigurationInputWo: "text" }, opts);
    new Bootstrap("c", { node: "n", clientConfigurationWo: clientConfiguration }, opts);
    new Kubeconfig("d", { node: "n", clientConfiguration }, opts);
    await Promise.all(pending);
    assert.deepEqual(seen, [
      {
        outputs: [
          "clientConfigurationWo",
          "machineConfiguration",
          "machineConfigurationInput",
          "machineConfigurationInputWo",
        ],
        inputs: ["machineConfigurationInputWo"],
      },
      { outputs: ["clientConfigurationWo"], inputs: ["clientConfigurationWo"] },
      { outputs: ["kubeconfigRaw"], inputs: [] },
    ]);
  });

  it("refuses a missing required property", () => {
    assert.throws(() => new Bootstrap("c", {} as never), /^Error: Missing required property 'node'$/);
    assert.throws(() => new Kubeconfig("c", { node: "n" } as never), /Missing required property 'clientConfiguration'/);
  });

  it("calls functions by the published tokens", async () => {
    await read(
      getConfigurationOutput({
        clusterName: "luna",
        clusterEndpoint: "https://[fd00:102::10]:6443",
        machineType: "worker",
        machineSecrets: {} as never,
      }),
    );
    await read(talosconfigOutput({ clusterName: "luna", clientConfiguration }));
    await imagefactory.getUrls({ schematicId: "0", talosVersion: "v1.11.5", platform: "nocloud" });
    await machine.getDisks({ node: "n", clientConfiguration });
    await cluster.getHealth({ clientConfiguration, controlPlaneNodes: ["n"], endpoints: ["n"] });
    await cluster.getKubeconfig({ clientConfiguration, node: "n" });
    await imagefactory.getVersions();
    await imagefactory.getExtensionsVersions({ talosVersion: "v1.11.5" });
    await imagefactory.getOverlaysVersions({ talosVersion: "v1.11.5" });
    assert.deepEqual(
      calls.map((call) => call.token),
      [
        "talos:machine/getConfiguration:getConfiguration",
        "talos:client/getConfiguration:getConfiguration",
        "talos:imageFactory/getUrls:getUrls",
        "talos:machine/getDisks:getDisks",
        "talos:cluster/getHealth:getHealth",
        "talos:cluster/getKubeconfig:getKubeconfig",
        "talos:imageFactory/getVersions:getVersions",
        "talos:imageFactory/getExtensionsVersions:getExtensionsVersions",
        "talos:imageFactory/getOverlaysVersions:getOverlaysVersions",
      ],
    );
    assert.equal(calls[0]?.inputs.clusterName, "luna");
  });

  it("offers the same classes by the package root and by deep import", () => {
    assert.equal(machine.Secrets, Secrets);
    assert.equal(cluster.Kubeconfig, Kubeconfig);
    assert.equal(imagefactory.Schematic, Schematic);
    assert.equal(Secrets.name, "Secrets");
    assert.equal(Secrets.isInstance(new Secrets("a")), true);
    assert.equal(Provider.isInstance(new Secrets("a")), false);
    assert.equal(Provider.isInstance(new Provider("p", { imageFactoryUrl: "https://factory.example.net" })), true);
  });

  it("says which plugin serves it", () => {
    const manifest = createRequire(import.meta.url)("@pulumiverse/talos/package.json");
    assert.deepEqual(manifest.pulumi, {
      resource: true,
      name: "talos",
      version: "0.8.1",
      server: "github://api.github.com/pulumiverse",
    });
  });
});

/** The value of an output. */
function read<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}

async function addSecretNames(properties: Record<string, unknown>, names: string[]): Promise<void> {
  for (const [name, value] of Object.entries(properties)) {
    if (pulumi.Output.isInstance(value) && (await pulumi.isSecret(value))) names.push(name);
  }
}
