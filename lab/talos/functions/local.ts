import type { ProviderFunction } from "../../protocol/provider.ts";
import { checkArguments, type TalosContext } from "../context.ts";
import type { ClientCredentials } from "../credentials.ts";
import { type ConfigurationInputs, generateConfiguration, type MachineSecrets, talosconfigOf } from "../generate.ts";

const machineToken = "talos:machine/getConfiguration:getConfiguration";
const clientToken = "talos:client/getConfiguration:getConfiguration";

/** Functions that ask no machine: machine configurations and talosconfigs. */
export function localFunctions({ contents, world }: TalosContext): Record<string, ProviderFunction> {
  return {
    [machineToken]: async (args) => {
      const failures = checkArguments(machineToken, args);
      if (failures.length > 0) return { failures };
      const problem = endpointProblem(args.clusterEndpoint as string);
      if (problem) failures.push({ property: "clusterEndpoint", reason: problem });
      if (!["controlplane", "worker"].includes(args.machineType as string)) {
        const reason = `value must be one of: ["controlplane" "worker"], got: "${String(args.machineType)}"`;
        failures.push({ property: "machineType", reason });
      }
      if (failures.length > 0) return { failures };
      const inputs: ConfigurationInputs = {
        clusterName: args.clusterName as string,
        clusterEndpoint: args.clusterEndpoint as string,
        machineType: args.machineType as string,
        machineSecrets: args.machineSecrets as MachineSecrets,
        talosVersion: args.talosVersion as string | undefined,
        kubernetesVersion: args.kubernetesVersion as string | undefined,
        configPatches: (args.configPatches as string[] | undefined) ?? [],
        docs: args.docs === true,
        examples: args.examples === true,
      };
      const machineConfiguration = await world.clock.hold(generateConfiguration(contents, inputs));
      return {
        result: { ...args, id: inputs.clusterName, machineConfiguration },
        secretKeys: ["machineConfiguration", "machineSecrets"],
      };
    },
    [clientToken]: async (args) => {
      const failures = checkArguments(clientToken, args);
      if (failures.length > 0) return { failures };
      const clusterName = args.clusterName as string;
      const endpoints = (args.endpoints as string[] | undefined) ?? [];
      const nodes = (args.nodes as string[] | undefined) ?? [];
      const talosConfig = talosconfigOf(clusterName, args.clientConfiguration as ClientCredentials, endpoints, nodes);
      return { result: { ...args, id: clusterName, talosConfig }, secretKeys: ["talosConfig", "clientConfiguration"] };
    },
  };
}

/** What is wrong with a cluster endpoint, in the provider's words. */
function endpointProblem(endpoint: string): string | undefined {
  if (!/^[a-z]+:\/\//i.test(endpoint)) return "no scheme specified for the cluster endpoint URL";
  if (!URL.canParse(endpoint)) return "failed to parse the cluster endpoint URL";
  if (new URL(endpoint).protocol !== "https:") return "the control plane endpoint URL should have scheme https://";
  return undefined;
}
