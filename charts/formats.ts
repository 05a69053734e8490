/** Forms of texts and numbers that Kubernetes looks at, and patterns as it writes them. */
import { isIPv4, isIPv6 } from "node:net";
import type { Format } from "ajv";

/**
 * Formats that an API server refuses something by; others are passed over, as it does.
 * Source: github.com/kubernetes/kube-openapi, pkg/validation/strfmt; k8s.io/apiextensions-apiserver, pkg/apiserver/validation/formats.go.
 */
export const formats: Record<string, Format> = {
  int32: { type: "number", validate: (value: number) => inBits(value, 32) },
  int64: { type: "number", validate: (value: number) => inBits(value, 64) },
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  "date-time": /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  duration: /^-?(?:\d+(?:\.\d+)?\s*(?:ns|us|µs|ms|[smhdw]|seconds?|minutes?|hours?|days?|weeks?))+$|^0$/,
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (value: string) => URL.canParse(value) || value.startsWith("/"),
  uuid: /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i,
  // `250m`, `1Gi`, `1e3`. Source: k8s.io/apimachinery, pkg/api/resource/quantity.go.
  quantity: /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/,
};

function inBits(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value <= 2 ** (bits - 1) - 1;
}

/**
 * Reads a pattern of Go's. A flag in front is understood; a pattern that JavaScript has no words for refuses nothing.
 * Source: github.com/google/re2, wiki/Syntax.
 */
export const goPattern = Object.assign(
  (pattern: string, flags: string): RegExp => {
    const [front = "", inline = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
    try {
      return new RegExp(pattern.slice(front.length), flags + inline);
    } catch {
      return /(?:)/;
    }
  },
  { code: "new RegExp" },
);
