import assert from "node:assert/strict";
import type { ClusterFacts } from "../../../../../components/facts.ts";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, planned, refused } from "./planned.ts";

const storage = {
  "proxmox-csi": {
    settings: {
      url: "https://pve01.example.net:8006/api2/json",
      storageClasses: [{ name: "fast", storage: "rbd-vm", default: true }],
    },
  },
};

describe("catalogue: zitadel", () => {
  const others = { ...storage, "cloudnative-pg": true };

  it("has its database before its chart, and reads its password there", () => {
    const said = { settings: { database: { instances: 2, storageGiB: 5, storageClass: "fast" } } };
    const { objectsBefore, values, after } = planned("sol", "zitadel", said, others);
    assert.deepEqual(
      objectsBefore.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace]),
      [["Cluster", "zitadel-database", "zitadel"]],
    );
    assert.deepEqual(at(objectsBefore[0], "spec", "storage"), { size: "5Gi", storageClass: "fast" });
    assert.deepEqual(after, ["cloudnative-pg"]);
    const env = at(values, "env") as { valueFrom: { secretKeyRef: { name: string } } }[];
    assert.deepEqual(
      env.map(({ valueFrom }) => valueFrom.secretKeyRef.name),
      ["zitadel-database-app", "zitadel-database-app", "zitadel-admin"],
    );
    assert.deepEqual(at(values, "initJob", "command"), "zitadel");
  });

  it("is reached by the gateway that is named, and by none else", () => {
    const gateway = { name: "public", namespace: "gateways" };
    const said = { settings: { gateway, host: "id.example.net" } };
    const { values } = planned("luna", "zitadel", said, others, ["gateway:gateways/public"]);
    for (const part of [at(values, "gateway", "grpcRoute"), at(values, "login", "gateway", "httpRoute")]) {
      assert.deepEqual(part, { enabled: true, parentRefs: [gateway], hostnames: ["id.example.net"] });
    }
    assert.equal(at(values, "zitadel", "configmapConfig", "ExternalDomain"), "id.example.net");
    assert.deepEqual(at(planned("luna", "zitadel", true, others).values, "gateway", "httpRoute"), { enabled: false });
  });

  it("tells the login name of its first user, which is longer than the user's name", () => {
    const names = (cluster: "sol" | "terra", settings: object) =>
      planned(cluster, "zitadel", { settings }, others).secrets.map(({ description }) => description)[1];
    const told = (name: string) => `first password of Zitadel's user ${name}: upper and lower case, digit and symbol`;
    assert.equal(names("sol", {}), told("admin@sol.auth.sol.example.net"));
    assert.equal(names("terra", { host: "id.example.net" }), told("admin@terra.id.example.net"));
  });

  it("does not do without a host name, a database operator and storage", () => {
    const { domain: _, ...facts } = factsOf("sol");
    const { problems } = planAddons(configOf({ addons: { zitadel: true } }), facts);
    assert.deepEqual(
      problems.map(({ path, message }) => `${path}: ${message}`),
      [
        "addons.zitadel: needs crd:postgresql.cnpg.io, which no chosen add-on provides",
        "addons.zitadel: needs default-storage-class, which no chosen add-on provides",
        "addons.zitadel.settings.host: is needed, because the cluster has no domain",
      ],
    );
  });
});

