import type { Properties } from "./values.ts";

/** One thing wrong with an input: the property's path and what is allowed. */
export interface CheckFailure {
  property: string;
  reason: string;
}

/** What a check answers: the inputs with the provider's defaults filled in, and what is wrong with them. */
export interface CheckResult {
  inputs: Properties;
  failures: CheckFailure[];
}

/** What has to happen to a resource whose inputs changed. */
export interface DiffResult {
  /** Top-level names of the changed properties; empty when nothing changed. */
  changed: string[];
  /** Those of them that cannot be changed in place. */
  replaces: string[];
  /** True when the old object has to go before the new one can come. @default false */
  deleteBeforeReplace?: boolean;
}

/** A resource as the provider answers it. */
export interface ResourceState {
  id: string;
  outputs: Properties;
  /** The inputs that would produce this state; only `read` answers them. @default the old inputs */
  inputs?: Properties;
}

/** Where a call comes from, for records and for faults. */
export interface CallContext {
  urn: string;
  /** True in a preview: nothing may change. */
  preview: boolean;
  /** The time the engine gives the operation, in seconds; 0 when it gives none. */
  timeoutSeconds: number;
  /** Property paths that the program wants ignored; only a diff gets them. @default none */
  ignoreChanges?: string[];
}

/** One resource type of a provider. Every function gets plain values: secrets are taken off and put back around it. */
export interface ResourceType {
  /** Outputs that are secret by the provider's schema, besides those whose input of the same name was secret. @default none */
  secretOutputs?: string[];
  check(news: Properties, olds: Properties | undefined, context: CallContext): CheckResult | Promise<CheckResult>;
  diff(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    news: Properties,
    context: CallContext,
  ): DiffResult | Promise<DiffResult>;
  /** What a preview shows for a resource that does not exist yet. @default the inputs */
  previewCreate?(inputs: Properties, context: CallContext): Properties;
  create(inputs: Properties, context: CallContext): Promise<ResourceState>;
  /** Answers undefined when the object is gone. */
  read(id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<ResourceState | undefined>;
  update(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    news: Properties,
    context: CallContext,
  ): Promise<Properties>;
  delete(id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<void>;
}

/** A function of a provider; answers its result or what is wrong with the arguments. */
export type ProviderFunction = (
  args: Properties,
  context: { preview: boolean },
) => Promise<{ result: Properties; secretKeys?: string[] } | { failures: CheckFailure[] }>;

/** A provider of the lab, served to the engine by `serveProvider`. */
export interface LabProvider {
  /** The package name, as in `PULUMI_DEBUG_PROVIDERS`. */
  name: string;
  version: string;
  /** Checks the provider's own configuration. */
  checkConfig(config: Properties): CheckFailure[];
  /**
   * Takes the provider's configuration; called once for every provider instance. All instances share one server, and
   * resources do not say which instance they belong to: the URN tells the stack.
   */
  configure?(config: Properties, context: { urn: string }): Promise<void>;
  resources: Record<string, ResourceType>;
  /** Resource types that cannot be listed beforehand, by token. @default none */
  otherResources?(token: string): ResourceType | undefined;
  functions: Record<string, ProviderFunction>;
}

/**
 * A resource that exists in part: the engine keeps it in state with the error, so that the next run continues from there.
 */
export class PartialFailure extends Error {
  readonly state: ResourceState;

  constructor(message: string, state: ResourceState) {
    super(message);
    this.state = state;
  }
}
