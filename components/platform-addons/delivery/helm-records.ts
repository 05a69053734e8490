import * as pulumi from "@pulumi/pulumi";
import { withKubectl } from "./kubectl.ts";

/**
 * A hook for Helm releases that Pulumi is about to create: takes away the records of an earlier installation of the
 * same name. When a run is killed while Helm installs, the records stay, Pulumi knows of no release, and Helm refuses
 * to use the name a second time. Objects of the earlier installation carry the name of their release, and Helm takes
 * them over.
 */
export function helmRecordHook(name: string, kubeconfig: pulumi.Output<string>): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, async ({ newInputs }) => {
    const release = newInputs as { name: string; namespace: string };
    const config = await new Promise<string>((resolve) => void kubeconfig.apply(resolve));
    await removeHelmRecords(config, release.namespace, release.name);
  });
}

/**
 * Deletes the Secrets in which Helm keeps the revisions of a release; none is fine.
 * @throws Error with what kubectl says
 */
export async function removeHelmRecords(kubeconfig: string, namespace: string, release: string): Promise<void> {
  const purpose = `cannot clear the way for the Helm release ${namespace}/${release}`;
  const selector = `owner=helm,name=${release}`;
  await withKubectl(kubeconfig, purpose, (kubectl) =>
    kubectl("delete", "secrets", "--namespace", namespace, "--selector", selector),
  );
}
