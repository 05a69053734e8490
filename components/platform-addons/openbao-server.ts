/**
 * OpenBAO's servers: what the chart is told of them, and what they read themselves.
 *
 * Facts: github.com/openbao/openbao-helm, openbao-0.29.2: templates/_helpers.tpl (arguments go through a shell, configuration
 * may be JSON); github.com/openbao/openbao, v2.6.2: website/content/docs/configuration/, command/server.go.
 */
import type { Values } from "./addon.ts";

/** Names of what belongs to the servers. */
export const openbaoNames = {
  name: "openbao",
  tlsSecret: "openbao-server-tls",
  setUpMap: "openbao-set-up",
  unsealSecret: "openbao-unseal",
  adminSecret: "openbao-admin",
} as const;

const { name, tlsSecret, setUpMap, unsealSecret, adminSecret } = openbaoNames;
const certificates = `/openbao/userconfig/${tlsSecret}`;

/** What {@link openbaoServer} is told. */
export interface OpenbaoServer {
  replicas: number;
  storageGiB: number;
  storageClass?: string | undefined;
  /** They unseal themselves, and the first one sets up what it holds. */
  setsItselfUp: boolean;
  /** As many stay as it takes to decide, whoever drains nodes. */
  budget: boolean;
}

/** Contexts of the pods and their containers, for the level `restricted`. */
export const openbaoPrivileges = {
  pod: {
    runAsNonRoot: true,
    runAsUser: 100,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: "RuntimeDefault" },
  },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

/** Chart values below `server`. */
export function openbaoServer({ replicas, storageGiB, storageClass, setsItselfUp, budget }: OpenbaoServer): Values {
  return {
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    priorityClassName: "system-cluster-critical",
    // A server that somebody has to unseal is not restarted behind their back.
    updateStrategyType: setsItselfUp ? "RollingUpdate" : "OnDelete",
    // The certificate is read when a server starts; the add-on reloader, where there is one, sees to that.
    ...(setsItselfUp
      ? { statefulSet: { annotations: { "reloader.stakater.com/auto": "true" }, securityContext: openbaoPrivileges } }
      : { statefulSet: { securityContext: openbaoPrivileges } }),
    dataStorage: { enabled: true, size: `${storageGiB}Gi`, storageClass },
    extraVolumes: [
      { type: "secret", name: tlsSecret },
      ...(setsItselfUp ? [{ type: "configMap", name: setUpMap }] : []),
    ],
    extraEnvironmentVars: { BAO_CACERT: `${certificates}/ca.crt` },
    ...(setsItselfUp
      ? {
          extraSecretEnvironmentVars: [
            { envName: "BAO_UNSEAL_KEY", secretName: unsealSecret, secretKey: "key" },
            { envName: "BAO_ADMIN_PASSWORD", secretName: adminSecret, secretKey: "password" },
          ],
          extraArgs: setUpArgument,
        }
      : {}),
    ha: {
      enabled: true,
      replicas,
      disruptionBudget: { enabled: budget },
      // By name, as the certificate has it; the chart's own, by address, is none when the pod's is IPv6.
      apiAddr: `https://$(BAO_K8S_POD_NAME).${name}-internal:8200`,
      raft: { enabled: true, setNodeId: true, config: JSON.stringify(configuration(replicas, setsItselfUp), null, 2) },
    },
  };
}

/**
 * Only the first server sets itself up, and only while none is at work: each of several that did so would become a
 * cluster of its own. The shell of the container's command line evaluates it.
 */
const setUpArgument = `$(test "$HOSTNAME" = ${name}-0 && ! bao status -tls-skip-verify -address=https://${name}-active:8200 >/dev/null 2>&1 && echo -config=/openbao/userconfig/${setUpMap}/set-up.json)`;

function configuration(replicas: number, setsItselfUp: boolean): Record<string, unknown> {
  const peers = Array.from({ length: replicas }, (_, index) => ({
    leader_api_addr: `https://${name}-${index}.${name}-internal:8200`,
    leader_ca_cert_file: `${certificates}/ca.crt`,
  }));
  return {
    ui: true,
    listener: [
      {
        tcp: {
          address: "[::]:8200",
          cluster_address: "[::]:8201",
          tls_cert_file: `${certificates}/tls.crt`,
          tls_key_file: `${certificates}/tls.key`,
          telemetry: { unauthenticated_metrics_access: true },
        },
      },
    ],
    storage: [{ raft: { path: "/openbao/data", retry_join: peers } }],
    service_registration: [{ kubernetes: {} }],
    telemetry: { prometheus_retention_time: "30s", disable_hostname: true },
    audit: [{ file: { "to-stdout": { description: "standard output", options: { file_path: "stdout" } } } }],
    ...(setsItselfUp ? { seal: [{ static: { current_key_id: "1", current_key: "env://BAO_UNSEAL_KEY" } }] } : {}),
  };
}
