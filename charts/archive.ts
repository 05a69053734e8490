/** Archives of charts, as `helm package` makes them: one folder, with the chart in it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that is looked at cannot be had. */
export class NotFound extends Error {}

/**
 * Unpacks an archive for as long as something is done with its content.
 * @param use gets the folder of the chart
 * @param place where it is unpacked: beside what it is to be moved to
 * @throws NotFound when it is no archive of a chart
 */
export function withUnpacked<T>(archive: string, use: (folder: string) => T, place = tmpdir()): T {
  mkdirSync(place, { recursive: true });
  const work = mkdtempSync(join(place, ".orrery-charts-"));
  try {
    const { status, stderr } = spawnSync("tar", ["-xzf", archive, "-C", work], { encoding: "utf8" });
    if (status !== 0) throw new NotFound(`${archive} cannot be unpacked: ${stderr}`);
    const [inside] = readdirSync(work);
    if (!inside) throw new NotFound(`${archive} is empty`);
    return use(join(work, inside));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
