import type { CallContext, CheckFailure } from "../protocol/provider.ts";
import { isUnknown, type Properties } from "../protocol/values.ts";
import type { ClusterApi } from "./api.ts";
import type { Clusters } from "./clusters.ts";

/** Configuration that the provider knows; the engine sends everything but strings as JSON text. */
const known = new Set([
  "alwaysRender",
  "cluster",
  "clusterIdentifier",
  "context",
  "deleteUnreachable",
  "enableConfigMapMutable",
  "enablePatchForce",
  "enableSecretMutable",
  "enableServerSideApply",
  "helmReleaseSettings",
  "kubeClientSettings",
  "kubeconfig",
  "namespace",
  "renderYamlToDirectory",
  "skipUpdateUnreachable",
  "suppressDeprecationWarnings",
  "suppressHelmHookWarnings",
  "upsertExistingObjects",
  "version",
]);

/** Switches of one provider instance. */
export interface Settings {
  kubeconfig: string;
  upsertExistingObjects: boolean;
  enableSecretMutable: boolean;
  enableConfigMapMutable: boolean;
  deleteUnreachable: boolean;
  skipUpdateUnreachable: boolean;
}

/** A reachable cluster, or why it is not. */
export type Connection = { clusterId: string; api: ClusterApi } | { unreachable: string };

/** The provider's instances: one per stack, as every stack makes one for its cluster. */
export class Instances {
  private readonly clusters: Clusters;
  private readonly byStack = new Map<string, Settings>();

  constructor(clusters: Clusters) {
    this.clusters = clusters;
  }

  check(config: Properties): CheckFailure[] {
    return Object.keys(config)
      .filter((key) => !known.has(key) && !key.startsWith("__"))
      .map((property) => ({ property, reason: "unknown property of the provider's configuration" }));
  }

  configure(config: Properties, urn: string): void {
    const on = (key: string) => config[key] === true || config[key] === "true";
    this.byStack.set(stackOf(urn), {
      kubeconfig: isUnknown(config.kubeconfig) ? "" : String(config.kubeconfig ?? ""),
      upsertExistingObjects: on("upsertExistingObjects"),
      enableSecretMutable: on("enableSecretMutable"),
      enableConfigMapMutable: on("enableConfigMapMutable"),
      deleteUnreachable: on("deleteUnreachable"),
      skipUpdateUnreachable: on("skipUpdateUnreachable"),
    });
  }

  /** Settings of the instance that a call belongs to. */
  settings({ urn }: CallContext): Settings {
    const settings = this.byStack.get(stackOf(urn)) ?? this.byStack.get("");
    if (!settings) throw new Error("the kubernetes provider of this stack was not configured");
    return settings;
  }

  /** Connects a call with its cluster. */
  connect(context: CallContext): Connection {
    const found = this.clusters.resolve(this.settings(context).kubeconfig);
    if ("unreachable" in found) return found;
    this.clusters.refresh(found.clusterId);
    return { clusterId: found.clusterId, api: this.clusters.api(found.clusterId) };
  }
}

/** `urn:pulumi:luna::orrery::...` belongs to the stack luna. */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":").slice(2).join(":") ?? "";
}
