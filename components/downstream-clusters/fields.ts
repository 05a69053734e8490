/**
 * Whoever has applied an object owns its fields, also when somebody else applies the same from then on: a label that the new one
 * takes away later would stay because of the old one. So the old one gives its fields up, which changes nothing as long as the
 * new one has them, too.
 *
 * Facts: kubernetes.io/docs/reference/using-api/server-side-apply (what is applied without a field gives it up; a field without
 * owners goes); github.com/crossplane-contrib/provider-kubernetes, v1.2.1: internal/controller/namespaced/object/object.go (its
 * field managers begin with `provider-kubernetes/`); github.com/pulumi/pulumi-kubernetes: provider/pkg/provider (those of Pulumi's
 * begin with `pulumi-kubernetes`).
 */
import { withKubectl } from "../kubectl.ts";
import { resourceTypes } from "./lifecycle/machines.ts";

/** How the field managers of who applies objects begin. */
export const fieldManagers = { pulumi: "pulumi-kubernetes", crossplane: "provider-kubernetes/" } as const;

interface Managed {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; managedFields?: { manager: string; operation: string }[] };
}

/**
 * Lets the old owner give up the fields of a cluster's objects that get and lose some; where the new one has not applied an
 * object yet, nothing is given up.
 */
export async function giveUpFields(
  cluster: string,
  { from, to }: { from: string; to: string },
  kubeconfig: string,
): Promise<void> {
  await withKubectl(kubeconfig, `fields of the cluster ${cluster}`, async (kubectl, write) => {
    for (const type of [resourceTypes.cluster, resourceTypes.deployment]) {
      const listed = await kubectl("get", type, "--namespace", cluster, "--show-managed-fields", "--output", "json");
      for (const { apiVersion, kind, metadata } of (JSON.parse(listed) as { items: Managed[] }).items) {
        const applied = (metadata.managedFields ?? []).filter(({ operation }) => operation === "Apply");
        const owners = applied.map(({ manager }) => manager);
        if (!owners.some((manager) => manager.startsWith(to))) continue;
        const { name, namespace } = metadata;
        const file = await write("nothing.json", JSON.stringify({ apiVersion, kind, metadata: { name, namespace } }));
        for (const manager of owners.filter((owner) => owner.startsWith(from))) {
          await kubectl("apply", "--server-side", `--field-manager=${manager}`, "--filename", file);
        }
      }
    }
  });
}
