#!/usr/bin/env bash
# Runs a command on this checkout with a real vcan0, where the kernel has no
# CAN: in User Mode Linux, or in QEMU with two emulated CAN adapters.
#
# The host half is here: install, start the machine, carry output, signals and
# the exit status. vm/uml.sh and vm/qemu.sh start one kind of machine each,
# vm/guest_init.sh is the half inside. vm/README.md tells how it fits together.
# shellcheck disable=SC2317 # functions that only traps and vm/*.sh call
# shellcheck disable=SC2154 # variables that vm/*.sh sets
set -euo pipefail
usage() {
    cat <<'USAGE'
usage: scripts/socketcan_vm.sh [--adapters] COMMAND [ARG...]

Runs COMMAND, from the current directory, in a small Linux that has vcan0. It
sees this machine's files read-only, the checkout writable, and no network but
loopback. Its standard input is empty. Output, exit status, Ctrl-C and SIGTERM
work as if it ran here; a second Ctrl-C kills the machine.

  --adapters   the slower machine (QEMU) that also has can0 and can1, two Kvaser
               cards on one wire, up at 500 kbit/s. $RIG_PCI_CAN0 and
               $RIG_PCI_CAN1 are their PCI addresses, to unplug one with
               echo $RIG_PCI_CAN0 > /sys/bus/pci/drivers/kvaser_pci/unbind

Passed on from the environment: CI, TERM, COLUMNS, NO_COLOR and all that begin
with RIG_, CAN_, PYTEST_, HYPOTHESIS or PYTHON. RIG_GUEST is uml or qemu there.

exit status: COMMAND's own; 2 what must be set right here first; 125 the machine
died or never came up.

examples:
  scripts/socketcan_vm.sh scripts/run_all.sh --duration 30
  scripts/socketcan_vm.sh bash -c 'candump vcan0 & sleep 0.2; cansend vcan0 200#'
  scripts/socketcan_vm.sh pytest tests/socketcan -x
  scripts/socketcan_vm.sh --adapters ip -details link show can0
USAGE
}

say() { echo "socketcan_vm.sh: $1" >&2; }

die() {
    say "$1"
    exit "${2-2}"
}

