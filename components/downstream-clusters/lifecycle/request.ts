/** What the replacing program is told, apart from the program itself, which components do not have to load. */

/** How the program is started, from the project's folder. */
export const replaceProgram = "node components/downstream-clusters/lifecycle/replace.ts";

/** What has to be known to replace machines. */
export interface ReplaceRequest {
  /** The downstream cluster; its namespace is called like it. */
  cluster: string;
  /** Names of the machines. */
  machines: string[];
  /** How long one machine may take: to drain, to go, and for another one to become a node. */
  timeoutSeconds: number;
}
