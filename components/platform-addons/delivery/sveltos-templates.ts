/**
 * One profile of Sveltos serves every cluster that its labels select, so that it may not name one of them. The catalogue's
 * entries compute values from the facts of a cluster, some of them by calculating with addresses; they are given facts
 * with stand-ins, valid and found nowhere else, and the stand-ins become templates in what they answer.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: controllers/template_instantiation.go (the Cluster API
 * `Cluster` or the `SveltosCluster` under `.Cluster`, by its JSON names; an unknown key is an error; text in profiles is
 * instantiated twice, that in ConfigMaps once); libsveltos, lib/funcmap/funcmap.go (the functions of Sprig).
 */
import { parseDocument, Scalar, visit } from "yaml";
import type { ClusterFacts } from "../../facts.ts";
import { yamlText } from "./manifests.ts";
import { factAnnotations } from "./sveltos-cluster.ts";

const standIns = {
  name: "stand-in-of-the-cluster-name",
  // Ranges that RFC 9637 and RFC 1112 keep from use; as long as a cluster's own, because entries look at lengths.
  endpoint: { ipv6: "3fff:abc::10", ipv4: "240.171.205.10" },
  pods: { ipv6: "3fff::", ipv4: "240.0.0.0" },
};

const port = /:(\d+)$/;

/** Variables of templates. A cluster of the Cluster API has the facts in its specification, others in annotations. */
const variables: readonly [name: string, expression: string][] = [
  ["$own", 'dig "annotations" dict .Cluster.metadata'],
  ["$name", `dig "${factAnnotations.name}" .Cluster.metadata.name $own`],
  ["$endpoint", `dig "controlPlaneEndpoint" "host" (dig "${factAnnotations.endpoint}" "" $own) .Cluster.spec`],
  [
    "$pods",
    `dig "clusterNetwork" "pods" "cidrBlocks" (splitList "," (dig "${factAnnotations.pods}" "" $own)) .Cluster.spec`,
  ],
];

/** The facts of a cluster with stand-ins for its name, its endpoint and its pod ranges. */
export function templateFacts(facts: ClusterFacts): ClusterFacts {
  const { addresses } = facts;
  const host = addresses.vip.includes(":") ? `[${standIns.endpoint.ipv6}]` : standIns.endpoint.ipv4;
  return {
    ...facts,
    name: standIns.name,
    ...(facts.domain === undefined ? {} : { domain: domainOf(facts.domain, facts.name) }),
    addresses: {
      ...addresses,
      clusterName: standIns.name,
      vip: standIns.endpoint[familyOf(addresses.vip)],
      endpoint: `https://${host}:${port.exec(addresses.endpoint)?.[1] ?? 6443}`,
      podSubnets: addresses.podSubnets.map((cidr) => `${standIns.pods[familyOf(cidr)]}/${cidr.split("/")[1]}`),
    },
  };
}

/** What stands in a template for what differs between clusters: an action of Go's templates each. */
export interface TemplateWords {
  name: string;
  endpoint: string;
  /** @param index of the range, from 0 */
  pods: (index: number) => string;
}

const words: TemplateWords = {
  name: "{{ $name }}",
  endpoint: "{{ $endpoint }}",
  pods: (index) => `{{ index $pods ${index} }}`,
};

/** Values that entries computed from {@link templateFacts}, as the text of a template; without stand-ins a plain text. */
export function templateText(values: readonly unknown[], facts: ClusterFacts): string {
  const text = textWith(words, values, facts);
  const used = variables.filter(([name]) => name === "$own" || text.includes(`${name} `));
  if (used.length === 1) return text;
  return `${used.map(([name, expression]) => `{{- ${name} := ${expression} -}}\n`).join("")}${text}`;
}

/** The same for an engine with words of its own. */
export function textWith(
  { name, endpoint, pods }: TemplateWords,
  values: readonly unknown[],
  { addresses }: ClusterFacts,
): string {
  const replacements: [string, string][] = [
    [standIns.name, name],
    ...Object.values(standIns.endpoint).map((host): [string, string] => [host, endpoint]),
    ...addresses.podSubnets.map((cidr, index): [string, string] => [
      `${standIns.pods[familyOf(cidr)]}/${cidr.split("/")[1]}`,
      pods(index),
    ]),
  ];
  return values.map((value) => bodyOf(value, replacements)).join("---\n");
}

function bodyOf(value: unknown, replacements: readonly [string, string][]): string {
  const document = parseDocument(yamlText(value));
  visit(document, {
    Scalar(_, node) {
      // What comes of a template may look like a number or an address; it is a text all the same.
      if (typeof node.value === "string" && replacements.some(([standIn]) => String(node.value).includes(standIn))) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  // Braces of the values' own are for somebody else: Sveltos is made to write them as they are.
  let text = document.toString({ lineWidth: 0 }).replaceAll("{{", '{{ "{{" }}');
  for (const [standIn, template] of replacements) text = text.replaceAll(standIn, template);
  return text;
}

/** `sol.example.net` is named after its cluster. */
function domainOf(domain: string, name: string): string {
  return domain
    .split(".")
    .map((label) => (label === name ? standIns.name : label))
    .join(".");
}

function familyOf(address: string): "ipv6" | "ipv4" {
  return address.includes(":") ? "ipv6" : "ipv4";
}
