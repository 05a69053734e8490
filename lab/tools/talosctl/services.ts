import type { Session, TalosApi } from "../../talos/api.ts";

/** One service of a node. */
export interface ServiceRow {
  id: string;
  state: string;
  health: "OK" | "Fail" | "?";
  event: string;
}

/** The services of a running node, sorted by name, as Talos reports them. */
export function servicesOf(api: TalosApi, session: Session): ServiceRow[] {
  const facts = session.machine.active;
  const up = (id: string, event = "Health check successful"): ServiceRow => ({
    id,
    state: "Running",
    health: "OK",
    event,
  });
  const silent = (id: string): ServiceRow => ({ id, state: "Running", health: "?", event: `Started task ${id}` });
  const rows = [
    up("apid"),
    up("auditd"),
    up("containerd"),
    up("cri"),
    silent("dashboard"),
    up("kubelet"),
    up("machined"),
    up("syslogd"),
    up("udevd"),
    ...(facts?.extensionServices ?? []).map((name) => silent(`ext-${name}`)),
    ...(facts?.role === "controlplane" ? [up("trustd"), etcdService(api, session)] : []),
  ];
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** etcd prepares until it has a cluster; without a quorum it runs and fails its health check. */
function etcdService(api: TalosApi, session: Session): ServiceRow {
  const cluster = api.etcd.at(session.machine);
  if (!cluster) return { id: "etcd", state: "Preparing", health: "?", event: "Running pre state" };
  return api.etcd.health(cluster).quorum
    ? { id: "etcd", state: "Running", health: "OK", event: "Health check successful" }
    : { id: "etcd", state: "Running", health: "Fail", event: "Health check failed: context deadline exceeded" };
}

/** The stage of a machine and what keeps it from being ready, as the resource MachineStatus has it. */
export function machineStatusOf(api: TalosApi, session: Session) {
  const { machine } = session;
  if (machine.phase === "maintenance") return { stage: "maintenance", status: { ready: true, unmetConditions: [] } };
  const services = servicesOf(api, session).filter(({ state, health }) => state !== "Running" || health === "Fail");
  const unmetConditions = services.map(({ id }) => ({ name: "services", reason: `${id} not healthy` }));
  if (!machine.ready) {
    const node = machine.active?.nodeName ?? "";
    unmetConditions.push({ name: "nodeReady", reason: `node "${node}" is not ready` });
  }
  const stage = machine.bootFinished ? "running" : "booting";
  return { stage, status: { ready: stage === "running" && unmetConditions.length === 0, unmetConditions } };
}
