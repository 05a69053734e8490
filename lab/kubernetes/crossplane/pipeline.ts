/**
 * The pipeline of a composition, with what the two functions of this project's compositions do.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: internal/controller/apiextensions/composite/composition_functions.go;
 * crossplane-contrib/function-go-templating, v0.12.2: fn.go; crossplane-contrib/function-auto-ready, v0.7.0: fn.go.
 */
import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { ClusterApi } from "../api.ts";
import type { CompositeKind } from "./definitions.ts";
import { execute } from "./functions.ts";

const templateName = "gotemplating.fn.crossplane.io/composition-resource-name";
const templateReady = "gotemplating.fn.crossplane.io/ready";
/** Annotation by which Crossplane knows a composed resource. */
export const resourceName = "crossplane.io/composition-resource-name";

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

/** What a pipeline wishes for. */
export interface Result {
  /** By the names that the composition gives them. */
  resources: Map<string, Desired>;
  /** Status of the composite. */
  status: Record<string, unknown>;
}

/** What a pipeline is told. */
export interface Observed {
  composite: KubernetesObject;
  /** Composed resources that are there, by the names that the composition gives them. */
  observed: ReadonlyMap<string, KubernetesObject>;
}

/**
 * Runs the pipeline of the composition for a kind.
 * @throws Error in Crossplane's words when there is none, or when one of its functions does not run or fails
 */
export function runPipeline(
  api: ClusterApi,
  { apiVersion, kind }: CompositeKind,
  { composite, observed }: Observed,
  functions: ReadonlySet<string>,
): Result {
  const composition = (api.list("compositions.apiextensions.crossplane.io") ?? []).find(({ spec }) =>
    isDeepStrictEqual((spec as { compositeTypeRef: object }).compositeTypeRef, { apiVersion, kind }),
  );
  if (!composition) throw new Error("cannot select Composition: no compatible Compositions found");
  const result: Result = { resources: new Map(), status: {} };
  for (const { step, functionRef, input } of (composition.spec as { pipeline: Step[] }).pipeline) {
    if (!functions.has(functionRef.name)) {
      throw new Error(
        `cannot compose resources: cannot run Composition pipeline step "${step}": cannot get gRPC client
        connection for Function "${functionRef.name}": cannot find an active FunctionRevision`.replace(/\s+/g, " "),
      );
    }
    if (functionRef.name === "function-go-templating") template({ composite, observed }, input, result, step);
    else if (functionRef.name === "function-auto-ready") autoReady(observed, result);
    else throw new Error(`the lab does not know what ${functionRef.name} does`);
  }
  return result;
}

function template({ composite, observed }: Observed, input: Step["input"], result: Result, step: string): void {
  const resources = Object.fromEntries([...observed].map(([name, resource]) => [name, { resource }]));
  const text = unlessKnown({ composite, observed }, input, () =>
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
function unlessKnown({ composite, observed }: Observed, input: Step["input"], make: () => string): string {
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

/** The conditions of an object. */
export function conditionsOf({ status }: KubernetesObject): Record<string, unknown>[] {
  return isRecord(status) && Array.isArray(status.conditions) ? status.conditions.filter(isRecord) : [];
}
