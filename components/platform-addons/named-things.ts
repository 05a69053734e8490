/** What settings of several add-ons name, as needs. */
import type { Problem } from "../../config/problems.ts";
import type { Need } from "./addon.ts";

/** Issuers of the add-on cert-manager, and the setting that makes each. */
const ownIssuers: Readonly<Record<string, string>> = { "cluster-ca": "clusterCa", acme: "acme", vault: "vault" };

/**
 * A ClusterIssuer.
 * @param namedBy setting that names it
 */
export function issuerNeed(name: string, namedBy: string): Need {
  const setting = ownIssuers[name];
  const capability = `cluster-issuer:${name}`;
  return { capability, namedBy, ...(setting ? { otherwise: `or set addons.cert-manager.settings.${setting}` } : {}) };
}

/** The Secret, in the namespace of cert-manager, with the certificate of an authority. */
export function authorityNeed(name: string | undefined, namedBy: string): Need[] {
  return name === undefined ? [] : [{ capability: `secret:cert-manager/${name}`, namedBy }];
}

/**
 * The class that volumes are claimed of; the default class where none is named. Without it claims wait for ever.
 * @param addon whose volumes they are
 * @param setting that names it, below `addons.<addon>.settings`
 */
export function storageNeed(addon: string, storageClass: string | undefined, setting = "storageClass"): Need {
  if (storageClass !== undefined) return { capability: `storage-class:${storageClass}`, namedBy: setting };
  return { capability: "default-storage-class", otherwise: `or name a class: addons.${addon}.settings.${setting}` };
}

/** What the maker of a storage class provides. */
export function storageClass(name: string, isDefault: boolean): string[] {
  return ["storage-class", `storage-class:${name}`, ...(isDefault ? ["default-storage-class"] : [])];
}

/**
 * Classes of one add-on that want to be the default after the first one that is.
 * @param path of the list of classes, below the settings of the add-on
 */
export function secondDefaults(path: string, classes: readonly { default: boolean }[]): Problem[] {
  const first = classes.findIndex((one) => one.default);
  return classes.flatMap((one, index): Problem[] =>
    one.default && index !== first
      ? [{ path: `${path}[${index}].default`, value: true, message: "is a second default class", allowed: "false" }]
      : [],
  );
}
