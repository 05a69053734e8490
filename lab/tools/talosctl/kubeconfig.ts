import { parse, stringify } from "yaml";
import { type ToolCall, ToolFailure, type ToolResult } from "../tool.ts";

interface Named {
  name: string;
}

interface Kubeconfig {
  "current-context": string;
  clusters: Named[];
  users: Named[];
  contexts: Named[];
}

/** `talosctl kubeconfig`: to standard output, into a new file, or merged into an existing one. */
export function placeKubeconfig(
  call: ToolCall,
  kubeconfig: string,
  { path, force, merge }: { path: string | undefined; force: boolean; merge: boolean },
): ToolResult {
  const done = { stdout: "", stderr: "", code: 0 };
  if (path === "-") return { ...done, stdout: kubeconfig };
  let target = path ?? (merge ? (call.env.KUBECONFIG ?? `${call.env.HOME ?? ""}/.kube/config`) : "kubeconfig");
  if (call.folders.includes(target)) target = `${target.replace(/\/$/, "")}/kubeconfig`;
  const existing = call.files[target];
  if (existing !== undefined && !force && !merge) {
    throw new ToolFailure(`kubeconfig file already exists, use --force to overwrite: "${target}"`);
  }
  const text = existing !== undefined && merge ? merged(existing, kubeconfig) : kubeconfig;
  return { ...done, files: { [target]: text } };
}

/** Entries of the same name are replaced, others stay, the new context becomes the current one. */
function merged(existing: string, added: string): string {
  const before = (parse(existing) ?? {}) as Partial<Kubeconfig>;
  const news = parse(added) as Kubeconfig;
  const join = (old: Named[] = [], more: Named[]) => [
    ...old.filter(({ name }) => !more.some((entry) => entry.name === name)),
    ...more,
  ];
  return stringify({
    ...before,
    apiVersion: "v1",
    kind: "Config",
    clusters: join(before.clusters, news.clusters),
    users: join(before.users, news.users),
    contexts: join(before.contexts, news.contexts),
    "current-context": news["current-context"],
  });
}
