/**
 * One profile of Sveltos serves every cluster that its labels select, so that it may not name one of them. The catalogue's
 * entries compute values from the facts of a cluster, some of them by calculating with addresses; they are given facts
 * with stand-ins, valid and found nowhere else, and the stand-ins become templates in what they answer.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.14.0: controllers/template_instantiation.go (the Cluster API
 * `Cluster` under `.Cluster`, by its JSON names; an unknown key is an error), examples/cilium.yaml.
 */
import { parseDocument, Scalar, visit } from "yaml";
import type { ClusterFacts } from "../../facts.ts";
import { yamlText } from "./manifests.ts";

const standIns = {
  name: "stand-in-of-the-cluster-name",
  // Ranges that RFC 9637 and RFC 1112 keep from use; as long as a cluster's own, because entries look at lengths.
  endpoint: { ipv6: "3fff:abc::10", ipv4: "240.171.205.10" },
  pods: { ipv6: "3fff::", ipv4: "240.0.0.0" },
};

const port = /:(\d+)$/;

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

/** Values that entries computed from {@link templateFacts}, as the text of a template. */
export function templateText(values: unknown, { addresses }: ClusterFacts): string {
  const replacements: [string, string][] = [
    [standIns.name, "{{ .Cluster.metadata.name }}"],
    ...Object.values(standIns.endpoint).map((host): [string, string] => [
      host,
      "{{ .Cluster.spec.controlPlaneEndpoint.host }}",
    ]),
    ...addresses.podSubnets.map((cidr, index): [string, string] => [
      `${standIns.pods[familyOf(cidr)]}/${cidr.split("/")[1]}`,
      `{{ index .Cluster.spec.clusterNetwork.pods.cidrBlocks ${index} }}`,
    ]),
  ];
  const document = parseDocument(yamlText(values));
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
