import { z } from "zod";

/** What may be said about one add-on, whoever applies it. */
export const addonSettings = z.strictObject({
  /** Settings that the catalogue entry knows; each entry checks its own. */
  settings: z.record(z.string(), z.unknown()).optional(),
  /** Chart values that are laid over the catalogue's. */
  values: z.record(z.string(), z.unknown()).optional(),
});

/** Who applies add-ons. */
export const delivery = z.enum(["direct", "argocd", "flux", "sveltos"]);
