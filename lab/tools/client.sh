# The lab's side of a command-line tool, read by the files in `bin`, whose own place is `self`: hands the command to the lab
# that runs, which looks at the files of this machine itself. In bash, because starting Node.js for each of them would take
# most of a run's time.

tool=${self##*/}
tools=${BASH_SOURCE[0]%/*}

# Where nobody has a lab open, Node.js opens the folder of the last one.
without_lab() {
  exec node "$tools/client.js" "$tool" "$@"
}

# The lab went away, or never was one.
no_answer() {
  printf '%s: the lab at %s does not answer: %s\n' "$tool" "${ORRERY_LAB%/*}" "$1" >&2
  exit 125
}

[[ ${ORRERY_LAB-} =~ ^([^/:]+):([0-9]+)/(.+)$ ]] || without_lab "$@"
host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]} key=${BASH_REMATCH[3]}
if ! { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null; then
  [[ ${ORRERY_LAB_FOLDER-} ]] || no_answer "the connection was refused"
  without_lab "$@"
fi

printf '%s\0' $(($# + 7)) "$key" "$tool" "$PWD" "${HOME-}" "${KUBECONFIG-}" "${TALOSCONFIG-}" "${ORRERY_TALOS_VERSION-}" "$@" >&3

IFS=' ' read -r code errors output program <&3 || no_answer "the connection ended"
[[ $code != exec ]] || exec "$program" "$@" 3>&-
((errors == 0)) || head -c "$errors" <&3 >&2
((output == 0)) || head -c "$output" <&3
exit "$code"
