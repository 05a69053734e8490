import { changedPathsOf, documentsOf } from "../../components/talos-cluster/lifecycle/configuration-diff.ts";
import type { World } from "../world/world.ts";
import { changesThatReboot, factsOf } from "./configuration.ts";
import { type Contents, sha256, writeSecret } from "./contents.ts";
import { type ClientCredentials, shakeHands } from "./credentials.ts";
import { TalosError, unreachable } from "./errors.ts";
import type { Etcd } from "./etcd.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { addressesOf, type Machines, platformModeOf, talosVersionOf } from "./machines.ts";
import type { ConfigurationFacts, EtcdCluster, Machine, TalosPart } from "./state.ts";
import { runTalosctl } from "./tools-folder.ts";

/** Modes of applying a configuration, as the API names them. */
export type ApplyMode = "AUTO" | "REBOOT" | "NO_REBOOT" | "STAGED" | "TRY";

/** A connection to one machine. */
export interface Session {
  key: string;
  machine: Machine;
}

/** What a node answers to a configuration. */
export interface ApplyAnswer {
  mode: ApplyMode;
  details: string;
}

/** How long after its start a machine's container runtime is up. */
const criMs = 5_000;

/** The Talos API of the machines, as far as providers and tools use it. */
export class TalosApi {
  readonly machines: Machines;
  readonly etcd: Etcd;
  private readonly world: World;
  private readonly part: TalosPart;
  private readonly contents: Contents;

  constructor(world: World, part: TalosPart, machines: Machines, etcd: Etcd, contents: Contents) {
    this.world = world;
    this.part = part;
    this.machines = machines;
    this.etcd = etcd;
    this.contents = contents;
  }

  /**
   * Connects to a machine in maintenance mode, where nobody has to show anything.
   * @throws TalosError Unavailable when it cannot be reached, or runs with a configuration and wants a certificate
   */
  connectInsecure(address: string): Session {
    const found = this.machines.at(address);
    if (!found) throw unreachable(address);
    if (found.machine.phase !== "maintenance") {
      throw new TalosError(
        "Unavailable",
        'connection error: desc = "error reading server preface: remote error: tls: certificate required"',
      );
    }
    return found;
  }

  /**
   * Connects to `node` through the machine at `endpoint`.
   * @throws TalosError Unavailable when one cannot be reached or the certificates do not fit
   */
  connect(endpoint: string, node: string, credentials: ClientCredentials): Session {
    const door = this.machines.at(endpoint);
    if (!door) throw unreachable(endpoint);
    if (door.machine.phase === "maintenance" || !door.machine.active) {
      throw new TalosError(
        "Unavailable",
        'connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
      );
    }
    shakeHands(credentials, this.authority(door.machine.active.osCa));
    if (node === endpoint) return door;
    const behind = this.machines.at(node);
    if (behind?.machine.phase !== "running") throw unreachable(node);
    if (behind.key !== door.key && behind.machine.active?.osCa !== door.machine.active.osCa) throw unreachable(node);
    return behind;
  }

  /** As the provider connects: in maintenance mode when the machine is in it, else with certificates. */
  connectEither(endpoint: string, node: string, credentials: ClientCredentials): Session {
    const door = this.machines.at(endpoint);
    return door?.machine.phase === "maintenance"
      ? this.connectInsecure(endpoint)
      : this.connect(endpoint, node, credentials);
  }

  /** Gives a machine a configuration, or only says what it would do with it. */
  async apply(session: Session, text: string, mode: ApplyMode, dryRun = false): Promise<ApplyAnswer> {
    if (session.machine.phase === "maintenance") return this.applyInMaintenance(session, text, mode, dryRun);
    const problem = await this.validate(session.machine, text);
    if (problem) throw new TalosError("InvalidArgument", problem);
    return this.applyRunning(session, text, mode, dryRun);
  }

  private async applyInMaintenance(
    session: Session,
    text: string,
    mode: ApplyMode,
    dryRun: boolean,
  ): Promise<ApplyAnswer> {
    if (mode === "STAGED" || mode === "NO_REBOOT") {
      throw new TalosError(
        "Unimplemented",
        `apply configuration --mode='${mode.toLowerCase().replace("_", "-")}' is not supported in maintenance mode`,
      );
    }
    const problem = await this.validate(session.machine, text);
    if (problem) throw new TalosError("InvalidArgument", `configuration validation failed: ${problem}`);
    if (dryRun) {
      const details = "Dry run summary:\nNode is running in maintenance mode and does not have a config yet.";
      return { mode: "REBOOT", details };
    }
    // Another caller may have been faster while the configuration was validated.
    if (session.machine.phase !== "maintenance") throw unreachable(session.machine.hardware.addresses[0] ?? "");
    this.contents.put(text);
    this.machines.configure(session.key, this.factsFor(session.key, text));
    return { mode, details: "" };
  }

