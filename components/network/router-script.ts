/**
 * What runs on a VyOS router: a script for its own shell, with the plan in it as plain lines, so that a change of the plan
 * is a readable difference of the script.
 *
 * Facts: vyos/vyos-documentation, `docs/automation/command-scripting.rst` (script-template, group vyattacfg, `vbash -s`);
 * vyos/vyatta-cfg, `functions/` and `src/commit/commit-algorithm.cpp`: `commit` in a script ends with 0 whatever became of
 * it, and a failed commit keeps what had succeeded before; a commit is refused while another one is under way.
 */
import type { VyosPlan } from "./router-vyos.ts";

/** What SSH starts on the router; the script comes by standard input. Other groups may not configure. */
export const applyCommand = "sg vyattacfg -c 'vbash -s apply'";

/** The same to take the cluster's own configuration away. */
export const removeCommand = "sg vyattacfg -c 'vbash -s remove'";

/** The script with a plan in it. */
export function routerScript({ own, need, prefer, set }: VyosPlan): string {
  const lines = [
    ...own.map((line) => `own ${line}`),
    ...need.map((line) => `need ${line}`),
    ...prefer.map((line) => `prefer ${line}`),
    ...set.map((line) => `set ${line}`),
  ];
  return `${script.replace("@PLAN@", () => lines.join("\n"))}`;
}

/**
 * What a router gets and loses between two scripts, a line each: `+ set protocols bgp ...`, `- own interfaces ...`.
 * @returns nothing when only the way to it differs
 */
export function changedLines(before: string, after: string): string[] {
  const [old, next] = [planIn(before), planIn(after)];
  const lost = [...old].filter((line) => !next.has(line)).map((line) => `- ${line}`);
  return [...lost, ...[...next].filter((line) => !old.has(line)).map((line) => `+ ${line}`)];
}

function planIn(script: string): Set<string> {
  const [, plan = ""] = script.match(/<<'PLAN'\n([\s\S]*?)\nPLAN$/m) ?? [];
  return new Set(plan.split("\n").filter((line) => line !== ""));
}

/**
 * `target` says what the router is to have; `commands` how it gets from one state to another: only what differs, and what
 * would be left empty goes as a whole. What the router has afterwards decides whether a commit was good. After a bad one the
 * same lines lead back.
 */
const script = String.raw`source /opt/vyatta/etc/functions/script-template

plan() {
  cat <<'PLAN'
@PLAN@
PLAN
}

running() {
  run show configuration commands | sed -n 's/^set //p'
}

target() {
  awk -v mode="$1" '
    function path(line,  at) { at = index(line, " \047"); return at ? substr(line, 1, at - 1) : line }
    function fits(word, pattern) {
      if (word == pattern) return 1
      if (pattern !~ /[*?]/) return 0
      gsub(/[.]/, "[.]", pattern); gsub(/[?]/, ".", pattern); gsub(/[*]/, ".*", pattern)
      return word ~ ("^" pattern "$")
    }
    function inside(line, root,  l, r, i, n) {
      n = split(root, r, " "); if (split(line, l, " ") < n) return 0
      for (i = 1; i <= n; i++) if (!fits(l[i], r[i])) return 0
      return 1
    }
    function members(stem, mark,  i, rest, name) {
      for (i = 1; i <= lines; i++) if (index(now[i], stem " ") == 1) {
        rest = substr(now[i], length(stem) + 2); name = rest; sub(/ .*/, "", name)
        if (rest == name " " mark) root[++roots] = stem " " name
      }
    }
    NR == FNR { verb[++words] = $1; said[words] = substr($0, length($1) + 2); next }
    { now[++lines] = $0; at[path($0)] = $0; has[$0] = 1 }
    END {
      for (i = 1; i <= words; i++) if (verb[i] == "own") {
        if (match(said[i], / [*] /)) members(substr(said[i], 1, RSTART - 1), substr(said[i], RSTART + 3))
        else root[++roots] = said[i]
      }
      for (i = 1; i <= lines; i++) {
        mine = 0
        for (j = 1; j <= roots && !mine; j++) mine = inside(now[i], root[j])
        if (!mine) { print now[i]; kept[now[i]] = 1 }
      }
      if (mode == "remove") exit 0
      for (i = 1; i <= words; i++) {
        line = said[i]; there = path(line) in at
        if (verb[i] == "need" && there && !(line in has)) {
          print "the router has: " at[path(line)] "\nthe cluster needs: " line > "/dev/stderr"; refused = 1
        }
        if (verb[i] == "prefer" && there || verb[i] == "own" || line in kept) continue
        print line; kept[line] = 1
      }
      exit refused
    }' "$2" "$3"
}

commands() {
  awk -v ours="$3" '
    function split_line(line, words,  at, n) {
      at = index(line, " \047"); n = split(at ? substr(line, 1, at - 1) : line, words, " ")
      if (at) words[++n] = substr(line, at + 1)
      return n
    }
    BEGIN { if (ours) while ((getline line < ours) > 0) touched[line] = 1 }
    NR == FNR { from[++froms] = $0; was[$0] = 1; next }
    {
      to[++tos] = $0; is[$0] = 1; n = split_line($0, word); all = ""
      for (i = 1; i <= n; i++) { all = all (i > 1 ? " " : "") word[i]; stays[all] = 1 }
    }
    END {
      for (i = 1; i <= froms; i++) if (!(from[i] in is) && (!ours || from[i] in touched)) {
        n = split_line(from[i], word); all = word[1]
        for (j = 2; j <= n && all in stays; j++) all = all " " word[j]
        if (!(all in gone)) print "delete " all
        gone[all] = 1
      }
      for (i = 1; i <= tos; i++) if (!(to[i] in was) && (!ours || to[i] in touched)) print "set " to[i]
    }' "$1" "$2"
}

change() {
  while read -r command <&3; do eval "$command" </dev/null; done 3<"$1" >"$work/said" 2>&1
  if ! grep -q failed "$work/said"; then
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
      commit >"$work/said" 2>&1
      grep -q "temporarily locked" "$work/said" || break
      sleep 4
    done
  fi
  cat "$work/said"
}

main() {
  work=$(mktemp -d) || builtin exit 1
  trap 'rm -rf "$work"' EXIT
  plan >"$work/plan"
  running >"$work/before"
  if ! [ -s "$work/before" ]; then
    echo "the router does not show its configuration; may this user configure it?" >&2
    builtin exit 1
  fi
  if ! target "$1" "$work/plan" "$work/before" >"$work/target"; then
    echo "nothing was changed" >&2
    builtin exit 1
  fi
  commands "$work/before" "$work/target" "" >"$work/commands"
  sort "$work/before" "$work/target" | uniq -u >"$work/ours"
  configure
  if [ -s "$work/commands" ]; then
    cat "$work/commands"
    change "$work/commands"
    running >"$work/after"
    if commands "$work/after" "$work/target" "$work/ours" | grep -q .; then
      discard >/dev/null 2>&1
      commands "$work/after" "$work/before" "$work/ours" >"$work/back"
      if [ -s "$work/back" ]; then change "$work/back"; fi
      running >"$work/after"
      commands "$work/after" "$work/before" "$work/ours" >"$work/back"
      exit
      if [ -s "$work/back" ]; then
        echo "the router refused the configuration and could not be put back; this would do it:" >&2
        cat "$work/back" >&2
      else
        echo "the router refused the configuration and is as it was" >&2
      fi
      builtin exit 1
    fi
  fi
  save
  exit
}

main "$1" </dev/null
`;
