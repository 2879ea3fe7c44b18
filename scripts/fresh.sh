#!/usr/bin/env bash
# README's two commands, as a newcomer types them, in a Debian that has nothing but what README asks for.
#
# The system is a directory. All that runs in it does so in a mount and a process namespace of its
# own: when these end, by whatever, its mounts and its processes are gone.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: sudo scripts/fresh.sh [bookworm | trixie]

Makes a bare Debian 12 (bookworm, the default) or 13 with debootstrap, clones this checkout's
HEAD in it, and runs what README's "Run it" and "Test" begin with: as an ordinary user the first
command and the second with --host, that also with the oldest and the newest releases that
pyproject.toml allows (scripts/versions.sh), then as root the second as it is. Says at the end how long
each took and how much it installed; 3 GB in /var/tmp (or TMPDIR) while it runs.

Mirror, proxy and certificates are those of this machine's apt and pip. The bare system is kept
in ~/.cache/ev-charging-rig (65 MB each); delete it to get a newer one.

exit status: 0 all passed; 1 something did not; 2 what must be set right here first.
USAGE
}

die() {
    echo "fresh.sh: $1" >&2
    exit 2
}

checkout=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ev-charging-rig
certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} # that this machine trusts
bundle=/etc/ssl/certificates.crt                                    # where they are in the other
# shellcheck source=scripts/needs.sh
. "$checkout/scripts/needs.sh"

step() { printf '\n=== %s: %s\n' "$system" "$*"; }

# readme SECTION : the first commands that README shows in it.
readme() {
    git_here show HEAD:README.md | awk -v section="## $1" '
        /^## / { here = $0 == section }
        here && /^```sh$/ { block = 1; next }
        block && /^```$/ { exit }
        block'
}

newcomers_packages() {
    git_here show HEAD:README.md | grep -oE 'apt-get install [a-z0-9 -]+' | head -n 1 | cut -d ' ' -f 3-
}

# The checkout is often another user's, which git does not like of root.
git_here() { git -c "safe.directory=$checkout" -C "$checkout" "$@"; }

# Of all that this machine's apt takes from Debian, the same for the other system.
sources() {
    local here
    here=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
    # shellcheck disable=SC2016 # these are apt's
    apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(CODENAME) $(COMPONENT)' \
        'Created-By: Packages' | sed -n "s/^Debian //p" | sed "s/ ${here:-none}/ $system/" | sort -u
}

# This machine's proxies, as programs take them.
proxies() {
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [[ ! ${!name-} ]] || echo "$name=${!name}"
    done
}

# What this machine's pip was told about where packages come from, less what lies on its disk.
pip_settings() {
    local python=$checkout/.venv/bin/python
    [[ -x $python ]] || python=python3
    echo '[global]'
    echo "cert = $bundle"
    "$python" -m pip config list 2>/dev/null | grep -v file:/ |
        sed -nE "s/^[^=]*\.(index-url|extra-index-url|trusted-host|proxy|timeout)='(.*)'$/\1 = \2/p" |
        awk '!seen[$1]++' || true
}

