import * as pulumi from "@pulumi/pulumi";
import { removalHooks } from "../components/downstream-clusters/removal.ts";
import { DownstreamClusters } from "../components/downstream-clusters.ts";
import type { NodePlan } from "../components/facts.ts";
import { downstreamRouterOf, routerKey, routerOf } from "../components/network/router-access.ts";
import { Network } from "../components/network.ts";
import { type AddonPlan, machineRequirements } from "../components/platform-addons/plan.ts";
import { PlatformAddons } from "../components/platform-addons.ts";
import { TalosCluster } from "../components/talos-cluster.ts";
import { TalosImage } from "../components/talos-image.ts";
import type { StackFiles } from "../config/load.ts";
import type { Downstream } from "./downstream.ts";
import { listGuests } from "./guests.ts";
import { threadWarnings } from "./host-capacity.ts";
import type { Outputs } from "./index.ts";
import { planCluster } from "./plan.ts";
import { proxmoxProvider } from "./proxmox.ts";
import { expectedSecrets, readSecrets } from "./secrets.ts";
import { readShared } from "./shared-facts.ts";
import { hasVms } from "./taken-vms.ts";

/**
 * A cluster stack: the release's image, the network, the Talos cluster on it and the platform in it.
 * @param destroying whether all of it is about to go
 */
export async function cluster(stack: string, files: StackFiles, destroying = false): Promise<Outputs> {
  const providers = proxmoxProvider(files.shared);
  const opts = { providers };
  const [published, guests] = await Promise.all([
    readShared(),
    hasVms(files.clusters[stack], stack) ? listGuests(providers.proxmoxve) : [],
  ]);
  const plan = planCluster(stack, files, published, guests);
  const { facts, addons, downstream, config, shared } = plan;
  const warnings = [...threadWarnings(facts.nodes, shared), ...(downstream?.warnings ?? [])];
  for (const warning of warnings) pulumi.log.warn(warning);
  const secrets = readSecrets(expectedSecrets(plan), stack);
  const router = routerOf(config, shared);
  const downstreamRouter = downstreamRouterOf(config, shared);
  const privateKey = secrets[routerKey] ?? "";
  const name = facts.name;

  const image = new TalosImage(
    name,
    {
      releaseName: facts.releaseName,
      release: facts.release,
      use: "use",
      proxmox: shared.proxmox,
      published: published.images[facts.releaseName],
      metal: metalMachines(facts.nodes),
    },
    opts,
  );
  const network = new Network(
    name,
    {
      addresses: facts.addresses,
      nodes: facts.nodes,
      shared: published,
      managementRanges: shared.firewall.managementRanges,
      firewall: shared.firewall.enabled,
      hostAddresses: Object.values(shared.proxmox.hosts).flatMap(({ addresses }) => addresses),
      ...(router ? { router: { config: router, privateKey } } : {}),
      ...(downstream && downstreamRouter
        ? { downstreamRouter: { config: downstreamRouter, privateKey, plan: downstream.routerPlan } }
        : {}),
    },
    opts,
  );
  const talos = new TalosCluster(
    name,
    {
      facts,
      config,
      shared,
      image: image.image,
      securityGroup: network.securityGroup,
      network: network.ready,
      requirements: machineRequirements(addons),
      destroying,
    },
    opts,
  );
  const platform = new PlatformAddons(
    name,
    { facts, addons, kubeconfig: talos.kubeconfig, secrets, destroying },
    // A cluster that goes takes what runs in it along.
    { dependsOn: talos.ready, deletedWith: talos },
  );
  const removal = removalHooks(name, {
    downstream,
    addons,
    kubeconfig: talos.kubeconfig,
    component: platform,
  });
  if (downstream) {
    new DownstreamClusters(
      name,
      {
        ...downstream,
        removal,
        secrets,
        kubernetes: platform.kubernetes,
        kubeconfig: talos.kubeconfig,
        after: [
          ...platform.resourcesOf("cluster-api-operator", "sveltos", "argocd", "external-secrets", "crossplane"),
          ...network.downstreamReady,
        ],
      },
      opts,
    );
  }

  return {
    kubeconfig: pulumi.secret(talos.kubeconfig),
    talosconfig: pulumi.secret(talos.talosconfig),
    purpose: facts.purpose,
    owner: facts.owner,
    contacts: facts.contacts,
    endpoint: talos.endpoint,
    nodes: talos.nodes,
    release: { name: facts.releaseName, talos: facts.release.talos, kubernetes: facts.release.kubernetes },
    addons: addons.map(summaryOf),
    routerConfiguration: network.routerConfiguration,
    ...(downstream ? { downstream: summaryOfDownstream(downstream) } : {}),
  };
}

function metalMachines(nodes: NodePlan[]) {
  return nodes.flatMap(({ name, metal }) => (metal ? [{ name, ...metal }] : []));
}

function summaryOf({ name, version, delivery }: AddonPlan) {
  return { name, version, delivery };
}

function summaryOfDownstream({ clusters, router }: Downstream) {
  return { clusters: clusters.map(({ name }) => name), router };
}
