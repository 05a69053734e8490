/** Factors to bytes. Fact: k8s.io/apimachinery, pkg/api/resource/suffix.go. */
const factors: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes' `512Mi` or `1G` in MiB. @throws Error for anything else */
export function mebibytes(quantity: string): number {
  const [, value, unit = ""] = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(quantity) ?? [];
  const factor = factors[unit];
  if (value === undefined || factor === undefined) throw new Error(`"${quantity}" is no quantity of memory`);
  return (Number(value) * factor) / 2 ** 20;
}

/** Kubernetes' `500m` or `2` in thousandths of a core. @throws Error for anything else */
export function millicores(quantity: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(m)?$/.exec(quantity) ?? [];
  if (value === undefined) throw new Error(`"${quantity}" is no quantity of cores`);
  return unit === "m" ? Number(value) : 1000 * Number(value);
}
