import { createRequire } from "node:module";
import * as grpc from "@grpc/grpc-js";
import type { LabCall } from "../world/world.ts";
import {
  type CallContext,
  type LabProvider,
  PartialFailure,
  type ResourceState,
  type ResourceType,
} from "./provider.ts";
import { type Properties, unwrap, wrapSecrets } from "./values.ts";

const require = createRequire(import.meta.url);
const messages = require("@pulumi/pulumi/proto/provider_pb.js");
const services = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const plugin = require("@pulumi/pulumi/proto/plugin_pb.js");
const status = require("@pulumi/pulumi/proto/status_pb.js");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
const { Any } = require("google-protobuf/google/protobuf/any_pb.js");

/** A provider that listens on loopback; `attachment` is its part of `PULUMI_DEBUG_PROVIDERS`. */
export interface ServedProvider {
  attachment: string;
  close(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: protobuf classes carry no types when an ES module requires them
type Message = any;

/** Sees every call that does or asks something, before and after; may throw to make it fail. */
export interface CallObserver {
  enter(call: LabCall): Promise<void>;
  leave(call: LabCall): Promise<void>;
}

/** The operations that an observer sees; hand-shakes and configuration are not among them. */
const observed = new Set(["check", "diff", "create", "read", "update", "delete", "invoke"]);

/** Serves one provider on a free loopback port over Pulumi's provider protocol. */
export async function serveProvider(provider: LabProvider, observer: CallObserver): Promise<ServedProvider> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  const handlers = handlersOf(provider);
  const implementation: Record<string, grpc.handleUnaryCall<Message, Message>> = {};
  for (const [name, handler] of Object.entries(handlers)) {
    implementation[name] = (call, callback) => {
      const run = observed.has(name)
        ? observe(provider.name, name, call.request, observer, handler)
        : handler(call.request);
      run.then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(toServiceError(error)),
      );
    };
  }
  server.addService(services.ResourceProviderService, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { attachment: `${provider.name}:${port}`, close: () => server.forceShutdown() };
}

/** Previews of create and update change nothing and are not counted as such calls. */
async function observe(
  provider: string,
  name: string,
  request: Message,
  observer: CallObserver,
  handler: (request: Message) => Promise<Message>,
): Promise<Message> {
  if ((name === "create" || name === "update") && request.getPreview()) return handler(request);
  const urn: string = request.getUrn?.() ?? "";
  const call: LabCall = {
    provider,
    operation: name,
    token: name === "invoke" ? request.getTok() : (urn.split("::")[2]?.split("$").at(-1) ?? ""),
    subject: urn.split("::").slice(3).join("::"),
  };
  await observer.enter(call);
  const answer = await handler(request);
  await observer.leave(call);
  return answer;
}

function handlersOf(provider: LabProvider): Record<string, (request: Message) => Promise<Message>> {
  return {
    async handshake() {
      const answer = new messages.ProviderHandshakeResponse();
      answer.setAcceptSecrets(true);
      answer.setAcceptResources(true);
      answer.setAcceptOutputs(true);
      return answer;
    },
    async attach() {
      return new Empty();
    },
    async cancel() {
      return new Empty();
    },
    async getPluginInfo() {
      const answer = new plugin.PluginInfo();
      answer.setVersion(provider.version);
      return answer;
    },
    async getSchema() {
      const answer = new messages.GetSchemaResponse();
      answer.setSchema(JSON.stringify({ name: provider.name, version: provider.version }));
      return answer;
    },
    async checkConfig(request) {
      const { properties, secretKeys } = read(request.getNews());
      return checkAnswer(properties, provider.checkConfig(properties), secretKeys);
    },
    async diffConfig() {
      return new messages.DiffResponse();
    },
    async configure(request) {
      await provider.configure?.(read(request.getArgs()).properties, { urn: request.getUrn?.() ?? "" });
      const answer = new messages.ConfigureResponse();
      answer.setAcceptsecrets(true);
      answer.setAcceptresources(true);
      answer.setAcceptoutputs(true);
      answer.setSupportspreview(true);
      return answer;
    },
    async check(request) {
      const type = typeOf(provider, request.getUrn());
      const news = read(request.getNews());
      const olds = request.getOlds() ? read(request.getOlds()).properties : undefined;
      const result = await type.check(news.properties, olds, contextOf(request));
      return checkAnswer(result.inputs, result.failures, news.secretKeys);
    },
    async diff(request) {
      const type = typeOf(provider, request.getUrn());
      const result = await type.diff(
        request.getId(),
        read(request.getOldInputs()).properties,
        read(request.getOlds()).properties,
        read(request.getNews()).properties,
        contextOf(request),
      );
      const ignored = new Set<string>(request.getIgnorechangesList().filter((path: string) => !/[.[]/.test(path)));
      const changed = result.changed.filter((name) => !ignored.has(name));
      const answer = new messages.DiffResponse();
      answer.setChanges(
        changed.length > 0 ? messages.DiffResponse.DiffChanges.DIFF_SOME : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      answer.setDiffsList(changed);
      answer.setReplacesList(result.replaces.filter((name) => !ignored.has(name)));
      answer.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
      return answer;
    },
    async create(request) {
      const type = typeOf(provider, request.getUrn());
      const inputs = read(request.getProperties());
      const context = contextOf(request);
      const answer = new messages.CreateResponse();
      if (context.preview) {
        const outputs = type.previewCreate?.(inputs.properties, context) ?? inputs.properties;
        answer.setProperties(write(outputs, secretsOf(type, inputs.secretKeys)));
        return answer;
      }
      const state = await guard(type, inputs.secretKeys, () => type.create(inputs.properties, context));
      answer.setId(state.id);
      answer.setProperties(write(state.outputs, secretsOf(type, inputs.secretKeys)));
      return answer;
    },
    async read(request) {
      const type = typeOf(provider, request.getUrn());
      const inputs = read(request.getInputs());
      const outputs = read(request.getProperties());
      const answer = new messages.ReadResponse();
      const state = await type.read(request.getId(), inputs.properties, outputs.properties, contextOf(request));
      if (!state) return answer;
      const secretKeys = secretsOf(type, new Set([...inputs.secretKeys, ...outputs.secretKeys]));
      answer.setId(state.id);
      answer.setProperties(write(state.outputs, secretKeys));
      answer.setInputs(write(state.inputs ?? inputs.properties, inputs.secretKeys));
      return answer;
    },
    async update(request) {
      const type = typeOf(provider, request.getUrn());
      const news = read(request.getNews());
      const context = contextOf(request);
      const answer = new messages.UpdateResponse();
      const olds = read(request.getOlds()).properties;
      if (context.preview) {
        answer.setProperties(write({ ...olds, ...news.properties }, secretsOf(type, news.secretKeys)));
        return answer;
      }
      const outputs = await guard(type, news.secretKeys, () =>
        type.update(request.getId(), read(request.getOldInputs()).properties, olds, news.properties, context),
      );
      answer.setProperties(write(outputs, secretsOf(type, news.secretKeys)));
      return answer;
    },
    async delete(request) {
      const type = typeOf(provider, request.getUrn());
      await type.delete(
        request.getId(),
        read(request.getOldInputs()).properties,
        read(request.getProperties()).properties,
        contextOf(request),
      );
      return new Empty();
    },
    async invoke(request) {
      const token: string = request.getTok();
      const fn = provider.functions[token];
      if (!fn) throw new Error(`the lab's ${provider.name} provider has no function ${token}`);
      const outcome = await fn(read(request.getArgs()).properties, { preview: request.getPreview() });
      const answer = new messages.InvokeResponse();
      if ("failures" in outcome) {
        answer.setFailuresList(outcome.failures.map(failureMessage));
      } else {
        answer.setReturn(write(outcome.result, new Set(outcome.secretKeys ?? [])));
      }
      return answer;
    },
  };
}

function typeOf(provider: LabProvider, urn: string): ResourceType {
  const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const type = provider.resources[token] ?? provider.otherResources?.(token);
  if (!type) throw new Error(`the lab's ${provider.name} provider has no resource type ${token}`);
  return type;
}

function contextOf(request: Message): CallContext {
  return {
    urn: request.getUrn(),
    preview: request.getPreview?.() ?? false,
    timeoutSeconds: request.getTimeout?.() ?? 0,
    ignoreChanges: request.getIgnorechangesList?.() ?? [],
  };
}

function secretsOf(type: ResourceType, fromInputs: Set<string>): Set<string> {
  return new Set([...fromInputs, ...(type.secretOutputs ?? [])]);
}

function read(struct: Message) {
  return unwrap(struct ? struct.toJavaScript() : {});
}

function write(properties: Properties, secretKeys: Set<string>): Message {
  return Struct.fromJavaScript(withoutUndefined(wrapSecrets(properties, secretKeys)));
}

/** Protobuf structs know null but not undefined. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) result[key] = withoutUndefined(item);
  return result;
}

function checkAnswer(inputs: Properties, failures: { property: string; reason: string }[], secretKeys: Set<string>) {
  const answer = new messages.CheckResponse();
  answer.setInputs(write(inputs, secretKeys));
  answer.setFailuresList(failures.map(failureMessage));
  return answer;
}

function failureMessage(failure: { property: string; reason: string }): Message {
  const message = new messages.CheckFailure();
  message.setProperty(failure.property);
  message.setReason(failure.reason);
  return message;
}

/** An object that exists in part travels as error detail; that is how the engine learns its id. */
async function guard<T>(type: ResourceType, secretKeys: Set<string>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PartialFailure) throw partialError(error.message, error.state, secretsOf(type, secretKeys));
    throw error;
  }
}

function partialError(message: string, state: ResourceState, secretKeys: Set<string>): grpc.ServiceError {
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(state.id);
  detail.setProperties(write(state.outputs, secretKeys));
  detail.setReasonsList([message]);
  if (state.inputs) detail.setInputs(write(state.inputs, secretKeys));
  const wrapped = new Any();
  wrapped.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new status.Status();
  whole.setCode(grpc.status.UNKNOWN);
  whole.setMessage(message);
  whole.addDetails(wrapped);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}

function toServiceError(error: unknown): grpc.ServiceError {
  if (error instanceof Error && "code" in error && "metadata" in error) return error as grpc.ServiceError;
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(message), {
    code: grpc.status.UNKNOWN,
    details: message,
    metadata: new grpc.Metadata(),
  });
}
