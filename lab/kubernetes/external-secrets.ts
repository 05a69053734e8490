/**
 * The external-secrets operator, for stores that are a namespace of the same cluster. The lab keeps digests of what is secret,
 * so that templates of it are not evaluated: what comes of one is as different as the template and the Secret behind it.
 *
 * Facts: github.com/external-secrets/external-secrets, v2.9.0: apis/externalsecrets/v1 (conditions, `SecretSynced`,
 * `SecretSyncedError`), docs/provider/kubernetes.md (rights of the service account), docs/guides/ownership-deletion-policy.md.
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { type ClusterApi, withoutSecrets } from "./api.ts";
import { runs, show } from "./gitops/tree.ts";

const apiVersion = "external-secrets.io/v1";

/** Makes the Secrets that are asked for, and takes those away that nobody asks for any more. */
export function makeSecrets(world: World, api: ClusterApi): void {
  if (!runs(world, api, "Deployment.apps/external-secrets/external-secrets")) return;
  const wishes = api.list("externalsecrets.external-secrets.io") ?? [];
  for (const wish of wishes) {
    const problem = makeSecret(api, wish);
    const condition = problem
      ? { type: "Ready", status: "False", reason: "SecretSyncedError", message: problem }
      : { type: "Ready", status: "True", reason: "SecretSynced", message: "secret synced" };
    show(world, api, wish, { conditions: [condition] });
  }
  const owners = new Set(wishes.map(({ metadata }) => metadata.uid));
  for (const { metadata } of api.list("secrets") ?? []) {
    const [owner] = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
    if (!isRecord(owner) || owner.kind !== "ExternalSecret" || owners.has(owner.uid)) continue;
    api.delete("v1", "Secret", metadata.name, metadata.namespace);
  }
}

interface Wish {
  secretStoreRef: { kind: string; name: string };
  target: { name: string; template?: { metadata?: Record<string, unknown>; data?: Record<string, string> } };
  data: { secretKey: string; remoteRef: { key: string; property?: string } }[];
}

/** Makes one Secret; answers what keeps it from that. */
function makeSecret(api: ClusterApi, wish: KubernetesObject): string | undefined {
  const { secretStoreRef, target, data } = wish.spec as unknown as Wish;
  const store = api.get(apiVersion, secretStoreRef.kind, secretStoreRef.name);
  if (!store) return `${secretStoreRef.kind} "${secretStoreRef.name}" not found`;
  const { conditions = [], provider } = store.spec as {
    conditions?: { namespaces?: string[] }[];
    provider: { kubernetes?: { remoteNamespace: string; auth: { serviceAccount: Account } } };
  };
  if (!provider.kubernetes) return "the lab knows no secrets of other stores";
  const { namespace } = wish.metadata;
  if (conditions.length > 0 && !conditions.some(({ namespaces }) => namespaces?.includes(String(namespace)))) {
    return `using cluster store "${store.metadata.name}" is not allowed from namespace "${namespace}": denied by spec.condition`;
  }
  const { remoteNamespace, auth } = provider.kubernetes;
  const sources: KubernetesObject[] = [];
  for (const { remoteRef } of data) {
    if (!mayRead(api, auth.serviceAccount, remoteNamespace, remoteRef.key))
      return "client is not allowed to get secrets";
    const source = api.get("v1", "Secret", remoteRef.key, remoteNamespace);
    if (!source) return `error retrieving secret at .data[0], key: ${remoteRef.key}, err: Secret does not exist`;
    sources.push(source);
  }
  const before = JSON.stringify(sources.map((source) => source.data));
  const { metadata = {}, data: templates = {} } = target.template ?? {};
  const { kind, metadata: own } = wish;
  const secret = withoutSecrets({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      ...metadata,
      name: target.name,
      namespace: String(namespace),
      ownerReferences: [{ apiVersion, kind, name: own.name, uid: own.uid, controller: true }],
    },
    stringData: Object.fromEntries(Object.entries(templates).map(([key, text]) => [key, `${text} of ${before}`])),
  });
  const present = api.get("v1", "Secret", target.name, namespace);
  const looks = ({ metadata: { labels, annotations }, data: content }: KubernetesObject) => [
    labels,
    annotations,
    content,
  ];
  if (!present || !isDeepStrictEqual(looks(present), looks(secret))) api.apply(secret);
  return undefined;
}

interface Account {
  name: string;
  namespace: string;
}

/** Whether a role in the namespace lets a service account read a Secret. */
function mayRead(api: ClusterApi, account: Account, namespace: string, secret: string): boolean {
  if (!api.get("v1", "ServiceAccount", account.name, account.namespace)) return false;
  const bindings = (api.list("rolebindings.rbac.authorization.k8s.io") ?? []) as unknown as Binding[];
  return bindings.some(({ metadata, roleRef, subjects }) => {
    const bound = subjects.some(({ name, namespace: of }) => name === account.name && of === account.namespace);
    if (metadata.namespace !== namespace || !bound) return false;
    const role = api.get("rbac.authorization.k8s.io/v1", roleRef.kind, roleRef.name, namespace);
    return ((role?.rules ?? []) as Rule[]).some(
      ({ resources, verbs, resourceNames }) =>
        resources.includes("secrets") && verbs.includes("get") && (resourceNames?.includes(secret) ?? true),
    );
  });
}

interface Binding {
  metadata: { namespace?: string };
  roleRef: { kind: string; name: string };
  subjects: Account[];
}

interface Rule {
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}
