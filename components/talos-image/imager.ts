/** The shell script that builds images with Talos' imager container. */
import type { Release } from "../../config/index.ts";
import type { Schematic } from "./schematic.ts";

/** A smaller file is none that a machine boots from: the disk was full, or the lab put it there. */
const smallestIsoMiB = 20;

/** What one run of the script makes. */
export interface ImagerBuild {
  release: Release;
  schematic: Schematic;
  platform: string;
  /** Folder on the machine that runs Pulumi; relative ones are below the project. */
  folder: string;
  /** The ISO's file name; without one only the installer is made. */
  fileName?: string;
  /** The reference that the installer is pushed to. */
  installer: string;
}

/**
 * Builds the ISO into the folder and pushes the installer, both under names that carry their content: what is there
 * already is not built again, so that an interrupted run goes on where it stopped. Credentials of the registry are
 * docker's and crane's own; none stand in the script, which Pulumi keeps in its state. What the tools say goes to a log file
 * beside the ISO for the same reason, and its end is shown when they fail.
 */
export function imagerScript(build: ImagerBuild): string {
  const { release, platform } = build;
  const customization = [
    `--platform ${quote(platform)} --arch ${quote(release.architecture)}`,
    ...build.schematic.extensionImages.map((image) => `--system-extension-image ${quote(image)}`),
    ...build.schematic.extraKernelArguments.map((argument) => `--extra-kernel-arg ${quote(argument)}`),
  ].join(" ");
  const file = `"$folder"/${quote(build.fileName ?? "")}`;
  const iso = `if [ -z "$(find ${file} -size +${smallestIsoMiB}M 2>/dev/null)" ]; then
  imager iso ${customization}
  mv "$work/${platform}-${release.architecture}.iso" ${file}
fi
`;
  return `set -eu
mkdir -p ${quote(build.folder)}
folder=$(cd ${quote(build.folder)} && pwd)
log="$folder"/${quote(`${build.installer.replaceAll(/[^A-Za-z0-9.-]/g, "_")}.log`)}
work=$(mktemp -d "$folder/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
try() { "$@" >>"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }; }
imager() { try docker run --rm -v "$work:/out" ${quote(`ghcr.io/siderolabs/imager:${release.talos}`)} "$@"; }
${build.fileName === undefined ? "" : iso}if ! crane digest ${quote(build.installer)} >>"$log" 2>&1; then
  imager installer ${customization}
  try crane push "$work/installer-${release.architecture}.tar" ${quote(build.installer)}
fi
`;
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
