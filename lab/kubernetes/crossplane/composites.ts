/**
 * Composite resources: the pipeline of a composition says what belongs to one, and Crossplane makes it so.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: internal/controller/apiextensions/composite (composition_functions.go:
 * what is composed, what is deleted, owner references; reconciler.go: conditions); crossplane-contrib/function-go-templating,
 * v0.12.2: fn.go; crossplane-contrib/function-auto-ready, v0.7.0: fn.go.
 */
import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { controlled } from "../owners.ts";
import type { CompositeKind } from "./definitions.ts";
import { execute } from "./functions.ts";

const templateName = "gotemplating.fn.crossplane.io/composition-resource-name";
const templateReady = "gotemplating.fn.crossplane.io/ready";
const resourceName = "crossplane.io/composition-resource-name";
const compositeLabel = "crossplane.io/composite";

interface Step {
  step: string;
  functionRef: { name: string };
  input?: { inline?: { template: string }; options?: string[] };
}

/** One resource that a pipeline wishes for. */
interface Desired {
  object: KubernetesObject;
  ready?: boolean;
}

interface Result {
  resources: Map<string, Desired>;
  status: Record<string, unknown>;
}

/** Composes all resources of a kind. */
export function compose(world: World, api: ClusterApi, kind: CompositeKind, functions: ReadonlySet<string>): void {
  for (const composite of api.list(kind.resource) ?? []) {
    if (composite.metadata.deletionTimestamp !== undefined) {
      takeDown(api, composite);
      continue;
    }
    try {
      const result = runPipeline(api, kind, composite, functions);
      collectGarbage(api, composite, result);
      const unready = apply(world, api, composite, result);
      show(world, api, composite, result.status, unready);
    } catch (error) {
      const synced = { type: "Synced", status: "False", reason: "ReconcileError", message: (error as Error).message };
      const others = conditionsOf(composite).filter(({ type }) => type !== "Synced");
      setStatus(world, api, composite, { ...(composite.status as object), conditions: [synced, ...others] });
    }
  }
}

function runPipeline(
  api: ClusterApi,
  { apiVersion, kind }: CompositeKind,
  composite: KubernetesObject,
  functions: ReadonlySet<string>,
): Result {
  const composition = (api.list("compositions.apiextensions.crossplane.io") ?? []).find(({ spec }) =>
    isDeepStrictEqual((spec as { compositeTypeRef: object }).compositeTypeRef, { apiVersion, kind }),
  );
  if (!composition) throw new Error("cannot select Composition: no compatible Compositions found");
  const result: Result = { resources: new Map(), status: {} };
  const observed = observedOf(api, composite);
  for (const { step, functionRef, input } of (composition.spec as { pipeline: Step[] }).pipeline) {
    if (!functions.has(functionRef.name)) {
      throw new Error(
        `cannot compose resources: cannot run Composition pipeline step "${step}": cannot get gRPC client
        connection for Function "${functionRef.name}": cannot find an active FunctionRevision`.replace(/\s+/g, " "),
      );
    }
    if (functionRef.name === "function-go-templating") template(composite, observed, input, result, step);
    else if (functionRef.name === "function-auto-ready") autoReady(observed, result);
    else throw new Error(`the lab does not know what ${functionRef.name} does`);
  }
  return result;
}

function template(
  composite: KubernetesObject,
  observed: ReadonlyMap<string, KubernetesObject>,
  input: Step["input"],
  result: Result,
  step: string,
): void {
  const resources = Object.fromEntries([...observed].map(([name, resource]) => [name, { resource }]));
  const text = unlessKnown(composite, observed, input, () =>
    execute(input?.inline?.template ?? "", input?.options ?? [], {
      observed: { composite: { resource: composite }, resources },
    }),
  );
  for (const document of documentsOf(text)) {
    const { [templateName]: name, [templateReady]: ready, ...rest } = document.metadata?.annotations ?? {};
    if (document.kind === composite.kind && document.apiVersion === composite.apiVersion && name === undefined) {
      Object.assign(result.status, document.status);
      continue;
    }
    if (name === undefined) {
      throw new Error(
        `cannot compose resources: pipeline step "${step}" returned a fatal result: "${document.kind}" template is missing required "${templateName}" annotation`,
      );
    }
    const annotations = { ...rest, [resourceName]: name };
    result.resources.set(name, {
      object: { ...document, metadata: { ...document.metadata, annotations } },
      ...(ready === undefined || ready === "Unspecified" ? {} : { ready: ready === "True" }),
    });
  }
}

/** What came of a template last time, by the composite, and what it came of. */
const texts = new WeakMap<object, Map<unknown, { print: string; text: string }>>();

/** Controllers look all the time, and most of the time nothing has changed. */
function unlessKnown(
  composite: KubernetesObject,
  observed: ReadonlyMap<string, KubernetesObject>,
  input: Step["input"],
  make: () => string,
): string {
  const known = texts.get(input ?? {}) ?? new Map<unknown, { print: string; text: string }>();
  if (input) texts.set(input, known);
  const parts = [...observed].map(([name, { metadata, status }]) => [name, metadata.resourceVersion, status]);
  const print = JSON.stringify([composite.metadata.resourceVersion, parts]);
  const before = known.get(composite.metadata.uid);
  if (before?.print === print) return before.text;
  const text = make();
  known.set(composite.metadata.uid, { print, text });
  return text;
}

function autoReady(observed: ReadonlyMap<string, KubernetesObject>, { resources }: Result): void {
  for (const [name, desired] of resources) {
    const present = observed.get(name);
    if (desired.ready !== undefined || !present) continue;
    desired.ready = conditionsOf(present).some(({ type, status }) => type === "Ready" && status === "True");
  }
}

