/**
 * Moving an add-on from one delivery to another deletes nothing: the new one takes over what is there, and then the
 * resource of the old one leaves the program. Hooks see to it that nothing goes with it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import type { AddonPlan } from "../addon.ts";
import { withKubectl } from "./kubectl.ts";

/** Kubernetes gives it back only when Argo CD has deleted what the Application delivered. */
const cascade = "resources-finalizer.argocd.argoproj.io";

/**
 * Runs before Pulumi uninstalls a Helm release: one whose add-on has another delivery now loses its records only.
 * @param addons all of the cluster
 */
export function releaseHandOverHook(
  name: string,
  kubeconfig: pulumi.Output<string>,
  addons: readonly AddonPlan[],
): pulumi.ResourceHook {
  const moved = new Set(addons.filter(({ delivery }) => delivery !== "direct").map((addon) => addon.name));
  return new pulumi.ResourceHook(name, async ({ oldInputs }) => {
    const release = oldInputs as { name: string; namespace: string };
    if (!moved.has(release.name)) return;
    await markUninstalled(await known(kubeconfig), release.namespace, release.name);
  });
}

/**
 * Runs before Pulumi deletes an `Application`: one whose add-on was switched off takes along what it delivered. Without
 * the hook it would stay, which is right for an add-on that has another delivery now.
 */
export function applicationRemovalHook(
  name: string,
  kubeconfig: pulumi.Output<string>,
  addons: readonly AddonPlan[],
): pulumi.ResourceHook {
  const present = new Set(addons.map((addon) => addon.name));
  return new pulumi.ResourceHook(name, async ({ oldInputs }) => {
    const { metadata } = oldInputs as { metadata: { name: string; namespace: string } };
    if (present.has(metadata.name)) return;
    await patch(await known(kubeconfig), ["applications.argoproj.io", metadata.name, metadata.namespace], {
      metadata: { finalizers: [cascade] },
    });
  });
}

/**
 * Marks the newest revision of a release as uninstalled, so that Helm removes its records on the next uninstall and
 * touches nothing else. A release without records is left alone.
 *
 * Facts: github.com/helm/helm v3.18.6: pkg/action/uninstall.go (a release that is marked is only purged),
 * pkg/storage/driver/util.go (JSON, gzip, base64; base64 once more as in every Secret).
 * @throws Error with what kubectl says
 */
export async function markUninstalled(kubeconfig: string, namespace: string, release: string): Promise<void> {
  const purpose = `cannot hand over the Helm release ${namespace}/${release}`;
  const found = await withKubectl(kubeconfig, purpose, async (kubectl) => {
    const selector = `owner=helm,name=${release}`;
    const text = await kubectl("get", "secrets", "--namespace", namespace, "--selector", selector, "--output", "json");
    return (JSON.parse(text) as { items: HelmSecret[] }).items;
  });
  const newest = found.sort((a, b) => revisionOf(b) - revisionOf(a))[0];
  if (!newest) return;
  const content = JSON.parse(gunzipSync(decode(decode(newest.data.release).toString("utf8"))).toString("utf8"));
  content.info.status = "uninstalled";
  const marked = encode(Buffer.from(encode(gzipSync(JSON.stringify(content)))));
  await patch(kubeconfig, ["secrets", newest.metadata.name, namespace], {
    metadata: { labels: { status: "uninstalled" } },
    data: { release: marked },
  });
}

interface HelmSecret {
  metadata: { name: string; labels: Record<string, string> };
  data: { release: string };
}

function revisionOf({ metadata }: HelmSecret): number {
  return Number(metadata.labels.version);
}

async function patch(
  kubeconfig: string,
  [type, name, namespace]: [string, string, string],
  content: Record<string, unknown>,
): Promise<void> {
  await withKubectl(kubeconfig, `cannot change ${type} ${namespace}/${name}`, async (kubectl, folder) => {
    const file = join(folder, "patch.json");
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    await kubectl("patch", type, name, "--namespace", namespace, "--type", "merge", "--patch-file", file);
  });
}

function known(kubeconfig: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => void kubeconfig.apply(resolve));
}

function encode(data: Buffer): string {
  return data.toString("base64");
}

function decode(text: string): Buffer {
  return Buffer.from(text, "base64");
}
