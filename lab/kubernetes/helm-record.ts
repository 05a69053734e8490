import { gunzipSync, gzipSync } from "node:zlib";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";

/** One revision of a release as Helm keeps it. */
export interface HelmRecord {
  /** Name of the Secret. */
  name: string;
  revision: number;
  status: string;
  chart: Record<string, string>;
}

export const recordType = "helm.sh/release.v1";

/**
 * The Secret that holds a revision. What counts is in the text of `release`; the labels are for finding it.
 * Fact: github.com/helm/helm v3.18.6, pkg/storage/driver/secrets.go and util.go: JSON, gzip, base64, and base64 once more
 * as in every Secret.
 */
export function recordOf(
  release: { name: string; namespace: string },
  chart: Record<string, string>,
  revision: number,
  status: string,
): KubernetesObject {
  const { name, namespace } = release;
  const content = { name, namespace, version: revision, info: { status }, chart: { metadata: chart } };
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: recordType,
    metadata: {
      name: `sh.helm.release.v1.${name}.v${revision}`,
      namespace,
      labels: { owner: "helm", name, status, version: String(revision) },
    },
    data: { release: base64(base64(gzipSync(JSON.stringify(content)))) },
  };
}

/** Reads what {@link recordOf} wrote, or what somebody made of it. */
export function readRecord({ metadata, data }: KubernetesObject): HelmRecord {
  const text = isRecord(data) ? String(data.release) : "";
  const inner = Buffer.from(text, "base64").toString("utf8");
  const content = JSON.parse(gunzipSync(Buffer.from(inner, "base64")).toString("utf8"));
  return {
    name: metadata.name,
    revision: content.version,
    status: content.info.status,
    chart: content.chart.metadata,
  };
}

function base64(data: Buffer | string): string {
  return Buffer.from(data).toString("base64");
}
