/**
 * The annotation `pulumi.com/waitFor`: the provider waits after create and update until an object says what is wanted.
 *
 * Facts: github.com/pulumi/pulumi-kubernetes: provider/pkg/metadata/overrides.go (forms, all of a list have to hold),
 * provider/pkg/await/await.go (ten minutes, or `pulumi.com/timeoutSeconds`).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { Connection } from "./instances.ts";

const defaultTimeoutSeconds = 600;

/**
 * Real time that passes before the patience is at its end: minutes of the lab are milliseconds, and what is waited for may
 * be on its way from the engine.
 */
const graceMs = 2000;

type Condition = (object: KubernetesObject) => boolean;

/** What an object's annotation asks for; nothing without one. @throws Error for a form that the provider does not take */
export function conditionsOf({ metadata }: KubernetesObject): Condition[] {
  const text = annotation(metadata, "waitFor");
  if (text === undefined || annotation(metadata, "skipAwait") === "true") return [];
  const expressions = text.startsWith("[") ? (JSON.parse(text) as string[]) : [text];
  if (expressions.length === 0) throw new Error("at least one condition must be specified");
  return expressions.map(conditionOf);
}

/**
 * Waits in virtual time until an object fulfils its annotation.
 * @param again reaches the cluster once more, which lets its controllers act
 * @returns why it did not come to that in time
 */
export async function waitFor(
  world: World,
  object: KubernetesObject,
  again: () => Connection,
  timeoutSeconds: number,
): Promise<string | undefined> {
  const conditions = conditionsOf(object);
  if (conditions.length === 0) return undefined;
  const { apiVersion, kind, metadata } = object;
  const seconds = timeoutSeconds || Number(annotation(metadata, "timeoutSeconds") ?? defaultTimeoutSeconds);
  const fulfilled = () => {
    const connection = again();
    const live =
      "unreachable" in connection ? undefined : connection.api.get(apiVersion, kind, metadata.name, metadata.namespace);
    return live !== undefined && conditions.every((condition) => condition(live));
  };
  const { clock } = world;
  for (let waited = 0; !fulfilled(); waited += 1) {
    if (waited >= seconds) return "timed out waiting for the condition";
    if (waited >= seconds / 2) await clock.hold(sleep((2 * graceMs) / seconds));
    await clock.sleep(1000);
  }
  return undefined;
}

/** What `condition=...` and `jsonpath=...` ask of an object. @throws Error for a form that is not taken */
export function conditionOf(expression: string): Condition {
  if (expression.startsWith("condition=")) {
    const [type = "", wanted = "True"] = expression.slice("condition=".length).split("=");
    return ({ status }) => {
      const conditions = isRecord(status) && Array.isArray(status.conditions) ? status.conditions.filter(isRecord) : [];
      const found = conditions.find((condition) => String(condition.type).toLowerCase() === type.toLowerCase());
      return String(found?.status).toLowerCase() === wanted.toLowerCase();
    };
  }
  const path = /^jsonpath=\{((?:\.\w+(?:\[\d+\])*)+)\}(?:=(.*))?$/.exec(expression);
  if (path) {
    const keys = (path[1] as string)
      .slice(1)
      .split(/[.[\]]+/)
      .filter(Boolean);
    return (object) => {
      const inside = (at: unknown, key: string) =>
        Array.isArray(at) ? at[Number(key)] : isRecord(at) ? at[key] : undefined;
      const value = keys.reduce<unknown>(inside, object);
      return path[2] === undefined ? value !== undefined : String(value) === path[2];
    };
  }
  if (expression.startsWith("jsonpath=")) throw new Error(`the lab does not know the path in ${expression}`);
  throw new Error(`expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
}

function annotation(metadata: KubernetesObject["metadata"], name: string): string | undefined {
  const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
  const value = annotations[`pulumi.com/${name}`];
  return value === undefined ? undefined : String(value);
}
