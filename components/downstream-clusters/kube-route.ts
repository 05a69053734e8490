/**
 * The API of downstream clusters for their tenants under a name of its own: when capsule-proxy in a downstream cluster gets
 * its load-balancer address, the management cluster gets what leads to it.
 *
 * Facts: github.com/projectsveltos/event-manager, v1.13.0: api/v1beta1/eventtrigger_types.go, examples/cross-clusters/,
 * controllers/eventtrigger_deployer.go (what is instantiated with the event: ConfigMaps with an annotation for it);
 * projectsveltos/libsveltos: api/v1beta1/eventsource_type.go (`resourceSelectors` with a Lua function `evaluate`);
 * github.com/projectcapsule/capsule-proxy, v0.13.1: charts/capsule-proxy/templates/service.yaml (port 9001);
 * cert-manager.io/docs/usage/ingress (the annotation; the certificate is kept in the Secret that `tls` names);
 * kubernetes.github.io/ingress-nginx/user-guide/tls (without a Secret the default certificate answers);
 * Kubernetes: a Service without selector has the endpoints of EndpointSlices with the label kubernetes.io/service-name.
 */
import type { KubernetesObject } from "../facts.ts";

const engineNamespace = "projectsveltos";
const name = "downstream-kube-api";
const port = 9001;

/** How requests from outside reach the management cluster's services. */
export interface Entry {
  kind: "Ingress" | "HTTPRoute";
  /** Class of the Ingress, or Gateway of the route. */
  parent: { name: string; namespace?: string };
  /** ClusterIssuer of the certificate of the Ingress. @default none: the default certificate of its controller */
  issuer?: string;
}

/**
 * What Sveltos is told; nothing is made before capsule-proxy has its address.
 * @param management reference to the management cluster, as Sveltos knows it
 */
export function kubeRoute(
  domain: string,
  entry: Entry,
  management: Readonly<Record<string, string>>,
): KubernetesObject[] {
  return [eventSource(), configMap(domain, entry), eventTrigger(management)];
}

function eventSource(): KubernetesObject {
  return {
    apiVersion: "lib.projectsveltos.io/v1beta1",
    kind: "EventSource",
    metadata: { name },
    spec: {
      collectResources: true,
      resourceSelectors: [
        {
          group: "",
          version: "v1",
          kind: "Service",
          namespace: "capsule-system",
          evaluate: [
            "function evaluate()",
            "  local hs = { matching = false, message = '' }",
            "  local status = obj.status and obj.status.loadBalancer",
            "  if obj.metadata.name == 'capsule-proxy' and status and status.ingress and #status.ingress > 0 then",
            "    hs.matching = true",
            "  end",
            "  return hs",
            "end",
            "",
          ].join("\n"),
        },
      ],
    },
  };
}

function eventTrigger(management: Readonly<Record<string, string>>): KubernetesObject {
  return {
    apiVersion: "lib.projectsveltos.io/v1beta1",
    kind: "EventTrigger",
    metadata: { name },
    spec: {
      sourceClusterSelector: { matchLabels: { capsule: "true" } },
      destinationCluster: { ...management },
      eventSourceName: name,
      oneForEvent: true,
      syncMode: "Continuous",
      // A cluster that goes takes its way in along.
      stopMatchingBehavior: "WithdrawPolicies",
      policyRefs: [{ kind: "ConfigMap", name, namespace: engineNamespace }],
    },
  };
}

/** What is made in the management cluster, as a template of the cluster and of the Service that was found in it. */
function configMap(domain: string, entry: Entry): KubernetesObject {
  const object = `kube-{{ .Cluster.metadata.name }}`;
  const host = `kube.{{ .Cluster.metadata.name }}.${domain}`;
  const objects = [
    `apiVersion: v1
kind: Service
metadata:
  name: ${object}
  namespace: {{ .Cluster.metadata.namespace }}
spec:
  ports:
    - name: https
      port: 443
      targetPort: ${port}
`,
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${object}
  namespace: {{ .Cluster.metadata.namespace }}
  labels:
    kubernetes.io/service-name: ${object}
addressType: IPv4
ports:
  - name: https
    port: ${port}
    protocol: TCP
endpoints:
  - addresses:
      - "{{ dig "ip" "" (index .Resource.status.loadBalancer.ingress 0) }}"
`,
    entry.kind === "HTTPRoute" ? route(object, host, entry.parent) : ingress(object, host, entry),
  ];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    // With the annotation for templates it would be filled in for the cluster that gets it, which knows no Service.
    metadata: { name, namespace: engineNamespace, annotations: { "projectsveltos.io/instantiate": "ok" } },
    data: { "objects.yaml": objects.join("---\n") },
  };
}

function route(object: string, host: string, parent: Entry["parent"]): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${object}
  namespace: {{ .Cluster.metadata.namespace }}
spec:
  parentRefs:
    - name: ${parent.name}
${parent.namespace ? `      namespace: ${parent.namespace}\n` : ""}  hostnames:
    - "${host}"
  rules:
    - backendRefs:
        - name: ${object}
          port: 443
`;
}

function ingress(object: string, host: string, { parent, issuer }: Entry): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${object}
  namespace: {{ .Cluster.metadata.namespace }}
  annotations:
    nginx.ingress.kubernetes.io/backend-protocol: HTTPS
${issuer ? `    cert-manager.io/cluster-issuer: "${issuer}"\n` : ""}spec:
  ingressClassName: ${parent.name}
  tls:
    - hosts:
        - "${host}"
${issuer ? `      secretName: ${object}-tls\n` : ""}  rules:
    - host: "${host}"
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${object}
                port:
                  name: https
`;
}
