import { type Problem, pathOf } from "../../config/problems.ts";
import { either } from "../../config/suggest.ts";
import type { Addon } from "./addon.ts";
import type { Selected } from "./selection.ts";

/** `https://openbao-active.openbao.svc:8200`: a service, by its name and namespace. */
const serviceAddress =
  /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?(?::\d+)?(?:\/|$)/;

/**
 * Addresses in settings that lead to the services of an add-on that the cluster does not get. Namespaces that no entry of the
 * catalogue has are somebody else's.
 * @param elsewhere capabilities that somebody else provides
 * @param unread chosen add-ons whose settings are wrong
 */
export function absentServices(
  selected: readonly Selected[],
  catalogue: readonly Addon[],
  elsewhere: readonly string[],
  unread: readonly Addon[] = [],
): Problem[] {
  const chosen = new Set([...selected.map(({ addon }) => addon), ...unread].map(({ namespace }) => namespace.name));
  return selected.flatMap(({ addon, settings }) =>
    textsIn(settings, ["addons", addon.name, "settings"]).flatMap(({ path, text }): Problem[] => {
      const [, service, namespace = ""] = serviceAddress.exec(text) ?? [];
      const capability = `service:${namespace}/${service}`;
      if (service === undefined || chosen.has(namespace) || elsewhere.includes(capability)) return [];
      const owners = catalogue.filter((entry) => entry.namespace.name === namespace).map(({ name }) => name);
      if (owners.length === 0) return [];
      const hint = `switch on ${either(owners)}, or add ${capability} to provided, where somebody else makes it`;
      const message = `leads to a service in the namespace ${namespace}, which belongs to an add-on that is not chosen`;
      return [{ path: pathOf(path), value: text, message, hint }];
    }),
  );
}

function textsIn(value: unknown, path: PropertyKey[]): { path: PropertyKey[]; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}
