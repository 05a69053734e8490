/** Label of machines that are control planes. */
export const controlPlaneLabel = "cluster.x-k8s.io/control-plane";

/** Annotation of a machine that goes first when there are to be fewer. */
export const deleteAnnotation = "cluster.x-k8s.io/delete-machine";

/** Annotation of a machine that its health check is to replace. */
export const remediateAnnotation = "cluster.x-k8s.io/remediate-machine";