  private applyRunning(session: Session, text: string, mode: ApplyMode, dryRun: boolean): ApplyAnswer {
    const active = session.machine.active;
    if (!active) throw unreachable(addressesOf(session.machine)[0] ?? "");
    const before = this.contents.get(active.hash);
    const paths = changesThatReboot(before, text);
    const why = `this config change can't be applied in immediate mode\ndiff:\n${paths.join("\n")}`;
    if ((mode === "NO_REBOOT" || mode === "TRY") && paths.length > 0) throw new TalosError("InvalidArgument", why);
    const effective: ApplyMode = mode === "AUTO" ? (paths.length > 0 ? "REBOOT" : "NO_REBOOT") : mode;
    const details = detailsOf(effective);
    if (dryRun) {
      const changes = changedPathsOf(before, text);
      const diff = changes.length > 0 ? changes.join("\n") : "No changes.";
      return {
        mode: effective,
        details: `Dry run summary:\n${details} (skipped in dry-run).\nConfig diff:\n\n${diff}`,
      };
    }
    this.contents.put(text);
    const facts = this.factsFor(session.key, text);
    const later = effective === "REBOOT" || effective === "STAGED";
    this.machines.reconfigure(session.key, facts, later ? "next-boot" : "now");
    if (effective === "REBOOT") this.machines.reboot(session.key, "configuration applied");
    return { mode: effective, details: details + (effective === "REBOOT" && mode === "AUTO" ? `: ${why}` : "") };
  }

  /** The certificate of an authority: PEM, base64 encoded. */
  authority(key: string): string {
    return this.part.authorities[key] ?? "";
  }

  private factsFor(key: string, text: string): ConfigurationFacts {
    return factsOf(text, fallbackName(key), (certificate) => {
      const name = sha256(certificate).slice(0, 16);
      this.part.authorities[name] = certificate;
      return name;
    });
  }

  /** What the machine's own Talos version says against a configuration; undefined when it takes it. */
  async validate(machine: Machine, text: string): Promise<string | undefined> {
    try {
      if (!documentsOf(text).some((document) => document.kind === undefined)) {
        return "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?";
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const version = talosVersionOf(machine);
    const mode = platformModeOf(machine);
    const verdict = await this.contents.remember("validate", JSON.stringify([version, mode, sha256(text)]), () =>
      this.contents.inScratch(async (folder) => {
        const config = writeSecret(folder, "machine.yaml", text);
        const run = await runTalosctl(version, ["validate", "--config", config, "--mode", mode, "--strict"], folder);
        return run.code === 0
          ? ""
          : run.stderr.trim() || run.stdout.trim() || `talosctl validate ended with ${run.code}`;
      }),
    );
    return verdict || undefined;
  }

  /** The configuration that a running machine has now; undefined when it has none. */
  activeConfiguration({ machine }: Session): string | undefined {
    return machine.active && this.contents.get(machine.active.hash);
  }

  /** Makes the machine the first member of a new etcd cluster. */
  bootstrap(session: Session): void {
    const { key, machine } = session;
    if (machine.phase !== "running" || this.world.clock.nowMs < machine.phaseSinceMs + criMs) {
      throw new TalosError("FailedPrecondition", "bootstrap is not available yet");
    }
    if (machine.active?.role === "worker") {
      throw new TalosError("FailedPrecondition", "bootstrap can only be performed on a control plane node");
    }
    this.etcd.bootstrap(key);
    if (machine.active) this.etcd.considerJoins(machine.active.clusterId);
  }

  /** A new kubeconfig with a client certificate of its own; needs no Kubernetes API. */
  kubeconfig(session: Session): string {
    const { machine } = session;
    if (machine.phase !== "running" || machine.active?.role !== "controlplane") {
      throw new TalosError("Unimplemented", "kubeconfig is only available on control plane nodes");
    }
    return kubeconfigOf(this.contents.get(machine.active.hash));
  }

  /** Wipes a machine's configuration and data. */
  reset(session: Session, options: { graceful: boolean; reboot: boolean }): void {
    const { key, machine } = session;
    if (machine.phase === "maintenance") {
      throw new TalosError("Unknown", "system partitions to wipe params is not supported in the maintenance mode");
    }
    if (options.graceful) this.etcd.leave(machine);
    this.machines.wipe(key, options.reboot ? "reboot" : "halt");
  }

  /** The etcd cluster of a machine. @throws TalosError when it runs no etcd or has no quorum */
  etcdOf(session: Session, needsQuorum = true): EtcdCluster {
    if (session.machine.active?.role !== "controlplane") {
      throw new TalosError("Unimplemented", "etcd is only available on control plane nodes");
    }
    const cluster = this.etcd.at(session.machine);
    if (!cluster) throw new TalosError("Unknown", "error building etcd client: context deadline exceeded");
    if (needsQuorum && !this.etcd.health(cluster).quorum) {
      throw new TalosError("Unknown", "context deadline exceeded");
    }
    return cluster;
  }
}

function detailsOf(mode: ApplyMode): string {
  if (mode === "REBOOT") return "Applied configuration with a reboot";
  if (mode === "STAGED") return "Staged configuration to be applied after the next reboot";
  return "Applied configuration without a reboot";
}

/** Talos makes a stable name out of the machine's identity when the configuration gives none. */
export function fallbackName(key: string): string {
  const digest = sha256(key);
  return `talos-${digest.slice(0, 3)}-${digest.slice(3, 6)}`;
}
