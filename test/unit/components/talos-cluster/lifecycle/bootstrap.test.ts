import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { bootstrap } from "../../../../../components/talos-cluster/lifecycle/bootstrap.ts";
import { bootstrapProgram } from "../../../../../components/talos-cluster/lifecycle/request.ts";
import { etcdService, FakeTools, fails } from "./fake-tools.ts";

const controlPlanes = ["10.0.0.11", "10.0.0.12", "10.0.0.13"].map((address, index) => ({
  name: `solcp0${index + 1}`,
  address,
}));
const request = { cluster: "sol", talos: "v1.11.5", controlPlanes, timeoutSeconds: 15 };
const project = join(import.meta.dirname, "../../../../..");
const bootstraps = /^talosctl \S+ bootstrap/;

describe("bootstrap", () => {
  let tools: FakeTools;
  beforeEach(() => {
    tools = new FakeTools();
    for (const { address } of controlPlanes) {
      tools.answer(address, "service etcd", etcdService(address, "Preparing"));
      tools.answer(address, "bootstrap", "");
      tools.answer(address, "kubeconfig -", "kubeconfig-secret");
    }
    tools.answer("cluster", "get --raw /readyz", "ok");
  });
  afterEach(() => tools.close());

  it("bootstraps the first control plane, once, when all say that they have no cluster", async () => {
    assert.equal(await bootstrap(request, "talosconfig-secret"), "bootstrapped");
    assert.deepEqual(tools.calls(bootstraps), ["talosctl 10.0.0.11 bootstrap"]);
    // Each is asked twice: a node with data may look empty for a moment.
    assert.equal(tools.calls(/service etcd/).length, 6);
  });

  it("does nothing when one control plane has a cluster, whichever", async () => {
    tools.answer("10.0.0.13", "service etcd", etcdService("10.0.0.13", "Running"));
    tools.answer("10.0.0.12", "service etcd", fails("rpc error: code = Unavailable"));
    assert.equal(await bootstrap(request, "talosconfig-secret"), "exists");
    assert.deepEqual(tools.calls(bootstraps), []);
  });

  it("bootstraps nothing in a cluster that has been, and waits for the first that has joined", async () => {
    const joined = etcdService("10.0.0.12", "Running");
    // All say that they have no cluster, more often than a bootstrap would need it, and then one has joined.
    tools.answer(
      "10.0.0.12",
      "service etcd",
      `:echo x >> "$FAKE_TOOLS/looks"; mapfile -t looks < "$FAKE_TOOLS/looks"; if [ \${#looks[@]} -gt 2 ]; then printf '%s' '${joined}'; else printf '%s' '${etcdService("10.0.0.12", "Preparing")}'; fi`,
    );
    assert.equal(await bootstrap(request, "talosconfig-secret", true), "exists");
    assert.deepEqual(tools.calls(bootstraps), []);
  });

  it("says that nobody has joined a cluster that has been bootstrapped", async () => {
    tools.answer("10.0.0.12", "service etcd", fails("rpc error: code = Unavailable desc = no route to host"));
    await assert.rejects(bootstrap(request, "talosconfig-secret", true), {
      message:
        "cluster sol has been bootstrapped before, and none of its control planes is a member of its etcd:\n" +
        "  solcp01: it has not joined yet\n" +
        "  solcp02: talosctl service etcd on solcp02 (10.0.0.12) failed: rpc error: code = Unavailable desc = no route to host\n" +
        "  solcp03: it has not joined yet\n" +
        "nothing was changed, because a second bootstrap would make a second cluster; see to it that they reach the control planes " +
        "that were there before, then run `up` again; where those are lost for good, " +
        "`pulumi up --replace '**sol-bootstrap'` makes a new cluster",
    });
    assert.deepEqual(tools.calls(bootstraps), []);
  });

  it("refuses when a control plane cannot be asked, because it may hold the cluster", async () => {
    tools.answer("10.0.0.12", "service etcd", fails("rpc error: code = Unavailable desc = no route to host"));
    await assert.rejects(bootstrap(request, "talosconfig-secret"), (error: Error) => {
      assert.equal(
        error.message,
        "cluster sol was not bootstrapped, because not all control planes could be asked whether they hold a cluster already:\n" +
          "  solcp02: talosctl service etcd on solcp02 (10.0.0.12) failed: rpc error: code = Unavailable desc = no route to host\n" +
          "nothing was changed; see to it that these nodes run and can be reached, then run `up` again",
      );
      return true;
    });
    assert.deepEqual(tools.calls(bootstraps), []);
  });

  it("says at once which tool is missing, and waits for nothing", async () => {
    const path = process.env.PATH;
    const tools = process.env.ORRERY_TOOLS;
    process.env.PATH = "/nonexistent";
    process.env.ORRERY_TOOLS = "/nonexistent";
    try {
      await assert.rejects(bootstrap(request, "talosconfig-secret"), {
        name: "ToolError",
        message:
          "kubectl and talosctl not found on the PATH; nothing was done: install them " +
          "(`npm run setup` makes talosctl for every release), then run `up` again",
      });
    } finally {
      process.env.PATH = path;
      if (tools === undefined) delete process.env.ORRERY_TOOLS;
      else process.env.ORRERY_TOOLS = tools;
    }
  });

  it("waits for a control plane that still installs", async () => {
    const ready = `cat > "$FAKE_TOOLS/10.0.0.12.service_etcd" <<'X'\ncat <<'END'\n${etcdService("10.0.0.12", "Preparing")}\nEND\nX`;
    tools.answer("10.0.0.12", "service etcd", `:${ready}\necho unavailable >&2; exit 1`);
    assert.equal(await bootstrap(request, "talosconfig-secret"), "bootstrapped");
  });

  it("does not take a node that only starts its etcd for an empty one", async () => {
    const running = `cat > "$FAKE_TOOLS/10.0.0.12.service_etcd" <<'X'\ncat <<'END'\n${etcdService("10.0.0.12", "Running")}\nEND\nX`;
    tools.answer(
      "10.0.0.12",
      "service etcd",
      `:${running}\ncat <<'END'\n${etcdService("10.0.0.12", "Preparing")}\nEND`,
    );
    assert.equal(await bootstrap(request, "talosconfig-secret"), "exists");
    assert.deepEqual(tools.calls(bootstraps), []);
  });

  it("takes a refusal because of data for an answer", async () => {
    tools.answer(
      "10.0.0.11",
      "bootstrap",
      fails("rpc error: code = AlreadyExists desc = etcd data directory is not empty"),
    );
    assert.equal(await bootstrap(request, "talosconfig-secret"), "exists");
    assert.deepEqual(tools.calls(/kubectl/), ["kubectl cluster get --raw /readyz"]);
  });

  it("repeats on the same node when the answer was lost, never on another", async () => {
    const second = `cat > "$FAKE_TOOLS/10.0.0.11.bootstrap" <<'X'\necho 'code = AlreadyExists' >&2; exit 1\nX`;
    tools.answer("10.0.0.11", "bootstrap", `:${second}\necho 'connection reset by peer' >&2; exit 1`);
    assert.equal(await bootstrap(request, "talosconfig-secret"), "exists");
    assert.deepEqual(tools.calls(bootstraps), ["talosctl 10.0.0.11 bootstrap", "talosctl 10.0.0.11 bootstrap"]);
  });

  it("says what to look at when Kubernetes does not answer", async () => {
    tools.answer("cluster", "get --raw /readyz", fails("connection refused"));
    await assert.rejects(
      bootstrap(request, "talosconfig-secret"),
      /cluster sol is bootstrapped, but Kubernetes does not answer/,
    );
  });

  it("leaves no credentials behind, neither in files nor in arguments", async () => {
    await bootstrap(request, "talosconfig-secret");
    assert.deepEqual(readdirSync(join(tools.folder, "tmp")), []);
    assert.doesNotMatch(tools.record, /-secret/);
  });

  it("leaves no credentials behind when it is stopped on its way", async () => {
    for (const { address } of controlPlanes) {
      tools.answer(address, "service etcd", etcdService(address, "Starting"));
    }
    const [program = "", ...args] = bootstrapProgram.split(" ");
    const child = spawn(program, args, {
      env: {
        ...process.env,
        ORRERY_BOOTSTRAP: JSON.stringify({ ...request, timeoutSeconds: 3600 }),
        ORRERY_TALOSCONFIG: "talosconfig-secret",
      },
      cwd: project,
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    while (tools.calls(/service etcd/).length === 0) await setTimeout(20);
    assert.equal(readdirSync(join(tools.folder, "tmp")).length, 1);
    child.kill();
    assert.deepEqual(await ended, [1, null]);
    assert.deepEqual(readdirSync(join(tools.folder, "tmp")), []);
  });

  it("can be run as a program, with its request in the environment", () => {
    const [program = "", ...args] = bootstrapProgram.split(" ");
    const run = (env: Record<string, string>, ...more: string[]) =>
      spawnSync(program, [...args, ...more], {
        encoding: "utf8",
        env: { ...process.env, ...env },
        cwd: project,
      });
    const credentials = { ORRERY_TALOSCONFIG: "talosconfig-secret" };
    const done = run({ ORRERY_BOOTSTRAP: JSON.stringify(request), ...credentials });
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, "cluster sol: bootstrapped\n", ""]);
    const hasty = { ORRERY_BOOTSTRAP: JSON.stringify({ ...request, timeoutSeconds: 1 }), ...credentials };
    assert.match(run(hasty, "join").stderr, /^cluster sol has been bootstrapped before/);
    const refused = run({});
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /ORRERY_BOOTSTRAP and ORRERY_TALOSCONFIG have to be set/);
  });
});
