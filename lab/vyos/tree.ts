/** A router's configuration as a tree of words, changed as `set` and `delete` change it. */
import type { ConfigNode } from "./schema.ts";

/** Words below a word; names and values are words, too. */
export interface Tree {
  [word: string]: Tree;
}

/** What is wrong with a path; VyOS prints it and changes nothing. */
export class PathError extends Error {}

interface Step {
  word: string;
  role: "word" | "name" | "value";
  /** What the word stands for; for a name or value, what it belongs to. */
  node: ConfigNode;
}

/** @throws PathError for a path that the version does not have, or that is not complete */
export function setPath(tree: Tree, schema: ConfigNode, words: string[]): void {
  const steps = stepsOf(schema, words);
  const last = steps.at(-1);
  if (!last || (last.role === "word" && ["leaf", "multi", "tag"].includes(last.node.kind))) throw invalid(words, "");
  let at = tree;
  for (const { word, role, node } of steps) {
    if (role === "value" && node.kind === "leaf") for (const value of Object.keys(at)) delete at[value];
    at[word] ??= {};
    at = at[word];
  }
}

/**
 * Takes away what is at a path, with everything below. Words that only group stay, as they do on a router.
 * @throws PathError for a path that the version does not have, or where nothing is
 */
export function deletePath(tree: Tree, schema: ConfigNode, words: string[]): void {
  const steps = stepsOf(schema, words);
  const parent = treeAt(tree, ...words.slice(0, -1));
  const last = steps.at(-1);
  if (!parent || !last || !(last.word in parent)) {
    throw new PathError("Nothing to delete (the specified node does not exist)");
  }
  delete parent[last.word];
  // A word that takes names or values is not there without any.
  if (last.role !== "word" && Object.keys(parent).length === 0) {
    const grandparent = treeAt(tree, ...words.slice(0, -2));
    if (grandparent) delete grandparent[words.at(-2) ?? ""];
  }
}

/** The tree as `show configuration commands` prints it, without the word `set`. */
export function linesOf(tree: Tree, schema: ConfigNode): string[] {
  const lines: string[] = [];
  const walk = (at: Tree, node: ConfigNode, takesName: boolean, path: string[]): void => {
    const words = Object.keys(at).sort();
    if (words.length === 0 && path.length > 0) lines.push(path.join(" "));
    for (const word of words) {
      const inside = at[word] ?? {};
      const child = takesName ? node : node.children?.[word];
      if (node.kind === "leaf" || node.kind === "multi") lines.push([...path, `'${word}'`].join(" "));
      else if (child) walk(inside, child, !takesName && child.kind === "tag", [...path, word]);
    }
  };
  walk(tree, schema, false, []);
  return lines;
}

/** What is at a path; undefined when nothing is. */
export function treeAt(tree: Tree, ...path: string[]): Tree | undefined {
  return path.reduce<Tree | undefined>((at, word) => at?.[word], tree);
}

function stepsOf(schema: ConfigNode, words: string[]): Step[] {
  const steps: Step[] = [];
  let node = schema;
  let takesName = false;
  for (const [index, word] of words.entries()) {
    if (takesName) {
      steps.push({ word, role: "name", node });
      takesName = false;
    } else if (node.kind === "leaf" || node.kind === "multi") {
      if (steps.at(-1)?.role === "value") throw invalid(words.slice(0, index), word);
      steps.push({ word, role: "value", node });
    } else {
      const child = node.children?.[word];
      if (!child) throw invalid(words.slice(0, index), word);
      node = child;
      takesName = child.kind === "tag";
      steps.push({ word, role: "word", node });
    }
  }
  return steps;
}

function invalid(path: string[], word: string): PathError {
  return new PathError(`Configuration path: ${[...path, `[${word}]`].join(" ")} is not valid`);
}
