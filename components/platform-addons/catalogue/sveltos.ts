import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { managementCluster } from "../delivery/sveltos-cluster.ts";

const settings = z.strictObject({
  /** Sends anonymous figures about the installation to its makers. @default false */
  telemetry: z.boolean().default(false),
  /** Agents run in the management cluster, so that nothing of Sveltos' runs in the others. @default false */
  agentless: z.boolean().default(false),
});

export default defineAddon({
  name: "sveltos",
  description: "add-ons for this cluster and for those it manages, by labels",
  sources: [
    "https://github.com/projectsveltos/helm-charts, projectsveltos 1.13.0: values.yaml, templates/, crds/",
    "https://github.com/projectsveltos/register-mgmt-cluster, main.go: SveltosCluster mgmt in the namespace mgmt",
    "https://projectsveltos.github.io/sveltos/: the namespace has to be projectsveltos",
  ],
  chart: { repository: "https://projectsveltos.github.io/helm-charts", name: "projectsveltos", version: "1.13.0" },
  valueKeys: `accessManager addonController agent classifierManager clusterInventory crdManager crdManagerJob
    defaultClassifier defaultDebuggingConfiguration driftDetectionManager eventManager global hcManager
    kubernetesClusterDomain mcpServer prometheus registerMgmtCluster registerMgmtClusterJob scManager shardController
    sveltosAgentManager techsupportController telemetry`.split(/\s+/),
  namespace: { name: "projectsveltos", podSecurity: "baseline" },
  settings,
  values: (_, { telemetry, agentless }) => ({
    agent: { managementCluster: agentless },
    telemetry: { disabled: !telemetry },
    // For one controller per hundreds of clusters, for support bundles and for language models: not before they are used.
    shardController: { enabled: false },
    techsupportController: { enabled: false },
    mcpServer: { enabled: false },
  }),
  objects: (facts) => [managementCluster(facts)],
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: () => ["delivery:sveltos", "crd:config.projectsveltos.io", "crd:lib.projectsveltos.io"],
  definitions: [
    {
      group: "config.projectsveltos.io",
      version: "v1beta1",
      namespaced: ["ClusterConfiguration", "ClusterReport", "ClusterSummary", "Profile"],
      clusterWide: ["ClusterProfile", "ClusterPromotion"],
    },
    {
      group: "lib.projectsveltos.io",
      version: "v1beta1",
      namespaced: `AccessRequest ClassifierReport ConfigurationBundle ConfigurationGroup EventReport HealthCheckReport
        ManagementClusterClassifierReport ReloaderReport ResourceSummary Set SveltosCluster`.split(/\s+/),
      clusterWide: `Classifier ClusterHealthCheck ClusterSet DebuggingConfiguration EventSource EventTrigger HealthCheck
        ManagementClusterClassifier Reloader RoleRequest SveltosLicense Techsupport`.split(/\s+/),
    },
  ],
  workloads: () =>
    `access-manager addon-controller classifier-manager event-manager hc-manager sc-manager`
      .split(" ")
      .map((name) => ({ kind: "Deployment", name })),
  selectedBy: [{ sveltos: "true" }],
  directOnly: "it cannot deliver itself before it runs",
});
