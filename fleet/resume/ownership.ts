import type { DeploymentResource } from "./identities.ts";

/**
 * By which inputs an object that was found under its id shows that it is the one the program wants, and not somebody
 * else's. VMs carry the cluster in tags and description; files have their content in their names.
 */
const marks: Record<string, string[]> = {
  "proxmoxve:index/vmLegacy:VmLegacy": ["name", "description", "tags"],
  "proxmoxve:index/fileLegacy:FileLegacy": [],
  "proxmoxve:download/file:File": [],
  "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy": ["comment"],
  "proxmoxve:firewall/ipsetLegacy:IpsetLegacy": ["comment", "cidrs"],
  "proxmoxve:firewall/rulesLegacy:RulesLegacy": ["rules"],
  "proxmoxve:hardware/mapping/pci:Pci": ["maps"],
  "proxmoxve:sdn/controller/evpn:Evpn": ["asn", "peers"],
  "proxmoxve:sdn/zone/evpn:Evpn": ["controller", "vrfVxlan"],
  "proxmoxve:sdn/vnet:Vnet": ["zone", "tag", "alias"],
  "proxmoxve:sdn/subnet:Subnet": ["vnet", "gateway"],
};

/** True when an object of this type can be told from somebody else's with the same id. */
export function hasMarks(type: string): boolean {
  return type in marks;
}

/**
 * What tells an object from the one that the program wanted; undefined when nothing does.
 * @param wanted has the inputs that the object should have been created with
 * @param found has the outputs that were read
 */
export function differenceOf(wanted: DeploymentResource, found: DeploymentResource): string | undefined {
  const inputs = wanted.inputs ?? {};
  const outputs = found.outputs ?? {};
  const mark = marks[wanted.type]?.find((name) => !covers(inputs[name], outputs[name]));
  if (mark === undefined) return undefined;
  return `its ${mark} is ${JSON.stringify(outputs[mark] ?? "")}, not ${JSON.stringify(plain(inputs[mark]) ?? "")}`;
}

/** True when nothing is there that was not given, but for what the provider has filled in; lists may be incomplete. */
function covers(given: unknown, found: unknown): boolean {
  if (Array.isArray(given) || Array.isArray(found)) return coversList(asList(given), asList(found));
  if (isBag(given)) {
    return (
      isBag(found) && Object.entries(given).every(([key, value]) => key === "__defaults" || covers(value, found[key]))
    );
  }
  return String(given ?? "") === String(found ?? "");
}

/** Texts, such as tags, are sets that Proxmox sorts; rules and addresses are created one after the other. */
function coversList(given: unknown[], found: unknown[]): boolean {
  if (!given.some(isBag)) return [...given].sort().join() === [...found].sort().join();
  return found.every((item) => given.some((wanted) => covers(wanted, item)));
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isBag(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === "__defaults" ? [] : [[key, plain(item)]])),
  );
}

function isBag(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
