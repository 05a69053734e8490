import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { UsageError } from "../../../../fleet/arguments.ts";
import { renderedText, renderStack } from "../../../../fleet/render/run.ts";
import { fleet } from "../../../support/fleet.ts";

describe("fleet render", () => {
  let folder: string;
  let repository: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-render-"));
    repository = join(folder, "clusters");
    for (const file of ["Pulumi.shared.yaml", "Pulumi.luna.yaml"]) cpSync(join(fleet, file), join(folder, file));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What luna says of its add-ons, instead of what is in the file. */
  function say(delivery: string, addons: Record<string, unknown>): void {
    const file = join(folder, "Pulumi.luna.yaml");
    const content = parse(readFileSync(file, "utf8"));
    Object.assign(content.config["orrery:cluster"], { delivery, addons });
    writeFileSync(file, stringify(content));
  }

  const render = () => renderStack({ verb: "render", stack: "luna", to: repository, json: false }, folder);

  function content(): Record<string, string> {
    const files = readdirSync(repository, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => relative(repository, join(entry.parentPath, entry.name))).sort();
    return Object.fromEntries(paths.map((path) => [path, readFileSync(join(repository, path), "utf8")]));
  }

  const kinds = (text: string | undefined) =>
    parseAllDocuments(text ?? "").map((document) => {
      const { kind, metadata } = document.toJSON();
      return `${kind} ${metadata.name}`;
    });

  const platform = { "metrics-server": true, "kubelet-csr-approver": true, "cert-manager": true };

  it("writes one file per add-on for Argo CD, with the objects that belong to it", () => {
    say("argocd", platform);
    assert.deepEqual(render().added, [
      "clusters/luna/apps/platform/cert-manager.yaml",
      "clusters/luna/apps/platform/kubelet-csr-approver.yaml",
      "clusters/luna/apps/platform/metrics-server.yaml",
    ]);
    assert.deepEqual(kinds(content()["clusters/luna/apps/platform/cert-manager.yaml"]), [
      "Application cert-manager",
      "ClusterIssuer self-signed",
      "Certificate cluster-ca",
      "ClusterIssuer cluster-ca",
    ]);
  });

  it("writes into the folder that the application of applications looks into", () => {
    const argocd = { settings: { repository: { url: "https://git.example.net/c.git", path: "fleet/luna" } } };
    say("argocd", { ...platform, argocd });
    assert.equal(render().added[0], "fleet/luna/platform/cert-manager.yaml");
  });

  it("writes charts and objects for Flux into folders of their own", () => {
    say("flux", platform);
    assert.deepEqual(render().added, [
      "clusters/luna/flux/objects/cert-manager/objects.yaml",
      "clusters/luna/flux/platform/cert-manager.yaml",
      "clusters/luna/flux/platform/kubelet-csr-approver.yaml",
      "clusters/luna/flux/platform/metrics-server.yaml",
    ]);
    const files = content();
    assert.deepEqual(kinds(files["clusters/luna/flux/platform/cert-manager.yaml"]), [
      "Namespace cert-manager",
      "HelmRepository cert-manager",
      "HelmRelease cert-manager",
      "Kustomization cert-manager-objects",
    ]);
    assert.match(
      files["clusters/luna/flux/platform/cert-manager.yaml"] ?? "",
      /path: \.\/clusters\/luna\/flux\/objects\/cert-manager\n/,
    );
    assert.deepEqual(
      parseAllDocuments(files["clusters/luna/flux/platform/metrics-server.yaml"] ?? "")
        .at(-1)
        ?.toJSON().spec.dependsOn,
      [{ name: "kubelet-csr-approver" }],
    );
  });

  it("changes nothing the second time", () => {
    say("argocd", platform);
    render();
    const before = content();
    const again = render();
    assert.deepEqual([again.added, again.changed, again.removed], [[], [], []]);
    assert.match(
      renderedText(again),
      /^luna: 3 files in .*, nothing changed\n {2}applied by Pulumi: gateway-api, cilium$/,
    );
    assert.deepEqual(content(), before);
  });

  it("changes one file when one add-on changes, whatever order the stack file has", () => {
    say("argocd", platform);
    render();
    const reversed = Object.fromEntries(Object.entries(platform).reverse());
    say("argocd", { ...reversed, "metrics-server": { settings: { replicas: 3 } } });
    const { added, changed, removed } = render();
    assert.deepEqual([added, changed, removed], [[], ["clusters/luna/apps/platform/metrics-server.yaml"], []]);
  });

  it("takes away what is rendered no more, and nothing of somebody else's", () => {
    say("flux", platform);
    render();
    mkdirSync(join(repository, "clusters/luna/flux/platform"), { recursive: true });
    writeFileSync(join(repository, "clusters/luna/flux/platform/kustomization.yaml"), "resources: []\n");
    say("argocd", { "metrics-server": true, "kubelet-csr-approver": true });
    assert.equal(render().removed.length, 4);
    assert.deepEqual(Object.keys(content()), [
      "clusters/luna/apps/platform/kubelet-csr-approver.yaml",
      "clusters/luna/apps/platform/metrics-server.yaml",
      "clusters/luna/flux/platform/kustomization.yaml",
    ]);
    assert.ok(!existsSync(join(repository, "clusters/luna/flux/objects")));
  });

  it("writes nothing over a file of somebody else", () => {
    say("argocd", platform);
    const file = join(repository, "clusters/luna/apps/platform/metrics-server.yaml");
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "kind: Application\n");
    assert.throws(render, /metrics-server\.yaml was not made by this command; move it away, nothing was written/);
    assert.deepEqual(Object.keys(content()), ["clusters/luna/apps/platform/metrics-server.yaml"]);
  });

  describe("when Git takes over", () => {
    const url = "https://git.example.net/c.git";
    const over = (engine: string, takesOver: boolean, more: Record<string, unknown> = {}) =>
      say(engine, { ...platform, [engine]: { settings: { repository: { url, takesOver } } }, ...more });
    const objectsOf = (path: string) => parseAllDocuments(content()[path] ?? "").map((document) => document.toJSON());

    it("lets what leaves the repository leave the cluster, under Argo CD", () => {
      over("argocd", true);
      render();
      const [application, ...objects] = objectsOf("clusters/luna/apps/platform/cert-manager.yaml");
      assert.deepEqual(application.metadata.finalizers, ["resources-finalizer.argocd.argoproj.io"]);
      assert.equal(objects.length, 3);
      for (const { metadata } of [application, ...objects]) assert.match(JSON.stringify(metadata), /Prune=true/);
      over("argocd", false);
      render();
      const [before] = objectsOf("clusters/luna/apps/platform/cert-manager.yaml");
      assert.equal(before.metadata.finalizers, undefined);
      assert.match(JSON.stringify(before.metadata), /Prune=false/);
    });

    it("does the same under Flux, and keeps namespaces, which are Pulumi's", () => {
      over("flux", true);
      render();
      const [namespace, , release, kustomization] = objectsOf("clusters/luna/flux/platform/cert-manager.yaml");
      assert.deepEqual(namespace.metadata.annotations, { "kustomize.toolkit.fluxcd.io/prune": "disabled" });
      assert.deepEqual(release.metadata.annotations, { "kustomize.toolkit.fluxcd.io/prune": "enabled" });
      assert.equal(kustomization.spec.prune, true);
    });

    it("refuses to take away the file of an add-on that is still wanted", () => {
      over("argocd", true);
      render();
      over("argocd", true, {
        "metrics-server": { delivery: "direct" },
        "kubelet-csr-approver": { delivery: "direct" },
      });
      assert.throws(
        render,
        /kubelet-csr-approver, metrics-server would be uninstalled.*set repository\.takesOver .* to false/,
      );
      assert.ok(content()["clusters/luna/apps/platform/metrics-server.yaml"]);
      over("argocd", true, { "metrics-server": false });
      assert.deepEqual(
        render().removed,
        ["clusters/luna/apps/platform/metrics-server.yaml"],
        "one that is switched off may go",
      );
    });
  });

  it("leaves secrets to Pulumi and says which", () => {
    say("flux", {
      "proxmox-csi": {
        settings: { url: "https://pve01:8006/api2/json", storageClasses: [{ name: "fast", storage: "rbd-vm" }] },
      },
    });
    const rendered = render();
    assert.deepEqual(rendered.secrets, ["csi-proxmox/proxmox-csi-plugin"]);
    assert.match(renderedText(rendered), /Secrets, applied by Pulumi: csi-proxmox\/proxmox-csi-plugin/);
    for (const text of Object.values(content())) {
      assert.ok(parseAllDocuments(text).every((document) => document.toJSON().kind !== "Secret"));
      assert.doesNotMatch(text, /token_secret|\{value\}/);
    }
  });

  it("has nothing to write where Pulumi itself applies everything", () => {
    const rendered = render();
    assert.deepEqual(rendered.added, []);
    assert.match(renderedText(rendered), /nothing to write, because Pulumi itself applies every add-on/);
    assert.ok(!existsSync(repository));
  });

  it("writes one file per add-on for Sveltos, with templates in place of what differs between clusters", () => {
    say("sveltos", platform);
    assert.deepEqual(render().added, [
      "clusters/luna/sveltos/cert-manager.yaml",
      "clusters/luna/sveltos/kubelet-csr-approver.yaml",
      "clusters/luna/sveltos/metrics-server.yaml",
    ]);
    const files = content();
    assert.deepEqual(kinds(files["clusters/luna/sveltos/cert-manager.yaml"]), [
      "ConfigMap cert-manager-namespace",
      "ClusterProfile cert-manager-namespace",
      "ConfigMap cert-manager-values",
      "ClusterProfile cert-manager",
      "ConfigMap cert-manager-objects",
      "ClusterProfile cert-manager-objects",
    ]);
    assert.deepEqual(render().unchanged.length, 3);
    assert.deepEqual(content(), files);
  });

  it("writes downstream clusters where Git is to apply them, a file each", () => {
    cpSync(join(fleet, "Pulumi.sol.yaml"), join(folder, "Pulumi.sol.yaml"));
    const file = join(folder, "Pulumi.sol.yaml");
    const stack = parse(readFileSync(file, "utf8"));
    const sol = (more: object = {}) =>
      renderStack({ verb: "render", stack: "sol", to: repository, json: false, ...more }, folder);
    assert.deepEqual(sol().added, [], "Pulumi applies them unless it is told otherwise");
    stack.config["orrery:cluster"].downstream.delivery = "git";
    writeFileSync(file, stringify(stack));
    assert.deepEqual(sol().added, [
      "clusters/sol/apps/downstream/dev.yaml",
      "clusters/sol/apps/downstream/media.yaml",
      "clusters/sol/apps/downstream/platform.yaml",
    ]);
    assert.deepEqual(
      kinds(content()["clusters/sol/apps/downstream/media.yaml"]).map((text) => text.replace(/-[0-9a-f]{8}$/, "-*")),
      [
        "Cluster media",
        "ProxmoxCluster media",
        "ProxmoxMachineTemplate media-control-plane-*",
        "ProxmoxMachineTemplate media-workers-*",
        "TalosConfigTemplate media-workers-*",
        "TalosControlPlane media-control-plane",
        "MachineDeployment media-workers",
        "MachineHealthCheck media-workers",
      ],
    );
    stack.config["orrery:cluster"].downstream.clusters.media.workers = 4;
    writeFileSync(file, stringify(stack));
    assert.deepEqual(sol().changed, ["clusters/sol/apps/downstream/media.yaml"]);
    stack.config["orrery:cluster"].downstream.delivery = "direct";
    delete stack.config["orrery:cluster"].downstream.clusters.dev;
    writeFileSync(file, stringify(stack));
    // Nothing is taken at its word that no file says yet.
    const back = sol({ takenBack: true });
    const kept = ["clusters/sol/apps/downstream/media.yaml", "clusters/sol/apps/downstream/platform.yaml"];
    assert.deepEqual([back.kept, back.changed, back.removed], [kept, kept, ["clusters/sol/apps/downstream/dev.yaml"]]);
    assert.ok(
      renderedText(back).includes(
        [
          `  stay, because if they went Argo CD would delete clusters and all of their machines: ${kept.join(", ")}`,
          `    now commit and push, wait until Argo CD has synced that revision, and run up sol; only when that has gone through: render sol --to ${repository} --taken-back, commit and push`,
        ].join("\n"),
      ),
      renderedText(back),
    );
    for (const path of kept) {
      const objects = parseAllDocuments(content()[path] ?? "").map((document) => document.toJSON());
      for (const { metadata } of objects)
        assert.deepEqual(
          [
            metadata.annotations["argocd.argoproj.io/sync-options"],
            metadata.annotations["kustomize.toolkit.fluxcd.io/prune"],
          ],
          ["Prune=false", "disabled"],
        );
    }
    const again = sol();
    assert.deepEqual([again.kept, again.unchanged, again.removed], [kept, kept, []], "a run by mistake takes nothing");
    assert.deepEqual([sol({ takenBack: true }).removed, content()], [kept, {}]);
  });

  it("takes charts of downstream clusters away without looking into them, and spares other files", () => {
    const file = join(folder, "Pulumi.sol.yaml");
    const stack = parse(readFileSync(join(fleet, "Pulumi.sol.yaml"), "utf8"));
    const { addons, downstream } = stack.config["orrery:cluster"];
    const sol = () => renderStack({ verb: "render", stack: "sol", to: repository, json: false }, folder);
    addons.argocd = { settings: { repository: { url: "https://git.example.net/platform/clusters.git" } } };
    downstream.platform = "argocd";
    writeFileSync(file, stringify(stack));
    const charts = sol().added.filter((path) => path.startsWith("clusters/sol/downstream/"));
    assert.ok(
      charts.some((path) => path.endsWith("/Chart.yaml")),
      charts.join(", "),
    );
    assert.ok(
      charts.some((path) => path.includes("/templates/")),
      charts.join(", "),
    );
    // A file without objects, as a person may leave it.
    const empty = "clusters/sol/apps/platform/nothing.yaml";
    mkdirSync(dirname(join(repository, empty)), { recursive: true });
    writeFileSync(join(repository, empty), `${String(content()[charts[0] ?? ""]).split("\n")[0]}\n---\nversion: 1\n`);
    delete downstream.platform;
    writeFileSync(file, stringify(stack));
    const warnings: unknown[] = [];
    const note = (warning: unknown) => warnings.push(warning);
    process.on("warning", note);
    const { removed, kept } = sol();
    process.off("warning", note);
    assert.deepEqual([removed, kept, warnings], [[empty, ...charts], [], []]);
    assert.deepEqual(content(), {});
  });

  it("writes a TenantCluster where the stack file says so, and what makes its kind known", () => {
    const file = join(folder, "Pulumi.sol.yaml");
    const stack = parse(readFileSync(join(fleet, "Pulumi.sol.yaml"), "utf8"));
    const { addons, downstream } = stack.config["orrery:cluster"];
    addons.crossplane = true;
    downstream.delivery = "git";
    downstream.clusters.media.writeAs = "tenant-cluster";
    writeFileSync(file, stringify(stack));
    renderStack({ verb: "render", stack: "sol", to: repository, json: false }, folder);
    const media = content()["clusters/sol/apps/downstream/media.yaml"];
    assert.deepEqual(kinds(media), ["TenantCluster media"]);
    assert.match(
      String(media),
      /sync-options: SkipDryRunOnMissingResource=true\n {4}argocd\.argoproj\.io\/sync-wave: "1001"/,
    );
    assert.ok(kinds(content()["clusters/sol/apps/downstream/dev.yaml"]).includes("Cluster dev"));
    const platform = kinds(content()["clusters/sol/apps/downstream/platform.yaml"]);
    for (const wanted of [
      "CompositeResourceDefinition tenantclusters.platform.orrery",
      "CompositeResourceDefinition platformservices.platform.orrery",
      "Composition tenantclusters",
      "Composition platformservices",
      "ClusterProviderConfig orrery-downstream",
    ]) {
      assert.ok(platform.includes(wanted), `${wanted} in ${platform.join(", ")}`);
    }
    assert.doesNotMatch(Object.values(content()).join(""), /pulumi\.com\/waitFor.*Established/);
    downstream.clusters.media.writeAs = "cluster-api";
    writeFileSync(file, stringify(stack));
    const before = content();
    assert.throws(() => renderStack({ verb: "render", stack: "sol", to: repository, json: false }, folder), {
      message:
        /^media: another writeAs would let Argo CD delete the cluster with all of its machines; first set downstream\.delivery/,
    });
    assert.deepEqual(content(), before);
  });

  it("refuses a stack without file", () => {
    const other = () => renderStack({ verb: "render", stack: "lunar", to: repository, json: false }, folder);
    assert.throws(other, (error) => error instanceof UsageError && /there is no cluster "lunar"/.test(error.message));
  });
});
