import type { Machine } from "./machines.ts";

/**
 * Why a machine cannot be spared; undefined when it can. Workers can: their pods move, and another one comes. A control plane
 * takes its member of etcd along, and the others have to be enough without it to agree on that.
 * @param etcdProblem is what Talos' provider says about etcd; it names one machine whose etcd is not well
 */
export function refusal(
  machine: Machine,
  machines: readonly Machine[],
  etcdProblem: string | undefined,
): string | undefined {
  if (!machine.controlPlane) return undefined;
  const planes = machines.filter(({ controlPlane }) => controlPlane);
  if (planes.length === 1) {
    return "it is the only control plane, and with it would go etcd and all that the cluster knows; another number for renewal makes a new one first, and controlPlanes: 3 makes it possible to spare one";
  }
  const quorum = Math.floor(planes.length / 2) + 1;
  const well = planes.filter(({ name, ready }) => ready && name !== machine.name).length;
  if (well < quorum) {
    return `of the other control planes ${well} ${well === 1 ? "is" : "are"} ready, and etcd needs ${quorum} of ${planes.length}`;
  }
  const ill = planes.find(({ name }) => name !== machine.name && etcdProblem?.includes(`"${name}"`));
  return ill ? `etcd is not well on ${ill.name}, either: ${etcdProblem}` : undefined;
}
