import { isDeepStrictEqual } from "node:util";
import type { CallContext, CheckFailure, ResourceState, ResourceType } from "../../protocol/provider.ts";
import { isRecord, type Properties } from "../../protocol/values.ts";
import { checkResource } from "../../schema/check.ts";
import { loadSchema } from "../../schema/tables.ts";

/** What makes one resource type of the provider. */
export interface Definition {
  token: string;
  /** Filled into absent inputs; an object fills a block that is there, a list of one object every item of a list. */
  defaults?: Properties;
  /** What the provider refuses besides wrong types; unknown values have to pass. */
  validate?(inputs: Properties): CheckFailure[];
  /** Inputs whose change makes a new object. */
  replaces?: string[] | ((news: Properties) => string[]);
  /** Inputs that differ again and again although nobody changed them. */
  endless?(news: Properties, context: CallContext): string[];
  create(inputs: Properties, context: CallContext): Promise<ResourceState>;
  read(id: string, inputs: Properties, outputs: Properties): Promise<ResourceState | undefined>;
  update(id: string, olds: Properties, news: Properties, oldOutputs: Properties): Promise<Properties>;
  delete(id: string, inputs: Properties, outputs: Properties): Promise<void>;
}

/** Makes a resource type: strict check, defaults, comparison of inputs. */
export function define(definition: Definition): [string, ResourceType] {
  const type: ResourceType = {
    check(news) {
      const failures = checkResource(loadSchema("proxmoxve"), definition.token, news);
      const inputs = withDefaults(withoutNulls(news) as Properties, definition.defaults ?? {});
      if (failures.length === 0) failures.push(...(definition.validate?.(inputs) ?? []));
      return { inputs, failures };
    },
    diff(_id, oldInputs, _oldOutputs, news, context) {
      const changed = changedKeys(oldInputs, news);
      const { replaces = [] } = definition;
      const fixed = typeof replaces === "function" ? replaces(news) : replaces;
      return {
        changed: [...new Set([...changed, ...(definition.endless?.(news, context) ?? [])])],
        replaces: changed.filter((key) => fixed.includes(key)),
      };
    },
    previewCreate: withoutNotes,
    create: (inputs, context) => definition.create(inputs, context),
    read: (id, inputs, outputs) => definition.read(id, inputs, outputs),
    update: (id, oldInputs, oldOutputs, news) => definition.update(id, oldInputs, news, oldOutputs),
    delete: (id, inputs, outputs) => definition.delete(id, inputs, outputs),
  };
  return [definition.token, type];
}

/** Top-level names whose values differ. */
export function changedKeys(olds: Properties, news: Properties): string[] {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  names.delete("__defaults");
  return [...names].filter((name) => !isDeepStrictEqual(plain(olds[name]), plain(news[name]))).sort();
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === "__defaults" ? [] : [[key, plain(item)]])),
  );
}

/** Bridged providers write the defaults into the inputs and note in each block which ones they were. */
function withDefaults(inputs: Properties, defaults: Properties): Properties {
  const filled: Properties = { ...inputs };
  const noted: string[] = [];
  for (const [name, fallback] of Object.entries(defaults)) {
    const value = inputs[name];
    const [item] = Array.isArray(fallback) ? fallback : [];
    if (isRecord(item)) {
      if (Array.isArray(value)) filled[name] = value.map((each) => (isRecord(each) ? withDefaults(each, item) : each));
    } else if (isRecord(fallback)) {
      if (isRecord(value)) filled[name] = withDefaults(value, fallback);
    } else if (value === undefined) {
      filled[name] = fallback;
      noted.push(name);
    }
  }
  return { ...filled, __defaults: noted.sort() };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === null || item === undefined || key === "__defaults" ? [] : [[key, withoutNulls(item)]],
    ),
  );
}

/** The inputs without the bridge's notes, as they show in outputs. */
export function withoutNotes(inputs: Properties): Properties {
  return plain(inputs) as Properties;
}
