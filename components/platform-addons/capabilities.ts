import type { Problem } from "../../config/problems.ts";
import { either, suggestion } from "../../config/suggest.ts";
import type { ClusterFacts } from "../facts.ts";
import type { Addon, Need } from "./addon.ts";
import type { Selected } from "./selection.ts";

/** Capabilities that several add-ons may provide side by side; of all others a cluster has one. */
const shared = new Set(["storage-class"]);

/** What brings Secrets of a secret store. */
const secretMaker = "crd:external-secrets.io";

/** What no cluster can be without. */
const required = ["cni"];

/** What settings name, by the kind of a capability. */
const namedKinds: Readonly<Record<string, string>> = {
  "cluster-issuer": "ClusterIssuer",
  "storage-class": "StorageClass",
  gateway: "Gateway",
  secret: "Secret",
};

/**
 * What has to be there before each add-on, by name, and what is wrong with the selection.
 * @param elsewhere capabilities that somebody else provides
 * @param unread chosen add-ons whose settings are wrong: what they would provide is not missed
 */
export function dependenciesOf(
  selected: readonly Selected[],
  catalogue: readonly Addon[],
  facts: ClusterFacts,
  elsewhere: readonly string[],
  unread: readonly Addon[] = [],
): { dependencies: Map<string, string[]>; problems: Problem[] } {
  const providers = providersOf(selected, facts);
  const problems = twiceProvided(providers);
  const mayProvide = capabilitiesOf(unread, facts);
  const dependencies = new Map<string, string[]>();
  const deliveries = new Map(selected.map(({ addon, delivery }) => [addon.name, delivery]));
  for (const { addon, settings, delivery } of selected) {
    const before = new Set<string>();
    for (const need of addon.needs?.(facts, settings) ?? []) {
      const found = providers.get(need.capability) ?? [];
      if (!need.anytime) for (const name of found) before.add(name);
      if (found.length > 0 || elsewhere.includes(need.capability) || mayProvide(need.capability)) continue;
      const rest = catalogue.filter((entry) => !selected.some((one) => one.addon === entry));
      const chosen = selected.map((one) => one.addon);
      problems.push(
        need.namedBy === undefined
          ? unmet(addon, need, { chosen, rest, facts })
          : unmadeName(`addons.${addon.name}.settings.${need.namedBy}`, need, {
              rest,
              facts,
              known: [...providers.keys(), ...elsewhere],
            }),
      );
    }
    // The engine that delivers it comes first, where it is one of the add-ons.
    for (const capability of [...(addon.after ?? []), `delivery:${delivery}`]) {
      for (const name of providers.get(capability) ?? []) {
        // An engine does not wait for what it is going to deliver.
        if (!providers.get(`delivery:${deliveries.get(name)}`)?.includes(addon.name)) before.add(name);
      }
    }
    before.delete(addon.name);
    dependencies.set(addon.name, [...before].sort());
  }
  afterSecrets(dependencies, selected, providers.get(secretMaker)?.[0]);
  for (const capability of required) {
    // Add-ons that need it have said so already.
    if (
      providers.has(capability) ||
      mayProvide(capability) ||
      problems.some(({ message }) => message.startsWith(`needs ${capability},`))
    )
      continue;
    problems.push({
      path: "addons",
      message: `no chosen add-on provides ${capability}, and without it no node becomes ready`,
      hint: offer(capability, catalogue, facts),
    });
  }
  return { dependencies, problems };
}

/**
 * Has add-ons whose Secrets somebody makes in the cluster come after who does that; but not those that the maker itself waits
 * for: they come up without, and their Secrets follow.
 */
function afterSecrets(dependencies: Map<string, string[]>, selected: readonly Selected[], maker?: string): void {
  if (maker === undefined) return;
  const before = new Set([maker]);
  for (const name of before) for (const other of dependencies.get(name) ?? []) before.add(other);
  for (const { addon, existingSecrets } of selected) {
    if (!existingSecrets || before.has(addon.name)) continue;
    const others = dependencies.get(addon.name) ?? [];
    dependencies.set(addon.name, [...new Set([...others, maker])].sort());
  }
}

