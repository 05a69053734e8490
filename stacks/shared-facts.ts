import * as pulumi from "@pulumi/pulumi";
import type { SharedFacts } from "../components/facts.ts";

/**
 * What the stack `shared` exports, as plain values, so that names and counts are known at preview.
 * @throws pulumi.RunError when the stack was not brought up yet
 */
export async function readShared(): Promise<SharedFacts> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/shared`;
  const reference = new pulumi.StackReference(name);
  const [releases, images, sdn] = await Promise.all(
    ["releases", "images", "sdn"].map(async (output) => (await reference.getOutputDetails(output)).value),
  );
  if (releases === undefined || images === undefined) {
    throw new pulumi.RunError(`stack "${name}" has nothing to offer yet; bring it up first: pulumi up -s shared`);
  }
  return { releases, images, sdn };
}