make_system() {
    local kept=$cache/$system.tar.gz mirror proxy=''
    mkdir -p "$cache" "$root"
    if [[ ! -s $kept ]]; then
        mirror=$(sources | awk -v suite="$system" '$3 == suite { print $2; exit }')
        eval "$(apt-config shell proxy Acquire::http::Proxy)"
        http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase --include=ca-certificates \
            "$system" "$root" ${mirror:+"$mirror"} >"$place/debootstrap" ||
            { tail -n 5 "$place/debootstrap" >&2 && die "debootstrap failed"; }
        rm -f "$root"/var/cache/apt/archives/*.deb
        tar -cz --one-file-system -C "$root" -f "$kept.new" .
        mv "$kept.new" "$kept"
    else
        tar -xz -C "$root" -f "$kept"
    fi
}

mount_all() {
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sys "$root/sys"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
}

take_settings() {
    local found
    found=$(sources)
    [[ ! $found ]] || echo "$found" >"$root/etc/apt/sources.list"
    { apt-config dump | grep -E '^Acquire::https?::' || true; } >"$root/etc/apt/apt.conf.d/90here"
    echo "Acquire::https::CaInfo \"$bundle\";" >>"$root/etc/apt/apt.conf.d/90here"
    pip_settings >"$root/etc/pip.conf"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    cp "$certificates" "$root$bundle"
}

# in_it USER COMMAND : in the environment of a new login, less what is this machine's.
in_it() {
    local home=/home/$1 path=/usr/local/bin:/usr/bin:/bin
    [[ $1 != root ]] || home=/root path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    local login=("HOME=$home" "USER=$1" "LOGNAME=$1" "SHELL=/bin/bash" "PATH=$path" "TERM=${TERM-dumb}")
    mapfile -t -O ${#login[@]} login < <(proxies)
    # shellcheck disable=SC2016 # for the bash in there
    chroot --userspec="$1:$1" "$root" env -i "${login[@]}" bash -c 'cd && eval "$1"' bash "$2"
}

# How many packages are installed, and their MB as apt tells them.
packages() {
    # shellcheck disable=SC2016 # dpkg's
    chroot "$root" dpkg-query -f '${Installed-Size}\n' -W | awk '{ kB += $1 } END { print NR, int(kB / 1000) }'
}

megabytes() { du -sxm "$1" | cut -f 1; }

prepare() {
    make_system
    mount_all
    take_settings
    in_it root "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $(newcomers_packages)" \
        >"$place/apt" 2>&1 || { tail -n 5 "$place/apt" >&2; die "the bare system could not be made"; }
    chroot "$root" useradd --create-home --shell /bin/bash newcomer
    git_here bundle create --quiet "$root/rig.bundle" HEAD
    in_it newcomer "$clone"
    in_it root "$clone"
}
clone='git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet /rig.bundle rig'

# part USER COMMAND : run it in that user's clone; remember how long it took, and whether it failed.
part() {
    local began=$SECONDS status=0
    step "$1: $2"
    in_it "$1" "cd rig && $2" || status=$?
    took+=("$1: $2: $((SECONDS - began)) s$( ((status == 0)) || echo ", FAILED with status $status")")
    ((status == 0)) || failed=yes
}

# In the namespaces.
inside() {
    local began=$SECONDS number size more more_size runs failed='' took=()
    prepare
    read -r number size < <(packages)
    step "made in $((SECONDS - began)) s: $(in_it root 'python3 -V'), $number packages, $size MB"
    part newcomer "$(readme 'Run it')"
    runs=$(megabytes "$root/home/newcomer/rig/.venv")
    part newcomer "$(readme Test) --host"
    part newcomer 'scripts/versions.sh lowest tests'
    part newcomer 'scripts/versions.sh newest tests'
    part root "$(readme Test)"
    read -r more more_size < <(packages)
    step "README's commands"
    printf '%s\n' "${took[@]}"
    echo "installed to run: .venv of $runs MB"
    echo "installed to test: .venv of $(megabytes "$root/root/rig/.venv") MB," \
        "$((more - number)) packages of $((more_size - size)) MB"
    echo "the whole system: $(megabytes "$root") MB"
    [[ -z $failed ]]
}

# Only the first process of the namespace is killed: unshare then ends after all of them did.
clean_up() {
    local first=''
    if [[ $namespace ]]; then
        first=$(cat "/proc/$namespace/task/$namespace/children" 2>/dev/null || true)
        # shellcheck disable=SC2086 # a list with a space at its end
        kill -KILL ${first:-"$namespace"} 2>/dev/null || true
        wait "$namespace" 2>/dev/null || true
    fi
    ! grep -qF " $place/" /proc/self/mounts || die "something is still mounted below $place"
    rm -rf --one-file-system "$place"
}

namespace='' system=bookworm place='' root=''

main() {
    case ${1-} in
    -h | --help) usage; exit 0 ;;
    bookworm | trixie) system=$1; shift ;;
    esac
    (($# == 0)) || die "one system, bookworm or trixie, and not $1 (see --help)"
    ((EUID == 0)) || die "only root can make a bare system: sudo scripts/fresh.sh $system"
    need debootstrap=debootstrap git=git
    [[ -e /usr/share/debootstrap/scripts/$system ]] ||
        die "this machine's debootstrap does not know $system: apt-get install debootstrap"
    unshare --mount --pid --fork true 2>/dev/null ||
        die "root may not make namespaces here (a container?): run it where root may"
    [[ -z $(git_here status --porcelain) ]] || echo "fresh.sh: what is not committed is not in it" >&2
    place=$(mktemp -d "${TMPDIR:-/var/tmp}/rig-fresh.XXXXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    set -m # or the command ignores SIGINT, as all that a script starts in the background
    # Of what unshare itself may say, only how it ended is left: by our own signal.
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
        "$BASH" "$0" --inside "$system" "$place" </dev/null 3>&2 2>/dev/null &
    namespace=$!
    wait "$namespace"
}

if [[ ${1-} == --inside ]]; then
    exec 2>&3 3>&-
    system=$2 place=$3 root=$3/root
    inside
else
    main "$@"
fi
