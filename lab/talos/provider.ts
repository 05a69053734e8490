import type { CheckFailure, LabProvider } from "../protocol/provider.ts";
import type { TalosContext } from "./context.ts";
import { imageFactoryFunctions } from "./functions/image-factory.ts";
import { localFunctions } from "./functions/local.ts";
import { remoteFunctions } from "./functions/remote.ts";
import { bootstrapResource } from "./resources/bootstrap.ts";
import { configurationApplyResource } from "./resources/configuration-apply.ts";
import { kubeconfigResource } from "./resources/kubeconfig.ts";
import { schematicResource } from "./resources/schematic.ts";
import { secretsResource } from "./resources/secrets.ts";

/** The lab's Talos provider: every resource type and function of the published one, against the lab's machines. */
export function talosProvider(context: TalosContext): LabProvider {
  return {
    name: "talos",
    version: "0.8.1",
    checkConfig(config): CheckFailure[] {
      const url = config.imageFactoryUrl;
      const unknownKeys = Object.keys(config).filter(
        (key) => !["imageFactoryUrl", "version", "pluginDownloadURL"].includes(key),
      );
      const failures = unknownKeys.map((property) => ({ property, reason: "unknown property" }));
      if (typeof url === "string" && !URL.canParse(url))
        failures.push({ property: "imageFactoryUrl", reason: "no URL" });
      return failures;
    },
    async configure(config) {
      if (typeof config.imageFactoryUrl === "string") context.imageFactoryUrl = config.imageFactoryUrl;
    },
    resources: {
      "talos:machine/secrets:Secrets": secretsResource(context),
      "talos:machine/configurationApply:ConfigurationApply": configurationApplyResource(context),
      "talos:machine/bootstrap:Bootstrap": bootstrapResource(context),
      "talos:cluster/kubeconfig:Kubeconfig": kubeconfigResource(context),
      "talos:imageFactory/schematic:Schematic": schematicResource(context),
    },
    functions: { ...localFunctions(context), ...remoteFunctions(context), ...imageFactoryFunctions(context) },
  };
}
