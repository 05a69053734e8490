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
 */
export async function runMocked<T>(
  program: () => T | Promise<T>,
  outputs: MockedOutputs = {},
  stack = "shared",
): Promise<MockedRun<T>> {
  const newResource = (args: pulumi.runtime.MockResourceArgs) => {
    const answer = outputs[args.type]?.(args.inputs) ?? {};
    return { id: answer.id ?? `${args.name}-id`, state: { ...args.inputs, ...answer.state } };
  };
  await pulumi.runtime.setMocks({ newResource, call: ({ inputs }) => inputs }, "orrery", stack, false, "organization");
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
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): unknown;
}

/** Mocks see no parents, dependencies and options: the requests to the monitor hold them. */
function watch(monitor: Monitor): Registered[] {
  const resources: Registered[] = [];
  const register = monitor.registerResource.bind(monitor);
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
  };
}

function nameIn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
