import assert from "node:assert/strict";
import { type DeploymentResource, identityOf } from "../../../fleet/resume/identities.ts";
import { type ExportedState, repair } from "../../../fleet/resume/repair.ts";

function resource(type: string, name: string, inputs: Record<string, unknown>, id?: string): DeploymentResource {
  return { urn: `urn:pulumi:luna::orrery::${type}::${name}`, type, custom: true, inputs, ...(id ? { id } : {}) };
}

const vnet = resource("proxmoxve:sdn/vnet:Vnet", "luna-vnet", { resourceId: "vnet102", zone: "evpnz1" }, "vnet102");
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };

describe("fleet/resume: identities", () => {
  const table: [string, Record<string, unknown>, string | undefined][] = [
    ["proxmoxve:index/vmLegacy:VmLegacy", { vmId: 102011, nodeName: "pve01" }, "102011"],
    ["proxmoxve:sdn/vnet:Vnet", { resourceId: "vnet102", zone: "evpnz1" }, "vnet102"],
    ["proxmoxve:sdn/subnet:Subnet", { vnet: "vnet102", cidr: "10.102.0.0/24" }, "evpnz1-10.102.0.0-24"],
    ["proxmoxve:sdn/subnet:Subnet", { vnet: "vnet102", cidr: "fd00:102::/64" }, "evpnz1-fd00:102::-64"],
    ["proxmoxve:sdn/subnet:Subnet", { vnet: "vnet999", cidr: "fd00:102::/64" }, undefined],
    ["proxmoxve:sdn/zone/evpn:Evpn", { resourceId: "evpnz1" }, "evpnz1"],
    ["proxmoxve:sdn/controller/evpn:Evpn", { sdnControllerEvpnId: "evpnctl" }, "evpnctl"],
    ["proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy", { name: "luna" }, "luna"],
    ["proxmoxve:firewall/ipsetLegacy:IpsetLegacy", { name: "management", cidrs: [] }, "management"],
    ["proxmoxve:firewall/rulesLegacy:RulesLegacy", { rules: [] }, "rules/cluster"],
    ["proxmoxve:firewall/rulesLegacy:RulesLegacy", { nodeName: "pve01" }, "rules/node/pve01"],
    ["proxmoxve:firewall/rulesLegacy:RulesLegacy", { nodeName: "pve01", vmId: 102011 }, "rules/vm/102011"],
    ["proxmoxve:hardware/mapping/pci:Pci", { name: "igpu" }, "igpu"],
    [
      "proxmoxve:download/file:File",
      { datastoreId: "resources", contentType: "iso", fileName: "talos.iso" },
      "resources:iso/talos.iso",
    ],
    [
      "proxmoxve:index/fileLegacy:FileLegacy",
      { datastoreId: "local", contentType: "iso", sourceFile: { path: "a.iso", fileName: "b.iso" } },
      "local:iso/b.iso",
    ],
    [
      "proxmoxve:index/fileLegacy:FileLegacy",
      { datastoreId: "local", contentType: "iso", sourceFile: { path: ".orrery/images/a.iso" } },
      "local:iso/a.iso",
    ],
    ["proxmoxve:index/fileLegacy:FileLegacy", { datastoreId: "local", sourceFile: { path: "a.iso" } }, undefined],
    ["kubernetes:core/v1:Namespace", { metadata: { name: "cert-manager" } }, "cert-manager"],
    ["kubernetes:core/v1:Secret", { metadata: { name: "token", namespace: "csi" } }, "csi/token"],
    ["kubernetes:core/v1:Secret", { metadata: secret }, undefined],
    ["kubernetes:helm.sh/v3:Release", { name: "cilium", namespace: "kube-system" }, "kube-system/cilium"],
    ["kubernetes:helm.sh/v3:Release", { namespace: "kube-system" }, undefined],
    ["proxmoxve:sdn/applier:Applier", {}, undefined],
    ["talos:machine/configurationApply:ConfigurationApply", { node: "10.102.0.11" }, undefined],
    ["command:local:Command", { create: "true" }, undefined],
  ];
  for (const [type, inputs, id] of table) {
    it(`${type} ${JSON.stringify(inputs)} is ${id ?? "not looked up"}`, () => {
      assert.equal(identityOf(resource(type, "x", inputs), [vnet]), id);
    });
  }
});

describe("fleet/resume: repair", () => {
  const vm = resource("proxmoxve:index/vmLegacy:VmLegacy", "lunacp01", { vmId: 102011, password: secret });
  const applier = resource("proxmoxve:sdn/applier:Applier", "luna-apply", {});

  function stateOf(resources: DeploymentResource[], pending: [DeploymentResource, string][]): ExportedState {
    return {
      version: 3,
      deployment: {
        manifest: { magic: "x" },
        resources,
        pending_operations: pending.map(([resource, type]) => ({ resource, type })),
      },
    };
  }

  it("takes over what may exist with its id and its inputs, and forgets the rest", () => {
    const before = stateOf(
      [vnet],
      [
        [vm, "creating"],
        [applier, "creating"],
      ],
    );
    const { state, adopted, cleared } = repair(before);
    assert.deepEqual(state, {
      version: 3,
      deployment: { manifest: { magic: "x" }, resources: [vnet, { ...vm, id: "102011", outputs: vm.inputs }] },
    });
    assert.deepEqual(adopted, [{ urn: vm.urn, id: "102011" }]);
    assert.deepEqual(cleared, [{ urn: applier.urn, operation: "creating" }]);
  });

  it("forgets updates and deletes: the resource stands in the state as it was", () => {
    const existing = { ...vm, id: "102011" };
    for (const operation of ["updating", "deleting", "reading"]) {
      const { state, adopted, cleared } = repair(stateOf([existing], [[existing, operation]]));
      assert.deepEqual(state.deployment?.resources, [existing]);
      assert.equal("pending_operations" in (state.deployment ?? {}), false);
      assert.deepEqual(adopted, []);
      assert.deepEqual(cleared, [{ urn: vm.urn, operation }]);
    }
  });

  it("keeps the replaced object to be deleted beside the replacement that may exist", () => {
    const type = "proxmoxve:download/file:File";
    const inputs = { datastoreId: "resources", contentType: "iso" };
    const old = resource(type, "stable", { ...inputs, fileName: "old.iso" }, "resources:iso/old.iso");
    const next = resource(type, "stable", { ...inputs, fileName: "new.iso" });
    const { state } = repair(stateOf([old], [[next, "creating"]]));
    assert.deepEqual(
      state.deployment?.resources?.map(({ id, delete: gone }) => [id, gone ?? false]),
      [
        ["resources:iso/old.iso", true],
        ["resources:iso/new.iso", false],
      ],
    );
  });

  it("gives a half-created security group its name back", () => {
    const type = "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy";
    const half = resource(type, "luna-group", { name: "luna" }, "rule-123456");
    const { state, adopted } = repair(stateOf([half], []));
    assert.equal(state.deployment?.resources?.[0]?.id, "luna");
    assert.deepEqual(adopted, [{ urn: half.urn, id: "luna" }]);
  });

  it("changes nothing in a state that was left in order", () => {
    const before = stateOf([vnet], []);
    const { adopted, cleared } = repair(before);
    assert.deepEqual([adopted, cleared], [[], []]);
    assert.deepEqual(repair({ version: 3 }).cleared, []);
  });
});
