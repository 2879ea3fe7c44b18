#!/usr/bin/env bash
# The gate: everything that must hold before a change lands. Sets up what it needs.
#
# Runs lint and types, then the tests: pure and host ones here, those on SocketCAN on this kernel's
# vcan0 or else in two User Mode Linux machines beside each other. All at once: many tests wait for
# something, and what has no deadline (the pure tests) fills that. Then those on two adapters in
# QEMU, which takes one processor, and beside them those that count instructions in another.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE # roles start faster from compiled files
unset PYTHONUNBUFFERED        # users have it not, and it hides what nobody flushed

usage() {
    cat <<'USAGE'
usage: scripts/test.sh [--host | --quick | --all]

  --host          lint, pure and host tests: what takes nothing but pip, as any user.
                  Says at the end what it left out for want of a program.
  --quick         without QEMU
  --all           property tests try 1000 examples instead of 45, both ends meet somebody
                  else's OCPP, which npm fetches, affiliation is held against that of
                  telemeval, which pip fetches, the database is PostgreSQL as well, and
                  README's commands run in a bare Debian 12 and 13 (as root)

Installs the programs that it needs where it is root, and names them where it is not.

exit status: 0 all passed; 1 something did not; 2 what must be set right here first.

examples:
  scripts/test.sh                                    the gate
  .venv/bin/pytest tests/*/logic tests/detect        the pure tests alone
  scripts/socketcan_vm.sh pytest -m socketcan tests/socketcan
  scripts/socketcan_vm.sh --adapters pytest -m adapters tests/adapters
USAGE
}

die() {
    echo "test.sh: $1" >&2
    exit 2
}

# shellcheck source=scripts/needs.sh
. scripts/needs.sh

search=(--hypothesis-profile rig) asked=gate
case ${1-} in
    '') ;;
    --host | --quick) asked=${1#--} ;;
    --all) search=(--hypothesis-profile long --timeout 1200) asked=all ;;
    -h | --help) usage && exit 0 ;;
    *) die "unknown option $1 (see --help)" ;;
esac
(($# <= 1)) || die "one option at most (see --help)"

host_needs=(chromium-headless-shell=chromium-headless-shell shellcheck=shellcheck)
all_needs=(npm=npm initdb=postgresql debootstrap=debootstrap git=git)

# What a machine of vm/ needs.
machine() (
    # shellcheck source=/dev/null
    . "scripts/vm/$1.sh"
    # shellcheck disable=SC2154 # set there
    echo "${vm_needs[@]}"
)

has_vcan() { [[ -d /sys/class/net/vcan0 ]]; }

# All that is needed for what was asked, installed at once.
install_tools() {
    local needs=("${host_needs[@]}" candump=can-utils ip=iproute2)
    # shellcheck disable=SC2207 # words
    has_vcan || needs+=($(machine uml))
    # shellcheck disable=SC2207
    [[ $asked == quick ]] || needs+=($(machine qemu))
    if [[ $asked == all ]]; then
        ((EUID == 0)) || die "only root can make the bare systems of --all: sudo scripts/test.sh --all"
        needs+=("${all_needs[@]}")
    fi
    need "${needs[@]}"
}

# lacks PACKAGE : with --host alone it may.
lacks() { [[ " ${lacking[*]} " == *" $1 "* ]]; }

step() { printf '\n=== %s\n' "$*"; }

lint() {
    .venv/bin/ruff check . &&
        .venv/bin/ruff format --check . &&
        .venv/bin/mypy &&
        { lacks shellcheck || shellcheck -x scripts/*.sh scripts/vm/*.sh scripts/bench/*.sh .ci/run; }
}

# Plugins that no test in a machine needs, and that take a second to import there.
plain=(-p no:hypothesispytest -p no:anyio)

# User Mode Linux stays on one processor; we say which, so that two of them do not meet on one.
on_vcan() {
    local processor=$1
    shift
    if has_vcan; then
        .venv/bin/pytest -m socketcan -q --durations 5 "$@"
    else
        taskset -c "$processor" scripts/socketcan_vm.sh \
            pytest -m socketcan "${plain[@]}" -q --durations 5 "$@"
    fi
}

on_adapters() {
    scripts/socketcan_vm.sh --adapters \
        pytest tests/adapters -m adapters "${plain[@]}" -q --durations 5
}

# What hostile texts and a full bus cost, on the machine of the adapters, whose clock can count
# instructions.
on_instructions() {
    RIG_ICOUNT=1 scripts/socketcan_vm.sh --adapters \
        pytest tests/fuzz tests/bench -m instructions "${search[@]}" --timeout 0 -q --durations 5
}

host() {
    local here="not socketcan and not adapters and not instructions"
    [[ $asked == all ]] || here+=" and not thirdparty and not postgresql"
    ! lacks chromium-headless-shell || here+=" and not browser"
    TMPDIR=${memory:-${TMPDIR:-/tmp}} .venv/bin/pytest -m "$here" \
        "${search[@]}" -q --durations 5 "$@"
}

# What the tests write and flush goes to memory where there is room: then they wait for no disk. A
# kill -9 costs no more there than on a disk. The name is short, for the sockets below it.
make_memory() {
    local room
    room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
    if ((${room:-0} > 4000000)) && [[ -w /dev/shm ]] &&
        ! grep -q '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
        memory=$(mktemp -d /dev/shm/rig.XXXX)
        chmod 755 "$memory" # PostgreSQL runs as its own user
    fi
}

# begin NAME COMMAND...: run it in the background, what it says into a file.
begin() {
    local name=$1
    shift
    "$@" >"$results/$name" 2>&1 &
    parts+=("$name") pids[$name]=$!
}

# Wait for all that was begun, show what each said, remember a failure.
finish() {
    local name status
    for name in "${parts[@]}"; do
        status=0
        wait "${pids[$name]}" || status=$?
        step "$name"
        cat "$results/$name"
        [[ $status == 0 ]] || failed+=("$name")
    done
}

lacking=()
if [[ $asked == host ]]; then
    mapfile -t lacking < <(missing "${host_needs[@]}")
else
    install_tools
fi
scripts/venv.sh test
results=$(mktemp -d)
mkdir -p .pytest_cache
share=$(mktemp -d "$PWD/.pytest_cache/share.XXXXXXXX") # the machines can write in the checkout
mkdir "$share"/{host,vcan}
memory=''
trap 'rm -rf "$results" "$share" "$memory"; kill $(jobs -p) 2>/dev/null || true' EXIT
read -r -a processors < <(.venv/bin/python -c 'import os; print(*os.sched_getaffinity(0))')
make_memory
first=${processors[0]} second=${processors[1]-${processors[0]}}
vcan=(tests/socketcan tests/bench --share "$share/vcan")
declare -A pids=()
parts=() failed=()

[[ $asked == host ]] || begin vcan_1 on_vcan "$first" "${vcan[@]}"
[[ $asked == host ]] || has_vcan || begin vcan_2 on_vcan "$second" "${vcan[@]}"
begin host host tests --share "$share/host" --processes 5
step "lint and types"
lint || failed+=(lint)
finish
if [[ $asked == gate || $asked == all ]]; then
    parts=()
    begin adapters on_adapters
    begin instructions on_instructions
    finish
fi
if [[ $asked == all ]]; then
    for system in bookworm trixie; do
        scripts/fresh.sh "$system" || failed+=("$system")
    done
fi

[[ $asked != host ]] || step "left out: the tests on SocketCAN and those that count instructions${lacking[*]:+, and what needs ${lacking[*]}}"
if [[ ${#failed[@]} -gt 0 ]]; then
    step "FAILED: ${failed[*]}"
    exit 1
fi
step "all passed"
