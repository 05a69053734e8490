/**
 * All that the program asks of running Talos nodes, by `talosctl`. Upgrades (`upgrade`, `upgrade-k8s`) and snapshots (`etcd
 * snapshot`) belong here when the program learns them.
 * Output forms: `cmd/talosctl` of siderolabs/talos at v1.11.5.
 */
import { type RunOptions, run, type ToolAnswer, ToolError } from "../../tools.ts";
import { talosctlProgram } from "./required-tools.ts";
import { parseTable } from "./table.ts";

/** A node as the tools address it. */
export interface NodeAddress {
  name: string;
  address: string;
}

/** A member of etcd. */
export interface EtcdMember {
  id: string;
  hostname: string;
  /** Where the others reach it; empty while it has not joined yet. */
  address: string;
  learner: boolean;
}

/** What a machine says of itself. */
export interface MachineStatus {
  /** `running`, `booting`, `rebooting`, `maintenance`, ... */
  stage: string;
  ready: boolean;
  /** Names of conditions that keep it from being ready. */
  unmetConditions: string[];
  /** Changes with every boot. */
  bootedAt: string;
}

/** What applying a configuration would do. */
export interface DryRun {
  reboot: boolean;
  changes: boolean;
}

/** `talosctl` with the cluster's credentials. Every call goes straight to the node that it is about. */
export class Talosctl {
  private readonly program: string;
  private readonly talosconfig: string;

  /**
   * @param talos the Talos version of the release, to find its `talosctl`
   * @param talosconfig path of the credentials
   */
  constructor(talos: string, talosconfig: string) {
    this.program = talosctlProgram(talos);
    this.talosconfig = talosconfig;
  }

  /** State of a node's etcd service: `Preparing` until it has a cluster, then `Running`. */
  async etcdService(node: NodeAddress): Promise<string> {
    const { stdout } = await this.ask(node, ["service", "etcd"]);
    const state = stdout.match(/^STATE\s+(\S+)/m)?.[1];
    if (!state) throw new ToolError(`talosctl service etcd on ${node.name} told no state`);
    return state;
  }

  /** The members of etcd as a node sees them. */
  async etcdMembers(node: NodeAddress): Promise<EtcdMember[]> {
    const { stdout } = await this.ask(node, ["etcd", "members"]);
    return parseTable(stdout).map((row) => ({
      id: row.ID ?? "",
      hostname: row.HOSTNAME ?? "",
      address: hostOf(row["PEER URLS"] ?? ""),
      learner: row.LEARNER === "true",
    }));
  }

  /** True when a node's etcd member knows a leader and reports no errors. */
  async etcdHealthy(node: NodeAddress): Promise<boolean> {
    const answer = await this.tell(node, ["etcd", "status"]);
    const row = answer.code === 0 ? parseTable(answer.stdout)[0] : undefined;
    return row !== undefined && /[1-9a-f]/.test(row.LEADER ?? "") && !row.ERRORS;
  }

  /** Lets another member lead etcd, if this node does. */
  async forfeitEtcdLeadership(node: NodeAddress): Promise<void> {
    await this.ask(node, ["etcd", "forfeit-leadership"]);
  }

  /** Lets a node leave etcd. */
  async leaveEtcd(node: NodeAddress): Promise<void> {
    await this.ask(node, ["etcd", "leave"]);
  }

  /** Takes a member out of etcd. @param node another member, which answers */
  async removeEtcdMember(node: NodeAddress, id: string): Promise<void> {
    await this.ask(node, ["etcd", "remove-member", id]);
  }

  /** What a machine says of itself. */
  async machineStatus(node: NodeAddress): Promise<MachineStatus> {
    const { stdout } = await this.ask(node, ["get", "machinestatus", "-o", "json"]);
    const { metadata, spec } = JSON.parse(stdout);
    const unmet: { name: string }[] = spec?.status?.unmetConditions ?? [];
    return {
      stage: spec?.stage ?? "unknown",
      ready: spec?.status?.ready === true,
      unmetConditions: unmet.map(({ name }) => name),
      bootedAt: metadata?.created ?? "",
    };
  }

  /** The machine configuration that a running node has; full of secrets. */
  async machineConfiguration(node: NodeAddress, options: RunOptions = {}): Promise<string> {
    const { stdout } = await this.ask(node, ["get", "machineconfig", "v1alpha1", "-o", "json"], options);
    return String(JSON.parse(stdout).spec);
  }

  /** Makes a new etcd cluster on this node. Answers what happened; `exists` when the node has one. */
  async bootstrap(node: NodeAddress): Promise<"done" | "exists"> {
    const answer = await this.tell(node, ["bootstrap"]);
    if (answer.code === 0) return "done";
    if (/AlreadyExists|etcd data directory is not empty/.test(answer.stderr)) return "exists";
    throw failure("talosctl bootstrap", node, answer);
  }

  /** What applying the configuration in a file would do to a node. */
  async dryRun(node: NodeAddress, file: string): Promise<DryRun> {
    const answer = await this.ask(node, ["apply-config", "--mode", "auto", "--dry-run", "--file", file]);
    const text = answer.stdout + answer.stderr;
    const details = text.match(/Applied configuration (with|without) a reboot/);
    if (!details)
      throw new ToolError(`talosctl apply-config --dry-run on ${node.name} told no mode: ${firstLine(text)}`);
    return { reboot: details[1] === "with", changes: !/No changes\./.test(text) };
  }

  /** The administrator's kubeconfig, made by a control plane. */
  async kubeconfig(node: NodeAddress): Promise<string> {
    return (await this.ask(node, ["kubeconfig", "-"])).stdout;
  }

  private async ask(node: NodeAddress, args: string[], options: RunOptions = {}): Promise<ToolAnswer> {
    const answer = await this.tell(node, args, options);
    if (answer.code !== 0) throw failure(`talosctl ${args.slice(0, 2).join(" ")}`, node, answer);
    return answer;
  }

  private tell(node: NodeAddress, args: string[], options: RunOptions = {}): Promise<ToolAnswer> {
    const target = ["--talosconfig", this.talosconfig, "-n", node.address, "-e", node.address];
    return run(this.program, [...target, ...args], options);
  }
}

/** The host of the first of several URLs; empty when there is none. */
function hostOf(urls: string): string {
  const [first = ""] = urls.split(",");
  return URL.canParse(first) ? new URL(first).hostname.replace(/^\[|\]$/g, "") : "";
}

function failure(what: string, node: NodeAddress, answer: ToolAnswer): ToolError {
  const reason = firstLine(answer.stderr) || `exit code ${answer.code}`;
  return new ToolError(`${what} on ${node.name} (${node.address}) failed: ${reason}`, answer);
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
