import type { ProviderFunction } from "../../protocol/provider.ts";
import { secretValue } from "../../protocol/values.ts";
import { checkArguments, credentialsOf, type TalosContext } from "../context.ts";
import { diskTable, selectDisks } from "../disks.ts";
import { timeoutMs } from "../duration.ts";
import { healthProblem } from "../health.ts";
import { partsOf } from "../kubeconfig.ts";
import { retry } from "../retry.ts";

const healthToken = "talos:cluster/getHealth:getHealth";
const kubeconfigToken = "talos:cluster/getKubeconfig:getKubeconfig";
const disksToken = "talos:machine/getDisks:getDisks";

/** Functions that ask machines, and wait for them in virtual time. */
export function remoteFunctions(context: TalosContext): Record<string, ProviderFunction> {
  const { api, world } = context;
  return {
    [healthToken]: async (args) => {
      const failures = checkArguments(healthToken, args);
      if (failures.length > 0) return { failures };
      const wanted = {
        endpoints: args.endpoints as string[],
        controlPlanes: args.controlPlaneNodes as string[],
        workers: (args.workerNodes as string[] | undefined) ?? [],
        credentials: credentialsOf(args),
        skipKubernetes: args.skipKubernetesChecks === true,
      };
      const healthy = () => healthProblem(api, context.kubernetes(), wanted) === undefined;
      if (!(await world.clock.until(healthy, timeoutMs(args.timeouts, "read")))) {
        const problem = healthProblem(api, context.kubernetes(), wanted);
        throw new Error(`cluster health check failed: ${problem ?? "context deadline exceeded"}`);
      }
      return { result: { ...args, id: "cluster_health" }, secretKeys: ["clientConfiguration"] };
    },
    [kubeconfigToken]: async (args) => {
      const failures = checkArguments(kubeconfigToken, args);
      if (failures.length > 0) return { failures };
      const node = args.node as string;
      const endpoint = (args.endpoint as string | undefined) ?? node;
      const raw = await retry(world.clock, timeoutMs(args.timeouts, "read"), "failed to retrieve kubeconfig", () =>
        api.kubeconfig(api.connectEither(endpoint, node, credentialsOf(args))),
      );
      const { cluster, host, caCertificate, clientCertificate, clientKey } = partsOf(raw);
      const kubernetesClientConfiguration = {
        host,
        caCertificate,
        clientCertificate,
        clientKey: secretValue(clientKey),
      };
      return {
        result: { ...args, endpoint, id: cluster, kubeconfigRaw: raw, kubernetesClientConfiguration },
        secretKeys: ["kubeconfigRaw", "clientConfiguration"],
      };
    },
    [disksToken]: async (args) => {
      const failures = checkArguments(disksToken, args);
      if (failures.length > 0) return { failures };
      const node = args.node as string;
      const endpoint = (args.endpoint as string | undefined) ?? node;
      const selector = (args.selector as string | undefined) ?? "";
      const disks = await retry(world.clock, timeoutMs(args.timeouts, "read"), "failed to get list of disks", () =>
        selectDisks(diskTable(api.connectEither(endpoint, node, credentialsOf(args)).machine), selector),
      );
      return { result: { ...args, endpoint, id: "machine_disks", disks }, secretKeys: ["clientConfiguration"] };
    },
  };
}