describe("catalogue: log-in by OpenID Connect", () => {
  const repository = { url: "https://git.example.net/clusters.git" };

  /** Problems and plans of a cluster whose API server has an issuer, or none. */
  function plan(addons: Record<string, unknown>, oidcIssuer?: string) {
    const facts: ClusterFacts = { ...factsOf("sol"), ...(oidcIssuer ? { oidcIssuer } : {}) };
    return planAddons(configOf({ addons: { ...storage, ...addons } }), facts);
  }

  const argocd = (login: Record<string, unknown>) => ({ argocd: { settings: { repository, login } } });

  it("goes to the issuer of the API server when no other is said", () => {
    const { addons, problems } = plan(argocd({ clientId: "argo" }), "https://auth.example.net/");
    assert.deepEqual(problems, []);
    const found = addons.find(({ name }) => name === "argocd");
    assert.match(String(at(found?.values, "configs", "cm", "oidc.config")), /^issuer: https:\/\/auth\.example\.net$/m);
    assert.match(
      String(at(found?.values, "configs", "cm", "oidc.config")),
      /clientSecret: \$argocd-login:client-secret/,
    );
    assert.deepEqual(at(found?.values, "configs", "rbac"), {
      "policy.default": "role:readonly",
      "policy.csv": "g, argocd-admins, role:admin\n",
      scopes: "[groups]",
    });
    assert.deepEqual(
      found?.secrets.map(({ configKey, labels }) => [configKey, labels]),
      [["argocdClientSecret", { "app.kubernetes.io/part-of": "argocd" }]],
    );
  });

  it("asks for an issuer where there is none", () => {
    const stack = { "kube-prometheus-stack": { settings: { login: { clientId: "grafana" } } } };
    assert.deepEqual(
      plan({ ...argocd({ clientId: "argo" }), ...stack }).problems.map(({ path }) => path),
      ["addons.argocd.settings.login.issuer", "addons.kube-prometheus-stack.settings.login.issuer"],
    );
  });

  const grafana: [string, Record<string, unknown>, string[]][] = [
    [
      "Zitadel",
      {},
      [
        "https://auth.example.net/oauth/v2/authorize",
        "https://auth.example.net/oauth/v2/token",
        "https://auth.example.net/oidc/v1/userinfo",
      ],
    ],
    [
      "another issuer",
      { endpoints: { authorize: "https://a.net/1", token: "https://a.net/2", userinfo: "https://a.net/3" } },
      ["https://a.net/1", "https://a.net/2", "https://a.net/3"],
    ],
  ];
  for (const [who, more, urls] of grafana) {
    it(`sends users of Grafana to ${who}`, () => {
      const login = { issuer: "https://auth.example.net", clientId: "grafana", ...more };
      const { values, secrets } = planned("sol", "kube-prometheus-stack", { settings: { login } }, storage);
      const found = at(values, "grafana", "grafana.ini", "auth.generic_oauth");
      assert.deepEqual(
        ["auth_url", "token_url", "api_url"].map((key) => at(found, key)),
        urls,
      );
      assert.equal(at(found, "client_secret"), undefined);
      assert.ok(secrets.some(({ configKey }) => configKey === "grafanaClientSecret"));
    });
  }
});

describe("catalogue: argocd", () => {
  const url = "https://git.example.net/clusters.git";

  it("takes a folder as one application", () => {
    const [application] = planned("sol", "argocd", { settings: { repository: { url } } }).objects;
    assert.equal(application?.kind, "Application");
    assert.equal(at(application, "spec", "source", "path"), "clusters/sol/apps");
  });

  it("or every folder in it as an application of its own", () => {
    const repository = { url, layout: "folders", path: "here" };
    const [set] = planned("sol", "argocd", { settings: { repository } }).objects;
    assert.equal(set?.kind, "ApplicationSet");
    assert.deepEqual(at(set, "spec", "generators"), [
      { git: { repoURL: url, revision: "HEAD", directories: [{ path: "here/*" }] } },
    ]);
    assert.equal(at(set, "spec", "template", "spec", "destination", "namespace"), "{{ .path.basenameNormalized }}");
  });

  it("looks at the health of applications", () => {
    const { values } = planned("sol", "argocd", { settings: { repository: { url } } });
    assert.match(
      String(at(values, "configs", "cm", "resource.customizations.health.argoproj.io_Application")),
      /status/,
    );
  });
});

