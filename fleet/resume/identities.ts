/** A property bag out of an exported deployment; secrets in it are marked objects, not text. */
export type Bag = Record<string, unknown>;

/** One resource of an exported deployment; fields that are not named here are kept as they are. */
export interface DeploymentResource extends Bag {
  urn: string;
  type: string;
  id?: string;
  custom?: boolean;
  delete?: boolean;
  inputs?: Bag;
  outputs?: Bag;
}

/** Tells the id that an object has when it exists; undefined when the inputs do not tell. */
type Identity = (inputs: Bag, resources: DeploymentResource[]) => string | undefined;

/**
 * Types whose objects are found again by an id that follows from their inputs. When creating one was interrupted, nobody
 * knows whether the object exists: it is looked up under this id. Creating anything else a second time does no harm,
 * because it overwrites, asks first, or only computes.
 *
 * Ids are what the providers store after a create: `SetId` and `plan.ID` in bpg/terraform-provider-proxmox, and
 * `<namespace>/<name>` in pulumi/pulumi-kubernetes.
 */
const identities: Record<string, Identity> = {
  "proxmoxve:index/vmLegacy:VmLegacy": ({ vmId }) => text(vmId),
  "proxmoxve:index/fileLegacy:FileLegacy": ({ datastoreId, contentType, sourceRaw, sourceFile }) =>
    volume(datastoreId, contentType, bag(sourceRaw).fileName ?? uploadedName(bag(sourceFile))),
  "proxmoxve:index/haresource:Haresource": ({ resourceId }) => text(resourceId),
  "proxmoxve:index/harule:Harule": ({ rule }) => text(rule),
  "proxmoxve:download/file:File": ({ datastoreId, contentType, fileName }) =>
    volume(datastoreId, contentType, fileName),
  "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy": ({ name }) => text(name),
  "proxmoxve:firewall/ipsetLegacy:IpsetLegacy": ({ name }) => text(name),
  "proxmoxve:firewall/aliasLegacy:AliasLegacy": ({ name }) => text(name),
  // The provider finds rules by where they apply; the id itself says nothing to it.
  "proxmoxve:firewall/rulesLegacy:RulesLegacy": rulesId,
  "proxmoxve:hardware/mapping/pci:Pci": ({ name }) => text(name),
  "proxmoxve:sdn/controller/evpn:Evpn": ({ sdnControllerEvpnId }) => text(sdnControllerEvpnId),
  "proxmoxve:sdn/zone/evpn:Evpn": ({ resourceId }) => text(resourceId),
  "proxmoxve:sdn/vnet:Vnet": ({ resourceId }) => text(resourceId),
  "proxmoxve:sdn/subnet:Subnet": subnetId,
  "kubernetes:helm.sh/v3:Release": ({ namespace, name }) => namespaced(namespace, name),
};

/** The id under which an object of a type and with these inputs is found, if it exists. */
export function identityOf(resource: DeploymentResource, resources: DeploymentResource[]): string | undefined {
  const inputs = resource.inputs ?? {};
  const identity = identities[resource.type];
  if (identity) return identity(inputs, resources);
  if (!resource.type.startsWith("kubernetes:")) return undefined;
  const { namespace, name } = bag(inputs.metadata);
  return namespaced(namespace, name);
}

/** Proxmox names a subnet `<zone>-<network>-<prefix length>`; the zone stands at the VNet. */
function subnetId({ vnet, cidr }: Bag, resources: DeploymentResource[]): string | undefined {
  const owner = resources.find(
    (resource) => resource.type === "proxmoxve:sdn/vnet:Vnet" && resource.inputs?.resourceId === vnet,
  );
  const zone = text(owner?.inputs?.zone);
  const range = text(cidr);
  return zone && range ? `${zone}-${range.replace("/", "-")}` : undefined;
}

/** An uploaded file keeps the last part of its path as name, unless it is given another. */
function uploadedName({ fileName, path }: Bag): string | undefined {
  return text(fileName) ?? text(path)?.split("/").at(-1);
}

function rulesId({ nodeName, vmId }: Bag): string {
  const host = text(nodeName);
  const vm = text(vmId);
  if (vm !== undefined) return `rules/vm/${vm}`;
  return host === undefined ? "rules/cluster" : `rules/node/${host}`;
}

function volume(datastore: unknown, content: unknown, file: unknown): string | undefined {
  const parts = [text(datastore), text(content), text(file)];
  return parts.includes(undefined) ? undefined : `${parts[0]}:${parts[1]}/${parts[2]}`;
}

function namespaced(namespace: unknown, name: unknown): string | undefined {
  const own = text(name);
  if (own === undefined) return undefined;
  const space = text(namespace);
  return space === undefined ? own : `${space}/${own}`;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bag(value: unknown): Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Bag) : {};
}
