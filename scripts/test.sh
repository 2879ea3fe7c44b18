#!/usr/bin/env bash
# The gate: everything that must hold before a change lands. Sets up what it needs.
#
# Runs lint and types, then the tests: pure and host ones here, those on SocketCAN on this kernel's
# vcan0 or else in two User Mode Linux machines beside each other. All at once: many tests wait for
# something, and what has no deadline (the pure tests) fills that. Then those on two adapters in
# QEMU, which takes one processor, and beside them the tests of the benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE # roles start faster from compiled files

usage() {
    cat <<'USAGE'
usage: scripts/test.sh [--all | --quick]

  --all           property tests try 1000 examples instead of 45, both ends meet somebody
                  else's OCPP, which npm fetches, and the database is PostgreSQL as well
  --quick         without QEMU

examples:
  scripts/test.sh                                    the gate
  .venv/bin/pytest tests/logic                       the pure tests alone
  scripts/socketcan_vm.sh pytest -m socketcan tests/socketcan
  scripts/socketcan_vm.sh --adapters pytest -m adapters tests/adapters
USAGE
}

search=(--hypothesis-profile rig) quick=no all=no
for option in "$@"; do
    case $option in
        --all) search=(--hypothesis-profile long --timeout 1200) all=yes ;;
        --quick) quick=yes ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done

# Debian's names; a browser for the page of rig plot, shellcheck for the scripts.
install_tools() {
    local missing=()
    command -v chromium-headless-shell >/dev/null || missing+=(chromium-headless-shell)
    command -v shellcheck >/dev/null || missing+=(shellcheck)
    command -v candump >/dev/null || missing+=(can-utils)
    command -v ip >/dev/null || missing+=(iproute2)
    if [[ $all == yes ]]; then
        command -v npm >/dev/null || missing+=(npm)
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    fi
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $(id -u) != 0 ]]; then
        echo "test.sh: sudo apt-get install ${missing[*]}" >&2
        exit 2
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
}

step() { printf '\n=== %s\n' "$*"; }

lint() {
    .venv/bin/ruff check . &&
        .venv/bin/ruff format --check . &&
        .venv/bin/mypy &&
        shellcheck -x scripts/*.sh scripts/vm/*.sh scripts/bench/*.sh .ci/run
}

# Plugins that no test in a machine needs, and that take a second to import there.
plain=(-p no:hypothesispytest -p no:anyio)

# User Mode Linux stays on one processor; we say which, so that two of them do not meet on one.
on_vcan() {
    local processor=$1
    shift
    if [[ -d /sys/class/net/vcan0 ]]; then
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

host() {
    local here="not socketcan and not adapters"
    [[ $all == yes ]] || here+=" and not thirdparty and not postgresql"
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

install_tools
scripts/venv.sh test
# What socketcan_vm.sh needs is installed by its first run; the two below must not race for it.
[[ -d /sys/class/net/vcan0 ]] || type -P linux.uml >/dev/null || scripts/socketcan_vm.sh true
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

begin vcan_1 on_vcan "$first" "${vcan[@]}"
[[ -d /sys/class/net/vcan0 ]] || begin vcan_2 on_vcan "$second" "${vcan[@]}"
begin host host tests --share "$share/host" --processes 5
step "lint and types"
lint || failed+=(lint)
finish
if [[ $quick == no ]]; then
    step adapters
    on_adapters || failed+=(adapters)
fi

if [[ ${#failed[@]} -gt 0 ]]; then
    step "FAILED: ${failed[*]}"
    exit 1
fi
step "all passed"
