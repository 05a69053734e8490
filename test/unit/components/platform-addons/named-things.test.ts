import assert from "node:assert/strict";
import { planAddons } from "../../../../components/platform-addons/plan.ts";
import { describe as sentence } from "../../../../config/problems.ts";
import { configOf, factsOf } from "./facts.ts";

function problems(addons: Record<string, unknown>, provided: string[] = []): string[] {
  return planAddons(configOf({ addons, provided }), factsOf("sol")).problems.map(sentence);
}

const acme = { email: "ops@example.net", solver: { type: "cloudflare" } };
const proxmoxCsi = (...storageClasses: unknown[]) => ({
  settings: { url: "https://pve01:8006/api2/json", storageClasses },
});
const fast = { name: "fast", storage: "rbd-vm" };
const base = { "cert-manager": true, "cloudnative-pg": true };

describe("what settings name and nobody makes", () => {
  const table: [string, Record<string, unknown>, string[], string][] = [
    [
      "an issuer of cert-manager that is not set up",
      { ...base, "envoy-gateway": { settings: { gateway: { issuer: "acme" } } } },
      [
        'addons.envoy-gateway.settings.gateway.issuer: names a ClusterIssuer that no chosen add-on makes (found "acme", allowed cluster-ca or self-signed; set addons.cert-manager.settings.acme, or add cluster-issuer:acme to provided, where somebody else makes it)',
      ],
      "cluster-issuer:acme",
    ],
    [
      "an issuer that is nearly one",
      {
        ...base,
        "proxmox-csi": proxmoxCsi({ ...fast, default: true }),
        openbao: { settings: { issuer: "clusterca" } },
      },
      [
        'addons.openbao.settings.issuer: names a ClusterIssuer that no chosen add-on makes (found "clusterca", allowed cluster-ca or self-signed; did you mean "cluster-ca"?, or add cluster-issuer:clusterca to provided, where somebody else makes it)',
      ],
      "cluster-issuer:clusterca",
    ],
    [
      "a storage class",
      { ...base, "proxmox-csi": proxmoxCsi(fast), powerdns: { settings: { storageClass: "slow" } } },
      [
        'addons.powerdns.settings.storageClass: names a StorageClass that no chosen add-on makes (found "slow", allowed fast; add storage-class:slow to provided, where somebody else makes it)',
      ],
      "storage-class:slow",
    ],
    [
      "the default storage class, where no class is the default",
      { ...base, "proxmox-csi": proxmoxCsi(fast), powerdns: true },
      [
        "addons.powerdns: needs default-storage-class, which no chosen add-on provides (set addons.proxmox-csi.settings.storageClasses[0].default to true, switch on harvester-csi, longhorn, openebs with defaultClass or rook-ceph-cluster, or name a class: addons.powerdns.settings.storageClass)",
      ],
      "default-storage-class",
    ],
    [
      "a gateway",
      {
        ...base,
        "proxmox-csi": proxmoxCsi({ ...fast, default: true }),
        zitadel: { settings: { gateway: { name: "public", namespace: "envoy-gateway-system" } } },
      },
      [
        'addons.zitadel.settings.gateway: names a Gateway that no chosen add-on makes (found "envoy-gateway-system/public"; set addons.envoy-gateway.settings.gateway, or add gateway:envoy-gateway-system/public to provided, where somebody else makes it)',
      ],
      "gateway:envoy-gateway-system/public",
    ],
    [
      "the Secret of an authority",
      {
        "external-secrets": { settings: { vault: { url: "https://bao.example.net:8200", authoritySecret: "other" } } },
        "cert-manager": true,
      },
      [
        'addons.external-secrets.settings.vault.authoritySecret: names a Secret that no chosen add-on makes (found "cert-manager/other", allowed cert-manager/cluster-ca; add secret:cert-manager/other to provided, where somebody else makes it)',
      ],
      "secret:cert-manager/other",
    ],
  ];
  for (const [what, addons, expected, elsewhere] of table) {
    it(`refuses ${what}, unless somebody else is said to bring it`, () => {
      assert.deepEqual(problems(addons), expected);
      assert.deepEqual(problems(addons, [elsewhere]), []);
    });
  }

  it("names the setting of each chosen add-on that makes its class the default, and the setting does it", () => {
    const disks = { by: "path", filter: "^/dev/sdb$" };
    const pools = (isDefault: boolean) => [{ name: "ceph-block", default: isDefault }];
    for (const [name, setting, without, also] of [
      ["openebs", "defaultClass", { defaultClass: false }, {}],
      ["longhorn", "defaultClass", { defaultClass: false }, {}],
      ["proxmox-csi", "storageClasses[0].default", proxmoxCsi(fast).settings, {}],
      ["rook-ceph-cluster", "blockPools[0].default", { disks, blockPools: pools(false) }, { "rook-ceph": true }],
    ] as const) {
      const chosen = { ...also, minio: true, "cert-manager": true };
      const ofMinio = (settings: object) =>
        problems({ ...chosen, [name]: { settings } }).filter((text) => text.startsWith("addons.minio"));
      const [found] = ofMinio(without);
      assert.match(
        found ?? "",
        /^addons\.minio: needs default-storage-class, which no chosen add-on provides \(set addons\./,
      );
      assert.ok(found?.includes(`(set addons.${name}.settings.${setting} to true, switch on `), found);
      const settings = structuredClone(without) as Record<string, unknown>;
      const [list = "", field] = setting.split("[0].");
      const target = field === undefined ? settings : (settings[list] as Record<string, unknown>[])[0];
      assert.ok(target);
      target[field ?? list] = true;
      assert.deepEqual(ofMinio(settings), []);
    }
  });

  it("is no problem once an add-on makes it", () => {
    const gateway = { name: "public", namespace: "envoy-gateway-system" };
    assert.deepEqual(
      problems({
        ...base,
        "cert-manager": { settings: { acme } },
        "envoy-gateway": { settings: { gateway: { issuer: "acme" } } },
        "proxmox-csi": proxmoxCsi(fast),
        powerdns: { settings: { storageClass: "fast" } },
        zitadel: { settings: { gateway, database: { storageClass: "fast" } } },
      }),
      [],
    );
  });

  it("does not make a circle of a gateway and the issuer that answers challenges over it", () => {
    const solver = { type: "gateway", gateway: "public", namespace: "envoy-gateway-system" };
    const addons = {
      "cert-manager": { settings: { acme: { ...acme, solver } } },
      "envoy-gateway": { settings: { gateway: { issuer: "acme", hostnames: ["shop.example.net"] } } },
    };
    assert.deepEqual(problems(addons), []);
    const { addons: planned } = planAddons(configOf({ addons }), factsOf("sol"));
    assert.deepEqual(
      planned.map(({ name }) => name),
      ["gateway-api", "cilium", "cert-manager", "envoy-gateway"],
    );
  });

  it("refuses two storage classes of one name", () => {
    const openebs = { settings: { storageClass: "fast" } };
    assert.deepEqual(problems({ openebs, "proxmox-csi": proxmoxCsi(fast) }), [
      "addons: openebs and proxmox-csi both provide storage-class:fast, and a cluster has one (switch one of them off: addons.proxmox-csi: false)",
    ]);
  });

  it("refuses two default storage classes, of two add-ons or of one", () => {
    const byDefault = { ...fast, default: true };
    const openebs = { settings: { defaultClass: true } };
    assert.deepEqual(problems({ openebs, "proxmox-csi": proxmoxCsi(byDefault) }), [
      "addons: openebs and proxmox-csi both provide default-storage-class, and a cluster has one (let the classes of one of them not be the default, by its settings)",
    ]);
    assert.deepEqual(
      problems({ "proxmox-csi": proxmoxCsi(byDefault, { ...fast, name: "slow" }, { ...byDefault, name: "slower" }) }),
      ["addons.proxmox-csi.settings.storageClasses[2].default: is a second default class (found true, allowed false)"],
    );
    const blockPools = ["a", "b"].map((name) => ({ name, default: true }));
    const settings = { disks: { by: "path", filter: "^/dev/sdb$" }, blockPools };
    assert.deepEqual(problems({ "rook-ceph": true, "rook-ceph-cluster": { settings } }), [
      "addons.rook-ceph-cluster.settings.blockPools[1].default: is a second default class (found true, allowed false)",
    ]);
  });

  it("takes a default storage class beside others, whichever add-on makes it", () => {
    const named = { openebs: true, "proxmox-csi": proxmoxCsi({ ...fast, default: true }), minio: true };
    assert.deepEqual(problems(named), []);
    const byDefault = { openebs: { settings: { defaultClass: true } }, "proxmox-csi": proxmoxCsi(fast), minio: true };
    assert.deepEqual(problems(byDefault), []);
  });

  it("has the maker of a storage class come before what claims volumes of it, and no other maker", () => {
    const minio = { settings: { storageClass: "fast" } };
    const addons = { openebs: { settings: { defaultClass: true } }, "proxmox-csi": proxmoxCsi(fast), minio };
    const { addons: planned, problems: wrong } = planAddons(configOf({ addons }), factsOf("sol"));
    assert.deepEqual(wrong, []);
    assert.deepEqual(planned.find(({ name }) => name === "minio")?.after, ["proxmox-csi"]);
  });

  const addresses: [string, boolean][] = [
    ["https://openbao-active.openbao.svc:8200", true],
    ["https://openbao-active.openbao.svc.cluster.local:8200/", true],
    ["https://openbao-active.openbao:8200", true],
    ["https://vault.secrets.svc:8200", false],
    ["https://openbao.example.net:8200", false],
  ];
  for (const [url, isInside] of addresses) {
    it(`${isInside ? "refuses" : "takes"} the address ${url} without the add-on openbao`, () => {
      const said = { "cert-manager": { settings: { vault: { url } } } };
      const expected = `addons.cert-manager.settings.vault.url: leads to a service in the namespace openbao, which belongs to an add-on that is not chosen (found "${url}"; switch on openbao, or add service:openbao/openbao-active to provided, where somebody else makes it)`;
      assert.deepEqual(problems(said), isInside ? [expected] : []);
      assert.deepEqual(problems(said, ["service:openbao/openbao-active"]), []);
    });
  }

  it("takes what somebody else brings by kind and name only", () => {
    assert.throws(
      () => configOf({ provided: ["clusterissuer:acme"] }),
      /a kind and a name, such as cluster-issuer:corporate or gateway:edge\/public/,
    );
  });
});