describe("catalogue: openbao", () => {
  const others = { ...storage, "cert-manager": true };
  const selfSetUp = { clusters: ["sol", "luna"], domains: ["example.net"] };

  /** The configuration of the servers, which the chart takes as text. */
  function configuration(said: unknown): unknown {
    return JSON.parse(String(at(planned("sol", "openbao", said, others).values, "server", "ha", "raft", "config")));
  }

  it("joins its servers over TLS, with a certificate that is there before them", () => {
    const { objectsBefore, awaited, after } = planned("sol", "openbao", true, others);
    assert.deepEqual(
      objectsBefore.map(({ kind }) => kind),
      ["Certificate"],
    );
    assert.equal(awaited, false);
    assert.deepEqual(after, ["cert-manager", "proxmox-csi"]);
    assert.deepEqual(at(configuration(true), "storage", 0, "raft", "retry_join", 2), {
      leader_api_addr: "https://openbao-2.openbao-internal:8200",
      leader_ca_cert_file: "/openbao/userconfig/openbao-server-tls/ca.crt",
    });
    assert.equal(at(configuration(true), "listener", 0, "tcp", "tls_disable"), undefined);
  });

  it("is unsealed by somebody, or by itself with a key that is named and not told", () => {
    const by = (said: unknown) => planned("sol", "openbao", said, others);
    assert.equal(at(configuration(true), "seal"), undefined);
    assert.deepEqual([by(true).secrets, at(by(true).values, "server", "updateStrategyType")], [[], "OnDelete"]);
    const own = { settings: { selfSetUp } };
    assert.deepEqual(at(configuration(own), "seal"), [
      { static: { current_key_id: "1", current_key: "env://BAO_UNSEAL_KEY" } },
    ]);
    assert.deepEqual(
      by(own).secrets.map(({ configKey }) => configKey),
      ["openbaoUnsealKey", "openbaoAdminPassword"],
    );
    assert.equal(at(by(own).values, "server", "updateStrategyType"), "RollingUpdate");
  });

  it("sets up a role for each cluster, with the id that other entries ask with", () => {
    const { objectsBefore, values } = planned("sol", "openbao", { settings: { selfSetUp } }, others);
    const map = objectsBefore.find(({ kind }) => kind === "ConfigMap");
    const { initialize } = JSON.parse(String(at(map, "data", "set-up.json")));
    const paths = initialize.flatMap((stanza: Record<string, { request: Record<string, { path: string }>[] }>) =>
      Object.values(stanza).flatMap(({ request }) =>
        request.flatMap((one) => Object.values(one).map(({ path }) => path)),
      ),
    );
    for (const path of ["sys/mounts/pki", "pki/root/generate/internal", "auth/approle/role/cluster-luna/role-id"]) {
      assert.ok(paths.includes(path), path);
    }
    // The first server alone, or each would become a cluster of its own.
    assert.match(String(at(values, "server", "extraArgs")), /"\$HOSTNAME" = openbao-0 && ! bao status/);
    const url = "https://openbao-active.openbao.svc:8200";
    const inside = { ...others, openbao: { settings: { selfSetUp } } };
    const issuer = planned("luna", "cert-manager", { settings: { vault: { url } } }, inside).objects.at(-1);
    assert.deepEqual(at(issuer, "spec", "vault", "auth", "appRole"), {
      path: "approle",
      roleId: "cluster-luna",
      secretRef: { name: "vault-app-role", key: "secret-id" },
    });
    assert.equal(at(issuer, "spec", "vault", "path"), "pki/sign/cluster-luna");
  });

  it("is reached from outside by a host name, when it has one", () => {
    const { values, objectsBefore } = planned("sol", "openbao", { settings: { host: "bao.example.net" } }, others);
    assert.equal(at(values, "ui", "serviceType"), "LoadBalancer");
    assert.deepEqual(at(values, "ui", "serviceIPFamilies"), ["IPv6", "IPv4"]);
    assert.ok((at(objectsBefore[0], "spec", "dnsNames") as string[]).includes("bao.example.net"));
    assert.equal(at(planned("sol", "openbao", true, others).values, "ui", "serviceType"), undefined);
  });

  const wrong: [Record<string, unknown>, RegExp][] = [
    [
      { issuer: "acme" },
      /^addons\.openbao\.settings\.issuer: cannot sign names inside the cluster, by which the servers know each other; an authority of your own$/,
    ],
    [{ replicas: 4 }, /^addons\.openbao\.settings\.replicas: .*odd number/],
    [
      { replicas: 7 },
      /^addons\.openbao\.settings\.replicas: is more than the cluster has nodes for pods.*; an odd number up to 3$/,
    ],
    [{ selfSetUp: { clusters: ["A"] } }, /^addons\.openbao\.settings\.selfSetUp\.clusters\[0\]/],
  ];
  for (const [settings, sentence] of wrong) {
    it(`refuses ${JSON.stringify(settings)}`, () => {
      const acme = { email: "ops@example.net", solver: { type: "cloudflare" } };
      const addons = { ...others, "cert-manager": { settings: { acme } }, openbao: { settings } };
      assert.match(refused("sol", addons)[0] ?? "", sentence);
    });
  }
});

