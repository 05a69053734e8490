/**
 * Moving an add-on from one delivery to another deletes nothing: the new one takes over what is there, and then the
 * resource of the old one leaves the program. Hooks see to it that nothing goes with it, and that everything goes with an
 * add-on that was switched off, unless somebody else has it from then on.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterFacts } from "../../facts.ts";
import { hookLog, whenKnown } from "../../hooks.ts";
import { patchObject } from "../../kubectl.ts";
import type { AddonPlan, Delivery, KubernetesObject } from "../addon.ts";
import { catalogue } from "../catalogue/index.ts";
import { fluxNamespaceName, helmReleases } from "./flux.ts";
import { objectId, ownedByGit } from "./from-git.ts";
import { gitHooks } from "./left-in-git.ts";
import { bringRecordsBack, type ReleasePlace, removeRecords, standInForRelease } from "./records.ts";
import { clusterProfiles } from "./sveltos.ts";
import { type ProfileChart, waitForProfile } from "./sveltos-wait.ts";

/** Kubernetes gives it back only when Argo CD has deleted what the Application delivered. */
const cascade = "resources-finalizer.argocd.argoproj.io";

/** Deliveries that work with Helm's records, where they find them. */
const keepsRecords: readonly Delivery[] = ["flux", "sveltos"];

/** The hooks on what Pulumi applies for an add-on: on its chart by delivery, and on its objects. */
export type DeliveryHooks = Record<Delivery | "objects", pulumi.ResourceHookBinding>;

/**
 * Makes the hooks of a cluster. Every resource of one delivery has the same ones; the add-on is known by its name. While the whole
 * cluster goes they do nothing.
 */
export function deliveryHooks(
  name: string,
  {
    facts,
    addons,
    kubeconfig,
    destroying = false,
  }: { facts: ClusterFacts; addons: readonly AddonPlan[]; kubeconfig: pulumi.Output<string>; destroying?: boolean },
): DeliveryHooks {
  const hook = (what: string, work: (args: pulumi.ResourceHookArgs, config: string) => Promise<void>) =>
    new pulumi.ResourceHook(`${name}-${what}`, async (args) => {
      if (!destroying) await work(args, await whenKnown(kubeconfig));
    });
  const byName = new Map(addons.map((addon) => [addon.name, addon]));
  const deliveryOf = (addon: string): Delivery | undefined => byName.get(addon)?.delivery;
  /** Flux has the add-on from Git alone, so that nobody waits for it. */
  const fluxHasFromGit = (addon: string) => deliveryOf(addon) === "flux" && byName.get(addon)?.fromGit === true;
  const hasFlux = addons.some(({ provides }) => provides.includes("delivery:flux"));

  const takeOver = hook("take-over", async ({ newInputs }, config) => {
    const place = placeOf(newInputs, config);
    // Flux would otherwise take the new release for its own and change it in the middle of the installation.
    await removeRecords(place, hasFlux ? () => suspend(place.name, config) : undefined);
  });
  const handOver = hook("hand-over", async ({ oldInputs }, config) => {
    const place = placeOf(oldInputs, config);
    const delivery = deliveryOf(place.name);
    if (delivery === undefined && isLeft(place.name)) await standInForRelease(place, false);
    if (delivery !== undefined && delivery !== "direct") {
      // Flux may be at it just now, and would install anew what seems to be uninstalled.
      if (fluxHasFromGit(place.name)) await suspend(place.name, config);
      await standInForRelease(place, keepsRecords.includes(delivery));
    }
  });
  const handedOver = hook("handed-over", async ({ oldInputs }, config) => {
    const place = placeOf(oldInputs, config);
    const delivery = deliveryOf(place.name);
    if (delivery !== undefined && keepsRecords.includes(delivery)) await bringRecordsBack(place);
    if (fluxHasFromGit(place.name)) await suspend(place.name, config, false);
  });

  const git = gitHooks(name, { cluster: facts.name, addons: destroying ? [] : addons, kubeconfig });
  const keep = keepForGit(`${name}-keep-for-git`, destroying ? [] : addons);
  const leaveArgo = hook("removal", async ({ oldInputs }, config) => {
    const { metadata } = oldInputs as { metadata: { name: string; namespace: string } };
    const delivery = deliveryOf(metadata.name);
    if (goesWithCluster(delivery, "argocd")) return;
    // One that moves may have the finalizer all the same: of somebody, or of Git from when that had the add-on alone.
    const finalizers = delivery === undefined ? [cascade] : null;
    const application = { type: "applications.argoproj.io", name: metadata.name, namespace: metadata.namespace };
    await patchObject(config, application, { metadata: { finalizers } });
  });

  const leaveFlux = hook("leave-flux", async ({ oldInputs }, config) => {
    const { metadata, spec } = oldInputs as HelmReleaseInputs;
    const delivery = deliveryOf(metadata.name);
    if (delivery === undefined || goesWithCluster(delivery, "flux")) return;
    await suspend(metadata.name, config);
    await dropRecords(delivery, { kubeconfig: config, namespace: spec.targetNamespace, name: metadata.name });
  });

  const awaitSveltos = hook("await-sveltos", async ({ oldInputs, newInputs }, config) => {
    const { metadata, spec } = newInputs as ProfileInputs;
    const addon = byName.get(metadata.name);
    if (!addon?.awaited) return;
    const { timeoutSeconds } = addon;
    await waitForProfile(config, metadata.name, spec.helmCharts[0], { timeoutSeconds, isNew: oldInputs === undefined });
  });
  const leaveSveltos = hook("leave-sveltos", async ({ oldInputs }, config) => {
    const { metadata, spec } = oldInputs as ProfileInputs;
    const delivery = deliveryOf(metadata.name);
    if (delivery === undefined) {
      const profile = { type: clusterProfiles, name: metadata.name };
      await patchObject(config, profile, { spec: { stopMatchingBehavior: "WithdrawPolicies" } });
      return;
    }
    const [{ releaseName, releaseNamespace }] = spec.helmCharts;
    await dropRecords(delivery, { kubeconfig: config, namespace: releaseNamespace, name: releaseName });
  });

  return {
    direct: { beforeCreate: [git.bring, takeOver], beforeDelete: [handOver], afterDelete: [handedOver] },
    argocd: { beforeCreate: [git.bring], beforeDelete: [keep, git.remove, leaveArgo] },
    flux: { beforeCreate: [git.bring], beforeDelete: [keep, git.remove, leaveFlux] },
    objects: { beforeDelete: [keep, git.remove] },
    sveltos: {
      beforeCreate: [git.bring],
      afterCreate: [awaitSveltos],
      afterUpdate: [awaitSveltos],
      beforeDelete: [git.remove, leaveSveltos],
    },
  };
}

