#!/usr/bin/env bash
# The one command for a fresh clone: makes .venv if need be, brings up vcan0 if
# it can, and runs the whole rig.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/run_all.sh [OPTION...]

Makes .venv if need be, brings up vcan0 if this kernel has CAN and it may
(root, or sudo without a password), then runs `rig up` with the options.
Ctrl-C ends it all.

examples:
  scripts/run_all.sh
  scripts/run_all.sh --duration 30 --record runs/1
  scripts/run_all.sh -c can0 --without charger
  scripts/run_all.sh --cycle normal --web 8988

the options:
USAGE
}

scripts=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
rig=${scripts%/*}/.venv/bin/rig

vcan0_is_up() {
    [[ -r /sys/class/net/vcan0/operstate && $(</sys/class/net/vcan0/operstate) != down ]]
}

# Whatever hinders it, `rig up` says what to do about it.
bring_up_vcan0() {
    local as_root=()
    ((EUID == 0)) || as_root=(sudo -n)
    "${as_root[@]}" "$scripts/setup_vcan.sh" vcan0 </dev/null >/dev/null 2>&1 || true
}

main() {
    local first=no
    [[ -x $rig ]] || first=yes
    "$scripts/venv.sh"
    [[ $first == no ]] ||
        echo "run_all.sh: to type rig, cantools or python here: . ${rig%/rig}/activate" >&2
    case ${1-} in
    -h | --help) usage ;;
    *) vcan0_is_up || bring_up_vcan0 ;;
    esac
    exec "$rig" up "$@"
}

main "$@"