describe("catalogue: stores of external-secrets", () => {
  it("logs in to Infisical and to Vault with what is in Secrets", () => {
    const infisical = { clientId: "id", project: "platform", environment: "prod" };
    const vault = { url: "https://vault.example.net:8200", authoritySecret: "cluster-ca" };
    const said = { settings: { infisical, vault } };
    const { objects, secrets, after } = planned("sol", "external-secrets", said, { "cert-manager": true });
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.name]),
      [
        ["ClusterSecretStore", "infisical"],
        ["ClusterSecretStore", "vault"],
      ],
    );
    assert.deepEqual(at(objects[0], "spec", "provider", "infisical", "auth", "universalAuthCredentials", "clientId"), {
      name: "infisical",
      namespace: "external-secrets",
      key: "client-id",
    });
    assert.deepEqual(at(objects[1], "spec", "provider", "vault", "caProvider"), {
      type: "Secret",
      name: "cluster-ca",
      namespace: "cert-manager",
      key: "tls.crt",
    });
    assert.deepEqual(
      secrets.map(({ configKey }) => configKey),
      ["infisicalClientSecret", "vaultSecretId"],
    );
    assert.deepEqual(after, ["cert-manager"]);
  });

  const authority = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const url = "https://bao.example.net:8200";

  it("knows the authority of a server in another cluster by its certificate", () => {
    const said = { settings: { vault: { url, authority } } };
    const [store] = planned("luna", "external-secrets", said).objects;
    const bundle = Buffer.from(authority).toString("base64");
    assert.equal(at(store, "spec", "provider", "vault", "caBundle"), bundle);
    assert.equal(at(planned("luna", "cert-manager", said).objects.at(-1), "spec", "vault", "caBundle"), bundle);
  });

  it("does not take two authorities, or what is none", () => {
    const settings = { vault: { url, authority, authoritySecret: "cluster-ca" } };
    assert.deepEqual(refused("luna", { "cert-manager": { settings } }), [
      "addons.cert-manager.settings.vault.authority: is said besides authoritySecret; leave one of them out",
    ]);
    assert.match(
      refused("luna", { "cert-manager": { settings: { vault: { url, authority: "MIIB" } } } })[0] ?? "",
      /^addons\.cert-manager\.settings\.vault\.authority: .*a certificate in PEM/,
    );
  });
});

describe("catalogue: argocd-agent", () => {
  const others = {
    argocd: { settings: { repository: { url: "https://git.example.net/clusters.git" } } },
    "cert-manager": { settings: { vault: { url: "https://vault.example.net:8200" } } },
  };

  it("shows who its cluster is by a certificate that is there before it", () => {
    const said = { settings: { principal: "argocd-agent.sol.example.net", mode: "autonomous" } };
    const { objectsBefore, values, after } = planned("luna", "argocd-agent", said, others);
    assert.deepEqual(at(objectsBefore[0], "spec", "commonName"), "luna");
    assert.deepEqual(at(objectsBefore[0], "spec", "issuerRef", "name"), "vault");
    assert.deepEqual(
      [at(values, "agentMode"), at(values, "server"), at(values, "serverPort")],
      ["autonomous", "argocd-agent.sol.example.net", "443"],
    );
    assert.deepEqual(after, ["argocd"]);
  });

  it("is known by the principal, which trusts the same authority", () => {
    const said = { settings: { principal: "argocd-agent.sol.example.net" } };
    const agent = planned("luna", "argocd-agent", said, others);
    const principal = planned("sol", "argocd-agent-principal", true, others);
    const [service] = principal.objects;
    assert.deepEqual(at(service?.spec, "ipFamilies"), ["IPv6", "IPv4"]);
    assert.equal(
      service?.metadata.annotations?.["external-dns.alpha.kubernetes.io/hostname"],
      "argocd-agent.sol.example.net",
    );
    assert.equal(
      at(agent.values, "tlsRootCASecretName"),
      at(principal.values, "principal", "tls", "server", "rootCaSecretName"),
    );
    assert.deepEqual(
      principal.objectsBefore.map(({ metadata, spec }) => [
        metadata.name,
        at(spec, "dnsNames"),
        at(spec, "issuerRef", "name"),
      ]),
      [
        ["argocd-agent-principal-tls", ["argocd-agent.sol.example.net"], "vault"],
        ["argocd-agent-resource-proxy-tls", ["argocd-agent-resource-proxy"], "cluster-ca"],
        ["argocd-agent-shared-client", ["argocd-agent-shared-client"], "cluster-ca"],
      ],
    );
    assert.deepEqual(
      [...new Set([...agent.secrets, ...principal.secrets].map(({ configKey }) => configKey))],
      ["argocdAgentAuthority", "argocdAgentTokenKey"],
    );
  });

  it("does not do without Argo CD", () => {
    const { "cert-manager": certManager } = others;
    const addons = { "cert-manager": certManager, "argocd-agent": { settings: { principal: "a.example.net" } } };
    assert.deepEqual(refused("luna", addons), [
      "addons.argocd-agent: needs crd:argoproj.io, which no chosen add-on provides; switch on argocd",
    ]);
  });
});
