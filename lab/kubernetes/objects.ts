import { isDeepStrictEqual } from "node:util";
import { type CallContext, type CheckFailure, PartialFailure, type ResourceType } from "../protocol/provider.ts";
import { containsUnknown, isRecord, type Properties, secretValue } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { timestamp } from "./api.ts";
import { ApiError } from "./errors.ts";
import type { Connection, Instances } from "./instances.ts";
import { serverSideApplied } from "./server-side-apply.ts";
import { waitFor } from "./wait-for.ts";

/** Times that the provider tries again to create an object whose kind or namespace is not there, doubling the wait. */
const retries = 5;

const hint = `

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use \`pulumi import\`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create.`;

/** Any object of the Kubernetes API, built in or custom: the resource type is the same for all of them. */
export function objectType(world: World, instances: Instances): ResourceType {
  /** The state of an object that was written, when it has become what its annotation waits for. */
  async function settled(written: KubernetesObject, inputs: Properties, done: string, context: CallContext) {
    const failure = await waitFor(world, written, () => instances.connect(context), context.timeoutSeconds);
    const { apiVersion, kind, metadata } = written;
    const connection = instances.connect(context);
    const live =
      ("api" in connection && connection.api.get(apiVersion, kind, metadata.name, metadata.namespace)) || written;
    const state = { id: idOf(live), outputs: outputsOf(inputs, live, world) };
    if (failure === undefined) return state;
    const subject = done === "" ? `"${state.id}"` : "it";
    throw new PartialFailure(
      `${done}the Kubernetes API server reported that ${subject} failed to fully initialize or become live: ${failure}`,
      state,
    );
  }

  return {
    check(news, olds) {
      const failures = containsUnknown(news) ? [] : problemsOf(news);
      return { inputs: named(news, olds), failures };
    },

    diff(_id, oldInputs, _outputs, news, context) {
      const changed = [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter(
        (key) => !key.startsWith("__") && !isDeepStrictEqual(oldInputs[key], news[key]),
      );
      const replaces = changed.filter((key) => replaced(key, oldInputs, news, instances, context));
      return { changed, replaces, deleteBeforeReplace: replaces.length > 0 };
    },

    async create(inputs, context) {
      const { api, clusterId } = reachable(instances.connect(context));
      const object = inputs as unknown as KubernetesObject;
      const upsert = instances.settings(context).upsertExistingObjects;
      for (let attempt = 0; ; attempt += 1) {
        try {
          const { apiVersion, kind, metadata } = object;
          const present = upsert ? api.get(apiVersion, kind, metadata.name, metadata.namespace) : undefined;
          const live = present ? api.apply(serverSideApplied(present, undefined, object)) : api.create(object);
          world.record("kubernetes.create", idOf(live), { kind: live.kind, cluster: clusterId });
          return settled(live, inputs, `resource "${context.urn}" was successfully created, but `, context);
        } catch (error) {
          const reason = error instanceof ApiError ? error.reason : undefined;
          if (reason === "AlreadyExists") throw new Error(`${(error as Error).message}${hint}`);
          if ((reason !== "NotFound" && reason !== "NoMatch") || attempt === retries) throw error;
          await world.clock.sleep(1000 * 2 ** attempt);
          reachable(instances.connect(context));
        }
      }
    },

    async read(id, inputs, outputs, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        const { deleteUnreachable, skipUpdateUnreachable } = instances.settings(context);
        if (deleteUnreachable) return undefined;
        if (skipUpdateUnreachable) return { id, outputs, inputs };
        throw new Error(
          'failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
        );
      }
      const { apiVersion, kind, metadata } = { ...outputs, ...inputs } as unknown as KubernetesObject;
      const live = connection.api.get(apiVersion, kind, metadata.name, metadata.namespace);
      return live && { id, inputs, outputs: outputsOf(inputs, live, world) };
    },

    async update(_id, oldInputs, _outputs, news, context) {
      const { api, clusterId } = reachable(instances.connect(context));
      const object = news as unknown as KubernetesObject;
      const { apiVersion, kind, metadata } = object;
      const present = api.get(apiVersion, kind, metadata.name, metadata.namespace);
      const live = api.apply(serverSideApplied(present, oldInputs, object));
      world.record("kubernetes.update", idOf(live), { kind: live.kind, cluster: clusterId });
      return (await settled(live, news, "", context)).outputs;
    },

    async delete(id, inputs, outputs, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        if (instances.settings(context).deleteUnreachable) return;
        throw new Error(
          'configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
        );
      }
      const { apiVersion, kind, metadata } = { ...outputs, ...inputs } as unknown as KubernetesObject;
      const live = (): KubernetesObject | undefined => {
        const again = instances.connect(context);
        return "unreachable" in again ? undefined : again.api.get(apiVersion, kind, metadata.name, metadata.namespace);
      };
      const uid = live()?.metadata.uid;
      try {
        connection.api.delete(apiVersion, kind, metadata.name, metadata.namespace);
      } catch (error) {
        // Its definition is gone, and the object went with it.
        if (!(error instanceof ApiError) || error.reason !== "NoMatch") throw error;
      }
      world.record("kubernetes.delete", id, { kind, cluster: connection.clusterId });
      if (await world.clock.until(() => live() === undefined, 1000 * (context.timeoutSeconds || 600))) return;
      const reason =
        live()?.metadata.uid === uid
          ? "it has finalizers"
          : "it was made anew each time; an engine does that with what its repository holds";
      throw new Error(`timed out waiting for the deletion of ${kind} ${id}: ${reason}`);
    },
  };
}

