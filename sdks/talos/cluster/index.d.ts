export * from "./getHealth";
export * from "./getKubeconfig";
export * from "./kubeconfig";
