/** What is in a boot image besides plain Talos, and the id that names it. */
import { createHash } from "node:crypto";
import type { Release } from "../../config/index.ts";

/** A customization of Talos. */
export interface Schematic {
  extraKernelArguments: string[];
  /** Names in the official catalogue, sorted; an Image Factory finds the matching images itself. */
  officialExtensions: string[];
  /** Image references, sorted; only for the imager, which looks nothing up. */
  extensionImages: string[];
}

/** What one machine has of its own. */
export interface MachineExtensions {
  /** Names for a factory, image references for the imager. */
  extensions: string[];
  /** False leaves the release's out. @default true */
  releaseExtensions?: boolean;
}

/** The schematic of a release's images, or of one machine's. */
export function schematicOf(
  release: Release,
  { extensions, releaseExtensions = true }: MachineExtensions = { extensions: [] },
): Schematic {
  const extraKernelArguments = release.kernelArguments;
  const [official, enabled] = releaseExtensions
    ? [release.extensions, release.customExtensions.filter((extension) => extension.enabled)]
    : [[], []];
  if (release.image.source === "factory") {
    const names = official.map((extension) => extension.name);
    return { extraKernelArguments, officialExtensions: unique([...names, ...extensions]), extensionImages: [] };
  }
  const images = [...official, ...enabled].map((extension) => extension.image);
  return { extraKernelArguments, officialExtensions: [], extensionImages: unique([...images, ...extensions]) };
}

/**
 * The schematic as YAML, byte for byte as an Image Factory writes it before it takes the checksum: four spaces of
 * indentation, empty parts left out. Source: siderolabs/image-factory, pkg/schematic.
 *
 * Extension images have no place in a factory's schematic. They stand beside the official extensions, so that what
 * the imager builds is named by its content in the same way.
 */
export function schematicYaml(schematic: Schematic): string {
  const extensions = [
    ...list("officialExtensions", schematic.officialExtensions, 8),
    ...list("images", schematic.extensionImages, 8),
  ];
  const customization = [
    ...list("extraKernelArgs", schematic.extraKernelArguments, 4),
    ...(extensions.length > 0 ? ["    systemExtensions:", ...extensions] : []),
  ];
  const lines = customization.length > 0 ? ["customization:", ...customization] : ["customization: {}"];
  return `${lines.join("\n")}\n`;
}

/** SHA-256 of the canonical YAML: the id that an Image Factory gives, computed without asking one. */
export function schematicId(schematic: Schematic): string {
  return createHash("sha256").update(schematicYaml(schematic)).digest("hex");
}

function list(key: string, values: string[], indent: number): string[] {
  if (values.length === 0) return [];
  const space = " ".repeat(indent);
  return [`${space}${key}:`, ...values.map((value) => `${space}    - ${scalar(value)}`)];
}

/** What YAML 1.1 readers take for something other than a string; Go's encoder puts it into double quotes. */
const ambiguous =
  /^(?:~|null|true|false|yes|no|on|off|y|n|\.nan|[-+]?\.inf|[-+]?[0-9][0-9_]*|[-+]?0[xob][0-9a-f_]+|[-+]?(?:[0-9][0-9_]*)?\.?[0-9]+(?:e[-+]?[0-9]+)?|<<|=|\d{4}-\d\d?-\d\d?)$/i;

/** What cannot stand without quotes: a leading indicator, `: `, ` #`, spaces at an end. */
const unplain = /^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$))|: |:$| #|^\s|\s$/;

function scalar(value: string): string {
  if (value === "" || ambiguous.test(value)) return JSON.stringify(value);
  return unplain.test(value) ? `'${value.replaceAll("'", "''")}'` : value;
}

function unique(values: string[]): string[] {
  return [...new Set(values)].sort();
}
