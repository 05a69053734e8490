/** Whether what a chart renders, and the chart itself, fit a version of Kubernetes. */
import { parseAllDocuments } from "yaml";
import { type Bag, isBag } from "./chart-files.ts";

/**
 * Versions of Kubernetes' own groups that are served no more from a minor version on; kind by kind where they went one by
 * one. Source: kubernetes.io/docs/reference/using-api/deprecation-guide.
 */
const removed: Record<string, number> = {
  "extensions/v1beta1": 22,
  "apps/v1beta1": 16,
  "apps/v1beta2": 16,
  "admissionregistration.k8s.io/v1beta1": 22,
  "apiextensions.k8s.io/v1beta1": 22,
  "apiregistration.k8s.io/v1beta1": 22,
  "networking.k8s.io/v1beta1": 22,
  "rbac.authorization.k8s.io/v1beta1": 22,
  "scheduling.k8s.io/v1beta1": 22,
  "coordination.k8s.io/v1beta1": 22,
  "certificates.k8s.io/v1beta1": 22,
  "storage.k8s.io/v1beta1": 27,
  "batch/v1beta1": 25,
  "discovery.k8s.io/v1beta1": 25,
  "events.k8s.io/v1beta1": 25,
  "policy/v1beta1": 25,
  "autoscaling/v2beta1": 25,
  "autoscaling/v2beta2": 26,
  "node.k8s.io/v1beta1": 25,
  "flowcontrol.apiserver.k8s.io/v1beta1": 26,
  "flowcontrol.apiserver.k8s.io/v1beta2": 29,
  "flowcontrol.apiserver.k8s.io/v1beta3": 32,
};

/** What of some manifests an API server of that version would not take. */
export function manifestProblems(manifests: string, kubernetes: string): string[] {
  const minor = Number(kubernetes.split(".")[1]);
  const problems: string[] = [];
  for (const document of parseAllDocuments(manifests, { logLevel: "error" })) {
    const [error] = document.errors;
    if (error) problems.push(`a manifest is no YAML: ${error.message.split("\n")[0]}`);
    const object: unknown = error ? undefined : document.toJS();
    if (isBag(object)) problems.push(...objectProblems(object, minor));
  }
  return problems;
}

function objectProblems(object: Bag, minor: number): string[] {
  const { apiVersion, kind, metadata } = object;
  const name = isBag(metadata) ? metadata.name : undefined;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return ["a manifest has no apiVersion or kind"];
  if (typeof name !== "string" && !kind.endsWith("List")) return [`a ${kind} has no name`];
  const gone = removed[apiVersion];
  return gone !== undefined && minor >= gone ? [`${kind} ${name}: ${apiVersion} is not served from 1.${gone} on`] : [];
}

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
