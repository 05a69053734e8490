/**
 * Spreads the copies of a workload over nodes as far as there are nodes; a cluster of one node still gets them all.
 *
 * @param matchLabels labels of the workload's pods
 */
export function spreadOverNodes(matchLabels: Record<string, string>): Record<string, unknown>[] {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    },
  ];
}

/** What services for users ask for: both families where the cluster has both. */
export function serviceFamilies(serviceSubnets: readonly string[]): { ipFamilyPolicy: string; ipFamilies: string[] } {
  return {
    ipFamilyPolicy: serviceSubnets.length > 1 ? "RequireDualStack" : "SingleStack",
    ipFamilies: serviceSubnets.map((cidr) => (cidr.includes(":") ? "IPv6" : "IPv4")),
  };
}
