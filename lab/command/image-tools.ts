/** `docker` and `crane`, as far as building and pushing images with Talos' imager needs them. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { World } from "../world/world.ts";

declare module "../world/world.ts" {
  interface WorldParts {
    /** Container registries: digest by reference. */
    registries: Record<string, string>;
  }
}

/** How a tool ended. */
export interface ToolOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** The tools of this file by name. They take their arguments and the folder they were called in. */
export const imageTools: Record<string, (world: World, args: string[], folder: string) => Promise<ToolOutcome>> = {
  docker,
  crane,
};

/** Virtual time that the tools take. */
const buildMs = 90_000;
const pushMs = 20_000;

/** `docker run ... ghcr.io/siderolabs/imager:<version> iso|installer ...`: writes what it was asked for as the artefact. */
export async function docker(world: World, args: string[], folder: string): Promise<ToolOutcome> {
  const run = parseRun(args);
  if (typeof run === "string") return failure(125, `docker: ${run}`);
  const version = /^ghcr\.io\/siderolabs\/imager:(v\d+\.\d+\.\d+)$/.exec(run.image)?.[1];
  if (!version) return failure(125, `Unable to find image '${run.image}' locally\ndocker: manifest unknown`);
  const build = parseBuild(run.command);
  if (typeof build === "string") return failure(1, `Error: ${build}`);
  const out = run.out && path.resolve(folder, run.out);
  if (!out || !existsSync(out)) return failure(1, "error: open /out: no such file or directory");
  await world.clock.sleep(buildMs);
  const file = build.kind === "iso" ? `${build.platform}-${build.arch}.iso` : `installer-${build.arch}.tar`;
  writeFileSync(path.join(out, file), `${JSON.stringify({ version, ...build })}\n`);
  world.record("imager.built", `${build.kind} ${version} ${build.platform}`, { extensions: build.extensions });
  return success(`output asset path: /out/${file}\n`);
}

/** `crane push <file> <reference>` and `crane digest <reference>`. */
export async function crane(world: World, args: string[], folder: string): Promise<ToolOutcome> {
  const registries = world.part("registries", () => ({}));
  const [verb, ...rest] = args;
  if (verb === "digest" && rest.length === 1) {
    const digest = registries[rest[0] ?? ""];
    if (digest) return success(`${digest}\n`);
    return failure(1, `Error: GET https://${urlOf(rest[0] ?? "")}: MANIFEST_UNKNOWN: manifest unknown`);
  }
  if (verb === "push" && rest.length === 2) {
    const [name = "", reference = ""] = rest;
    const file = path.resolve(folder, name);
    if (!existsSync(file))
      return failure(1, `Error: loading ${name} as tarball: open ${name}: no such file or directory`);
    await world.clock.sleep(pushMs);
    const digest = `sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
    registries[reference] = digest;
    world.touch();
    world.record("registry.pushed", reference, { digest });
    return success(`${reference.replace(/:[^:/]+$/, "")}@${digest}\n`);
  }
  return failure(1, `Error: unknown command "${args.join(" ")}" for "crane"`);
}

interface Run {
  image: string;
  command: string[];
  /** Folder of this machine that is /out in the container. */
  out?: string;
}

function parseRun(args: string[]): Run | string {
  const [verb, ...rest] = args;
  if (verb !== "run") return `'${verb ?? ""}' is not a docker command.`;
  let out: string | undefined;
  for (let index = 0; index < rest.length; index += 1) {
    const argument = rest[index] ?? "";
    if (argument === "-v") {
      index += 1;
      const [from, to] = (rest[index] ?? "").split(":");
      if (to === "/out") out = from;
    } else if (!["--rm", "-t", "--privileged"].includes(argument)) {
      if (argument.startsWith("-")) return `unknown flag: ${argument}`;
      return { image: argument, command: rest.slice(index + 1), out };
    }
  }
  return "'docker run' requires at least 1 argument";
}

interface Build {
  kind: "iso" | "installer";
  platform: string;
  arch: string;
  extensions: string[];
  kernelArguments: string[];
}

function parseBuild([kind, ...rest]: string[]): Build | string {
  if (kind !== "iso" && kind !== "installer") return `unknown base profile: ${kind ?? ""}`;
  const build: Build = { kind, platform: "metal", arch: "amd64", extensions: [], kernelArguments: [] };
  for (let index = 0; index < rest.length; index += 2) {
    const [flag, value] = [rest[index], rest[index + 1]];
    if (value === undefined) return `flag needs an argument: ${flag}`;
    if (flag === "--platform") build.platform = value;
    else if (flag === "--arch") build.arch = value;
    else if (flag === "--system-extension-image") build.extensions.push(value);
    else if (flag === "--extra-kernel-arg") build.kernelArguments.push(value);
    else return `unknown flag: ${flag}`;
  }
  return build;
}

function urlOf(reference: string): string {
  const [name = "", tag = "latest"] = reference.split(/:(?=[^:/]+$)/);
  const [registry = "", ...repository] = name.split("/");
  return `${registry}/v2/${repository.join("/")}/manifests/${tag}`;
}

function success(stdout: string): ToolOutcome {
  return { code: 0, stdout, stderr: "" };
}

function failure(code: number, stderr: string): ToolOutcome {
  return { code, stdout: "", stderr: `${stderr}\n` };
}
