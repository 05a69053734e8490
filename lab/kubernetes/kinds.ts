/** A kind of the Kubernetes API. */
export interface Kind {
  group: string;
  version: string;
  kind: string;
  namespaced: boolean;
}

/** Kinds that every API server has: `<group>/<version>`, then the kinds; a star marks those of the cluster as a whole. */
const builtIn: Record<string, string> = {
  "/v1": `ConfigMap Endpoints Event LimitRange Namespace* Node* PersistentVolume* PersistentVolumeClaim Pod PodTemplate
    ReplicationController ResourceQuota Secret Service ServiceAccount`,
  "admissionregistration.k8s.io/v1": `MutatingWebhookConfiguration* ValidatingAdmissionPolicy*
    ValidatingAdmissionPolicyBinding* ValidatingWebhookConfiguration*`,
  "apiextensions.k8s.io/v1": "CustomResourceDefinition*",
  "apiregistration.k8s.io/v1": "APIService*",
  "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
  "autoscaling/v2": "HorizontalPodAutoscaler",
  "batch/v1": "CronJob Job",
  "certificates.k8s.io/v1": "CertificateSigningRequest*",
  "coordination.k8s.io/v1": "Lease",
  "discovery.k8s.io/v1": "EndpointSlice",
  "flowcontrol.apiserver.k8s.io/v1": "FlowSchema* PriorityLevelConfiguration*",
  "networking.k8s.io/v1": "Ingress IngressClass* NetworkPolicy",
  "node.k8s.io/v1": "RuntimeClass*",
  "policy/v1": "PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1": "ClusterRole* ClusterRoleBinding* Role RoleBinding",
  "scheduling.k8s.io/v1": "PriorityClass*",
  "storage.k8s.io/v1": "CSIDriver* CSINode* CSIStorageCapacity StorageClass* VolumeAttachment*",
};

const kinds: Kind[] = Object.entries(builtIn).flatMap(([groupVersion, names]) => {
  const [group = "", version = ""] = groupVersion.split("/");
  return names.split(/\s+/).map((name) => ({
    group,
    version,
    kind: name.replace("*", ""),
    namespaced: !name.endsWith("*"),
  }));
});

/** Group and version of an `apiVersion`. */
export function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

/** The kinds of one cluster's API. Controllers look them up all the time, so that what was found once is kept. */
export class Kinds {
  private readonly all: readonly Kind[];
  private readonly byName: ReadonlyMap<string, Kind>;
  private readonly byResource = new Map<string, Kind | undefined>();

  /** @param definitions of custom kinds: `<group>/<version>/<Kind>` to whether the kind lives in namespaces */
  constructor(definitions: Readonly<Record<string, boolean>>) {
    const custom = Object.entries(definitions).map(([key, namespaced]) => {
      const [group = "", version = "", kind = ""] = key.split("/");
      return { group, version, kind, namespaced };
    });
    this.all = [...kinds, ...custom];
    this.byName = new Map(this.all.map((kind) => [nameOf(kind.group, kind.version, kind.kind), kind]));
  }

  /** Finds a kind by `apiVersion` and name. */
  find(apiVersion: string, name: string): Kind | undefined {
    const { group, version } = groupVersionOf(apiVersion);
    return this.byName.get(nameOf(group, version, name));
  }

  /** Finds a kind as kubectl does: `nodes`, `node`, `Node`, `ciliumnodes.cilium.io`. */
  findResource(resource: string): Kind | undefined {
    if (!this.byResource.has(resource)) this.byResource.set(resource, this.search(resource));
    return this.byResource.get(resource);
  }

  private search(resource: string): Kind | undefined {
    const [name = "", ...group] = resource.toLowerCase().split(".");
    const wanted = shortNames[name] ?? name;
    return this.all.find(
      (kind) =>
        (pluralOf(kind.kind) === wanted || kind.kind.toLowerCase() === wanted) &&
        (group.length === 0 || kind.group === group.join(".")),
    );
  }
}

const known = new WeakMap<Readonly<Record<string, boolean>>, Kinds>();

/** The kinds of a cluster with these definitions, which are not changed afterwards. */
export function kindsOf(definitions: Readonly<Record<string, boolean>>): Kinds {
  const found = known.get(definitions) ?? new Kinds(definitions);
  known.set(definitions, found);
  return found;
}

function nameOf(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

/** Name of a kind in paths and messages: `networkpolicies`. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith("endpoints")) return name;
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

/** `networkpolicies.networking.k8s.io`; without a point for kinds of the core group. */
export function qualifiedPlural({ kind, group }: Kind): string {
  return group === "" ? pluralOf(kind) : `${pluralOf(kind)}.${group}`;
}

const shortNames: Record<string, string> = {
  cm: "configmaps",
  crd: "customresourcedefinitions",
  crds: "customresourcedefinitions",
  deploy: "deployments",
  ds: "daemonsets",
  no: "nodes",
  ns: "namespaces",
  po: "pods",
  pv: "persistentvolumes",
  pvc: "persistentvolumeclaims",
  sa: "serviceaccounts",
  sc: "storageclasses",
  sts: "statefulsets",
  svc: "services",
};
