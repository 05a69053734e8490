import { OptionsLegacy } from "@muhlba91/pulumi-proxmoxve/firewall/optionsLegacy.js";
import { RulesLegacy } from "@muhlba91/pulumi-proxmoxve/firewall/rulesLegacy.js";
import { VmLegacy } from "@muhlba91/pulumi-proxmoxve/vmLegacy.js";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { getConfigurationOutput as getClientConfiguration } from "@pulumiverse/talos/client/getConfiguration.js";
import { Kubeconfig } from "@pulumiverse/talos/cluster/kubeconfig.js";
import { ConfigurationApply } from "@pulumiverse/talos/machine/configurationApply.js";
import { getConfigurationOutput as getMachineConfiguration } from "@pulumiverse/talos/machine/getConfiguration.js";
import { Secrets } from "@pulumiverse/talos/machine/secrets.js";
import type { ClusterConfig, SharedConfig } from "../config/index.ts";
import type { ClusterFacts, MachineRequirement, NodePlan, PublishedImage } from "./facts.ts";
import { type BootstrapRequest, bootstrapProgram, joinProgram } from "./talos-cluster/lifecycle/request.ts";
import { clusterPatches } from "./talos-cluster/machine-config/patches.ts";
import { configurationHooks, diskHooks } from "./talos-cluster/node-hooks.ts";
import { rolloutOrder, rolloutPredecessors } from "./talos-cluster/rollout.ts";
import { ignoredVmChanges, vmArguments } from "./talos-cluster/vm-arguments.ts";

/** Arguments of {@link TalosCluster}. */
export interface TalosClusterArgs {
  facts: ClusterFacts;
  config: ClusterConfig;
  shared: SharedConfig;
  image: PublishedImage;
  /** Security group of the VMs; undefined while the firewall is off. */
  securityGroup?: string;
  /** What VMs have to wait for. */
  network: pulumi.Resource[];
  /** What add-ons ask of the machines. @default nothing */
  requirements?: readonly MachineRequirement[];
  /** Whether the whole cluster is about to go, so that no node has to leave it in order before. @default false */
  destroying?: boolean;
}

/** A node as a stack shows it. */
export interface NodeSummary {
  name: string;
  role: "controlplane" | "worker";
  /** Proxmox host; absent for bare metal. */
  host?: string;
  vmId?: number;
  addresses: string[];
}

/**
 * A Kubernetes cluster of Talos machines: secrets, virtual machines, machine configuration, bootstrap and credentials.
 *
 * Machine configurations reach running nodes one after the other, each through the gate of `talos-cluster/lifecycle`; a node that goes
 * leaves etcd and Kubernetes first.
 */
export class TalosCluster extends pulumi.ComponentResource {
  /** Administrator's access to Kubernetes; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Administrator's access to Talos; secret. */
  readonly talosconfig: pulumi.Output<string>;
  /** `https://[fd00:101::10]:6443` */
  readonly endpoint: string;
  /** All nodes, plain. */
  readonly nodes: NodeSummary[];
  /** Exists once etcd and Kubernetes answer. */
  readonly ready: pulumi.Resource;

  private readonly name: string;

  constructor(name: string, args: TalosClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("orrery:index:TalosCluster", name, {}, opts);
    this.name = name;
    const secrets = this.createSecrets(args);
    this.talosconfig = this.renderTalosconfig(args, secrets);
    const machines = this.createMachines(args);
    const configured = this.configureNodes(args, secrets, machines);
    const bootstrap = this.bootstrap(args, configured);

    this.kubeconfig = this.createKubeconfig(args, secrets, bootstrap);
    this.endpoint = args.facts.addresses.endpoint;
    this.nodes = args.facts.nodes.map(summaryOf);
    this.ready = bootstrap;
    // The stack has outputs only when everything is done: whoever looks for what stopped the first `up` takes it from here.
    this.registerOutputs({ talosconfig: this.talosconfig });
  }

  private createSecrets({ facts, config }: TalosClusterArgs): Secrets {
    return new Secrets(
      `${this.name}-secrets`,
      { talosVersion: facts.release.talos },
      {
        parent: this,
        // The provider marks single leaves as secret; taken as a whole they would go on in the clear.
        additionalSecretOutputs: ["machineSecrets", "clientConfiguration"],
        // Without these secrets nobody gets into the cluster again. Protected, they keep all of it from being destroyed.
        protect: config.protect,
      },
    );
  }

  private renderTalosconfig({ facts }: TalosClusterArgs, secrets: Secrets): pulumi.Output<string> {
    const { talosConfig } = getClientConfiguration(
      {
        clusterName: facts.name,
        clientConfiguration: pulumi.secret(secrets.clientConfiguration),
        endpoints: controlPlanes(facts).map(addressOf),
      },
      { parent: this },
    );
    return pulumi.secret(talosConfig);
  }

  private createMachines(args: TalosClusterArgs): Map<string, VmLegacy> {
    const { facts, config, shared, image, securityGroup } = args;
    const context = { facts, config, shared, image, firewall: securityGroup !== undefined };
    const { talosconfig } = this;
    const hooks = diskHooks(this, this.name, { facts, config, talosconfig });
    const machines = new Map<string, VmLegacy>();
    for (const node of facts.nodes) {
      if (!node.vm) continue;
      const vm = new VmLegacy(node.name, vmArguments(context, node, node.vm), {
        parent: this,
        dependsOn: args.network,
        ignoreChanges: ignoredVmChanges(node.vm),
        hooks,
      });
      machines.set(node.name, vm);
      if (securityGroup) this.protectMachine(node, vm, securityGroup);
    }
    return machines;
  }