scripts=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd -P)
checkout=${scripts%/*}
# shellcheck source=scripts/needs.sh
. "$scripts/needs.sh"

# What the guest runs, as a bash script: that keeps every argument as it is.
write_command() {
    local name
    printf 'cd -- %q\n' "$PWD"
    for name in $(compgen -e); do
        case $name in
        CI | TERM | COLUMNS | NO_COLOR | RIG_* | CAN_* | PYTEST_* | HYPOTHESIS* | PYTHON*)
            declare -p "$name"
            ;;
        esac
    done
    # shellcheck disable=SC2016 # $PATH is the guest's
    printf 'export PATH=%q:$PATH\n' "$checkout/.venv/bin"
    echo 'export MPLCONFIGDIR=/run/rig-vm/matplotlib'
    printf '. /run/rig-vm/environment\nexec --'
    printf ' %q' "$@"
    echo
}

# The guest's /tmp is its own, so what it needs of ours below /tmp is mounted
# again: the checkout, and the Python that the venv stands on.
write_fstab() {
    local prefix
    prefix=$("$checkout/.venv/bin/python" -c 'import sys; print(sys.base_prefix)')
    cat <<'END'
proc /proc proc defaults
sysfs /sys sysfs defaults
devpts /dev/pts devpts mode=620,ptmxmode=666,X-mount.mkdir
tmpfs /dev/shm tmpfs mode=1777,X-mount.mkdir
tmpfs /run tmpfs mode=755
tmpfs /run/home tmpfs mode=700,X-mount.mkdir
tmpfs /run/lock tmpfs mode=1777,X-mount.mkdir
END
    share "$dir" rw /run/rig-vm
    echo tmpfs /tmp tmpfs mode=1777
    share "$prefix" ro "$prefix"
    share "$checkout" rw "$checkout"
    share "$checkout/.venv" ro "$checkout/.venv"
}

fstab_name() {
    local name=${1//\\/\\134}
    echo "${name// /\\040}"
}

# What guest_init.sh must know, written to 3: it is about our 1 (also 4) and 2.
write_settings() {
    local size='' out=stream err=stream
    [[ ! -t 1 ]] || { out=terminal && size=$(stty size <&4); }
    [[ ! -t 2 ]] || err=terminal
    # Both to one place (2>&1, a terminal): one channel, so that the order holds.
    [[ ! /proc/self/fd/1 -ef /proc/self/fd/2 ]] || err=same
    local lines=("${vm_lines[@]}")
    declare -p machine lines out err size >&3
}

# What is in $dir: see vm/guest_init.sh; and matplotlib's list of fonts.
fill_directory() {
    install -m 755 "$scripts/vm/guest_init.sh" "$dir/init"
    mkdir "$dir/dev"
    ln -s /proc/self/fd "$dir/dev/fd"
    ln -s /proc/self/fd/0 "$dir/dev/stdin"
    ln -s /proc/self/fd/1 "$dir/dev/stdout"
    ln -s /proc/self/fd/2 "$dir/dev/stderr"
    cp -r "$checkout/.venv/matplotlib" "$dir" 2>/dev/null || mkdir "$dir/matplotlib"
    write_fstab >"$dir/fstab"
    write_command "$@" >"$dir/command"
}

# The relays and the machine must outlive a Ctrl-C, which a terminal sends to
# all of us: only the command in the guest may end the machine.
relay() {
    (
        trap '' INT TERM HUP QUIT
        exec cat
    ) <"$1" &
}

# Signals that arrive go to the command; a second Ctrl-C goes to the machine.
# timeout(1) sends its signal twice at once, which is not a second Ctrl-C.
forward() {
    local signal=$1 now=${EPOCHREALTIME/[.,]/}
    if [[ $signal == "$last_signal" ]] && ((now - last_time < 300000)); then
        return 0 # a bare "return" in a trap returns the interrupted command's status
    fi
    last_signal=$signal last_time=$now
    if [[ $signal == INT && $interrupted ]]; then
        killed=yes
        kill_machine
        return 0
    fi
    [[ $signal != INT ]] || interrupted=yes
    echo "$signal" >&9
}

kill_machine() { kill -KILL -- "-$machine_pid" 2>/dev/null || true; }

# A machine that hangs before the command starts is killed; see vm_boot_limit.
watch_boot() {
    local tenths
    for ((tenths = 0; tenths < vm_boot_limit * 10; tenths++)); do
        [[ ! -s $dir/status ]] || return 0
        sleep 0.1
    done
    kill_machine
}

clean_up() {
    [[ -z $machine_pid ]] || kill_machine
    [[ -z $dir ]] || rm -rf "$dir"
}

start_machine() {
    mkfifo "$dir/stdout" "$dir/stderr" "$dir/signals"
    : >"$dir/status"
    relay "$dir/stdout"
    local stdout_relay=$!
    relay "$dir/stderr" >&2
    relays=("$stdout_relay" $!)
    # Open for reading too, so that this does not wait for the guest. Only we
    # write to it: the guest sees our end there, and powers off.
    exec 9<>"$dir/signals"
    (
        exec 9>&-
        exec setsid "${vm_command[@]}" </dev/null \
            3>"$dir/stdout" 4>"$dir/stderr" 5<"$dir/signals" 6>>"$dir/status" \
            >"$dir/console" 2>&1
    ) &
    machine_pid=$!
    trap 'forward INT' INT
    trap 'forward TERM' TERM
    trap 'forward HUP' HUP
}

await_machine() {
    while kill -0 "$machine_pid" 2>/dev/null; do
        wait "$machine_pid" 2>/dev/null || true
    done
    kill "$watcher_pid" 2>/dev/null || true
    kill_machine # what is left of it holds the relays open
    wait "${relays[@]}" || true
}

# The last line of the status file is the guest's "exit N", or there is none.
report() {
    local line
    line=$(tail -n 1 "$dir/status")
    case $line in
    exit\ *) exit "${line#exit }" ;;
    fail\ *) die "${line#fail }" 125 ;;
    esac
    [[ -z $killed ]] || die "killed" 130
    if [[ $line == ready ]]; then
        grep -iE 'panic|out of memory|BUG:' "$dir/console" >&2 || true
        say "the machine died before the command ended"
    else
        tr -d '\r' <"$dir/console" | grep -v '^ *\[<' | tail -n 8 >&2 || true
        say "the machine did not come up (its last words are above)"
    fi
    exit 125
}

machine=uml dir='' machine_pid='' interrupted='' killed='' last_signal='' last_time=0 relays=() watcher_pid=''

main() {
    case ${1-} in
    -h | --help) usage; exit 0 ;;
    --adapters) machine=qemu; shift ;;
    esac
    [[ ${1-} != -* ]] || die "unknown option $1 (see --help)"
    (($#)) || die "which command? (see --help)"
    [[ $(pwd -P)/ == "$checkout"/* ]] || die "run it from $checkout or a directory in it"
    cd -P .
    # shellcheck source=/dev/null
    . "$scripts/vm/$machine.sh"
    vm_install
    "$scripts/venv.sh" test
    # In /tmp whatever TMPDIR says: the name goes onto a kernel command line.
    dir=$(mktemp -d /tmp/rig-vm.XXXXXXXX)
    trap clean_up EXIT
    fill_directory "$@"
    write_settings 3>"$dir/settings" 4<&1
    vm_prepare
    start_machine
    watch_boot &
    watcher_pid=$!
    await_machine
    report
}

main "$@"
