import { closest, distance } from "fastest-levenshtein";

/**
 * `did you mean "release"?`, when one of the known words is so near that the other was probably a slip of the finger.
 */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = closest(word.toLowerCase(), known as string[]);
  const tolerance = candidate.length <= 3 ? 1 : Math.max(2, Math.floor(candidate.length / 3));
  const near = distance(word.toLowerCase(), candidate.toLowerCase()) <= tolerance;
  return near && candidate !== word ? `did you mean "${candidate}"?` : undefined;
}

/** `a, b or c` */
export function either(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
