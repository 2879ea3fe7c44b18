#!/usr/bin/env bash
# Makes a virtual CAN interface and brings it up. Changes nothing when it is
# there and up already.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

usage() {
    cat <<'USAGE'
usage: sudo scripts/setup_vcan.sh [NAME]

Makes the virtual CAN interface NAME (default vcan0) and brings it up. It lasts
until the next boot, or ip link del NAME.

exit status: 0 it is up; 2 it is not, and one line says what to do.

examples:
  sudo scripts/setup_vcan.sh
  sudo scripts/setup_vcan.sh vcan1
USAGE
}

die() {
    echo "setup_vcan.sh: $1" >&2
    exit 2
}

exists() { ip link show dev "$name" >/dev/null 2>&1; }
is_vcan() { ip -details link show dev "$name" | grep -q '^ *vcan '; }
is_up() { ip link show up dev "$name" | grep -q .; }

# Why "ip link add" failed with the text in $1.
explain() {
    local release config
    release=$(uname -r)
    case $1 in
    *"not permitted"*)
        die "root may not make interfaces here (a container?): start it with --cap-add NET_ADMIN, or make $name outside"
        ;;
    *"nknown device type"* | *"not supported"*) ;;
    *) die "cannot make $name: $1" ;;
    esac
    # CAN itself is there, or its modules are for this kernel but not installed?
    config=$(cat "/boot/config-$release" 2>/dev/null || zcat /proc/config.gz 2>/dev/null || true)
    if [[ -e /proc/net/can || $config == *CONFIG_CAN=[my]* ]] || modprobe -nq can 2>/dev/null; then
        die "kernel $release has CAN but its vcan module is not installed: apt-get install linux-modules-extra-$release (Ubuntu), linux-image-amd64 in place of a cloud kernel (Debian)"
    fi
    die "kernel $release has no CAN: run commands with scripts/socketcan_vm.sh COMMAND, or rig up, which then uses a bus of its own"
}

make() {
    local error
    ((EUID == 0)) || die "only root can make $name: sudo scripts/setup_vcan.sh $name"
    modprobe -q vcan 2>/dev/null || true
    error=$(ip link add dev "$name" type vcan 2>&1) || exists || explain "${error##*$'\n'}"
}

main() {
    case ${1-} in
    -h | --help) usage; exit 0 ;;
    esac
    (($# <= 1)) || die "one NAME at most (see --help)"
    name=${1-vcan0}
    [[ $name =~ ^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$ ]] ||
        die "'$name' cannot be an interface's name: up to 15 letters, digits, _ . -"
    type -P ip >/dev/null || die "the program ip is missing: apt-get install iproute2"
    exists || make
    is_vcan || die "$name is there and is no vcan: choose another name"
    if ! is_up; then
        ((EUID == 0)) || die "only root can bring $name up: sudo scripts/setup_vcan.sh $name"
        ip link set up dev "$name"
    fi
    ip -details link show dev "$name"
}

main "$@"
