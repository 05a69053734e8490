/**
 * The version in a text such as `v3.259.0`, `go version go1.26.8 linux/amd64` or `Tag: v1.11.5`.
 *
 * @param {string} text
 * @returns {string | undefined} the first three-part version without leading v, with its pre-release part
 */
export function versionIn(text) {
  return /(?<![\d.])\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?/.exec(text)?.[0];
}

/**
 * True when a version is the wanted one or newer. A pre-release is older than its release.
 *
 * @param {string | undefined} version
 * @param {string} wanted
 * @returns {boolean}
 */
export function isAtLeast(version, wanted) {
  if (version === undefined) return false;
  const [found, foundPre] = split(version);
  const [needed, neededPre] = split(wanted);
  for (let index = 0; index < 3; index += 1) {
    const difference = (found[index] ?? 0) - (needed[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return foundPre === "" || neededPre !== "";
}

/**
 * The Talos versions that a stack file's releases name. Set-up runs before a YAML library is there, so this reads
 * lines: `talos:` with a version behind it.
 *
 * @param {string} text content of `Pulumi.shared.yaml`
 * @returns {string[]} with leading v, each once, sorted
 */
export function talosVersionsIn(text) {
  const found = new Set();
  for (const match of text.matchAll(/^\s*(?:- )?["']?talos["']?\s*:\s*["']?(v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?)/gm)) {
    found.add(match[1]);
  }
  return [...found].sort();
}

/**
 * @param {string} version
 * @returns {[number[], string]}
 */
function split(version) {
  const [numbers = "", ...pre] = version.replace(/^v/, "").split("-");
  return [numbers.split(".").map(Number), pre.join("-")];
}
