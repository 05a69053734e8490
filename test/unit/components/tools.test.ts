import assert from "node:assert/strict";
import { run } from "../../../components/tools.ts";

describe("tools", () => {
  const withheld = ["PULUMI_CONFIG_PASSPHRASE", "PROXMOX_VE_API_TOKEN", "VAULT_SERVER_TOKEN", "ORRERY_KUBECONFIG"];

  it("get the environment without the credentials that they have no use for", async () => {
    const before = [...withheld, "ORRERY_TEST"].map((name) => [name, process.env[name]] as const);
    for (const [name] of before) process.env[name] = "value";
    try {
      const print = "console.log(JSON.stringify(process.env))";
      const seen = JSON.parse((await run(process.execPath, ["-e", print])).stdout);
      assert.equal(seen.ORRERY_TEST, "value");
      for (const name of withheld) assert.equal(seen[name], undefined, name);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it("give their answer whatever the exit code", async () => {
    const program = "process.stdout.write('out'); process.stderr.write('err'); process.exit(3)";
    assert.deepEqual(await run(process.execPath, ["-e", program]), { code: 3, stdout: "out", stderr: "err" });
  });

  it("are ended when they take too long, and named when they are missing", async () => {
    await assert.rejects(run("sleep", ["20"], { timeoutSeconds: 0.05 }), {
      message: "sleep did not answer within 0.05 seconds",
    });
    await assert.rejects(run("no-such-tool", []), { message: "no-such-tool is not on the PATH" });
  });
});
