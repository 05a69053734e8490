import assert from "node:assert/strict";
import { podProblems, type Told } from "../../../charts/pods.ts";

const told: Told = { namespace: "apps", podSecurity: "restricted", workloads: [{ kind: "Deployment", name: "app" }] };
const context = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** A Deployment with one container; what is said is laid over it. */
function deployment(pod: Record<string, unknown> = {}, container: Record<string, unknown> = {}, replicas = 2) {
  const containers = [{ name: "main", securityContext: context, ...container }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app" },
    spec: { replicas, template: { metadata: { labels: { app: "app" } }, spec: { containers, ...pod } } },
  };
}

function budget(spec: Record<string, unknown>, matchLabels: Record<string, string> = { app: "app" }) {
  return { kind: "PodDisruptionBudget", metadata: { name: "app" }, spec: { ...spec, selector: { matchLabels } } };
}

describe("what a chart runs", () => {
  it("fits what the entry says", () => {
    assert.deepEqual(podProblems([deployment(), budget({ maxUnavailable: 1 }), budget({ minAvailable: 1 })], told), []);
  });

  it("is called as the entry says", () => {
    const workloads = [{ kind: "Deployment", name: "application" }] as const;
    assert.deepEqual(podProblems([deployment()], { ...told, workloads }), [
      "the entry tells of Deployment application, and the chart has none",
    ]);
  });

  const levels: [what: string, object: ReturnType<typeof deployment>, baseline: string[], restricted: string[]][] = [
    ["the network of the node", deployment({ hostNetwork: true }), ["hostNetwork"], ["hostNetwork"]],
    [
      "a folder of the node",
      deployment({ volumes: [{ name: "data", hostPath: { path: "/var/data" } }] }),
      ["mounts /var/data of the node"],
      ["mounts /var/data of the node"],
    ],
    ["a volume over NFS", deployment({ volumes: [{ name: "data", nfs: {} }] }), [], ["has a volume of the kind nfs"]],
    ["a configuration", deployment({ volumes: [{ name: "data", configMap: { name: "data" } }] }), [], []],
    [
      "all privileges",
      deployment({}, { securityContext: { ...context, privileged: true } }),
      ["container main is privileged"],
      ["container main is privileged"],
    ],
    [
      "a privilege that does no harm",
      deployment({}, { securityContext: { ...context, capabilities: { drop: ["ALL"], add: ["CHOWN"] } } }),
      [],
      ["container main has the capabilities CHOWN"],
    ],
    [
      "a privilege over the network",
      deployment({}, { securityContext: { ...context, capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } } }),
      ["container main has the capabilities NET_ADMIN"],
      ["container main has the capabilities NET_ADMIN"],
    ],
    [
      "a port of the node",
      deployment({}, { ports: [{ containerPort: 80, hostPort: 80 }] }),
      ["container main has a port of the node"],
      ["container main has a port of the node"],
    ],
    [
      "nothing said",
      deployment({}, { securityContext: {} }),
      [],
      [
        "container main may gain privileges",
        "container main does not drop all capabilities",
        "container main may run as root",
        "container main has no seccomp profile",
      ],
    ],
    [
      "what is said for the pod",
      deployment(
        { securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } },
        { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
      ),
      [],
      [],
    ],
    [
      "an init container that is left open",
      deployment({ initContainers: [{ name: "first", securityContext: { ...context, runAsUser: 0 } }] }),
      [],
      ["container first runs as root"],
    ],
  ];
  for (const [what, object, baseline, restricted] of levels) {
    it(`is held against the level of its namespace: ${what}`, () => {
      const sentences = (podSecurity: "privileged" | "baseline" | "restricted") =>
        podProblems([object], { ...told, podSecurity }).map((text) =>
          text.replace(`Deployment app is not ${podSecurity}, as its namespace is: `, ""),
        );
      assert.deepEqual(sentences("privileged"), []);
      assert.deepEqual(sentences("baseline"), baseline);
      assert.deepEqual(sentences("restricted"), restricted);
    });
  }

  it("is left alone in namespaces of others", () => {
    const object = deployment({ hostNetwork: true });
    assert.deepEqual(podProblems([object], { ...told, podSecurity: undefined }), []);
    const elsewhere = { ...object, metadata: { name: "app", namespace: "kube-system" } };
    assert.deepEqual(podProblems([elsewhere], told), []);
  });

  for (const spec of [{ maxUnavailable: "1%" }, { minAvailable: "50%" }, { minAvailable: 0 }]) {
    it(`can be moved: with ${JSON.stringify(spec)}`, () => {
      assert.deepEqual(podProblems([deployment(), budget(spec)], told), []);
    });
  }

  const kept = [{ maxUnavailable: 0 }, { maxUnavailable: "0%" }, { minAvailable: 2 }, { minAvailable: "51%" }];
  for (const spec of [...kept, { minAvailable: "100%" }]) {
    it(`can be moved: not with ${JSON.stringify(spec)}`, () => {
      assert.deepEqual(podProblems([deployment(), budget(spec), budget(spec, { app: "other" })], told), [
        "PodDisruptionBudget app lets no pod of Deployment app go, so that its node cannot be drained",
      ]);
    });
  }
});
