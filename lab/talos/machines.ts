import type { World } from "../world/world.ts";
import { talosVersionOfImage } from "./configuration.ts";
import type { Etcd } from "./etcd.ts";
import type { MachineHardware, MachinePower } from "./interface.ts";
import type { ConfigurationFacts, Machine, MachinePhase, TalosPart } from "./state.ts";

/** How long the phases take, in virtual time. */
export const durationsMs = { boot: 20_000, install: 60_000, reboot: 30_000 };

/** The machines and their phases: what power, installing, rebooting and resetting do to them. */
export class Machines implements MachinePower {
  private readonly world: World;
  private readonly part: TalosPart;
  private readonly etcd: Etcd;
  /** Told after every change of a phase or a configuration. */
  onChange: (key: string) => void = () => {};

  constructor(world: World, part: TalosPart, etcd: Etcd) {
    this.world = world;
    this.part = part;
    this.etcd = etcd;
    world.clock.handle("talos.phase", (key) => this.advance(key));
  }

  get(key: string): Machine | undefined {
    return this.part.machines[key];
  }

  all(): [string, Machine][] {
    return Object.entries(this.part.machines);
  }

  /** The machine that answers at an address: in maintenance mode at the ones it booted with, else at the configured ones. */
  at(address: string): { key: string; machine: Machine } | undefined {
    for (const [key, machine] of this.all()) {
      if (machine.phase !== "maintenance" && machine.phase !== "running") continue;
      if (addressesOf(machine).includes(address)) return { key, machine };
    }
    return undefined;
  }

  powerOn(hardware: MachineHardware): void {
    const known = this.part.machines[hardware.key];
    if (!known) {
      this.part.machines[hardware.key] = {
        hardware,
        phase: "off",
        boots: 0,
        phaseSinceMs: this.world.clock.nowMs,
        bootFinished: false,
        ready: false,
      };
    } else known.hardware = hardware;
    const machine = this.part.machines[hardware.key];
    if (machine?.phase !== "off") return;
    this.boot(hardware.key, machine);
  }

  powerOff(key: string): void {
    const machine = this.part.machines[key];
    if (machine && machine.phase !== "off") this.enter(key, machine, "off");
  }

  reset(key: string): void {
    const machine = this.part.machines[key];
    if (machine && machine.phase !== "off") this.reboot(key, "reset by the hypervisor");
  }

  destroyed(key: string): void {
    const machine = this.part.machines[key];
    if (!machine) return;
    this.world.clock.cancel("talos.phase", key);
    delete this.part.machines[key];
    this.world.record("machine.destroyed", nameOf(key, machine));
    this.etcd.observe();
    this.onChange(key);
  }

  /** Takes a configuration in maintenance mode: installs and reboots, or only boots into it when Talos is on the disk. */
  configure(key: string, facts: ConfigurationFacts): void {
    const machine = this.part.machines[key];
    if (!machine) return;
    machine.persisted = facts;
    if (machine.installed) {
      this.enter(key, machine, "booting", durationsMs.boot);
      return;
    }
    this.world.record("node.install", facts.nodeName, { cluster: facts.clusterName, image: facts.installImage ?? "" });
    this.enter(key, machine, "installing", durationsMs.install);
  }

  /** Takes a configuration over on a running machine, at once or with the next boot. */
  reconfigure(key: string, facts: ConfigurationFacts, when: "now" | "next-boot"): void {
    const machine = this.part.machines[key];
    if (!machine) return;
    machine.persisted = facts;
    if (when === "now") machine.active = facts;
    this.world.record("node.configure", facts.nodeName, { cluster: facts.clusterName, when, hash: facts.hash });
    this.onChange(key);
  }

  /** Reboots a machine that is on. */
  reboot(key: string, reason: string): void {
    const machine = this.part.machines[key];
    if (!machine || machine.phase === "off") return;
    this.world.record("node.reboot", nameOf(key, machine), {
      ...(machine.active ? { cluster: machine.active.clusterName } : {}),
      reason,
    });
    this.enter(key, machine, "rebooting", durationsMs.reboot);
  }

