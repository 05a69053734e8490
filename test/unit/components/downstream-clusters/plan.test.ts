import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DownstreamCluster, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { awaited } from "../../../../components/downstream-clusters/wait.ts";
import { manifestText } from "../../../../components/platform-addons/delivery/manifests.ts";
import { exampleCluster } from "./example.ts";

function allOf(args: DownstreamCluster) {
  const { cluster, steps } = planDownstreamCluster(args);
  return [cluster, ...steps.flat()];
}

function textOf(args: DownstreamCluster): string {
  return manifestText(allOf(args));
}

function golden(name: string): string {
  return readFileSync(join(import.meta.dirname, "golden", name), "utf8");
}

function objectOf(args: DownstreamCluster, kind: string) {
  return allOf(args).find((object) => object.kind === kind);
}

function names(args: DownstreamCluster): Record<string, string> {
  return Object.fromEntries(
    allOf(args)
      .slice(1)
      .map(({ kind, metadata }) => [`${kind} ${metadata.name.split("-")[1]}`, metadata.name]),
  );
}

/** Kinds whose names differ between two plans. */
function renamed(one: DownstreamCluster, other: DownstreamCluster): string[] {
  const before = names(one);
  return Object.entries(names(other))
    .filter(([key, name]) => before[key] !== name)
    .map(([key]) => key)
    .sort();
}

