import { minorOf } from "../../../config/compatibility.ts";

/** True when a Talos version such as `v1.12.0` is of the minor version 1.`minor` or newer. */
export function talosAtLeast(talos: string, minor: number): boolean {
  return Number(minorOf(talos).split(".")[1]) >= minor;
}