  /** Wipes configuration and data; the installed Talos stays. */
  wipe(key: string, then: "reboot" | "halt"): void {
    const machine = this.part.machines[key];
    if (!machine) return;
    const name = nameOf(key, machine);
    this.world.record("node.reset", name, { then });
    machine.persisted = undefined;
    machine.etcd = undefined;
    if (then === "halt") this.enter(key, machine, "off");
    else this.enter(key, machine, "rebooting", durationsMs.reboot);
  }

  private boot(key: string, machine: Machine): void {
    if (!machine.installed && !machine.hardware.bootImage) {
      this.world.record("machine.no-boot-device", nameOf(key, machine));
      this.enter(key, machine, "booting");
      return;
    }
    this.enter(key, machine, "booting", durationsMs.boot);
  }

  /** What comes after the time of a phase is over. */
  private advance(key: string): void {
    const machine = this.part.machines[key];
    if (!machine) return;
    if (machine.phase === "installing") this.finishInstall(key, machine);
    else if (machine.phase === "booting" || machine.phase === "rebooting") this.finishBoot(key, machine);
  }

  private finishInstall(key: string, machine: Machine): void {
    const facts = machine.persisted;
    const image = facts?.installImage;
    if (!facts || !image || !hasInstallDisk(machine, facts)) {
      machine.persisted = undefined;
      this.world.record("node.install-failed", nameOf(key, machine), { disk: facts?.installDisk ?? "" });
      this.enter(key, machine, "rebooting", durationsMs.reboot);
      return;
    }
    machine.installed = {
      talosVersion: talosVersionOfImage(image) ?? machine.hardware.bootImage?.talosVersion ?? "",
      image,
      platform: machine.hardware.bootImage?.platform ?? "metal",
    };
    this.enter(key, machine, "rebooting", durationsMs.reboot);
  }

  private finishBoot(key: string, machine: Machine): void {
    if (!machine.installed && !machine.hardware.bootImage) return;
    machine.boots += 1;
    machine.active = machine.installed ? machine.persisted : undefined;
    if (!machine.active) {
      this.enter(key, machine, "maintenance");
      return;
    }
    machine.bootFinished = false;
    machine.bootDeadlineMs = undefined;
    this.enter(key, machine, "running");
    this.world.record("node.running", machine.active.nodeName, {
      cluster: machine.active.clusterName,
      talos: machine.installed?.talosVersion,
    });
    this.etcd.considerJoins(machine.active.clusterId);
  }

  private enter(key: string, machine: Machine, phase: MachinePhase, forMs?: number): void {
    this.world.clock.cancel("talos.phase", key);
    machine.phase = phase;
    machine.phaseSinceMs = this.world.clock.nowMs;
    if (forMs !== undefined) this.world.clock.schedule(forMs, "talos.phase", key);
    this.etcd.observe();
    this.onChange(key);
  }
}

/** The Talos version a machine runs or boots. */
export function talosVersionOf(machine: Machine): string {
  return machine.installed?.talosVersion ?? machine.hardware.bootImage?.talosVersion ?? "";
}

/** Cloud platforms take their network from cloud-init and validate configurations differently. */
export function platformModeOf(machine: Machine): "cloud" | "metal" {
  const platform = machine.installed?.platform ?? machine.hardware.bootImage?.platform;
  return platform === "nocloud" ? "cloud" : "metal";
}

/** Addresses without prefix length that a machine has now. */
export function addressesOf(machine: Machine): string[] {
  const configured = machine.phase === "running" ? (machine.active?.addresses ?? []) : [];
  return configured.length > 0 ? configured : machine.hardware.addresses;
}

/** Name of a machine for people: its node name, else its key. */
export function nameOf(key: string, machine: Machine): string {
  return machine.active?.nodeName ?? machine.persisted?.nodeName ?? key;
}

function hasInstallDisk(machine: Machine, facts: ConfigurationFacts): boolean {
  if (facts.installSelector) return machine.hardware.disks.length > 0;
  return machine.hardware.disks.some((disk) => `/dev/${disk.name}` === facts.installDisk);
}
