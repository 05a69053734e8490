import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";

const run = promisify(execFile);

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
  const folder = await mkdtemp(join(tmpdir(), "orrery-"));
  try {
    const file = join(folder, "kubeconfig");
    // A file and not an argument: arguments are visible to every user of the machine.
    await writeFile(file, kubeconfig, { mode: 0o600 });
    const selector = `owner=helm,name=${release}`;
    await run(
      "kubectl",
      ["--kubeconfig", file, "delete", "secrets", "--namespace", namespace, "--selector", selector],
      {
        timeout: 60_000,
      },
    );
  } catch (error) {
    throw new Error(`cannot clear the way for the Helm release ${namespace}/${release}: ${reasonOf(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === "ENOENT") return "kubectl is not on the PATH";
  return stderr?.trim() || message;
}