describe("plan of downstream clusters", () => {
  it("writes the objects of a cluster on Proxmox", () => {
    assert.equal(textOf(exampleCluster("media")), golden("media.yaml"));
  });

  it("writes the objects of a cluster on Harvester whose workers an autoscaler counts", () => {
    assert.equal(textOf(exampleCluster("dev")), golden("dev.yaml"));
  });

  it("lets pods onto control planes where there are no workers", () => {
    for (const workers of [0, 1, { min: 1, max: 3 }]) {
      const plane = planDownstreamCluster(exampleCluster("media", { workers }))
        .steps.flat()
        .find(({ kind }) => kind === "TalosControlPlane");
      assert.match(JSON.stringify(plane), new RegExp(`allowSchedulingOnControlPlanes: ${workers === 0}`));
    }
  });

  it("gives templates another name when their content changes, and leaves the others alone", () => {
    const media = exampleCluster("media");
    const table: [string, DownstreamCluster, string[]][] = [
      ["workers", exampleCluster("media", { workers: 3 }), []],
      ["labels", exampleCluster("media", { labels: { monitoring: "true" } }), []],
      ["health", exampleCluster("media", { unhealthyAfterSeconds: 60 }), []],
      [
        "memory",
        exampleCluster("media", { memoryMiB: 16_384 }),
        ["ProxmoxMachineTemplate control", "ProxmoxMachineTemplate workers"],
      ],
      [
        "patches",
        exampleCluster("media", { patches: [{ machine: { sysctls: { "vm.max_map_count": "262144" } } }] }),
        ["TalosConfigTemplate workers"],
      ],
      ["kubernetes", exampleCluster("media", {}, { kubernetes: "1.31.5" }), []],
      ["renewal", exampleCluster("media", { renewal: 1 }), ["TalosConfigTemplate workers"]],
      ["machines to be replaced", exampleCluster("media", { replace: ["media-workers-x7k2p"] }), []],
    ];
    for (const [what, changed, expected] of table) assert.deepEqual(renamed(media, changed), expected, what);
  });

  it("replaces machines of a new release by their templates and by their version", () => {
    const before = exampleCluster("media");
    const after = {
      ...exampleCluster("media", {}, { talos: "v1.12.0", kubernetes: "1.32.10" }),
      templateTags: ["orrery-template", "v1.12.0-376567988ad3"],
    };
    assert.deepEqual(renamed(before, after), [
      "ProxmoxMachineTemplate control",
      "ProxmoxMachineTemplate workers",
      "TalosConfigTemplate workers",
    ]);
    const spec = objectOf(after, "TalosControlPlane")?.spec as { version: string };
    assert.equal(spec.version, "v1.32.10");
  });

  it("renews all machines by a number that nodes show", () => {
    const patchesOf = (kind: string) => JSON.stringify(objectOf(exampleCluster("media", { renewal: 2 }), kind)?.spec);
    for (const kind of ["TalosControlPlane", "TalosConfigTemplate"]) {
      assert.match(patchesOf(kind), /nodeAnnotations:\\n {4}orrery\/renewal: \\"2\\"\\n/, kind);
    }
  });

  it("has the machines replaced that the stack file names, in the time that one may take", () => {
    assert.equal(planDownstreamCluster(exampleCluster("media")).replace, undefined);
    const machines = ["media-workers-x7k2p"];
    assert.deepEqual(planDownstreamCluster(exampleCluster("media", { replace: machines })).replace, {
      cluster: "media",
      machines,
      timeoutSeconds: 1800,
    });
  });

  it("never lets a health check stand idle, nor replace most of the workers at once", () => {
    const allowed = (workers: unknown) => {
      const spec = objectOf(exampleCluster("media", { workers }), "MachineHealthCheck")?.spec as {
        remediation: { triggerIf: { unhealthyLessThanOrEqualTo: number } };
      };
      return spec.remediation.triggerIf.unhealthyLessThanOrEqualTo;
    };
    assert.deepEqual([1, 2, 3, 5, { min: 1, max: 8 }].map(allowed), [1, 1, 1, 2, 4]);
  });

  it("has an autoscaler where the stack file gives bounds, beside the objects that it scales", () => {
    assert.equal(planDownstreamCluster(exampleCluster("media")).autoscaler, undefined);
    assert.deepEqual(planDownstreamCluster(exampleCluster("dev")).autoscaler, {
      name: "dev-autoscaler",
      namespace: "dev",
      values: {
        fullnameOverride: "dev-autoscaler",
        image: { tag: "v1.31.5" },
        cloudProvider: "clusterapi",
        clusterAPIMode: "kubeconfig-incluster",
        clusterAPIKubeconfigSecret: "dev-kubeconfig",
        autoDiscovery: { clusterName: "dev", namespace: "dev" },
        extraArgs: { "enforce-node-group-min-size": "true" },
        rbac: { clusterScoped: false },
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65_534,
          runAsGroup: 65_534,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containerSecurityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    });
  });

  it("has the autoscaler that was made for the cluster's Kubernetes, or else the chart's own", () => {
    const imageFor = (kubernetes: string) =>
      planDownstreamCluster(exampleCluster("dev", {}, { kubernetes })).autoscaler?.values.image;
    assert.deepEqual(["1.32.10", "1.35.0", "1.99.0"].map(imageFor), [
      { tag: "v1.32.7" },
      { tag: "v1.35.2" },
      undefined,
    ]);
  });

  it("expects credentials by name and holds none", () => {
    const secrets = (["media", "dev"] as const).map((name) => planDownstreamCluster(exampleCluster(name)).secrets);
    assert.deepEqual(
      secrets.map(([secret]) => [secret?.configKey, secret?.namespace, secret?.name, Object.keys(secret?.keys ?? {})]),
      [
        ["downstreamProxmoxToken", "media", "media-proxmox", ["url", "token", "secret"]],
        ["downstreamHarvesterKubeconfig", "dev", "dev-harvester", ["kubeconfig"]],
      ],
    );
  });

  it("waits for machines and for nothing else", () => {
    const waiting = allOf(exampleCluster("media")).flatMap((object) => {
      const condition = awaited(object).metadata.annotations?.["pulumi.com/waitFor"];
      return condition ? [[object.kind, JSON.parse(condition)]] : [];
    });
    assert.deepEqual(waiting, [
      [
        "TalosControlPlane",
        ["condition=Resized", "jsonpath={.status.version}=v1.31.4", "jsonpath={.status.readyReplicas}=1"],
      ],
      ["MachineDeployment", ["condition=Available", "condition=RollingOut=False"]],
    ]);
  });
});
