import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { findOnPath, versionOf } from "./programs.js";
import { runQuietly, SetupError } from "./run-quietly.js";
import { isAtLeast } from "./versions.js";

const oldestGo = "1.26.0";

/**
 * Builds a program from the Go module that pins it. The file appears under its name when it is complete, so that an
 * interrupted build leaves nothing that could be taken for it.
 *
 * @param {object} build
 * @param {string} build.module folder with go.mod and go.sum
 * @param {string} build.package
 * @param {string} [build.ldflags]
 * @param {string} build.target path of the binary
 * @param {string} build.otherwise what the user may do instead of installing Go
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export async function buildFromModule(build, env, signal) {
  const go = await findGo(build.otherwise, env);
  mkdirSync(path.dirname(build.target), { recursive: true });
  const temporary = `${build.target}.${process.pid}.tmp`;
  const args = [
    "build",
    "-trimpath",
    "-ldflags",
    `-s -w ${build.ldflags ?? ""}`.trim(),
    "-o",
    temporary,
    build.package,
  ];
  // A workspace or vendor setting of the user's own projects must not reach this build.
  const goEnv = { ...env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
  try {
    await runQuietly(go, args, { cwd: build.module, env: goEnv, signal, what: `building ${build.package}` });
    chmodSync(temporary, 0o755);
    renameSync(temporary, build.target);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * @param {string} otherwise
 * @param {NodeJS.ProcessEnv} env
 */
async function findGo(otherwise, env) {
  const go = findOnPath("go", env);
  if (!go) throw new SetupError(`Go is not on the PATH: install Go 1.26 or newer, or ${otherwise}`);
  const version = await versionOf(go, ["version"], { ...env, GOTOOLCHAIN: "local" });
  if (!isAtLeast(version, oldestGo)) {
    throw new SetupError(
      `${go} is version ${version ?? "unknown"}, too old: install Go 1.26 or newer, or ${otherwise}`,
    );
  }
  return go;
}
