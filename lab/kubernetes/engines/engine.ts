import type { KubernetesObject } from "../../talos/interface.ts";
import type { ClusterApi } from "../api.ts";
import type { LabChart } from "../charts.ts";
import type { Helm, Owner, ReleaseId, ReleaseInputs } from "../helm.ts";
import type { DeliveryState } from "../state.ts";

/** Why an engine does not go on. */
export type Problem = NonNullable<DeliveryState["problem"]>;

/** What an object asks its engine for. */
export interface Order {
  release?: ReleaseInputs;
  /** Objects to put in place. @throws Error with what keeps them from being known */
  objects?: () => KubernetesObject[];
  timeoutSeconds: number;
  /** What becomes of what was delivered when the object is deleted. */
  onDelete: DeliveryState["onDelete"];
  /** Nothing is done for the object. */
  suspended?: boolean;
  /** Labels of the namespace, when the engine makes it. */
  createNamespace?: Record<string, string>;
  /** Why it is not yet time. */
  blocked?: (api: ClusterApi) => Problem | undefined;
}

/** A controller that delivers charts which objects of the Kubernetes API ask for. */
export interface Engine {
  name: string;
  /** Key of the workload that has to run. */
  controller: string;
  /** Resource type of its objects, as kubectl names it, and how their keys begin. */
  resource: string;
  keyPrefix: string;
  /** True when it installs as Helm does, with records of Helm's. */
  keepsRecords: boolean;
  /** True when its object tells of what is delivered into another cluster. @default false */
  tellsHome?: boolean;
  /** True when it stops at the time limit. */
  givesUp: boolean;
  /** What it does when it has started, before it looks at its objects. */
  started?(api: ClusterApi): void;
  /** Undefined for objects that ask for something else, or for nothing any more. */
  orderOf(object: KubernetesObject, api: ClusterApi): Order | undefined;
  /** Before a chart is put in place; false when the release is taken as it is. @throws Error when it cannot be */
  placing?(api: ClusterApi, helm: Helm, release: ReleaseInputs, chart: LabChart): boolean;
  /** The marks of what an order brought into the cluster. */
  ownerOf(key: string, release: ReleaseId): Owner;
  /** An object of its own in which it tells of an order. */
  reportOf?(object: KubernetesObject, order: Order, state: DeliveryState): KubernetesObject;
  problemOf(error: Error, order: Order): Problem;
  lateProblem(order: Order): Problem;
  statusOf(order: Order, state: DeliveryState, nowMs: number): Record<string, unknown>;
}

/** The release of an order that has one. */
export function releaseOf({ release }: Order): ReleaseInputs {
  if (!release) throw new Error("the order is for objects only");
  return release;
}
