/**
 * Replaces machines of a downstream cluster, one after the other: deletes the `Machine`, whose owner makes another one, and waits
 * until that is a node. As a program it is what the `replace` command of a cluster runs; machines that are gone already are
 * left out, so that it can be run any number of times.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: internal/controllers/machine (drains the node first),
 * internal/controllers/machineset (a new one comes when the old one is gone);
 * siderolabs/cluster-api-control-plane-provider-talos, v0.5.12: controllers/etcd.go (a member whose machine is gone is removed
 * from etcd by the others), controllers/taloscontrolplane_controller.go (takes no part in health checks).
 */
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type Kubectl, withKubectl } from "../../kubectl.ts";
import { inWords, type Machine, machinesOf, resourceTypes } from "./machines.ts";
import { refusal } from "./refusal.ts";
import type { ReplaceRequest } from "./request.ts";

/** How long kubectl watches before the machines are looked at again. */
const watchSeconds = 30;

/** Time between two looks; the environment variable ORRERY_POLL_INTERVAL_MS changes it, for worlds with another clock. */
const lookSeconds = 5;

/**
 * Replaces the machines of a request that are still there.
 * @returns those that were replaced
 * @throws Error for one that cannot be spared, before anything is done to it; or when another one does not come in time
 */
export async function replaceMachines(kubectl: Kubectl, request: ReplaceRequest): Promise<string[]> {
  const done: string[] = [];
  for (const name of request.machines) {
    const machines = await machinesOf(kubectl, request.cluster);
    const machine = machines.find((each) => each.name === name);
    if (!machine) continue;
    await replace(kubectl, machine, machines, request);
    done.push(name);
  }
  return done;
}

async function replace(
  kubectl: Kubectl,
  machine: Machine,
  machines: readonly Machine[],
  { cluster, timeoutSeconds }: ReplaceRequest,
): Promise<void> {
  const place = ["--namespace", cluster];
  const owner = machine.controlPlane
    ? [resourceTypes.controlPlane, `${cluster}-control-plane`]
    : [resourceTypes.deployment, `${cluster}-workers`];
  const read = async () => JSON.parse(await kubectl("get", ...owner, ...place, "--output", "json")) as Owner;
  const before = await read();
  if (!machine.deleting) {
    const reason = refusal(machine, machines, etcdProblem(before));
    if (reason) throw new Error(`${machine.name}: ${reason}; nothing was done to it`);
    await kubectl("delete", resourceTypes.machine, machine.name, ...place, "--wait=false");
  }
  // Others that are not ready may be next: they are not waited for.
  const others = machines.filter(
    ({ name, controlPlane }) => name !== machine.name && controlPlane === machine.controlPlane,
  );
  const goal = Math.min(before.spec?.replicas ?? 1, others.filter(({ ready }) => ready).length + 1);
  for (let left = timeoutSeconds; ; left -= watchSeconds) {
    if (await holds(kubectl, [resourceTypes.machine, machine.name], place, "delete")) {
      await holds(kubectl, owner, place, `jsonpath={.status.readyReplicas}=${goal}`);
    }
    const now = (await machinesOf(kubectl, cluster)).filter(
      ({ controlPlane }) => controlPlane === machine.controlPlane,
    );
    const ready = now.filter((each) => each.ready);
    if (ready.length >= goal && !now.some(({ name }) => name === machine.name)) return;
    if (left <= 0) {
      throw new Error(
        `${machine.name}: ${ready.length} of ${goal} machines are ready after ${timeoutSeconds} seconds: ${inWords(now)}; see to the cause, and run the same command again`,
      );
    }
    await sleep(Number(process.env.ORRERY_POLL_INTERVAL_MS) || lookSeconds * 1000);
  }
}

interface Owner {
  spec?: { replicas?: number };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/** What Talos' provider says about etcd; undefined when it is well. */
function etcdProblem({ status }: Owner): string | undefined {
  const condition = status?.conditions?.find(({ type }) => type === "EtcdClusterHealthyCondition");
  return condition?.status === "False" ? (condition.message ?? "") : undefined;
}

/** Watches for a while; false when it did not come to that. */
async function holds(kubectl: Kubectl, what: string[], place: string[], wanted: string): Promise<boolean> {
  try {
    await kubectl("wait", ...what, ...place, `--for=${wanted}`, `--timeout=${watchSeconds}s`);
    return true;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    if (stderr.includes("timed out waiting")) return false;
    // What is to go may be gone before it is watched.
    if (wanted === "delete" && stderr.includes("(NotFound)")) return true;
    throw error;
  }
}

/** Reads its request from the environment, because arguments of a process can be seen by others. */
async function main(): Promise<void> {
  const request = JSON.parse(process.env.ORRERY_REPLACE ?? "{}") as ReplaceRequest;
  const kubeconfig = process.env.ORRERY_KUBECONFIG;
  if (!kubeconfig || !request.machines) {
    throw new Error("ORRERY_REPLACE and ORRERY_KUBECONFIG have to be set; `pulumi up` runs this program");
  }
  const work = (kubectl: Kubectl) => replaceMachines(kubectl, request);
  const done = await withKubectl(kubeconfig, "not all machines were replaced", work);
  console.log(
    `cluster ${request.cluster}: ${done.length > 0 ? `replaced ${done.join(", ")}` : "all of them were gone"}`,
  );
}

// The fleet program starts it through a link.
if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
