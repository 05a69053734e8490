import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterFacts } from "../facts.ts";

/** The Kubernetes provider of one cluster. */
export function clusterProvider(
  name: string,
  { facts, kubeconfig }: { facts: ClusterFacts; kubeconfig: pulumi.Output<string> },
  opts: pulumi.CustomResourceOptions,
): Provider {
  return new Provider(
    `${name}-kubernetes`,
    {
      kubeconfig: pulumi.secret(kubeconfig),
      // Says which cluster it is, so that a renewed kubeconfig updates the provider instead of replacing everything.
      clusterIdentifier: `${facts.name}-${facts.addresses.clusterId}`,
      // A run that was killed may have made an object without noting it: the next one takes it over.
      upsertExistingObjects: true,
      // A rotated secret is written in place; replacing the Secret would take it away from running pods meanwhile.
      enableSecretMutable: true,
      // The same goes for the values that engines in the cluster read.
      enableConfigMapMutable: true,
      // `deleteUnreachable` and `skipUpdateUnreachable` stay off. The first drops everything from the state when a
      // refresh meets an API that is down for a moment; the second skips changes silently. Unchanged add-ons need no
      // API, so one that is down does not block the changes that mend it.
    },
    opts,
  );
}
