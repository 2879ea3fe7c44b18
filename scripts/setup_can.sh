#!/usr/bin/env bash
# Brings a real CAN adapter up at a bitrate, and checks that it runs at it. One
# that is up already with these settings is left alone.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

# After a bus-off the controller comes back by itself after this time.
restart_ms=100
# How many frames may wait to be sent. Few, because what waits on a bus that is
# stuck goes out when the bus is back: commands by then long out of date. A full
# queue shows at once instead, as ENOBUFS. 16 frames are 3.5 ms at 500 kbit/s.
txqueuelen=16

usage() {
    cat <<'USAGE'
usage: sudo scripts/setup_can.sh INTERFACE BITRATE

Brings the CAN adapter INTERFACE up at BITRATE (bit/s), with restart-ms 100 and
a transmit queue of 16 frames, and shows what it runs at. It lasts until the
adapter is unplugged.

exit status: 0 it is up at that bitrate; 2 it is not, and one line says why.

examples:
  sudo scripts/setup_can.sh can0 500000
  sudo scripts/setup_can.sh can1 250000
USAGE
}

die() {
    echo "setup_can.sh: $1" >&2
    exit 2
}

show() { ip -details -statistics link show dev "$name"; }

# setting PATTERN : a number from "ip -json -details" that stands there once.
setting() {
    ip -json -details link show dev "$name" | grep -oE "\"($1)\": ?[0-9]+" | grep -oE '[0-9]+$' || true
}

# The nominal bitrate; CAN FD's data phase has one of its own. Adapters that know
# but a few fixed bitrates (slcan) show it under the second name.
actual_bitrate() { setting 'bittiming": ?\{ *"bitrate|bittiming_bitrate'; }

is_as_wanted() {
    ip link show up dev "$name" | grep -q . && [[ $(actual_bitrate) == "$bitrate" ]] &&
        [[ $(setting txqlen) == "$txqueuelen" && $(setting restart_ms) == "$restart_ms" ]]
}

# All CAN interfaces, real and virtual, each with a space before.
can_interfaces() { ip -oneline link show | sed -nE 's/^[0-9]+: ([^:@]+).*link\/can.*/ \1/p' | tr -d '\n'; }

check_interface() {
    local all
    all=$(can_interfaces)
    ip link show dev "$name" >/dev/null 2>&1 ||
        die "no interface $name; CAN interfaces here:${all:- none (is the adapter plugged in, its driver loaded?)}"
    [[ "$all " == *" $name "* ]] || die "$name is no CAN interface; those here:${all:- none}"
    ! show | grep -qE '^ *(vcan|vxcan) ' ||
        die "$name is virtual and has no bitrate: sudo scripts/setup_vcan.sh $name"
}

configure() {
    local error actual
    ip link set down dev "$name"
    if ! ip link set dev "$name" type can bitrate "$bitrate" restart-ms "$restart_ms" 2>/dev/null; then
        error=$(ip link set dev "$name" type can bitrate "$bitrate" 2>&1) ||
            die "$name cannot run at $bitrate bit/s: ${error%%$'\n'*}"
        echo "setup_can.sh: the driver of $name knows no restart-ms: after a bus-off run this again" >&2
    fi
    actual=$(actual_bitrate)
    [[ $actual == "$bitrate" ]] ||
        die "$name would run at ${actual:-an unknown bitrate}, not $bitrate bit/s (its clock does not divide to that): it stays down"
    ip link set dev "$name" txqueuelen "$txqueuelen"
    error=$(ip link set up dev "$name" 2>&1) || die "cannot bring $name up: ${error%%$'\n'*}"
    await_queue
}

# The kernel opens the transmit queue up to a second later; frames get lost until then.
await_queue() {
    local tries
    for ((tries = 0; tries < 40; tries++)); do
        ! ip -brief link show dev "$name" | grep -q ' UP ' || return 0
        sleep 0.05
    done
}

main() {
    case ${1-} in
    -h | --help) usage; exit 0 ;;
    esac
    (($# == 2)) || die "wants INTERFACE and BITRATE (see --help)"
    name=$1 bitrate=$2
    [[ $bitrate =~ ^([1-9][0-9]{3,5}|1000000)$ ]] ||
        die "'$bitrate' is no bitrate: 1000 to 1000000 bit/s, such as 500000"
    type -P ip >/dev/null || die "the program ip is missing: apt-get install iproute2"
    check_interface
    if ! is_as_wanted; then
        ((EUID == 0)) || die "only root can change $name: sudo scripts/setup_can.sh $name $bitrate"
        configure
    fi
    show
}

main "$@"
