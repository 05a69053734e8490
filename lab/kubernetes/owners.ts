/** Owner references: an object has one controller at most. */
import type { KubernetesObject } from "../talos/interface.ts";

interface OwnerReference {
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

/** The controller of an object. */
export function controllerOf({ metadata }: KubernetesObject): OwnerReference | undefined {
  return ((metadata.ownerReferences ?? []) as OwnerReference[]).find(({ controller }) => controller === true);
}

/** True when one object is the controller of another. */
export function controlled(object: KubernetesObject, by: KubernetesObject): boolean {
  return controllerOf(object)?.uid === by.metadata.uid;
}

/** Makes an object the controller of another; false when that has another one already. */
export function takeControl(object: KubernetesObject, by: KubernetesObject): boolean {
  const present = controllerOf(object);
  if (present) return present.uid === by.metadata.uid;
  const { apiVersion, kind, metadata } = by;
  const mine = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  object.metadata.ownerReferences = [...((object.metadata.ownerReferences ?? []) as unknown[]), mine];
  return true;
}
