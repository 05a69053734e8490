/** Whether an update of a VM changes its disks, as the provider sees it. */

/** Disks of a VM's inputs or outputs, as resource hooks get them. */
type Disk = Record<string, unknown>;

/** What the provider fills in by itself, or what the program ignores. */
const unasked = ["__defaults", "pathInDatastore", "speed"];

/**
 * True when the provider will find that the disks of a VM differ from its state. Where it cannot be told, they do.
 * @param state disks as they were read last
 * @param wanted disks of the inputs
 */
export function disksDiffer(state: unknown, wanted: unknown): boolean {
  const before = disksOf(state);
  const after = disksOf(wanted);
  if (!before || !after || before.length !== after.length) return true;
  return after.some((disk) => {
    const same = before.find((other) => other.interface === disk.interface);
    if (!same) return true;
    const names = Object.keys(disk).filter((name) => !unasked.includes(name));
    return names.some((name) => !alike(same[name], disk[name]));
  });
}

function disksOf(value: unknown): Disk[] | undefined {
  const complete = Array.isArray(value) && value.every((disk) => typeof disk === "object" && disk !== null);
  return complete ? (value as Disk[]) : undefined;
}

/** To the provider nothing, zero, false and an empty text are the same. */
function alike(one: unknown, other: unknown): boolean {
  return one === other || (!one && !other);
}