/**
 * Runs before Pulumi deletes an object, and refuses that for one which Git alone has from now on; a preview says once that it
 * will. The fleet program lets go of such objects before; this is for whoever runs the engine otherwise.
 */
function keepForGit(name: string, addons: readonly AddonPlan[]): pulumi.ResourceHook {
  const kept = new Set(ownedByGit(addons).map(objectId));
  const preview = pulumi.runtime.isDryRun();
  // Not a warning: the fleet program previews the same deletions, and does without them.
  const tell = hookLog("info");
  let told = false;
  return new pulumi.ResourceHook(
    name,
    async ({ urn, oldInputs }) => {
      if (!kept.has(objectId(oldInputs as KubernetesObject))) return;
      if (!preview) {
        throw new Error(
          `Git has it from now on, and it would be deleted; let Pulumi forget it instead: npm run fleet -- up does, or pulumi state delete '${urn}' --target-dependents`,
        );
      }
      if (!told) {
        tell(
          "what Git has from now on would be deleted, and `pulumi up` refuses that; `npm run fleet -- up` lets Pulumi forget it instead",
        );
      }
      told = true;
    },
    { onDryRun: true },
  );
}

/** What its delivery has still is deleted only when the whole cluster goes, and nobody has to be able to change it then. */
function goesWithCluster(delivery: Delivery | undefined, own: Delivery): boolean {
  return delivery === own;
}

/** Whether what an add-on brought stays when it is switched off. */
function isLeft(name: string): boolean {
  return catalogue().some((addon) => addon.name === name && addon.leftTo !== undefined);
}

interface HelmReleaseInputs {
  metadata: { name: string };
  spec: { targetNamespace: string };
}

interface ProfileInputs {
  metadata: { name: string };
  spec: { helmCharts: [ProfileChart & { releaseName: string; releaseNamespace: string }] };
}

/**
 * A suspended HelmRelease does nothing any more, and takes nothing along when it is deleted.
 * @param suspended false lets it go on
 */
async function suspend(name: string, kubeconfig: string, suspended = true): Promise<void> {
  const release = { type: helmReleases, name, namespace: fluxNamespaceName };
  await patchObject(kubeconfig, release, { spec: { suspend: suspended || null } });
}

/** Argo CD has no use for records of Helm's; left behind they would tell of a release that nobody keeps up. */
async function dropRecords(delivery: Delivery, place: ReleasePlace): Promise<void> {
  if (delivery === "argocd") await removeRecords(place);
}

function placeOf(inputs: unknown, kubeconfig: string): ReleasePlace {
  const { name, namespace } = inputs as { name: string; namespace: string };
  return { kubeconfig, namespace, name };
}
