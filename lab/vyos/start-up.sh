# Read by every script of a router of the lab before anything else.
source() {
  case "$1" in
    /opt/vyatta/etc/functions/script-template) . "${BASH_ENV%/*}/script-template.sh" ;;
    *) . "$@" ;;
  esac
}
