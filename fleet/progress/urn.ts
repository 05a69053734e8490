/** A resource's name, from its URN. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** A resource's type as a person says it: `VmLegacy`, from `proxmoxve:index/vmLegacy:VmLegacy`. */
export function typeOf(urn: string): string {
  const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
  return token.split(":").at(-1) ?? token;
}

/** Both: `VmLegacy lunacp01`. */
export function resourceOf(urn: string): string {
  return `${typeOf(urn)} ${nameOf(urn)}`;
}
