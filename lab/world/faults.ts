import type { Clock } from "./clock.ts";
import type { LabCall } from "./world.ts";

/** A rule that makes calls fail or take long. All given fields have to match. */
export interface FaultRule {
  provider?: string;
  operation?: string;
  /** Part of the token. */
  token?: string;
  /** Part of the subject. */
  subject?: string;
  /** Share of matching calls that are hit, 0 to 1, decided by seed, rule and call. @default 1 */
  probability?: number;
  /** Matching calls that pass before the rule acts. @default 0 */
  skip?: number;
  /** How many calls are hit. @default all */
  times?: number;
  /** `error` fails before the work, `lost` after it (the answer is lost), `delay` only takes time. */
  kind: "error" | "lost" | "delay";
  /** @default "injected fault" */
  message?: string;
  /** Virtual time that passes first, in milliseconds. @default 0 */
  delayMs?: number;
}

/** A rule and what it has seen. */
interface Entry {
  rule: FaultRule;
  seen: number;
  hits: number;
  /** How often each call was seen. */
  times: Map<string, number>;
}

function entryOf(rule: FaultRule): Entry {
  return { rule, seen: 0, hits: 0, times: new Map() };
}

/** Decides by rule and seed which calls go wrong; the same seed and the same calls give the same faults. */
export class Faults {
  private readonly rules: Entry[];
  private readonly seed: number;

  constructor(rules: FaultRule[], seed: number) {
    this.rules = rules.map(entryOf);
    this.seed = seed;
  }

  /** Adds a rule while the lab runs. */
  add(rule: FaultRule): void {
    this.rules.push(entryOf(rule));
  }

  /** Takes all rules away. */
  clear(): void {
    this.rules.length = 0;
  }

  /** @throws Error of the first `error` rule that hits */
  async before(call: LabCall, clock: Clock): Promise<void> {
    await this.act(call, clock, (kind) => kind !== "lost");
  }

  /** @throws Error of the first `lost` rule that hits */
  async after(call: LabCall, clock: Clock): Promise<void> {
    await this.act(call, clock, (kind) => kind === "lost");
  }

  private async act(call: LabCall, clock: Clock, wanted: (kind: FaultRule["kind"]) => boolean): Promise<void> {
    for (const entry of this.rules) {
      if (!wanted(entry.rule.kind) || !matches(entry.rule, call)) continue;
      entry.seen += 1;
      if (entry.seen <= (entry.rule.skip ?? 0)) continue;
      if (entry.hits >= (entry.rule.times ?? Number.POSITIVE_INFINITY)) continue;
      // Counted for each call of its own: which of several that go on side by side comes first is left to chance.
      const described = describe(call);
      const time = (entry.times.get(described) ?? 0) + 1;
      entry.times.set(described, time);
      if (chance(`${this.seed}/${described}/${time}`) >= (entry.rule.probability ?? 1)) continue;
      entry.hits += 1;
      if (entry.rule.delayMs) await clock.sleep(entry.rule.delayMs);
      if (entry.rule.kind !== "delay") throw new Error(entry.rule.message ?? `injected fault: ${described}`);
    }
  }
}

function matches(rule: FaultRule, call: LabCall): boolean {
  return (
    (rule.provider === undefined || rule.provider === call.provider) &&
    (rule.operation === undefined || rule.operation === call.operation) &&
    (rule.token === undefined || call.token.includes(rule.token)) &&
    (rule.subject === undefined || call.subject.includes(rule.subject))
  );
}

function describe(call: LabCall): string {
  return `${call.provider} ${call.operation} ${call.token} ${call.subject}`.replace(/ +/g, " ").trim();
}

/** FNV-1a over the text, as a number from 0 up to 1. */
function chance(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
