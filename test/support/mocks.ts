/** Runs programs under Pulumi's mocks and shows what they registered: the whole tree, not only inputs. */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

const settings = createRequire(import.meta.url)("@pulumi/pulumi/runtime/settings.js");

/** A resource as the engine would have been asked for it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Names of the resources it depends on, sorted. */
  dependsOn: string[];
  /** The parent's name; empty for the stack. */
  parent: string;
  /** Name of an explicit provider; empty for the default one. */
  provider: string;
  ignoreChanges: string[];
  replacementTrigger: unknown;
  protect: boolean;
  retainOnDelete: boolean;
  /** Name of the resource that takes it along; empty for none. */
  deletedWith: string;
  additionalSecretOutputs: string[];
  /** Names of the hooks before creation, in order. */
  createHooks: string[];
  /** Names of the hooks around updates, in order. */
  updateHooks: string[];
  deleteHooks: string[];
}

/** A program run under Pulumi's mocks. */
export interface MockedRun<T> {
  result: T;
  resources: Registered[];
}

/** What a mocked resource answers besides its inputs. */
export type MockedOutputs = Record<
  string,
  (inputs: Record<string, unknown>) => { id?: string; state?: Record<string, unknown> }
>;

/**
 * Runs a program under mocks and waits until all it registers is registered.
 *
 * @param outputs by resource type
 * @param functions results by token, for functions whose arguments are not their results
 */
export async function runMocked<T>(
  program: () => T | Promise<T>,
  outputs: MockedOutputs = {},
  stack = "shared",
  functions: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {},
): Promise<MockedRun<T>> {
  const newResource = (args: pulumi.runtime.MockResourceArgs) => {
    const answer = outputs[args.type]?.(args.inputs) ?? {};
    return { id: answer.id ?? `${args.name}-id`, state: { ...args.inputs, ...answer.state } };
  };
  const call = ({ token, inputs }: pulumi.runtime.MockCallArgs) => functions[token]?.(inputs) ?? inputs;
  await pulumi.runtime.setMocks({ newResource, call }, "orrery", stack, false, "organization");
  const resources = watch(settings.getMonitor());
  const result = await program();
  await settings.waitForRPCs();
  return { result, resources };
}

/** The value of an output, once it is known. */
export function resolved<T>(output: pulumi.Input<T>): Promise<T> {
  return new Promise((resolve) => pulumi.output(output).apply((value) => resolve(value as T)));
}

/** The part of the engine's protocol that is looked at; the generated classes carry no types. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProvider(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getProtect(): boolean;
  getRetainondelete(): boolean | undefined;
  getDeletedwith(): string;
  getAdditionalsecretoutputsList(): string[];
  getHooks():
    | {
        getBeforeCreateList(): string[];
        getBeforeUpdateList(): string[];
        getBeforeDeleteList(): string[];
        getAfterUpdateList(): string[];
      }
    | undefined;
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): unknown;
  registerResourceHook?(request: unknown, callback: (error: null) => void): void;
  registerErrorHook?(request: unknown, callback: (error: null) => void): void;
}

/** Mocks see no parents, dependencies and options: the requests to the monitor hold them. */
function watch(monitor: Monitor): Registered[] {
  const resources: Registered[] = [];
  const register = monitor.registerResource.bind(monitor);
  // The mocked monitor says that it knows hooks, but does not; they are taken and never run.
  monitor.registerResourceHook = (_, callback) => callback(null);
  monitor.registerErrorHook = (_, callback) => callback(null);
  monitor.registerResource = (request, callback) => {
    if (request.getType() !== "pulumi:pulumi:Stack") resources.push(registered(request));
    return register(request, callback);
  };
  return resources;
}

function registered(request: RegisterRequest): Registered {
  return {
    type: request.getType(),
    name: request.getName(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    dependsOn: [...new Set<string>(request.getDependenciesList().map(nameIn))].sort(),
    parent: request.getParent().includes("::pulumi:pulumi:Stack::") ? "" : nameIn(request.getParent()),
    provider: request.getProvider().split("::").at(-2) ?? "",
    ignoreChanges: request.getIgnorechangesList(),
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete() ?? false,
    deletedWith: nameIn(request.getDeletedwith()),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    createHooks: request.getHooks()?.getBeforeCreateList() ?? [],
    updateHooks: [
      ...(request.getHooks()?.getBeforeUpdateList() ?? []),
      ...(request.getHooks()?.getAfterUpdateList() ?? []),
    ],
    deleteHooks: request.getHooks()?.getBeforeDeleteList() ?? [],
  };
}

function nameIn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
