/**
 * What the Pulumi engine itself needs: a program of nothing but plain resources with a provider that does nothing.
 * Prints the time of a preview without changes, in milliseconds.
 *
 *     node bench/floor-program.ts <folder> <resources> <bytes of input each>
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { automation, CustomResource } from "@pulumi/pulumi";
import type { LabProvider, ResourceType } from "../lab/protocol/provider.ts";
import { serveProvider } from "../lab/protocol/serve.ts";

const [folder = "", count = "0", size = "0"] = process.argv.slice(2);

const plain: ResourceType = {
  check: (inputs) => ({ inputs, failures: [] }),
  diff: () => ({ changed: [], replaces: [] }),
  create: async (inputs) => ({ id: String(inputs.name), outputs: inputs }),
  read: async (id, _, outputs) => ({ id, outputs }),
  update: async (_id, _inputs, _outputs, news) => news,
  delete: async () => {},
};

class Plain extends CustomResource {
  constructor(name: string, text: string) {
    super("floor:index:Plain", name, { name, text });
  }
}

const provider: LabProvider = {
  name: "floor",
  version: "1.0.0",
  checkConfig: () => [],
  resources: { "floor:index:Plain": plain },
  functions: {},
};

const served = await serveProvider(provider, { enter: async () => {}, leave: async () => {} });
const state = join(folder, "state");
rmSync(folder, { recursive: true, force: true });
mkdirSync(state, { recursive: true });

const stack = await automation.LocalWorkspace.createStack(
  {
    stackName: "floor",
    projectName: "floor",
    program: async () => {
      const text = "x".repeat(Number(size));
      for (let index = 0; index < Number(count); index += 1) {
        new Plain(`plain-${index}`, text);
      }
    },
  },
  {
    workDir: folder,
    envVars: {
      PULUMI_BACKEND_URL: pathToFileURL(state).href,
      PULUMI_CONFIG_PASSPHRASE: "floor",
      PULUMI_DEBUG_PROVIDERS: served.attachment,
      PULUMI_SKIP_UPDATE_CHECK: "1",
    },
  },
);
await stack.up({ suppressOutputs: true });
const times: number[] = [];
for (let run = 0; run < 3; run += 1) {
  const started = performance.now();
  await stack.preview({ suppressOutputs: true });
  times.push(performance.now() - started);
}
served.close();
console.log(JSON.stringify({ previewMs: times.sort((a, b) => a - b)[1] }));
