# The functions of VyOS' script-template. As on a router, `commit` ends with 0 whatever became of it, `exit` leaves the
# session and not the script, and operational commands stand behind `run`. Paths are checked when they are committed.

run() {
  if [ "$*" = "show configuration commands" ]; then vyos -n "$ORRERY_ROUTER" show; else echo "Invalid command: $*"; fi
}

configure() {
  session=$(mktemp)
}

set() {
  change_of_session set "$@"
}

delete() {
  change_of_session delete "$@"
}

change_of_session() {
  local IFS=$'\t'
  echo "$*" >>"$session"
}

commit() {
  vyos -n "$ORRERY_ROUTER" commit "$session"
  : >"$session"
  return 0
}

discard() {
  : >"$session"
}

save() {
  vyos -n "$ORRERY_ROUTER" save
}

exit() {
  rm -f "$session"
}