type Document = KubernetesObject & { metadata: { annotations?: Record<string, string> } };
const parsed = new Map<string, Document[]>();

/** Documents of a text; it is the same one again most of the time. */
function documentsOf(text: string): Document[] {
  const documents =
    parsed.get(text) ??
    parseAllDocuments(text)
      .map((document) => document.toJS() as Document | null)
      .filter((document) => document !== null);
  if (parsed.size >= 100) parsed.clear();
  parsed.set(text, documents);
  return documents;
}

/** Composed resources that are there, by the names that the composition gives them. */
function observedOf(api: ClusterApi, composite: KubernetesObject): Map<string, KubernetesObject> {
  const found = new Map<string, KubernetesObject>();
  for (const { apiVersion, kind, name } of referencesOf(composite)) {
    const object = api.get(apiVersion, kind, name, composite.metadata.namespace);
    const key = (object?.metadata.annotations as Record<string, string> | undefined)?.[resourceName];
    if (object && key !== undefined && controlled(object, composite)) found.set(key, object);
  }
  return found;
}

function collectGarbage(api: ClusterApi, composite: KubernetesObject, { resources }: Result): void {
  for (const [name, { apiVersion, kind, metadata }] of observedOf(api, composite)) {
    if (!resources.has(name)) api.delete(apiVersion, kind, metadata.name, metadata.namespace);
  }
}

/** Makes what is wished for; answers the names of what is not ready. */
function apply(world: World, api: ClusterApi, composite: KubernetesObject, { resources }: Result): string[] {
  const references = [...resources.values()].map(({ object: { apiVersion, kind, metadata } }) => ({
    apiVersion,
    kind,
    name: metadata.name,
  }));
  const spec = { ...(composite.spec as object), crossplane: { resourceRefs: references } };
  if (!isDeepStrictEqual(composite.spec, spec)) Object.assign(composite, api.apply({ ...composite, spec }));
  for (const { object } of resources.values()) {
    const { metadata, ...rest } = object;
    const { namespace } = composite.metadata;
    const live = api.get(object.apiVersion, object.kind, metadata.name, namespace);
    const wish: KubernetesObject = {
      ...rest,
      ...(live?.status === undefined ? {} : { status: live.status }),
      metadata: {
        ...live?.metadata,
        ...metadata,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...(metadata.labels as object | undefined), [compositeLabel]: composite.metadata.name },
        ownerReferences: ownersWith(live, composite),
      },
    } as KubernetesObject;
    if (live && isDeepStrictEqual(live, wish)) continue;
    api.apply(wish);
    world.record("crossplane.compose", `${object.kind} ${metadata.name}`, { composite: composite.metadata.name });
  }
  return [...resources].filter(([, { ready }]) => ready !== true).map(([name]) => name);
}

/** @throws Error when somebody else is the controller already: there can be one only */
function ownersWith(live: KubernetesObject | undefined, { apiVersion, kind, metadata }: KubernetesObject): unknown[] {
  const owners = (live?.metadata.ownerReferences ?? []) as Record<string, unknown>[];
  const others = owners.filter(({ uid }) => uid !== metadata.uid);
  const rival = others.find(({ controller }) => controller === true);
  if (rival) {
    throw new Error(
      `cannot apply composed resource: metadata.ownerReferences: Only one reference can have Controller set to true. Found "true" in references for ${rival.kind}/${rival.name} and ${kind}/${metadata.name}`,
    );
  }
  const mine = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
  return [...others, mine];
}

/** What was composed goes with its composite, which is gone when all of it is: deletions are in the foreground. */
function takeDown(api: ClusterApi, composite: KubernetesObject): void {
  const { namespace } = composite.metadata;
  let left = 0;
  for (const { apiVersion, kind, name } of referencesOf(composite)) {
    const object = api.get(apiVersion, kind, name, namespace);
    if (!object || !controlled(object, composite)) continue;
    if (object.metadata.deletionTimestamp === undefined) api.delete(apiVersion, kind, name, namespace);
    if (api.get(apiVersion, kind, name, namespace)) left += 1;
  }
  if (left === 0) api.release(composite);
}

function show(
  world: World,
  api: ClusterApi,
  composite: KubernetesObject,
  status: Record<string, unknown>,
  unready: string[],
): void {
  const observedGeneration = composite.metadata.generation;
  const ready =
    unready.length === 0
      ? { type: "Ready", status: "True", reason: "Available", observedGeneration }
      : {
          type: "Ready",
          status: "False",
          reason: "Creating",
          message: `Unready resources: ${unready.sort().join(", ")}`,
          observedGeneration,
        };
  const synced = { type: "Synced", status: "True", reason: "ReconcileSuccess", observedGeneration };
  setStatus(world, api, composite, { ...status, conditions: [synced, ready] });
}

function setStatus(world: World, api: ClusterApi, composite: KubernetesObject, status: object): void {
  const { apiVersion, kind, metadata } = composite;
  const stored = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  if (!stored || isDeepStrictEqual(stored.status, status)) return;
  stored.status = status;
  world.touch();
}

function conditionsOf({ status }: KubernetesObject): Record<string, unknown>[] {
  return isRecord(status) && Array.isArray(status.conditions) ? status.conditions.filter(isRecord) : [];
}

function referencesOf({ spec }: KubernetesObject): { apiVersion: string; kind: string; name: string }[] {
  const { crossplane } = spec as {
    crossplane?: { resourceRefs?: { apiVersion: string; kind: string; name: string }[] };
  };
  return crossplane?.resourceRefs ?? [];
}
