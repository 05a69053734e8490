import assert from "node:assert/strict";
import { TestRepository } from "../../support/repository.ts";
import { EngineRig } from "./engine-rig.ts";

const url = TestRepository.url;

const configMap = (name: string, value: string, annotations = "") =>
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: default
${annotations === "" ? "" : `  annotations:\n    ${annotations}\n`}data:
  value: ${value}
`;

describe("engines of the lab that read Git", () => {
  let repository: TestRepository;
  let rig: EngineRig;
  beforeEach(() => {
    repository = new TestRepository();
    rig = new EngineRig(repository.repositories);
  });
  afterEach(() => repository.remove());

  const data = (name: string, namespace = "default") => rig.api.get("v1", "ConfigMap", name, namespace)?.data;
  const uid = (name: string) => rig.api.get("v1", "ConfigMap", name, "default")?.metadata.uid;

  describe("Argo CD", () => {
    const application = (name: string, path: string, syncPolicy: object = {}) => ({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name, namespace: "argocd" },
      spec: {
        project: "default",
        source: { repoURL: url, targetRevision: "HEAD", path, directory: { recurse: true } },
        destination: { server: "https://kubernetes.default.svc", namespace: "default" },
        syncPolicy: { automated: { prune: true, selfHeal: true }, ...syncPolicy },
      },
    });
    const status = () => rig.application("apps");

    it("says that it cannot compare before there is a commit, and syncs the first one", async () => {
      rig.apply(application("apps", "apps"));
      await rig.pass(5);
      assert.match(JSON.stringify(status().conditions), /ComparisonError.*unable to resolve 'HEAD' to a commit SHA/);
      repository.push({ "apps/a.yaml": configMap("a", "one"), "apps/deep/er/b.yaml": configMap("b", "two") });
      await rig.pass(130);
      assert.deepEqual([status().sync.status, status().health.status], ["Synced", "Healthy"]);
      assert.deepEqual([data("a"), data("b")], [{ value: "one" }, { value: "two" }]);
    });

    it("adopts what is there, heals it, and brings a change within minutes", async () => {
      rig.apply({
        ...JSON.parse('{"apiVersion":"v1","kind":"ConfigMap"}'),
        metadata: { name: "a", namespace: "default", labels: { by: "somebody" } },
      });
      const before = uid("a");
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      rig.apply(application("apps", "apps"));
      await rig.pass(10);
      assert.deepEqual([data("a"), uid("a")], [{ value: "one" }, before]);
      assert.deepEqual(rig.api.get("v1", "ConfigMap", "a", "default")?.metadata.labels, { by: "somebody" });
      rig.apply({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a", namespace: "default" },
        data: { value: "x" },
      });
      await rig.pass(10);
      assert.deepEqual(data("a"), { value: "one" });
      assert.match(JSON.stringify(status()), /"phase":"Succeeded"/);
      repository.push({ "apps/a.yaml": configMap("a", "two") });
      await rig.pass(60);
      assert.deepEqual(data("a"), { value: "one" }, "it asks every two minutes");
      await rig.pass(70);
      assert.deepEqual([data("a"), uid("a")], [{ value: "two" }, before]);
    });

    it("makes an application anew that somebody deleted, and goes on to the next commit", async () => {
      const chart = { chart: "metrics-server", targetRevision: "3.13.1" };
      const child = {
        ...application("metrics-server", ""),
        spec: {
          source: { repoURL: "https://kubernetes-sigs.github.io/metrics-server", ...chart },
          destination: { server: "https://kubernetes.default.svc", namespace: "kube-system" },
          syncPolicy: { automated: {} },
        },
      };
      repository.push({ "apps/child.yaml": JSON.stringify(child) });
      rig.apply(application("apps", "apps"));
      await rig.pass(130);
      assert.equal(rig.application("metrics-server")?.health.status, "Healthy");
      rig.api.delete("argoproj.io/v1alpha1", "Application", "metrics-server", "argocd");
      await rig.pass(60);
      assert.equal(rig.application("metrics-server")?.health.status, "Healthy");
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      await rig.pass(130);
      assert.deepEqual(data("a"), { value: "one" });
    });

    it("prunes what leaves the folder, unless the object says otherwise; and not everything at once", async () => {
      const kept = configMap("b", "two", "argocd.argoproj.io/sync-options: Prune=false");
      repository.push({
        "apps/a.yaml": configMap("a", "one"),
        "apps/b.yaml": kept,
        "apps/c.yaml": configMap("c", "three"),
      });
      rig.apply(application("apps", "apps"));
      await rig.pass(10);
      repository.push({ "apps/a.yaml": undefined, "apps/b.yaml": undefined });
      await rig.pass(130);
      assert.deepEqual([data("a"), data("b"), data("c")], [undefined, { value: "two" }, { value: "three" }]);
      assert.equal(status().sync.status, "OutOfSync", "what it may not prune shows");
      const resource = { version: "v1", kind: "ConfigMap", namespace: "default" };
      assert.deepEqual((status() as { resources?: unknown }).resources, [
        { ...resource, name: "c", status: "Synced" },
        { ...resource, name: "b", status: "OutOfSync", requiresPruning: true },
      ]);
      repository.push({ "apps/c.yaml": undefined, "apps/readme.txt": "nothing here" });
      await rig.pass(130);
      assert.match(JSON.stringify(status().conditions), /SyncError.*auto-sync will wipe out all resources/);
      assert.ok(data("c"));
    });

    it("tells of a file that does not parse and touches nothing, and goes on when it is mended", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one"), "apps/b.yaml": configMap("b", "two") });
      rig.apply(application("apps", "apps"));
      await rig.pass(10);
      repository.push({ "apps/a.yaml": configMap("a", "changed"), "apps/b.yaml": "kind: ConfigMap\n  name: [" });
      await rig.pass(130);
      assert.deepEqual([status().sync.status, status().health.status], ["Unknown", "Unknown"]);
      assert.match(JSON.stringify(status().conditions), /ComparisonError.*Failed to load target state.*apps\/b\.yaml/);
      assert.deepEqual([data("a"), data("b")], [{ value: "one" }, { value: "two" }]);
      repository.push({ "apps/b.yaml": configMap("b", "mended") });
      await rig.pass(130);
      assert.deepEqual([data("a"), data("b")], [{ value: "changed" }, { value: "mended" }]);
      assert.equal(status().sync.status, "Synced");
    });

    it("tries again what it cannot apply, and gives up after the limit until the repository changes", async () => {
      const lost = configMap("a", "one").replace("namespace: default", "namespace: lost");
      repository.push({ "apps/a.yaml": lost });
      rig.apply(application("apps", "apps", { retry: { limit: 1, backoff: { duration: "20s" } } }));
      await rig.pass(10);
      assert.match(JSON.stringify(status()), /"phase":"Running".*namespaces \\"lost\\" not found/);
      await rig.pass(60);
      assert.match(JSON.stringify(status()), /"phase":"Failed"/);
      rig.namespace("lost");
      await rig.pass(130);
      assert.equal(data("a", "lost"), undefined, "the same commit is not tried again");
      repository.push({ "apps/b.yaml": configMap("b", "two") });
      await rig.pass(130);
      assert.deepEqual([data("a", "lost"), status().sync.status], [{ value: "one" }, "Synced"]);
    });

    it("goes with what it delivered only when it has the finalizer", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      for (const [finalizers, left] of [
        [[], { value: "one" }],
        [["resources-finalizer.argocd.argoproj.io"], undefined],
      ] as const) {
        const object = application("apps", "apps");
        rig.apply({ ...object, metadata: { ...object.metadata, finalizers } });
        await rig.pass(10);
        rig.api.delete("argoproj.io/v1alpha1", "Application", "apps", "argocd");
        await rig.pass(5);
        assert.deepEqual(data("a"), left);
      }
    });

    it("makes an application of each folder by an ApplicationSet", async () => {
      repository.push({
        "clusters/sol/apps/one/a.yaml": configMap("a", "one").replace("  namespace: default\n", ""),
        "clusters/sol/apps/two/b.yaml": configMap("b", "two").replace("  namespace: default\n", ""),
        "clusters/luna/apps/three/c.yaml": configMap("c", "three"),
      });
      const { spec } = application("", "{{ .path.path }}", { syncOptions: ["CreateNamespace=true"] });
      const name = "{{ .path.basenameNormalized }}";
      rig.apply({
        apiVersion: "argoproj.io/v1alpha1",
        kind: "ApplicationSet",
        metadata: { name: "apps", namespace: "argocd" },
        spec: {
          goTemplate: true,
          generators: [{ git: { repoURL: url, revision: "HEAD", directories: [{ path: "clusters/sol/apps/*" }] } }],
          syncPolicy: { preserveResourcesOnDeletion: true },
          template: { metadata: { name }, spec: { ...spec, destination: { ...spec.destination, namespace: name } } },
        },
      });
      await rig.pass(10);
      assert.deepEqual([data("a", "one"), data("b", "two")], [{ value: "one" }, { value: "two" }]);
      assert.equal(rig.application("three"), undefined);
      repository.push({ "clusters/sol/apps/two/b.yaml": undefined });
      await rig.pass(200);
      assert.equal(rig.application("two"), undefined);
      assert.deepEqual(data("b", "two"), { value: "two" }, "what was delivered is preserved");
    });
  });

  describe("Flux", () => {
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name: "flux-system", namespace: "flux-system" },
      spec: { interval: "1m", url, ref: { branch: "main" } },
    };
    const kustomization = (more: object = {}) => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "apps", namespace: "flux-system" },
      spec: {
        interval: "10m",
        retryInterval: "1m",
        path: "./apps",
        prune: true,
        sourceRef: { kind: "GitRepository", name: "flux-system" },
        ...more,
      },
    });
    const ready = (kind = "Kustomization", name = "apps") => {
      const api = kind === "Kustomization" ? "kustomize" : "source";
      const found = rig.api.get(`${api}.toolkit.fluxcd.io/v1`, kind, name, "flux-system")?.status as {
        conditions: { status: string; reason: string; message: string }[];
      };
      return found.conditions[0];
    };

    it("waits for its source, and applies the folder as a whole", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one"), "apps/deep/b.yaml": configMap("b", "two") });
      rig.apply(kustomization());
      await rig.pass(5);
      assert.equal(ready()?.reason, "ArtifactFailed");
      rig.apply(source);
      await rig.pass(35);
      assert.match(
        ready("GitRepository", "flux-system")?.message ?? "",
        /^stored artifact for revision 'main@sha1:[0-9a-f]{40}'$/,
      );
      assert.match(ready()?.message ?? "", /^Applied revision: main@sha1:/);
      assert.deepEqual([data("a"), data("b")], [{ value: "one" }, { value: "two" }]);
    });

    it("tells of a repository and of a Secret that are missing", async () => {
      const { spec } = source;
      rig.apply({ ...source, spec: { ...spec, secretRef: { name: "cluster-repository" } } }, kustomization());
      await rig.pass(5);
      assert.equal(
        ready("GitRepository", "flux-system")?.message,
        `failed to get secret 'flux-system/cluster-repository': secrets "cluster-repository" not found`,
      );
      rig.apply({ ...source, spec: { ...spec, url: "https://git.example.net/nowhere.git" } });
      await rig.pass(5);
      assert.match(ready("GitRepository", "flux-system")?.message ?? "", /unable to clone .*repository not found/);
      assert.equal(ready()?.message, "Source artifact not found, retrying in 30s");
    });

    it("adopts what is there, brings a change, and prunes what leaves unless the object says otherwise", async () => {
      rig.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } });
      const before = uid("a");
      const kept = configMap("b", "two", "kustomize.toolkit.fluxcd.io/prune: disabled");
      repository.push({
        "apps/a.yaml": configMap("a", "one"),
        "apps/b.yaml": kept,
        "apps/c.yaml": configMap("c", "three"),
      });
      rig.apply(source, kustomization());
      await rig.pass(10);
      assert.deepEqual([data("a"), uid("a")], [{ value: "one" }, before]);
      repository.push({ "apps/a.yaml": configMap("a", "two"), "apps/b.yaml": undefined, "apps/c.yaml": undefined });
      await rig.pass(70);
      assert.deepEqual([data("a"), uid("a")], [{ value: "two" }, before]);
      assert.deepEqual([data("b"), data("c")], [{ value: "two" }, undefined]);
      const found = rig.api.get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", "flux-system");
      const { inventory } = (found?.status ?? {}) as { inventory?: unknown };
      assert.deepEqual(
        inventory,
        { entries: [{ id: "default_a__ConfigMap", v: "v1" }] },
        "what it left is not its own",
      );
    });

    it("corrects what somebody has changed at the next interval", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      rig.apply(source, kustomization());
      await rig.pass(10);
      rig.api.delete("v1", "ConfigMap", "a", "default");
      await rig.pass(60);
      assert.equal(data("a"), undefined);
      await rig.pass(600);
      assert.deepEqual(data("a"), { value: "one" });
    });

    it("takes back what managers have changed that begin with kubectl, and leaves what others add", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one"), "apps/b.yaml": configMap("b", "two") });
      rig.apply(source, kustomization());
      await rig.pass(10);
      for (const [name, manager] of [
        ["a", "kubectl-patch"],
        ["b", "somebody"],
      ] as const) {
        const found = rig.api.get("v1", "ConfigMap", name, "default");
        assert.ok(found);
        const fields = { data: { more: "yes" } };
        rig.api.apply({ ...found, data: { ...(found.data as object), ...fields.data } });
        rig.api.note(found, { manager, fields });
      }
      await rig.pass(60);
      assert.deepEqual(data("a"), { value: "one", more: "yes" }, "not before the next interval");
      await rig.pass(600);
      assert.deepEqual([data("a"), data("b")], [{ value: "one" }, { value: "two", more: "yes" }]);
    });

    it("applies nothing of a folder with a file that does not parse, or with a kind that is not there", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      rig.apply(source, kustomization());
      await rig.pass(10);
      repository.push({ "apps/a.yaml": configMap("a", "two"), "apps/b.yaml": "kind: ConfigMap\n  name: [" });
      await rig.pass(70);
      assert.deepEqual([ready()?.status, ready()?.reason], ["False", "BuildFailed"]);
      assert.match(ready()?.message ?? "", /apps\/b\.yaml/);
      repository.push({ "apps/b.yaml": "apiVersion: example.net/v1\nkind: Page\nmetadata: { name: b }\n" });
      await rig.pass(70);
      assert.deepEqual(
        [ready()?.reason, ready()?.message],
        ["ReconciliationFailed", 'Page/b dry-run failed: no matches for kind "Page" in version "example.net/v1"'],
      );
      assert.deepEqual(data("a"), { value: "one" });
      rig.api.define({ "example.net/v1/Page": true });
      await rig.pass(70);
      assert.deepEqual([ready()?.status, data("a")], ["True", { value: "two" }]);
    });

    it("takes what it applied along when it goes, with pruning and not suspended", async () => {
      repository.push({ "apps/a.yaml": configMap("a", "one") });
      for (const [more, left] of [
        [{ prune: false }, { value: "one" }],
        [{ suspend: true }, { value: "one" }],
        [{}, undefined],
      ] as const) {
        rig.apply(source, kustomization());
        await rig.pass(10);
        rig.apply(kustomization(more));
        await rig.pass(5);
        rig.api.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", "flux-system");
        await rig.pass(5);
        assert.deepEqual(data("a"), left);
      }
    });
  });
});