function unmet(
  addon: Addon,
  { capability, otherwise }: Need,
  { chosen, rest, facts }: { chosen: readonly Addon[]; rest: readonly Addon[]; facts: ClusterFacts },
): Problem {
  const settings = chosen.flatMap(({ name, providesWith }) => {
    const setting = providesWith?.[capability];
    return setting === undefined ? [] : [`set addons.${name}.settings.${setting} to true`];
  });
  const wayOut = [...settings, offer(capability, rest, facts), otherwise].filter(Boolean).join(", ");
  return {
    path: `addons.${addon.name}`,
    message: `needs ${capability}, which no chosen add-on provides`,
    ...(wayOut ? { hint: wayOut } : {}),
  };
}

/**
 * What is wrong with a name that a setting gives to what is not made. Told apart from what is missing as a whole: the name may
 * be a slip, and what it names may be somebody else's.
 * @param path of the setting
 */
export function unmadeName(
  path: string,
  { capability, otherwise }: Pick<Need, "capability" | "otherwise">,
  {
    rest,
    facts,
    known,
  }: {
    /** Entries of the catalogue that are not chosen. */
    rest: readonly Addon[];
    facts: ClusterFacts;
    /** What the chosen add-ons and others provide. */
    known: readonly string[];
  },
): Problem {
  const kind = kindOf(capability);
  const name = capability.slice(kind.length + 1);
  const names = known.flatMap((one) => (one.startsWith(`${kind}:`) ? [one.slice(kind.length + 1)] : [])).sort();
  const wayOut = [
    suggestion(name, names),
    offer(capability, rest, facts),
    otherwise,
    `or add ${capability} to provided, where somebody else makes it`,
  ];
  return {
    path,
    value: name,
    message: `names a ${namedKinds[kind] ?? kind} that no chosen add-on makes`,
    ...(names.length > 0 ? { allowed: either(names) } : {}),
    hint: wayOut.filter(Boolean).join(", ").replace(/^or /, ""),
  };
}

/** What add-ons whose settings are wrong may provide when these are right: names that settings give may be any. */
function capabilitiesOf(addons: readonly Addon[], facts: ClusterFacts): (capability: string) => boolean {
  const may = new Set(
    addons.flatMap(({ settings, example, provides, providesWith = {} }) => {
      const read = settings.safeParse(example ?? {});
      return [...Object.keys(providesWith), ...(read.success ? (provides?.(facts, read.data) ?? []) : [])];
    }),
  );
  const kinds = new Set([...may].flatMap((one) => (one.includes(":") ? [kindOf(one)] : [])));
  return (capability) => may.has(capability) || (kindOf(capability) in namedKinds && kinds.has(kindOf(capability)));
}

function kindOf(capability: string): string {
  return capability.split(":", 1)[0] ?? "";
}

function providersOf(selected: readonly Selected[], facts: ClusterFacts): Map<string, string[]> {
  const providers = new Map<string, string[]>();
  for (const { addon, settings } of selected) {
    for (const capability of addon.provides?.(facts, settings) ?? []) {
      providers.set(capability, [...(providers.get(capability) ?? []), addon.name]);
    }
  }
  return providers;
}

function twiceProvided(providers: ReadonlyMap<string, string[]>): Problem[] {
  return [...providers]
    .filter(([capability, names]) => names.length > 1 && !shared.has(capability))
    .map(([capability, names]) => ({
      path: "addons",
      message: `${names.join(" and ")} both provide ${capability}, and a cluster has one`,
      hint:
        capability === "default-storage-class"
          ? "let the classes of one of them not be the default, by its settings"
          : `switch one of them off: addons.${names.at(-1)}: false`,
    }));
}

/**
 * `switch on longhorn or openebs with defaultClass`, naming what in the catalogue provides a capability with its default or
 * example settings, or with one setting more.
 */
function offer(capability: string, catalogue: readonly Addon[], facts: ClusterFacts): string | undefined {
  const names = catalogue.flatMap(({ name, settings, example, provides, providesWith }) => {
    const read = settings.safeParse(example ?? {});
    if (read.success && provides?.(facts, read.data).includes(capability)) return [name];
    const setting = providesWith?.[capability];
    return setting === undefined ? [] : [`${name} with ${setting}`];
  });
  return names.length > 0 ? `switch on ${either(names)}` : undefined;
}
