/** What has to come before what, by name. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** The order, or the circle that makes one impossible. */
export type Order = { names: string[] } | { circle: string[] };

/**
 * Sorts so that everything comes after what it depends on; among what could come next the name decides, so that the
 * same selection always gives the same order.
 */
export function inOrder(dependencies: Dependencies): Order {
  const names: string[] = [];
  const waiting = new Map([...dependencies].map(([name, before]) => [name, new Set(before)]));
  while (waiting.size > 0) {
    const next = [...waiting]
      .filter(([, before]) => before.size === 0)
      .map(([name]) => name)
      .sort()[0];
    if (next === undefined) return { circle: circleIn(dependencies, [...waiting.keys()].sort()[0] as string) };
    names.push(next);
    waiting.delete(next);
    for (const before of waiting.values()) before.delete(next);
  }
  return { names };
}

/** Leaves out what follows from the rest: when c waits for b and b for a, c need not be told to wait for a. */
export function withoutImplied(dependencies: Dependencies): Map<string, string[]> {
  const reached = new Map<string, Set<string>>();
  const order = inOrder(dependencies);
  if ("circle" in order) throw new RangeError(`a circle has no order: ${order.circle.join(" -> ")}`);
  for (const name of order.names) {
    const before = dependencies.get(name) ?? [];
    reached.set(name, new Set(before.flatMap((other) => [other, ...(reached.get(other) ?? [])])));
  }
  return new Map(
    [...dependencies].map(([name, before]) => [
      name,
      before.filter((one) => !before.some((other) => reached.get(other)?.has(one))),
    ]),
  );
}

/** Follows dependencies until one comes again; `first` waits for the circle or is part of it. */
function circleIn(dependencies: Dependencies, first: string): string[] {
  const path: string[] = [];
  const settled = settledIn(dependencies);
  let name = first;
  while (!path.includes(name)) {
    path.push(name);
    name = (dependencies.get(name) ?? []).filter((before) => !settled.has(before)).sort()[0] as string;
  }
  return [...path.slice(path.indexOf(name)), name];
}

/** Names that can be put in order, whatever the rest does. */
function settledIn(dependencies: Dependencies): Set<string> {
  const settled = new Set<string>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const [name, before] of dependencies) {
      if (settled.has(name) || !before.every((other) => settled.has(other))) continue;
      settled.add(name);
      grown = true;
    }
  }
  return settled;
}
