# shellcheck shell=bash
# What a script needs of Debian, for those that source this: PROGRAM=PACKAGE. They have a `die`.

# missing PROGRAM=PACKAGE... : the packages of the programs that are not here.
missing() {
    local pair PATH=$PATH:/usr/sbin:/sbin
    PATH+=$(printf ':%s' /usr/lib/postgresql/*/bin) # where Debian keeps initdb
    for pair; do type -P "${pair%=*}" >/dev/null || echo "${pair#*=}"; done | sort -u
}

# need PROGRAM=PACKAGE... : sees to it that each program is there, in one round of apt.
need() {
    local packages
    mapfile -t packages < <(missing "$@")
    ((${#packages[@]})) || return 0
    local install=(install -y --no-install-recommends "${packages[@]}")
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    type -P apt-get >/dev/null || die "these Debian packages are needed here: ${packages[*]}"
    ((EUID == 0)) || die "packages are missing: sudo apt-get ${install[*]}"
    echo "${0##*/}: installing ${packages[*]}" >&2
    "${apt[@]}" update >&2 || true
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" "${install[@]}" >/dev/null ||
        die "could not install; run this and see why: apt-get ${install[*]}"
}
