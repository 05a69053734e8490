import type { KubernetesObject } from "../../talos/interface.ts";
import { table, timestamp } from "../table.ts";
import { printColumns, textAt } from "./columns.ts";

/** How a table is printed. */
export interface PrintOptions {
  nowMs: number;
  wide: boolean;
  /** Shows the namespace of each object. */
  namespaces: boolean;
  headers: boolean;
}

interface NodeShape {
  spec?: { unschedulable?: boolean };
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: { kubeletVersion?: string; osImage?: string; containerRuntimeVersion?: string; kernelVersion?: string };
  };
}

interface PodShape {
  spec?: { nodeName?: string; containers?: unknown[] };
  status?: { phase?: string; podIP?: string; containerStatuses?: { ready: boolean; restartCount: number }[] };
}

/** Objects as a table, with kubectl's columns for nodes and pods. */
export function printTable(objects: KubernetesObject[], options: PrintOptions): string {
  const { header, cells } = columnsOf(objects[0]?.kind ?? "", options);
  const rows = objects.map((object) => [
    ...(options.namespaces && object.metadata.namespace ? [object.metadata.namespace] : []),
    object.metadata.name,
    ...cells(object),
  ]);
  const withNamespace = options.namespaces && objects.some(({ metadata }) => metadata.namespace !== undefined);
  const first = [...(withNamespace ? ["NAMESPACE"] : []), "NAME", ...header];
  return table(options.headers ? [first, ...rows] : rows);
}

function columnsOf(kind: string, { nowMs, wide }: PrintOptions) {
  const age = (object: KubernetesObject) => ageOf(object, nowMs);
  if (kind === "Node") {
    return {
      header: ["STATUS", "ROLES", "AGE", "VERSION", ...(wide ? ["INTERNAL-IP", "OS-IMAGE"] : [])],
      cells: (object: KubernetesObject) => {
        const { status } = object as NodeShape;
        const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "<none>";
        const more = wide ? [address, status?.nodeInfo?.osImage ?? "<unknown>"] : [];
        return [nodeStatus(object), rolesOf(object), age(object), status?.nodeInfo?.kubeletVersion ?? "", ...more];
      },
    };
  }
  if (kind === "Pod") {
    return {
      header: ["READY", "STATUS", "RESTARTS", "AGE", ...(wide ? ["IP", "NODE"] : [])],
      cells: (object: KubernetesObject) => {
        const { spec, status } = object as PodShape;
        const states = status?.containerStatuses ?? [];
        const total = Math.max(states.length, spec?.containers?.length ?? 0, 1);
        const ready =
          states.length > 0 ? states.filter((state) => state.ready).length : status?.phase === "Running" ? total : 0;
        const restarts = states.reduce((sum, state) => sum + state.restartCount, 0);
        const more = wide ? [status?.podIP ?? "<none>", spec?.nodeName ?? "<none>"] : [];
        return [`${ready}/${total}`, status?.phase ?? "Unknown", String(restarts), age(object), ...more];
      },
    };
  }
  const own = printColumns[kind];
  if (own) {
    const cells = (object: KubernetesObject) =>
      own.map(({ value }) => (value === "age" ? age(object) : textAt(object, value)));
    return { header: own.map(({ name }) => name), cells };
  }
  return { header: ["AGE"], cells: (object: KubernetesObject) => [age(object)] };
}

function nodeStatus(object: KubernetesObject): string {
  const { spec, status } = object as NodeShape;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return `${ready ? "Ready" : "NotReady"}${spec?.unschedulable ? ",SchedulingDisabled" : ""}`;
}

function rolesOf(object: KubernetesObject): string {
  const prefix = "node-role.kubernetes.io/";
  const labels = (object.metadata.labels ?? {}) as Record<string, string>;
  const roles = Object.keys(labels).filter((label) => label.startsWith(prefix));
  return roles.map((label) => label.slice(prefix.length)).join(",") || "<none>";
}

/** Age in kubectl's short form: `5m`, `3h`, `2d`. */
function ageOf(object: KubernetesObject, nowMs: number): string {
  const created = object.metadata.creationTimestamp;
  if (typeof created !== "string") return "<unknown>";
  const seconds = Math.max(0, Math.round((Date.parse(timestamp(nowMs)) - Date.parse(created)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)}m${seconds % 60 ? `${seconds % 60}s` : ""}`;
  if (seconds < 10_800) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
