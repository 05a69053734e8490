import type { PublishedImage } from "../facts.ts";
import type { ImagePlan } from "./plan.ts";

/** The command that puts things right. */
const remedy = "run: pulumi up -s shared";

/**
 * Why a published image cannot be used for a release as the stack files describe it; undefined when it can.
 *
 * @param published as the stack `shared` exports it; undefined when it exports no such release
 */
export function whyUnusable(
  releaseName: string,
  plan: ImagePlan,
  published: PublishedImage | undefined,
): string | undefined {
  if (!published) return `release "${releaseName}" has no published image; ${remedy}`;
  const wanted = plan.published;
  if (published.installer !== wanted.installer) {
    return `the image of release "${releaseName}" was published as ${published.installer}, but the stack file asks for ${wanted.installer}; ${remedy}`;
  }
  const missing = Object.keys(wanted.fileIds).filter((host) => published.fileIds[host] !== wanted.fileIds[host]);
  if (missing.length === 0) return undefined;
  const hosts = missing.map((host) => `${host} (${wanted.fileIds[host]})`).join(", ");
  return `the image of release "${releaseName}" is not published for ${hosts}; ${remedy}`;
}