  /** Lets the security group decide what reaches a VM. Both resources go with the VM, which saves calls. */
  private protectMachine(node: NodePlan, vm: VmLegacy, securityGroup: string): void {
    if (!node.vm) return;
    const target = { nodeName: node.vm.host, vmId: node.vm.vmId };
    const opts = { parent: this, dependsOn: vm, deletedWith: vm };
    // Loopbacks, the moving address and pods are addresses that Proxmox does not know: no address filter.
    new OptionsLegacy(
      node.name,
      {
        ...target,
        enabled: true,
        inputPolicy: "DROP",
        outputPolicy: "ACCEPT",
        ipfilter: false,
        ndp: true,
        radv: false,
      },
      opts,
    );
    new RulesLegacy(node.name, { ...target, rules: [{ securityGroup, comment: "what may reach the nodes" }] }, opts);
  }

  private configureNodes(args: TalosClusterArgs, secrets: Secrets, machines: Map<string, VmLegacy>) {
    const { facts, config } = args;
    const configurations = this.renderConfigurations(args, secrets);
    const { talosconfig } = this;
    const configured = new Map<string, ConfigurationApply>();
    const hooks = configurationHooks(this, this.name, {
      facts,
      config,
      talosconfig,
      configurations,
      destroying: args.destroying ?? false,
      resourceOf: (node) => configured.get(node),
    });
    const predecessors = rolloutPredecessors(facts.nodes, config.rollout.workersAtOnce);
    for (const node of rolloutOrder(facts.nodes)) {
      const vm = machines.get(node.name);
      const before = configured.get(predecessors.get(node.name) ?? "");
      const apply = new ConfigurationApply(
        node.name,
        {
          node: addressOf(node),
          ...(node.metal ? { endpoint: node.metal.maintenanceAddress } : {}),
          // Maintenance mode takes no other mode; on a running node the gate has seen to it that a reboot is in order.
          applyMode: "auto",
          // Write-only: kept once in state, and a renewed certificate is no change of the node.
          clientConfigurationWo: pulumi.secret(secrets.clientConfiguration),
          machineConfigurationInputWo: configurations.get(node.name),
        },
        {
          parent: this,
          dependsOn: [vm, before].filter((resource) => resource !== undefined),
          hooks,
          ...(vm ? { deletedWith: vm } : {}),
        },
      );
      configured.set(node.name, apply);
    }
    return configured;
  }

  private renderConfigurations(args: TalosClusterArgs, secrets: Secrets): Map<string, pulumi.Output<string>> {
    const { facts, config, shared, image, requirements = [] } = args;
    const patches = clusterPatches({ facts, config, shared, requirements });
    const configurations = facts.nodes.map((node) => {
      const installer = (node.metal && image.metalInstallers?.[node.name]) ?? image.installer;
      const { machineConfiguration } = getMachineConfiguration(
        {
          clusterName: facts.name,
          clusterEndpoint: facts.addresses.endpoint,
          machineType: node.role,
          machineSecrets: pulumi.secret(secrets.machineSecrets),
          talosVersion: facts.release.talos,
          kubernetesVersion: facts.release.kubernetes,
          configPatches: patches.of({ node, installer }),
          docs: false,
          examples: false,
        },
        { parent: this },
      );
      return [node.name, pulumi.secret(machineConfiguration)] as const;
    });
    return new Map(configurations);
  }

  /** The provider's own bootstrap cannot be repeated after an interruption; this program can. */
  private bootstrap({ facts, config }: TalosClusterArgs, configured: Map<string, ConfigurationApply>): Command {
    const members = controlPlanes(facts);
    const request: BootstrapRequest = {
      cluster: facts.name,
      talos: facts.release.talos,
      controlPlanes: members.map((node) => ({ name: node.name, address: addressOf(node) })),
      timeoutSeconds: config.rollout.healthTimeoutSeconds,
    };
    return new Command(
      `${this.name}-bootstrap`,
      {
        create: bootstrapProgram,
        // Control planes that are all new would look as if there were no cluster yet.
        update: joinProgram,
        environment: { ORRERY_BOOTSTRAP: JSON.stringify(request), ORRERY_TALOSCONFIG: this.talosconfig },
        addPreviousOutputInEnv: false,
      },
      { parent: this, dependsOn: members.flatMap(({ name }) => configured.get(name) ?? []) },
    );
  }

  private createKubeconfig({ facts }: TalosClusterArgs, secrets: Secrets, bootstrap: Command): pulumi.Output<string> {
    const [first] = controlPlanes(facts);
    const kubeconfig = new Kubeconfig(
      `${this.name}-kubeconfig`,
      { clientConfiguration: pulumi.secret(secrets.clientConfiguration), node: first ? addressOf(first) : "" },
      {
        parent: this,
        dependsOn: bootstrap,
        additionalSecretOutputs: ["clientConfiguration", "kubernetesClientConfiguration"],
      },
    );
    return pulumi.secret(kubeconfig.kubeconfigRaw);
  }
}

function controlPlanes(facts: ClusterFacts): NodePlan[] {
  return facts.nodes.filter(({ role }) => role === "controlplane");
}

/** The node's address in the primary family. */
function addressOf(node: NodePlan): string {
  return node.addresses[0] ?? "";
}

function summaryOf({ name, role, vm, addresses }: NodePlan): NodeSummary {
  return { name, role, ...(vm ? { host: vm.host, vmId: vm.vmId } : {}), addresses };
}
