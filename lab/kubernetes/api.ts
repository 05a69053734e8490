import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../protocol/values.ts";
import type { FieldChange, KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { admit } from "./cluster-api/webhooks.ts";
import { ApiError, noMatch, notFound } from "./errors.ts";
import { recordType } from "./helm-record.ts";
import { type Kind, type Kinds, kindsOf, qualifiedPlural } from "./kinds.ts";
import { fitted } from "./schema.ts";
import type { ClusterState } from "./state.ts";

/** The API of one cluster: an object store that knows kinds, namespaces and the rules of names. */
export class ClusterApi {
  readonly state: ClusterState;
  private readonly world: World;

  constructor(world: World, state: ClusterState) {
    this.world = world;
    this.state = state;
  }

  /**
   * Stores a new object.
   * @throws ApiError when its kind, its namespace or its form is wrong, or when it exists already
   */
  create(object: KubernetesObject): KubernetesObject {
    const kind = this.kindOf(object);
    const key = this.keyOf(kind, object);
    if (this.state.objects[key]) {
      throw new ApiError("AlreadyExists", `${qualifiedPlural(kind)} "${object.metadata.name}" already exists`);
    }
    return this.write(key, kind, object);
  }

  /** Stores an object in place of the one of the same name, or as a new one. */
  apply(object: KubernetesObject): KubernetesObject {
    const kind = this.kindOf(object);
    return this.write(this.keyOf(kind, object), kind, object);
  }

  get(apiVersion: string, kindName: string, name: string, namespace?: string): KubernetesObject | undefined {
    const kind = this.kinds.find(apiVersion, kindName);
    return kind ? this.state.objects[storeKey(kind, name, namespace)] : undefined;
  }

  /** Objects of a resource type as kubectl names it, sorted by namespace and name; undefined when there is no such type. */
  list(resource: string): KubernetesObject[] | undefined {
    const kind = this.kinds.findResource(resource);
    if (!kind) return undefined;
    const prefix = `${kind.kind}.${kind.group}/`;
    return Object.keys(this.state.objects)
      .filter((key) => key.startsWith(prefix))
      .sort()
      .map((key) => this.state.objects[key] as KubernetesObject);
  }

  /** Notes what a field manager has changed in an object, as far as somebody asks for that. */
  note(object: KubernetesObject, { manager, fields }: FieldChange): void {
    if (!manager.startsWith("kubectl")) return;
    const key = this.keyFor(object);
    this.state.byKubectl ??= {};
    this.state.byKubectl[key] = mergedFields(this.state.byKubectl[key], fields);
    this.world.touch();
  }

  /** Takes from field managers whose names begin with `kubectl` what they have in an object; undefined when that is nothing. */
  takeFromKubectl(object: KubernetesObject): Record<string, unknown> | undefined {
    const key = this.keyFor(object);
    const fields = this.state.byKubectl?.[key];
    if (!fields) return undefined;
    delete this.state.byKubectl?.[key];
    this.world.touch();
    return fields;
  }

  /** Deletes an object, and with a namespace everything in it; false when there is none. */
  delete(apiVersion: string, kindName: string, name: string, namespace?: string): boolean {
    const kind = this.kinds.find(apiVersion, kindName);
    if (!kind) throw noMatch(kindName, apiVersion);
    const key = storeKey(kind, name, namespace);
    const object = this.state.objects[key];
    if (!object) return false;
    if (hasFinalizer(kind) || this.definitionOf(kind)) {
      object.metadata.deletionTimestamp ??= timestamp(this.world.clock.nowMs);
      this.world.touch();
      return true;
    }
    this.remove(key);
    if (kind.kind === "Namespace") {
      for (const [inner, object] of Object.entries(this.state.objects)) {
        if (object.metadata.namespace === name) this.remove(inner);
      }
    }
    return true;
  }

  /** Takes an object away that a controller has held until its work was done. */
  release(object: KubernetesObject): void {
    this.remove(this.keyFor(object));
  }

  /** Adds custom resource definitions: `<group>/<version>/<Kind>` to whether the kind lives in namespaces. */
  define(definitions: Record<string, boolean>): void {
    const { definitions: before } = this.state;
    if (Object.entries(definitions).every(([key, namespaced]) => before[key] === namespaced)) return;
    this.state.definitions = { ...before, ...definitions };
    this.world.touch();
  }

  /** Key of an object in the store, and of its workload. */
  keyFor(object: KubernetesObject): string {
    return this.keyOf(this.kindOf(object), object);
  }

  private get kinds(): Kinds {
    return kindsOf(this.state.definitions);
  }

  private kindOf(object: KubernetesObject): Kind {
    const kind = this.kinds.find(object.apiVersion, object.kind);
    if (!kind) throw noMatch(object.kind, object.apiVersion);
    return kind;
  }

  private keyOf(kind: Kind, object: KubernetesObject): string {
    const { name, namespace } = object.metadata;
    const refused = nameProblem(kind, name);
    if (refused) throw new ApiError("Invalid", `${kind.kind} "${name}" is invalid: metadata.name: ${refused}`);
    if (!kind.namespaced && namespace !== undefined) {
      throw new ApiError(
        "Invalid",
        `${kind.kind} "${name}" is invalid: metadata.namespace: Forbidden: not allowed on this type`,
      );
    }
    return storeKey(kind, name, kind.namespaced ? (namespace ?? "default") : undefined);
  }

  private write(key: string, kind: Kind, object: KubernetesObject): KubernetesObject {
    const namespace = kind.namespaced ? (object.metadata.namespace ?? "default") : undefined;
    if (namespace !== undefined && !this.state.objects[`Namespace.//${namespace}`])
      throw notFound("namespaces", namespace);
    const before = this.state.objects[key];
    const admitted = admit(this.defined(kind, object, before), before);
    this.state.revision += 1;
    const stored: KubernetesObject = {
      ...withoutSecrets(admitted),
      metadata: {
        ...admitted.metadata,
        ...(namespace === undefined ? {} : { namespace }),
        ...(admitted.spec === undefined ? {} : { generation: generationOf(before, admitted) }),
        uid: before?.metadata.uid ?? uidOf(key, this.state.revision),
        resourceVersion: String(this.state.revision),
        creationTimestamp: before?.metadata.creationTimestamp ?? timestamp(this.world.clock.nowMs),
      },
    };
    this.state.objects[key] = stored;
    this.world.touch();
    return stored;
  }

  /** An object whose kind Crossplane has defined, with defaults. @throws ApiError when it does not fit the definition */
  private defined(kind: Kind, object: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
    const definition = this.definitionOf(kind);
    if (!definition) return object;
    const { object: fitting, problems } = fitted(object, definition);
    if (problems.length > 0) {
      const what = `${kind.kind}.${kind.group} "${object.metadata.name}"`;
      throw new ApiError("Invalid", `${what} is invalid: ${problems.join(", ")}`);
    }
    // Whoever writes the specification leaves the status as it is.
    return fitting.status === undefined && before?.status !== undefined
      ? { ...fitting, status: before.status }
      : fitting;
  }

  /** The definition by which Crossplane serves a kind. */
  private definitionOf(kind: Kind): KubernetesObject | undefined {
    return this.state.objects[`${definitionKind}//${qualifiedPlural(kind)}`];
  }

  private remove(key: string): void {
    delete this.state.objects[key];
    delete this.state.workloads[key];
    delete this.state.byKubectl?.[key];
    delete this.state.pendingDefinitions[key];
    this.state.revision += 1;
    this.world.touch();
  }
}

const definitionKind = "CompositeResourceDefinition.apiextensions.crossplane.io";

/**
 * A `Cluster` of Cluster API is there until all of its machines are gone, a `Machine` until its VM is, and an `Object` of
 * provider-kubernetes until what it has applied is.
 */
function hasFinalizer({ kind, group }: Kind): boolean {
  if (group === "kubernetes.m.crossplane.io") return kind === "Object";
  return (kind === "Cluster" || kind === "Machine") && group === "cluster.x-k8s.io";
}

/** Counts the specifications that an object has had. */
function generationOf(before: KubernetesObject | undefined, object: KubernetesObject): number {
  const last = Number(before?.metadata.generation ?? 0);
  return before && isDeepStrictEqual(before.spec, object.spec) ? last : last + 1;
}

function storeKey(kind: Kind, name: string, namespace: string | undefined): string {
  return `${kind.kind}.${kind.group}/${kind.namespaced ? (namespace ?? "default") : ""}/${name}`;
}

/** Most names are DNS subdomains; those of namespaces are labels. Roles may be called anything that fits a path. */
function nameProblem(kind: Kind, name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "Required value: name or generateName is required";
  if (kind.group === "rbac.authorization.k8s.io") return undefined;
  const label = kind.kind === "Namespace" || kind.kind === "Service";
  const allowed = label ? /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/ : /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
  if (allowed.test(name)) return undefined;
  return `Invalid value: "${name}": a lowercase RFC ${label ? "1123 label" : "1123 subdomain"} must consist of lower case alphanumeric characters`;
}

/** The world is a file of plain text: what is secret is kept as a digest, which is enough to see whether it changed. */
export function withoutSecrets(object: KubernetesObject): KubernetesObject {
  // Helm's records name charts and hold no values here; programs read them.
  if (object.kind !== "Secret" || object.type === recordType) return object;
  const { stringData, data, ...rest } = object;
  const plain = isRecord(stringData) ? stringData : {};
  const encoded = isRecord(data) ? data : {};
  return {
    ...rest,
    data: {
      ...mapValues(encoded, (value) => digest(String(value))),
      ...mapValues(plain, (value) => digest(Buffer.from(String(value)).toString("base64"))),
    },
  };
}

function mapValues(map: Record<string, unknown>, change: (value: unknown) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function digest(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function uidOf(key: string, revision: number): string {
  const hex = createHash("sha256").update(`${key}@${revision}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

/** The fields of both; those of the second go before. */
export function mergedFields(before: unknown, fields: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...(isRecord(before) ? before : {}) };
  for (const [key, value] of Object.entries(fields)) {
    result[key] = isRecord(value) ? mergedFields(result[key], value) : value;
  }
  return result;
}

/** Virtual time counts from here. */
export function timestamp(nowMs: number): string {
  return new Date(Date.UTC(2025, 0, 1) + nowMs).toISOString().replace(/\.\d+Z$/, "Z");
}
