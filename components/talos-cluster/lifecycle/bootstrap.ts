/**
 * Makes the cluster's etcd, once, and waits until Kubernetes answers. As a program it is what the `bootstrap` command of a
 * cluster runs; it can be run any number of times and does nothing where there is nothing to do.
 */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { withPrivateFolder } from "../../private-folder.ts";
import { Kubectl } from "./kubectl.ts";
import { messageOf } from "./message.ts";
import type { BootstrapRequest } from "./request.ts";
import { requireTools } from "./required-tools.ts";
import { type NodeAddress, Talosctl } from "./talosctl.ts";
import { tryUntil, waitUntil } from "./wait.ts";

/** Etcd on a control plane, or on all together, as far as it can be told. */
export type EtcdState = "has-cluster" | "empty" | "not-ready";

/**
 * Bootstraps the first control plane if, and only if, all control planes say that they belong to no etcd cluster.
 *
 * @param joining true for a cluster that has been bootstrapped: control planes that have no etcd yet are about to join
 * those that leave, and nothing is bootstrapped
 * @throws Error when a control plane cannot be asked: it may hold a cluster's data, and a second bootstrap would make
 * a second cluster beside it; or when talosctl or kubectl is not installed
 */
export async function bootstrap(
  request: BootstrapRequest,
  talosconfig: string,
  joining = false,
): Promise<"bootstrapped" | "exists"> {
  requireTools(request.talos);
  return withPrivateFolder(async (folder) => {
    const talosctl = new Talosctl(request.talos, await folder.write("talosconfig", talosconfig));
    const result = await ensureEtcd(request, talosctl, joining);
    await waitForKubernetes(request, talosctl, (kubeconfig) => folder.write("kubeconfig", kubeconfig));
    return result;
  });
}

async function ensureEtcd(
  request: BootstrapRequest,
  talosctl: Talosctl,
  joining: boolean,
): Promise<"bootstrapped" | "exists"> {
  const first = request.controlPlanes[0];
  if (!first) throw new Error(`cluster ${request.cluster} has no control plane`);
  const { exists, missing } = await lookForCluster(request, talosctl, joining);
  if (exists) return "exists";
  if (joining) {
    throw new Error(
      `cluster ${request.cluster} has been bootstrapped before, and none of its control planes is a member of its etcd:\n` +
        `${missing.map((line) => `  ${line}`).join("\n")}\n` +
        "nothing was changed, because a second bootstrap would make a second cluster; see to it that they reach the control planes " +
        "that were there before, then run `up` again; where those are lost for good, " +
        `\`pulumi up --replace '**${request.cluster}-bootstrap'\` makes a new cluster`,
    );
  }
  if (missing.length > 0) {
    throw new Error(
      `cluster ${request.cluster} was not bootstrapped, because not all control planes could be asked whether they hold a cluster already:\n` +
        `${missing.map((line) => `  ${line}`).join("\n")}\n` +
        "nothing was changed; see to it that these nodes run and can be reached, then run `up` again",
    );
  }
  return bootstrapFirst(first, request, talosctl);
}

/**
 * Looks until one control plane has a cluster, or all say twice in a row that they have none: a node that has data may
 * look empty for the moments before its etcd starts, but not for long.
 */
async function lookForCluster(request: BootstrapRequest, talosctl: Talosctl, joining: boolean) {
  let exists = false;
  let allEmptyBefore = false;
  const missing = await waitUntil(async () => {
    const states = await Promise.all(request.controlPlanes.map((node) => etcdState(talosctl, node)));
    exists = states.some(({ state }) => state === "has-cluster");
    if (exists) return [];
    const notReady = states
      .filter(({ state }) => state === "not-ready")
      .map(({ node, reason }) => `${node.name}: ${reason}`);
    if (joining) return states.map(({ node, reason }) => `${node.name}: ${reason || "it has not joined yet"}`);
    const sure = allEmptyBefore && notReady.length === 0;
    allEmptyBefore = notReady.length === 0;
    return sure ? [] : notReady.length > 0 ? notReady : ["all control planes looked empty only once"];
  }, request.timeoutSeconds);
  return { exists, missing };
}

async function etcdState(
  talosctl: Talosctl,
  node: NodeAddress,
): Promise<{ node: NodeAddress; state: EtcdState; reason: string }> {
  try {
    const service = await talosctl.etcdService(node);
    if (service === "Running") return { node, state: "has-cluster", reason: "" };
    if (service === "Preparing") return { node, state: "empty", reason: "" };
    return { node, state: "not-ready", reason: `its etcd service is in state ${service}` };
  } catch (error) {
    return { node, state: "not-ready", reason: messageOf(error) };
  }
}

/** What the control planes together say: one that has a cluster decides, one that cannot be asked leaves it open. */
export async function bootstrapState(controlPlanes: NodeAddress[], talosctl: Talosctl): Promise<EtcdState> {
  const states = await Promise.all(controlPlanes.map((node) => etcdState(talosctl, node)));
  if (states.some(({ state }) => state === "has-cluster")) return "has-cluster";
  return states.every(({ state }) => state === "empty") ? "empty" : "not-ready";
}

/** Talos refuses for a short time after boot, until its clock is in step; everything else it refuses is final. */
async function bootstrapFirst(first: NodeAddress, request: BootstrapRequest, talosctl: Talosctl) {
  let result: "bootstrapped" | "exists" = "bootstrapped";
  const missing = await tryUntil(async () => {
    result = (await talosctl.bootstrap(first)) === "exists" ? "exists" : "bootstrapped";
  }, request.timeoutSeconds);
  if (missing.length > 0) {
    throw new Error(
      `cluster ${request.cluster} could not be bootstrapped on ${first.name}: ${missing.join("; ")}; ` +
        "no other control plane holds a cluster; run `up` again once the cause is gone",
    );
  }
  return result;
}

async function waitForKubernetes(
  request: BootstrapRequest,
  talosctl: Talosctl,
  write: (kubeconfig: string) => Promise<string>,
): Promise<void> {
  const missing = await waitUntil(async () => {
    for (const node of request.controlPlanes) {
      try {
        const kubectl = new Kubectl(await write(await talosctl.kubeconfig(node)));
        return (await kubectl.ready()) ? [] : ["the Kubernetes API does not say that it is ready"];
      } catch (error) {
        if (node === request.controlPlanes.at(-1)) return [messageOf(error)];
      }
    }
    return [];
  }, request.timeoutSeconds);
  if (missing.length === 0) return;
  throw new Error(
    `cluster ${request.cluster} is bootstrapped, but Kubernetes does not answer: ${missing.join("; ")}; ` +
      "look at `talosctl health` and `talosctl services` on the control planes, then run `up` again",
  );
}

/** Reads its request from the environment, because arguments of a process can be seen by others. */
async function main(): Promise<void> {
  const request = JSON.parse(process.env.ORRERY_BOOTSTRAP ?? "{}") as BootstrapRequest;
  const talosconfig = process.env.ORRERY_TALOSCONFIG;
  if (!talosconfig || !request.controlPlanes) {
    throw new Error("ORRERY_BOOTSTRAP and ORRERY_TALOSCONFIG have to be set; `pulumi up` runs this program");
  }
  const result = await bootstrap(request, talosconfig, process.argv[2] === "join");
  console.log(`cluster ${request.cluster}: ${result === "exists" ? "was there already" : "bootstrapped"}`);
}

// The fleet program starts it through a link.
if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  // Ended by a signal, it would leave the credentials behind.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  main().catch((error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  });
}
