import { effectPrefix } from "../../components/hooks.ts";
import type { EngineEvent } from "../engine.ts";
import type { DeploymentResource } from "../resume/identities.ts";
import { nameOf, typeOf } from "./urn.ts";

/** What is going on in a stack right now, for a line of display. */
export interface ProgressView {
  /** Resources that are as they should be. */
  done: number;
  /** Resources there will be, when a preview has told; otherwise those seen so far. */
  total: number;
  /** What the program has just told, then what is being worked on, longest first: `creating VmLegacy lunacp01`. */
  current: string[];
}

/** Something the engine or a provider said that a person has to know. */
export interface Message {
  /** Absent when it is about the stack as a whole. */
  urn?: string;
  text: string;
}

/** A change to one resource. */
export interface Change {
  urn: string;
  operation: "create" | "update" | "replace" | "delete";
  /** Top-level properties that change, for updates and replacements; never their values. */
  properties: string[];
  /** What it does where that is more than its properties tell; only a preview knows. No secret is in it. */
  effect?: string;
}

const doing: Record<string, string> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  "create-replacement": "replacing",
  "delete-replaced": "deleting the old",
  read: "reading",
  refresh: "looking up",
};

const changing: Record<string, Change["operation"]> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

/** How long what the program tells is news, in milliseconds; what takes long is told again before. */
const newsMs = 45_000;

/** Follows one operation of the engine by its events. */
export class Tracker {
  readonly errors: Message[] = [];
  readonly warnings: Message[] = [];
  /** Resources whose operation failed. */
  readonly failed = new Set<string>();
  /** What the engine was about to record of creates that failed; secrets are hidden. */
  readonly failedCreates: DeploymentResource[] = [];
  private readonly expected: number;
  private readonly seen = new Set<string>();
  private readonly finished = new Set<string>();
  private readonly running = new Map<string, string>();
  private readonly changed = new Map<string, Change>();
  private readonly same = new Set<string>();
  /** What components told last, and when. */
  private readonly news = new Map<string, { text: string; atMs: number }>();
  /** What components told of a change before it is made. */
  private readonly effects = new Map<string, string>();
  private outputsDiffer = false;

  /** @param expected is how many resources a preview has counted */
  constructor(expected = 0) {
    this.expected = expected;
  }

  /** Takes the next event. */
  take(event: EngineEvent): void {
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    else if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata);
    else if (event.resOpFailedEvent) this.fail(event.resOpFailedEvent.metadata);
    else if (event.diagnosticEvent) this.listen(event.diagnosticEvent);
  }

  /** What is going on now. */
  get view(): ProgressView {
    const news = [...this.news.values()].filter(({ atMs }) => performance.now() - atMs < newsMs);
    return {
      done: this.finished.size,
      total: Math.max(this.expected, this.seen.size),
      current: [
        ...news.map(({ text }) => text),
        ...[...this.running].map(([urn, operation]) => `${operation} ${typeOf(urn)} ${nameOf(urn)}`),
      ],
    };
  }

  /** How many resources the operation has touched or found unchanged. */
  get resources(): number {
    return this.seen.size;
  }

  /** How many resources stay as they are, counted like changes. */
  get unchangedResources(): number {
    return this.same.size;
  }

  /** What was changed, or would be; the stack itself and its components are not counted. */
  get changes(): Change[] {
    return [...this.changed.values()].map((change) => {
      const effect = this.effects.get(change.urn);
      return effect === undefined ? change : { ...change, effect };
    });
  }

  /** True when neither a resource nor an output changes. */
  get unchanged(): boolean {
    return this.changed.size === 0 && !this.outputsDiffer;
  }

  private begin(step: Step): void {
    this.seen.add(step.urn);
    const operation = doing[step.op];
    if (operation && isCustom(step)) this.running.set(step.urn, operation);
  }

  private end(step: Step): void {
    this.seen.add(step.urn);
    this.running.delete(step.urn);
    this.finished.add(step.urn);
    if (step.type === "pulumi:pulumi:Stack") {
      this.outputsDiffer = JSON.stringify(step.old?.outputs ?? {}) !== JSON.stringify(step.new?.outputs ?? {});
    }
    const operation = changing[step.op];
    if (!isCustom(step)) return;
    if (step.op === "same") this.same.add(step.urn);
    if (!operation) return;
    const before = this.changed.get(step.urn);
    this.changed.set(step.urn, {
      urn: step.urn,
      operation: before && before.operation !== operation ? "replace" : operation,
      properties: [...new Set([...(before?.properties ?? []), ...propertiesOf(step)])].sort(),
    });
  }

  private fail(step: Step): void {
    this.running.delete(step.urn);
    this.failed.add(step.urn);
    if ((step.op === "create" || step.op === "create-replacement") && isCustom(step) && step.new) {
      const { urn, type, parent, provider, inputs, protect } = step.new;
      const options = {
        ...(parent ? { parent } : {}),
        ...(provider ? { provider } : {}),
        ...(protect ? { protect } : {}),
      };
      this.failedCreates.push({ urn, type, custom: true, inputs, ...options });
    }
  }

  /** Forgets what failed, because it was settled and the operation goes on. */
  forgive(): void {
    this.errors.length = 0;
    this.failed.clear();
    this.failedCreates.length = 0;
  }

  private listen(event: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    const text = plain(event.message);
    if (event.severity === "info" && event.urn) {
      if (isComponent(event.urn)) this.news.set(event.urn, { text, atMs: performance.now() });
      else if (text.startsWith(effectPrefix)) this.effects.set(event.urn, text.slice(effectPrefix.length));
    }
    if (event.ephemeral || (event.severity !== "error" && event.severity !== "warning")) return;
    const message = { urn: event.urn || undefined, text };
    if (text === "") return;
    (event.severity === "error" ? this.errors : this.warnings).push(message);
  }
}

type Step = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

function isCustom(step: Step): boolean {
  return (step.new ?? step.old)?.custom === true && !step.type.startsWith("pulumi:");
}

/** Components are the project's own; what providers tell is more than a line has room for. */
function isComponent(urn: string): boolean {
  return urn.split("::")[2]?.split("$").at(-1)?.startsWith("orrery:") ?? false;
}

function propertiesOf(step: Step): string[] {
  if (step.op === "create" || step.op === "delete") return [];
  const paths = Object.keys(step.detailedDiff ?? {});
  const named = paths.length > 0 ? paths : [...(step.diffs ?? []), ...(step.keys ?? [])];
  return named.map((path) => path.split(/[.[]/)[0] ?? path).filter((name) => !name.startsWith("__"));
}

/** Messages carry colour marks such as `<{%fg 1%}>`. */
function plain(message: string): string {
  return message.replace(/<\{%.*?%\}>/g, "").trim();
}
