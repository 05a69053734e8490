/**
 * What a chart runs, held against what its entry says of it: workloads by name, the level of the Pod Security Standards,
 * disruption budgets.
 *
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/: what each level forbids.
 */
import type { PodSecurity, Workload } from "../components/platform-addons/addon.ts";
import type { Bag } from "./chart-files.ts";

/** What an entry says of the pods of its chart. */
export interface Told {
  namespace: string;
  /** Left out for a namespace whose level somebody else decides. */
  podSecurity?: PodSecurity | undefined;
  workloads: readonly Workload[];
}

/** What is rendered and does not fit what is told, in sentences. */
export function podProblems(objects: readonly Bag[], { namespace, podSecurity, workloads }: Told): string[] {
  const running = objects.filter(({ kind }) => runs.test(String(kind)));
  const names = new Set(running.map(nameOf));
  return [
    ...workloads
      .map(({ kind, name }) => `${kind} ${name}`)
      .filter((name) => !names.has(name))
      .map((name) => `the entry tells of ${name}, and the chart has none`),
    ...(podSecurity === undefined || podSecurity === "privileged"
      ? []
      : running
          .filter(({ metadata }) => (bag(metadata).namespace ?? namespace) === namespace)
          .flatMap((workload) =>
            forbidden(templateOf(workload), podSecurity).map(
              (what) => `${nameOf(workload)} is not ${podSecurity}, as its namespace is: ${what}`,
            ),
          )),
    ...objects
      .filter(({ kind }) => kind === "PodDisruptionBudget")
      .flatMap((budget) =>
        running
          .filter((workload) => isKept(budget, workload))
          .map(
            (workload) => `${nameOf(budget)} lets no pod of ${nameOf(workload)} go, so that its node cannot be drained`,
          ),
      ),
  ];
}

const runs = /^(Deployment|DaemonSet|StatefulSet|Job|CronJob)$/;

/** Capabilities that the level `baseline` lets containers add. */
const harmless = new Set(
  `AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID
  SYS_CHROOT`.split(/\s+/),
);

/** Kinds of volumes that the level `restricted` lets pods have. */
const plainVolumes = new Set(
  "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(" "),
);

function forbidden({ spec }: { spec: Bag }, level: PodSecurity): string[] {
  const volumes = list(spec.volumes);
  const found = [
    ...["hostNetwork", "hostPID", "hostIPC"].filter((key) => spec[key] === true),
    ...volumes.filter(({ hostPath }) => hostPath).map(({ hostPath }) => `mounts ${bag(hostPath).path} of the node`),
  ];
  if (level === "restricted") {
    const kinds = volumes.flatMap((volume) =>
      Object.keys(volume).filter((key) => key !== "name" && key !== "hostPath"),
    );
    found.push(...kinds.filter((kind) => !plainVolumes.has(kind)).map((kind) => `has a volume of the kind ${kind}`));
  }
  const pod = bag(spec.securityContext);
  for (const container of [...list(spec.initContainers), ...list(spec.containers)]) {
    const own = bag(container.securityContext);
    const { add = [], drop = [] } = bag(own.capabilities) as { add?: string[]; drop?: string[] };
    const seccomp = bag(own.seccompProfile ?? pod.seccompProfile).type;
    const wrong = [
      own.privileged === true && "is privileged",
      list(container.ports).some(({ hostPort }) => hostPort) && "has a port of the node",
      add.some((name) => !(level === "baseline" ? harmless.has(name) : name === "NET_BIND_SERVICE")) &&
        `has the capabilities ${add.join(", ")}`,
      seccomp === "Unconfined" && "has no seccomp profile",
      ...(level === "baseline"
        ? []
        : [
            own.allowPrivilegeEscalation !== false && "may gain privileges",
            !drop.includes("ALL") && "does not drop all capabilities",
            (own.runAsNonRoot ?? pod.runAsNonRoot) !== true && "may run as root",
            (own.runAsUser ?? pod.runAsUser) === 0 && "runs as root",
            seccomp === undefined && "has no seccomp profile",
          ]),
    ];
    found.push(...wrong.filter((what) => what !== false).map((what) => `container ${container.name} ${what}`));
  }
  return found;
}

/** Whether a budget never lets one of a workload's pods go. */
function isKept({ spec }: Bag, workload: Bag): boolean {
  const { kind, spec: wanted } = workload;
  if (kind !== "Deployment" && kind !== "StatefulSet") return false;
  const { selector, minAvailable, maxUnavailable } = bag(spec);
  const labels = bag(bag(templateOf(workload).metadata).labels);
  const matched = Object.entries(bag(bag(selector).matchLabels));
  if (matched.length === 0 || !matched.every(([key, value]) => labels[key] === value)) return false;
  const replicas = Number(bag(wanted).replicas ?? 1);
  const stays =
    minAvailable === undefined ? replicas - podsOf(maxUnavailable, replicas) : podsOf(minAvailable, replicas);
  return stays >= replicas;
}

/**
 * A number of pods, or a share of them, which is rounded up; nothing said is none.
 * Source: kubernetes.io/docs/tasks/run-application/configure-pdb: rounding logic when specifying percentages.
 */
function podsOf(said: unknown, replicas: number): number {
  const share = /^(\d+)%$/.exec(String(said))?.[1];
  return share === undefined ? Number(said ?? 0) : Math.ceil((Number(share) * replicas) / 100);
}

function templateOf({ kind, spec }: Bag): { metadata?: unknown; spec: Bag } {
  const wanted = kind === "CronJob" ? bag(bag(bag(spec).jobTemplate).spec) : bag(spec);
  const template = bag(wanted.template);
  return { metadata: template.metadata, spec: bag(template.spec) };
}

function nameOf({ kind, metadata }: Bag): string {
  return `${kind} ${bag(metadata).name}`;
}

function bag(value: unknown): Bag {
  return typeof value === "object" && value !== null ? (value as Bag) : {};
}

function list(value: unknown): Bag[] {
  return Array.isArray(value) ? value.map(bag) : [];
}
