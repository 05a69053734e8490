/** Kubernetes versions that a chart says it is for. */

/** Whether a version lies in a range as charts write it: `>= 1.25.0-0`, `^1.20.0-0 || ~1.30`, `>=1.22.0-0 <1.34.0-0`. */
export function inRange(version: string, range: string): boolean {
  const at = numbers(version);
  return range.split("||").some((alternative) => {
    const terms = [...alternative.matchAll(/(>=|<=|>|<|=|!=|\^|~)?\s*v?(\d+(?:\.(?:\d+|x|\*))*)(-[\w.]+)?/g)];
    return terms.every(([, operator = "=", bound = ""]) => holds(at, operator, bound));
  });
}

function holds(at: number[], operator: string, bound: string): boolean {
  const words = bound.split(".");
  const to = numbers(bound);
  const order = compare(at, to);
  const given = words.filter((word) => /^\d+$/.test(word)).length;
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "!=":
      return order !== 0;
    case "^":
      return order >= 0 && at[0] === to[0];
    case "~":
      return order >= 0 && at.slice(0, Math.min(2, given)).join() === to.slice(0, Math.min(2, given)).join();
    default:
      return at.slice(0, given).join() === to.slice(0, given).join();
  }
}

function numbers(version: string): number[] {
  const words = version.replace(/^v/, "").split(/[-+]/)[0]?.split(".") ?? [];
  return [0, 1, 2].map((index) => Number(words[index]) || 0);
}

function compare(one: number[], other: number[]): number {
  const index = one.findIndex((number, at) => number !== other[at]);
  return index < 0 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
}
