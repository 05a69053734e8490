import { z } from "zod";

/** What may be said about one add-on, whoever applies it. */
export const addonSettings = z.strictObject({
  /** Settings that the catalogue entry knows; each entry checks its own. */
  settings: z.record(z.string(), z.unknown()).optional(),
  /** Chart values that are laid over the catalogue's. */
  values: z.record(z.string(), z.unknown()).optional(),
  /**
   * The Secrets that it expects are made by something else, such as external-secrets; the stack has none of their values.
   * @default false: Pulumi makes them of the stack's secrets
   */
  existingSecrets: z.boolean().optional(),
});

/** What somebody else brings into a cluster, so that add-ons may name it. */
export const providedElsewhere = z.array(
  z
    .string()
    .regex(
      /^(default-storage-class|load-balancer|(cluster-issuer|ingress-class|storage-class):[a-z0-9.-]+|(gateway|secret|service):[a-z0-9-]+\/[a-z0-9.-]+)$/,
      "a kind and a name, such as cluster-issuer:corporate or gateway:edge/public",
    ),
);

/** Who applies add-ons. */
export const delivery = z.enum(["direct", "argocd", "flux", "sveltos"]);
