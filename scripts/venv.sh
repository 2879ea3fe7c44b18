#!/usr/bin/env bash
# Makes .venv in the checkout, with the package installed editable and every
# dependency at the version and with the hash that scripts/constraints.txt names.
#
# .venv belongs to this script: whatever is there without a valid stamp (an
# interrupted install, a moved checkout, a Python that is gone) is made anew.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/venv.sh [EXTRA]

Makes .venv in the checkout and installs the package into it, with the
optional dependencies named EXTRA, and says how large it is. Does nothing when
that is done already and neither pyproject.toml nor scripts/constraints.txt has
changed since.

examples:
  scripts/venv.sh             what the rig needs to run
  scripts/venv.sh parquet     rig sessions --parquet as well
  scripts/venv.sh postgresql  rig csms --database postgresql://... as well
  scripts/venv.sh test        what the gate needs as well
USAGE
}

die() {
    echo "venv.sh: $1" >&2
    exit 2
}

checkout=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$checkout/.venv
stamp=$venv/rig-stamp
# The extra that is installed stands in the stamp's first line, this below it:
# everything else that decides whether the venv is still the right one.
fingerprint() {
    echo "$checkout"
    sha256sum <"$checkout/pyproject.toml"
    sha256sum <"$checkout/scripts/constraints.txt"
}

is_current() {
    local extra=$1 have
    [[ -r $stamp && -x $venv/bin/python ]] || return 1
    { read -r have && [[ $have == "extra=$extra" || -z $extra ]]; } <"$stamp" || return 1
    [[ $(tail -n +2 "$stamp") == "$(fingerprint)" ]]
}

# The first Python on the PATH that is new enough and can make a venv. sys._base_executable, not
# the name found: that may be the one in the .venv that is about to go.
find_python() {
    local name candidate probe python found=''
    probe='import sys; print(sys._base_executable) if sys.version_info >= (3, 11) else sys.exit(1)'
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        while read -r candidate; do
            python=$("$candidate" -c "$probe" 2>/dev/null) || continue
            ! "$python" -c 'import venv, ensurepip' 2>/dev/null || { echo "$python" && return; }
            found=$python
        done < <(type -aP "$name" || true)
    done
    [[ ! $found ]] || die "$found has no venv module: apt-get install python3-venv"
    die "no Python 3.11 or newer found: install one (apt-get install python3 python3-venv)"
}

# The part of constraints.txt that is for everybody, and that of an extra; [test] takes all.
pinned() {
    awk -v extra="#[$1]" '/^#\[/ { group = $1 } !group || group == extra || extra == "#[test]"' \
        "$checkout/scripts/constraints.txt"
}

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

make_venv() {
    local extra=$1 python
    [[ -w $checkout ]] || die "$checkout is not writable: run this once as its owner"
    if [[ -r $stamp && -x $venv/bin/python && $(sed -n 2p "$stamp") == "$checkout" ]]; then
        # Without an EXTRA, the one that is installed stays up to date.
        extra=${extra:-$(sed -n '1s/^extra=//p' "$stamp")}
        rm -f "$stamp"
    else
        python=$(find_python)
        echo "venv.sh: making $venv with $python" >&2
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    echo "venv.sh: installing the package${extra:+ with [$extra]} into $venv" >&2
    # pip checks each file that it downloads. The package is built with what is installed by then,
    # so that nothing else comes from anywhere.
    { install --require-hashes -r <(pinned "$extra") &&
        install --no-deps --no-build-isolation -e "$checkout"; } ||
        { echo "venv.sh: pip could not install the package (its reason is above)" >&2; exit 1; }
    # matplotlib looks through all fonts at its first start: once, here, and not
    # in each machine that socketcan_vm.sh starts, where it takes 5 to 12 s.
    MPLCONFIGDIR=$venv/matplotlib "$venv/bin/python" -c 'import matplotlib.font_manager' 2>/dev/null || true
    echo "venv.sh: $venv takes $(du -sh "$venv" | cut -f 1)" >&2
    { echo "extra=$extra"; fingerprint; } >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

main() {
    case ${1-} in
    -h | --help) usage; exit 0 ;;
    -*) die "unknown option $1 (see --help)" ;;
    esac
    (($# <= 1)) || die "at most one EXTRA (see --help)"
    local extra=${1-}
    [[ -z $extra || $(<"$checkout/scripts/constraints.txt") == *$'\n'"#[$extra]"$'\n'* ]] ||
        die "there is no EXTRA $extra (see --help)"
    [[ -r $checkout/pyproject.toml ]] || die "no pyproject.toml in $checkout"
    ! is_current "$extra" || exit 0
    # One caller at a time; the second finds the work done. The lock is on this
    # very file, so that it leaves nothing behind.
    exec 9<"${BASH_SOURCE[0]}"
    flock 9
    is_current "$extra" || make_venv "$extra"
}

main "$@"
