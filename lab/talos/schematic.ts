import { parse, stringify } from "yaml";
import { isRecord } from "../protocol/values.ts";

type Bag = Record<string, unknown>;

/** Keys that the Image Factory knows, in the order it writes them. */
const shape = {
  overlay: ["image", "name", "options"],
  customization: ["extraKernelArgs", "meta", "systemExtensions", "secureboot", "bootloader"],
  systemExtensions: ["officialExtensions"],
  secureboot: ["includeWellKnownCertificates"],
  meta: ["key", "value"],
};

/** What is wrong with a schematic; undefined when the Image Factory takes it. */
export function schematicProblem(text: string): string | undefined {
  try {
    canonicalSchematic(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A schematic in the form whose SHA-256 is its id: known keys in a fixed order, empty parts left out.
 * @throws Error for what the Image Factory does not know
 */
export function canonicalSchematic(text: string): string {
  const given = (parse(text) as unknown) ?? {};
  if (!isRecord(given)) throw new Error("failed to unmarshal schematic: expected a mapping");
  known(given, ["overlay", "customization", "owner"], "");
  const customization = (given.customization ?? {}) as Bag;
  known(customization, shape.customization, "customization");
  const extensions = (customization.systemExtensions ?? {}) as Bag;
  known(extensions, shape.systemExtensions, "customization.systemExtensions");
  for (const name of (extensions.officialExtensions ?? []) as unknown[]) {
    if (typeof name !== "string" || !/^siderolabs\/[a-z0-9-]+$/.test(name)) {
      throw new Error(`official extension "${String(name)}" is not available`);
    }
  }
  const {
    overlay,
    customization: kept,
    owner,
  } = prune({
    overlay: ordered(given.overlay, shape.overlay),
    owner: given.owner,
    customization: {
      extraKernelArgs: customization.extraKernelArgs,
      meta: ((customization.meta ?? []) as unknown[]).map((entry) => ordered(entry, shape.meta)),
      systemExtensions: extensions,
      secureboot: ordered(customization.secureboot, shape.secureboot),
      bootloader: customization.bootloader,
    },
  });
  const canonical = { ...(overlay ? { overlay } : {}), customization: kept ?? {}, ...(owner ? { owner } : {}) };
  return stringify(canonical, { indent: 4, lineWidth: 0 });
}

function known(bag: Bag, keys: string[], path: string): void {
  for (const key of Object.keys(bag)) {
    if (!keys.includes(key)) throw new Error(`field ${key} not found in schematic${path ? ` at ${path}` : ""}`);
  }
}

function ordered(value: unknown, keys: string[]): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

/** Leaves out what is empty, at any depth. */
function prune(bag: Bag): Bag {
  const result: Bag = {};
  for (const [key, value] of Object.entries(bag)) {
    const kept = isRecord(value) ? prune(value) : value;
    const empty =
      kept === undefined ||
      kept === null ||
      kept === "" ||
      kept === false ||
      (Array.isArray(kept) && kept.length === 0) ||
      (isRecord(kept) && Object.keys(kept).length === 0);
    if (!empty) result[key] = kept;
  }
  return result;
}
