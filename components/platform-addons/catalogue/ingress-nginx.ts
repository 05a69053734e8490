import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { copiesOf, serviceFamilies, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Serves Ingress objects that name no class. @default false */
  defaultClass: z.boolean().default(false),
});

/**
 * The project ended in March 2026: 1.15 is its last line and gets no security fixes any more. The entry is for clusters
 * that move away: docs/platform.md has the way to envoy-gateway.
 */
export default defineAddon({
  name: "ingress-nginx",
  description:
    "Ingress by NGINX, for clusters that still need it: retired in March 2026, envoy-gateway takes its place (platform.md has the way)",
  sources: [
    "https://github.com/kubernetes/ingress-nginx, helm-chart-4.15.1: charts/ingress-nginx/values.yaml, templates/_helpers.tpl",
    "https://github.com/kubernetes/ingress-nginx, helm-chart-4.15.1: README.md: retirement; 1.15.1 supports Kubernetes 1.31 to 1.35",
  ],
  chart: { repository: "https://kubernetes.github.io/ingress-nginx", name: "ingress-nginx", version: "4.15.1" },
  valueKeys: `commonLabels controller defaultBackend dhParam fullnameOverride global imagePullSecrets nameOverride
    namespaceOverride portNamePrefix rbac revisionHistoryLimit serviceAccount tcp udp`.split(/\s+/),
  namespace: { name: "ingress-nginx", podSecurity: "restricted" },
  settings,
  values: (facts, { replicas, defaultClass }) => ({
    controller: {
      // The chart makes a disruption budget by itself as soon as there are two.
      replicaCount: copiesOf(facts, replicas),
      ingressClassResource: { default: defaultClass },
      watchIngressWithoutClass: defaultClass,
      priorityClassName: "system-cluster-critical",
      topologySpreadConstraints: spreadOverNodes({
        "app.kubernetes.io/name": "ingress-nginx",
        "app.kubernetes.io/component": "controller",
      }),
      service: serviceFamilies(facts.addresses.serviceSubnets),
    },
  }),
  needs: () => [
    { capability: "cni" },
    { capability: "load-balancer", otherwise: "give the cluster network.loadBalancerRanges" },
  ],
  after: ["dns"],
  provides: () => ["ingress-class:nginx"],
  workloads: () => [{ kind: "Deployment", name: "ingress-nginx-controller" }],
  selectedBy: [{ "ingress-controller": "true" }],
});
