/** Charts in container registries. Source: opencontainers/distribution-spec, spec.md; helm.sh/docs/topics/registries. */
import type { Chart } from "../components/platform-addons/addon.ts";
import { download, NotFound } from "./sources.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const chartType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** The archive of a chart. @throws NotFound with what the registry said */
export async function fetchFromRegistry({ repository, name, version }: Chart): Promise<Buffer> {
  const [host = "", ...path] = `${repository.slice("oci://".length)}/${name}`.split("/");
  const registry = `https://${host === "docker.io" ? "registry-1.docker.io" : host}/v2/${path.join("/")}`;
  const manifest = await ask(`${registry}/manifests/${version.replace("+", "_")}`, { accept: manifestType });
  const { layers = [] } = (await manifest.json()) as { layers?: { mediaType: string; digest: string }[] };
  const layer = layers.find(({ mediaType }) => mediaType === chartType);
  if (!layer) throw new NotFound(`${registry} holds no chart`);
  return Buffer.from(await (await ask(`${registry}/blobs/${layer.digest}`, {})).arrayBuffer());
}

/** Asks once without credentials, and once more with the token that the registry then names a place for. */
async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  const first = await download(url, headers);
  if (first.ok) return first;
  const challenge = first.headers.get("www-authenticate") ?? "";
  if (first.status !== 401 || !challenge.startsWith("Bearer ")) throw new NotFound(`${url}: ${first.status}`);
  const said = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const { realm = "", ...query } = said as Record<string, string>;
  const answer = await download(`${realm}?${new URLSearchParams(query)}`);
  const { token } = (await answer.json()) as { token?: string };
  const second = await download(url, { ...headers, authorization: `Bearer ${token}` });
  if (!second.ok) throw new NotFound(`${url}: ${second.status}`);
  return second;
}
