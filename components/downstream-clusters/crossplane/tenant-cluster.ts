/**
 * A downstream cluster as a resource of the platform's own: tenants ask for one, and the composition makes of it what the
 * stack file would have made.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: cluster/crds/apiextensions.crossplane.io_compositeresourcedefinitions.yaml
 * (version v2: resources are namespaced unless they say otherwise).
 */
import type { KubernetesObject } from "../../facts.ts";
import type { DownstreamCluster } from "../plan.ts";

/** API group of the platform's own resources. */
export const platformGroup = "platform.orrery";
const version = "v1alpha1";

/** `platform.orrery/v1alpha1` */
export const platformApiVersion = `${platformGroup}/${version}`;

/** Labels under which Crossplane and people find what belongs to the platform's interfaces. */
export const interfaceLabels = { "app.kubernetes.io/part-of": "orrery-platform" } as const;

/** The `TenantCluster` that asks for what a stack file says about a cluster. */
export function tenantCluster({ name, config, releaseName, selection }: DownstreamCluster): KubernetesObject {
  const { workers, infrastructure, controlPlanes, cores, memoryMiB, diskGiB, labels, id } = config;
  return {
    apiVersion: platformApiVersion,
    kind: "TenantCluster",
    metadata: { name, namespace: name },
    spec: {
      id,
      infrastructure,
      release: releaseName,
      controlPlanes,
      workers: typeof workers === "number" ? { count: workers } : workers,
      cores,
      memoryMiB,
      diskGiB,
      unhealthyAfterSeconds: config.unhealthyAfterSeconds,
      startTimeoutSeconds: config.startTimeoutSeconds,
      labels: { ...selection.labels, ...labels },
    },
  };
}

/** The definition of `TenantCluster`. Its limits are those of the stack file. */
export function tenantClusterDefinition(releases: readonly string[], usual: string): KubernetesObject {
  const whole = (description: string, minimum: number, standard?: number, maximum?: number) => ({
    type: "integer",
    description,
    minimum,
    ...(maximum === undefined ? {} : { maximum }),
    ...(standard === undefined ? {} : { default: standard }),
  });
  return definition("TenantCluster", {
    type: "object",
    required: ["id"],
    properties: {
      id: whole("Number of the cluster: its addresses follow from it.", 1, undefined, 14),
      infrastructure: { type: "string", enum: ["proxmox", "harvester"], default: "proxmox" },
      release: { type: "string", enum: [...releases], default: usual },
      controlPlanes: { type: "integer", enum: [1, 3, 5], default: 1 },
      workers: {
        type: "object",
        description: "A count, or the bounds that an autoscaler keeps to.",
        default: { count: 2 },
        properties: {
          count: whole("Number of workers.", 0),
          min: whole("Smallest number of workers.", 1),
          max: whole("Largest number of workers.", 1),
        },
        "x-kubernetes-validations": [
          { rule: "has(self.count) != (has(self.min) && has(self.max))", message: "say count, or min and max" },
        ],
      },
      cores: whole("CPU cores of a node.", 1, 4),
      memoryMiB: { ...whole("Memory of a node, in MiB.", 1024, 8192), multipleOf: 8 },
      diskGiB: whole("System disk of a node, in GiB.", 10, 40),
      unhealthyAfterSeconds: whole("How long a worker may be not ready.", 30, 600),
      startTimeoutSeconds: whole("How long a machine may take to become a node.", 60, 1200),
      labels: {
        type: "object",
        description: "Labels that choose add-ons.",
        additionalProperties: { type: "string" },
        default: {},
      },
    },
  });
}

/** A definition with one version. */
export function definition(kind: string, spec: Record<string, unknown>): KubernetesObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: "apiextensions.crossplane.io/v2",
    kind: "CompositeResourceDefinition",
    metadata: { name: `${plural}.${platformGroup}`, labels: { ...interfaceLabels } },
    spec: {
      scope: "Namespaced",
      group: platformGroup,
      names: { kind, plural },
      versions: [
        {
          name: version,
          served: true,
          referenceable: true,
          schema: { openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec } } },
        },
      ],
    },
  };
}

/** A composition of one template, and of the function that says when all of it is ready. */
export function composition(kind: string, template: string): KubernetesObject {
  return {
    apiVersion: "apiextensions.crossplane.io/v1",
    kind: "Composition",
    metadata: { name: `${kind.toLowerCase()}s`, labels: { ...interfaceLabels } },
    spec: {
      compositeTypeRef: { apiVersion: platformApiVersion, kind },
      mode: "Pipeline",
      pipeline: [
        {
          step: "objects",
          functionRef: { name: "function-go-templating" },
          input: {
            apiVersion: "gotemplating.fn.crossplane.io/v1beta1",
            kind: "GoTemplate",
            source: "Inline",
            inline: { options: ["missingkey=error"], template },
          },
        },
        { step: "ready", functionRef: { name: "function-auto-ready" } },
      ],
    },
  };
}
