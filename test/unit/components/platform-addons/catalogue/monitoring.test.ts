import assert from "node:assert/strict";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, type Cluster, planned, refused } from "./planned.ts";

const storage = {
  "proxmox-csi": {
    settings: {
      url: "https://pve01.example.net:8006/api2/json",
      storageClasses: [{ name: "fast", storage: "rbd-vm", default: true }],
    },
  },
};
const name = "kube-prometheus-stack";

describe("catalogue: kube-prometheus-stack", () => {
  const targets: [Cluster, string, string][] = [
    ["sol", "::", "http://[::]:2381"],
    ["luna", "::", "http://[::]:2381"],
    ["terra", "0.0.0.0", "http://0.0.0.0:2381"],
  ];
  for (const [cluster, address, url] of targets) {
    it(`reads etcd and the managers on the control planes of ${cluster}, however many there are`, () => {
      const { values, machine } = planned(cluster, name, true, storage);
      assert.deepEqual(at(values, "kubeEtcd"), { service: { selector: { component: "kube-apiserver" } } });
      assert.deepEqual(at(values, "kubeProxy"), { enabled: false });
      assert.deepEqual(at(values, "prometheus", "prometheusSpec", "externalLabels"), { cluster });
      const extraArgs = { "bind-address": address };
      assert.deepEqual(machine[0]?.patch, {
        cluster: {
          controllerManager: { extraArgs },
          scheduler: { extraArgs },
          etcd: { extraArgs: { "listen-metrics-urls": url } },
        },
      });
    });
  }

  it("has no more copies than there are nodes for them", () => {
    assert.deepEqual(refused("sol", { ...storage, [name]: { settings: { replicas: 4 } } }), [
      `addons.${name}.settings.replicas: is more than the cluster has nodes for pods, and no node takes two; 1 to 3`,
    ]);
  });

  it("has Cilium and Hubble tell what they see, and reads it", () => {
    const { addons } = planAddons(configOf({ addons: { ...storage, [name]: true } }), factsOf("sol"));
    const cilium = addons.find((addon) => addon.name === "cilium");
    assert.deepEqual(at(cilium?.values, "prometheus"), { enabled: true });
    assert.equal(at(cilium?.values, "hubble", "relay", "enabled"), true);
    assert.ok((at(cilium?.values, "hubble", "metrics", "enabled") as string[]).includes("flow"));
    const stack = addons.find((addon) => addon.name === name);
    const monitors = at(stack?.values, "prometheus", "additionalPodMonitors") as { podMetricsEndpoints: unknown[] }[];
    assert.deepEqual(
      monitors.flatMap(({ podMetricsEndpoints }) => podMetricsEndpoints.map((endpoint) => at(endpoint, "port"))),
      ["prometheus", "hubble-metrics", "envoy-metrics", "prometheus"],
    );
    assert.equal(at(planned("sol", "cilium").values, "prometheus"), undefined);
  });

  it("is the central one by default: keeps, alerts, shows and takes from others", () => {
    const { values, secrets, workloads } = planned("sol", name, true, storage);
    assert.equal(at(values, "prometheus", "agentMode"), false);
    assert.equal(at(values, "prometheus", "prometheusSpec", "enableRemoteWriteReceiver"), true);
    assert.equal(at(values, "prometheus", "prometheusSpec", "retention"), "15d");
    assert.equal(at(values, "prometheus", "prometheusSpec", "retentionSize"), "42GiB");
    assert.equal(at(values, "grafana", "admin", "existingSecret"), "grafana-admin");
    assert.equal(at(values, "grafana", "grafana.ini", "server", "root_url"), "https://grafana.sol.example.net");
    assert.deepEqual(
      secrets.map(({ configKey, name }) => [configKey, name]),
      [["grafanaPassword", "grafana-admin"]],
    );
    assert.ok(workloads.some(({ name }) => name === "kube-prometheus-stack-grafana"));
  });

  it("reports to another cluster as an agent, with a password by name", () => {
    const url = "https://metrics.sol.example.net/api/v1/write";
    const said = { settings: { report: { url }, storageGiB: 5, storageClass: "fast" } };
    const { values, secrets, workloads } = planned("luna", name, said, storage);
    assert.equal(at(values, "prometheus", "agentMode"), true);
    assert.deepEqual(at(values, "prometheus", "prometheusSpec", "remoteWrite"), [
      {
        url,
        basicAuth: {
          username: { name: "metrics-receiver", key: "username" },
          password: { name: "metrics-receiver", key: "password" },
        },
      },
    ]);
    assert.deepEqual(at(values, "prometheus", "prometheusSpec", "storageSpec"), {
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "5Gi" } },
        },
      },
    });
    assert.deepEqual([at(values, "grafana", "enabled"), at(values, "alertmanager", "enabled")], [false, false]);
    assert.equal(secrets[0]?.keys.username, "luna");
    assert.ok(!workloads.some(({ name }) => name.endsWith("grafana")));
  });

  it("asks for storage, or to do without", () => {
    assert.deepEqual(refused("sol", { [name]: true }), [
      `addons.${name}: needs default-storage-class, which no chosen add-on provides; switch on harvester-csi, longhorn, openebs with defaultClass, proxmox-csi with storageClasses[0].default or rook-ceph-cluster, or name a class: addons.${name}.settings.storageClass, or set addons.${name}.settings.storageGiB to 0`,
    ]);
    const { values } = planned("sol", name, { settings: { storageGiB: 0 } });
    assert.equal(at(values, "prometheus", "prometheusSpec", "storageSpec"), undefined);
    assert.equal(at(values, "prometheus", "prometheusSpec", "retentionSize"), undefined);
  });

  describe("alerts", () => {
    const alerts = {
      receivers: {
        ops: { type: "slack", channel: "#ops" },
        boss: { type: "email", to: "boss@example.net", from: "alerts@example.net", server: "mail.example.net:587" },
      },
      default: "ops",
      routes: [{ matchers: ["severity = critical"], receiver: "boss", continue: true }],
    };

    it("go where routes lead them, with addresses and passwords in files", () => {
      const { values, secrets } = planned("sol", name, { settings: { alerts } }, storage);
      const config = at(values, "alertmanager", "config");
      assert.deepEqual(at(config, "route", "routes"), [
        { matchers: ["alertname = Watchdog"], receiver: "null" },
        { matchers: ["alertname = InfoInhibitor"], receiver: "null" },
        { matchers: ["severity = critical"], receiver: "boss", continue: true },
      ]);
      assert.deepEqual(at(config, "receivers", 2), {
        name: "ops",
        slack_configs: [
          {
            channel: "#ops",
            api_url_file: "/etc/alertmanager/secrets/alertmanager-ops/value",
            send_resolved: true,
          },
        ],
      });
      assert.equal(at(config, "receivers", 1, "email_configs", 0, "auth_username"), "alerts@example.net");
      assert.deepEqual(at(values, "alertmanager", "alertmanagerSpec", "secrets"), [
        "alertmanager-boss",
        "alertmanager-ops",
      ]);
      assert.deepEqual(
        secrets.map(({ configKey }) => configKey),
        ["grafanaPassword", "alertsOps", "alertsBoss"],
      );
      assert.equal(at(values, "alertmanager", "alertmanagerSpec", "replicas"), 2);
    });

    it("silence others of the same cluster only, because namespaces are called alike in all", () => {
      const { values } = planned("sol", name, { settings: { alerts } }, storage);
      const rules = at(values, "alertmanager", "config", "inhibit_rules") as { equal: string[] }[];
      assert.deepEqual(
        rules.map(({ equal }) => equal),
        [
          ["cluster", "namespace", "alertname"],
          ["cluster", "namespace", "alertname"],
          ["cluster", "namespace"],
        ],
      );
    });

    it("tell an outsider that they still work", () => {
      const { values } = planned("sol", name, { settings: { alerts: { ...alerts, watchdog: "ops" } } }, storage);
      assert.deepEqual(at(values, "alertmanager", "config", "route", "routes", 0), {
        matchers: ["alertname = Watchdog"],
        receiver: "ops",
        repeat_interval: "5m",
      });
    });

    it("are refused for receivers that are not there, and where another cluster has them", () => {
      const report = { url: "https://metrics.sol.example.net/api/v1/write" };
      const settings = { report, alerts: { ...alerts, default: "nobody" } };
      assert.deepEqual(refused("luna", { ...storage, [name]: { settings } }), [
        `addons.${name}.settings.alerts.default: is none of the receivers; ops or boss`,
        `addons.${name}.settings.alerts: has no effect in a cluster that reports to another one; say it there`,
      ]);
    });
  });

  it("takes metrics of other clusters by a gateway that knows who may report", () => {
    const gateway = { name: "public", namespace: "envoy-gateway-system" };
    const more = { ...storage, "cert-manager": true, "envoy-gateway": { settings: { gateway: {} } } };
    const { objects, secrets, after, values } = planned("sol", name, { settings: { receive: { gateway } } }, more);
    const rules = at(values, "additionalPrometheusRulesMap", "cluster-reports", "groups", 0, "rules");
    assert.deepEqual(
      [at(rules, 0, "alert"), at(rules, 0, "expr")],
      [
        "ClusterNotReporting",
        'group by (cluster) (last_over_time(up{job="apiserver"}[1d])) unless group by (cluster) (up{job="apiserver"})',
      ],
    );
    assert.deepEqual(at(objects[0], "spec", "hostnames"), ["metrics.sol.example.net"]);
    assert.deepEqual(at(objects[0], "spec", "rules", 0, "matches"), [
      { path: { type: "Exact", value: "/api/v1/write" }, method: "POST" },
    ]);
    assert.deepEqual(at(objects[1], "spec", "basicAuth"), { users: { name: "metrics-reporters" } });
    assert.ok(secrets.some(({ configKey, keys }) => configKey === "metricsReporters" && ".htpasswd" in keys));
    assert.ok(after.includes("envoy-gateway"));
  });
});
