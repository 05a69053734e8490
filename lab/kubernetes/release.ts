import { isDeepStrictEqual } from "node:util";
import { type CheckFailure, PartialFailure, type ResourceState, type ResourceType } from "../protocol/provider.ts";
import { containsUnknown, isRecord, type Properties, unknown } from "../protocol/values.ts";
import { checkResource } from "../schema/check.ts";
import type { World } from "../world/world.ts";
import { findChart, unknownValues } from "./charts.ts";
import { Helm, type ReleaseInputs } from "./helm.ts";
import type { Instances } from "./instances.ts";
import { releaseSchema, releaseToken } from "./release-inputs.ts";

/** What the provider gives Helm when the program says nothing, in seconds. */
const defaultTimeoutSeconds = 300;

/** `helm.sh/v3:Release` as the provider has it. */
export function releaseType(world: World, instances: Instances): ResourceType {
  const helm = new Helm(world);
  return {
    // The provider keeps the inputs a second time and encrypts that copy, whether a secret is in it or not.
    secretOutputs: ["__inputs"],

    check(news, olds, context) {
      const failures = checkResource(releaseSchema, releaseToken, news);
      const inputs: Properties = {
        ...news,
        name:
          news.name ??
          olds?.name ??
          `${context.urn.split("::").at(-1)}-${world.state.counters["kubernetes.check"] ?? 0}`,
        namespace: news.namespace ?? "default",
        ...(news.skipAwait === true ? {} : { timeout: news.timeout ?? defaultTimeoutSeconds }),
      };
      if (failures.length === 0 && !containsUnknown(news)) failures.push(...chartProblems(inputs));
      return { inputs, failures };
    },

    diff(_id, _oldInputs, outputs, news) {
      const before = (outputs.__inputs ?? {}) as Properties;
      const keys = [...new Set([...Object.keys(before), ...Object.keys(news)])].filter((key) => !key.startsWith("__"));
      const changed = keys.filter((key) => !isDeepStrictEqual(before[key], news[key]));
      return { changed, replaces: changed.filter((key) => key === "name" || key === "namespace") };
    },

    previewCreate: (inputs) => ({ ...inputs, resourceNames: unknown, status: unknown }),

    async create(inputs, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        throw new Error(`can't create Helm Release with unreachable cluster: ${connection.unreachable}`);
      }
      const release = inputs as unknown as ReleaseInputs;
      const id = `${release.namespace}/${release.name}`;
      const outcome = await helm.install(connection, release, () => instances.connect(context));
      const state = stateOf(id, inputs, outcome);
      if (outcome.failure === undefined) return state;
      throw new PartialFailure(
        `Helm release "${id}" was created, but failed to initialize completely. Use Helm CLI to investigate: ${unavailable(id, outcome.failure)}`,
        state,
      );
    },

    async read(id, inputs, outputs, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        const { deleteUnreachable, skipUpdateUnreachable } = instances.settings(context);
        if (deleteUnreachable) return undefined;
        if (skipUpdateUnreachable) return { id, inputs, outputs };
        throw new Error("failed to read resource state due to unreachable cluster");
      }
      const found = helm.look(connection.api, inputs as unknown as ReleaseInputs);
      return found && { ...stateOf(id, inputs, found), inputs };
    },

    async update(id, _oldInputs, _outputs, news, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        throw new Error(`can't update Helm Release with unreachable cluster: ${connection.unreachable}`);
      }
      const outcome = await helm.upgrade(connection, news as unknown as ReleaseInputs, () =>
        instances.connect(context),
      );
      const state = stateOf(id, news, outcome);
      if (outcome.failure === undefined) return state.outputs;
      throw new PartialFailure(
        `Helm release "${id}" failed to initialize completely. Use Helm CLI to investigate: error running update: ${unavailable(id, outcome.failure)}`,
        state,
      );
    },

    async delete(_id, inputs, outputs, context) {
      const connection = instances.connect(context);
      if ("unreachable" in connection) {
        throw new Error(`can't delete Helm Release with unreachable cluster. Reason: "${connection.unreachable}"`);
      }
      await helm.uninstall(connection, { ...outputs, ...inputs } as unknown as ReleaseInputs);
    },
  };
}

function chartProblems(inputs: Properties): CheckFailure[] {
  const { chart, version, repositoryOpts, values } = inputs as unknown as ReleaseInputs;
  try {
    findChart(chart, version, repositoryOpts?.repo);
  } catch (error) {
    const reason = `${(error as Error).message}; check the chart name and repository configuration.`;
    return [{ property: "chart", reason }];
  }
  return unknownValues(chart, isRecord(values) ? values : {}).map((reason) => ({ property: "values", reason }));
}

function unavailable(id: string, failure: string): string {
  return `failed to become available within allocated timeout. Error: Helm Release ${id}: ${failure}`;
}

function stateOf(id: string, inputs: Properties, { resourceNames, status }: Properties): ResourceState {
  return { id, outputs: { ...inputs, resourceNames, status, __inputs: inputs } };
}