function reachable(connection: Connection) {
  if ("unreachable" in connection) {
    throw new Error(`configured Kubernetes cluster is unreachable: ${connection.unreachable}`);
  }
  return connection;
}

/** What is wrong with an object before anybody asks an API. */
function problemsOf(object: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const property of ["apiVersion", "kind"]) {
    if (typeof object[property] !== "string") failures.push({ property, reason: `expected a string` });
  }
  const { metadata } = object;
  if (metadata !== undefined && !isRecord(metadata))
    return [...failures, { property: "metadata", reason: "expected an object" }];
  for (const map of ["labels", "annotations"]) {
    for (const [key, value] of Object.entries((metadata?.[map] as Properties | undefined) ?? {})) {
      if (typeof value === "string") continue;
      failures.push({ property: `metadata.${map}["${key}"]`, reason: `expected a string, got a ${typeof value}` });
    }
  }
  return failures;
}

/** An object without a name gets one from its resource, as the provider does it, and keeps it. */
function named(news: Properties, olds: Properties | undefined): Properties {
  const metadata = isRecord(news.metadata) ? news.metadata : {};
  if (metadata.name !== undefined) return news;
  const before = isRecord(olds?.metadata) ? olds.metadata.name : undefined;
  return before === undefined ? news : { ...news, metadata: { ...metadata, name: before } };
}

function replaced(
  key: string,
  olds: Properties,
  news: Properties,
  instances: Instances,
  context: CallContext,
): boolean {
  if (key === "apiVersion" || key === "kind") return true;
  if (key === "metadata") {
    const place = ({ metadata }: Properties) => (isRecord(metadata) ? [metadata.name, metadata.namespace] : []);
    return !isDeepStrictEqual(place(olds), place(news));
  }
  const { enableSecretMutable, enableConfigMapMutable } = instances.settings(context);
  if (news.kind === "Secret" && !enableSecretMutable) return ["data", "stringData", "type", "immutable"].includes(key);
  if (news.kind === "ConfigMap" && !enableConfigMapMutable) return ["data", "binaryData", "immutable"].includes(key);
  return news.kind === "StorageClass" && ["parameters", "provisioner", "reclaimPolicy"].includes(key);
}

function idOf({ metadata }: KubernetesObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** What the state keeps: the live object, the inputs once more, and who manages which fields. */
function outputsOf(inputs: Properties, live: KubernetesObject, world: World): Properties {
  const { data: _digests, ...rest } = live;
  const managedFields = [
    {
      apiVersion: live.apiVersion,
      fieldsType: "FieldsV1",
      fieldsV1: fieldsOf(inputs, true),
      manager: "pulumi-kubernetes",
      operation: "Apply",
      time: timestamp(world.clock.nowMs),
    },
  ];
  return {
    ...rest,
    ...(live.kind === "Secret" ? secretData(inputs) : live.data === undefined ? {} : { data: live.data }),
    metadata: { ...live.metadata, managedFields },
    __inputs: live.kind === "Secret" ? { ...inputs, ...secretFields(inputs) } : inputs,
    __initialApiVersion: live.apiVersion,
    __fieldManager: "pulumi-kubernetes",
  };
}

/** The data of a Secret as the API answers it, encoded; secret for the engine, as the provider marks it. */
function secretData(inputs: Properties): Properties {
  const plain = Object.entries((inputs.stringData as Record<string, string> | undefined) ?? {});
  const encoded = plain.map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  const data = { ...(inputs.data as Properties | undefined), ...Object.fromEntries(encoded) };
  return { ...secretFields(inputs), data: secretValue(data) };
}

function secretFields({ data, stringData }: Properties): Properties {
  return {
    ...(data === undefined ? {} : { data: secretValue(data) }),
    ...(stringData === undefined ? {} : { stringData: secretValue(stringData) }),
  };
}

function fieldsOf(value: Properties, top: boolean): Properties {
  const fields = Object.entries(value).filter(([key]) => !top || !["apiVersion", "kind"].includes(key));
  return Object.fromEntries(fields.map(([key, item]) => [`f:${key}`, isRecord(item) ? fieldsOf(item, false) : {}]));
}
