# shellcheck shell=bash
# QEMU with two emulated CAN cards for socketcan_vm.sh, which sources this file;
# uml.sh tells what it expects. Kernel messages go to $dir/console.
#
# The guest boots Debian's own kernel on this machine's files, through 9p. Its
# initial RAM disk (initrd_init.sh, busybox, 17 to 24 modules) is made anew for each
# run, which takes 0.2 s; the kernel package is fetched once and kept in $cache.
# shellcheck disable=SC2034,SC2154 # variables for and from socketcan_vm.sh
# shellcheck disable=SC2054 # the commas are QEMU's

vm_boot_limit=180 # seconds; it takes 6 where nothing else runs
vm_needs=(qemu-system-x86_64=qemu-system-x86 busybox=busybox-static ip=iproute2
    candump=can-utils dpkg-deb=dpkg)
vm_lines=(/dev/hvc0 /dev/hvc1 /dev/vport0p2)
shares=() # QEMU's options for them

# Loaded in the guest before anything else runs there; the guest has no others.
boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p)
can_modules=(can_raw can_bcm can_gw can_isotp can_j1939 vcan vxcan slcan kvaser_pci sch_netem)

vm_install() {
    [[ $(uname -m) == x86_64 ]] || die "the adapters are for x86-64; this is $(uname -m)"
    need "${vm_needs[@]}"
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/ev-charging-rig
    mkdir -p "$cache" 2>/dev/null || die "cannot make $cache: set XDG_CACHE_HOME to a directory of yours"
    exec 8<"$cache"
    flock 8 # one caller fetches, the second finds it done
    [[ -d $cache/kernel ]] || fetch_kernel
    exec 8<&-
    release=$(ls "$cache/kernel/lib/modules")
}

# Unpacked, not installed: that would take a minute and touch /boot. Whatever ends
# this, a fetch that failed leaves nothing behind.
fetch_kernel() {
    local package why new=$cache/new
    type -P apt-get >/dev/null || die "--adapters needs apt-get, to fetch Debian's kernel"
    ((EUID != 0)) || apt-get -qq update >&2 || true
    package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -n 1)
    [[ $package ]] || die "apt knows no linux-image-amd64 (Debian's kernel): sudo apt-get update"
    say "fetching $package (70 to 110 MB)"
    trap 'rm -rf "$cache/new"' EXIT
    rm -rf "$new"
    (mkdir "$new" && cd "$new" && apt-get -qq -o APT::Sandbox::User=root download "$package" >&2) ||
        die "could not fetch it (why is above): it needs the network, fresh lists (sudo apt-get update) and 130 MB in $cache"
    why=$(unpack_kernel "$new" 2>&1 | sed -n 1p) ||
        die "could not unpack it ($why): it needs 130 MB in $cache; XDG_CACHE_HOME names another place"
    mv -T "$new" "$cache/kernel"
    trap - EXIT
}

# What we need of the kernel package, by name in it. Debian 13 has the modules
# below /usr, each compressed, and some that Debian 12 has are built in there.
kernel_files='^\./(boot/vmlinuz-|(usr/)?lib/modules/[^/]+/(modules\.|kernel/('
kernel_files+='(net|drivers/net)/can/|(net|fs)/9p/|fs/(netfs|fscache)/|drivers/virtio/|'
kernel_files+='drivers/char/virtio_console\.ko|net/sched/sch_netem\.ko)))'

# unpack_kernel DIR : the package in DIR becomes DIR/boot and DIR/lib/modules.
unpack_kernel() {
    local new=$1
    dpkg-deb --fsys-tarfile "$new"/*.deb | tar -t | grep -E "$kernel_files" >"$new/files" &&
        dpkg-deb --fsys-tarfile "$new"/*.deb | tar -x -C "$new" --no-recursion \
            --transform='s,^\./usr/lib/,./lib/,' -T "$new/files" &&
        rm "$new"/*.deb "$new/files" &&
        find "$new/lib" -name '*.ko.xz' -exec busybox unxz {} + &&
        busybox depmod -b "$new" "$(ls "$new/lib/modules")" &&
        module_files "$new"/lib/modules/* >/dev/null
}

# module_files DIR : the modules that the guest loads and all that they need, as
# files in DIR. A line of modules.dep is a module, then what it needs; a module
# that is not there must be built into the kernel.
module_files() {
    local name pattern
    for name in "${boot_modules[@]}" "${can_modules[@]}"; do
        pattern="/${name//_/[-_]}\.ko"
        grep -E "$pattern:" "$1/modules.dep" || grep -qE "$pattern$" "$1/modules.builtin" ||
            { echo "this kernel has no $name" >&2 && return 1; }
    done | tr -d : | tr -s ' ' '\n' | sort -u
}

# share DIR ro|rw AT : see uml.sh. What is read-only here is cached in the guest;
# what is not must show the host's changes, so only mapped files are.
share() {
    local tag=share${#shares[@]} caching=mmap readonly=''
    [[ $2 == rw ]] || caching=loose readonly=,readonly=on
    shares+=(
        -fsdev "local,id=$tag,path=${1//,/,,},security_model=none,multidevs=remap$readonly"
        -device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag"
    )
    echo "$tag $(fstab_name "$3") 9p" \
        "trans=virtio,version=9p2000.L,msize=512000,cache=$caching,$2,X-mount.mkdir"
}

make_initrd() {
    local root=$dir/initrd.d modules=$cache/kernel/lib/modules/$release
    mkdir -p "$root"/{bin,dev,proc,root,sys} "$root/lib/modules/$release"
    install "$(type -P busybox)" "$root/bin/busybox"
    sed "s/@boot_modules@/${boot_modules[*]}/; s/@can_modules@/${can_modules[*]}/" \
        "$scripts/vm/initrd_init.sh" >"$root/init"
    chmod 755 "$root/init"
    (cd "$modules" && module_files . | xargs cp --parents -t "$root/lib/modules/$release") ||
        die "$cache/kernel lacks a module: delete it, and it is fetched again"
    cp "$modules/modules.builtin" "$root/lib/modules/$release" # for modprobe
    busybox depmod -b "$root" "$release"
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$dir/initrd"
    rm -rf "$root"
}

# qemu RIG_VM_DIR ACCELERATOR : what every start has in common, in vm_command.
qemu() {
    vm_command=(
        qemu-system-x86_64 -M pc -accel "$2" -cpu max -smp 1 -m 2G
        -nodefaults -no-user-config -display none -no-reboot
        -kernel "$cache/kernel/boot/vmlinuz-$release" -initrd "$dir/initrd"
        -append "console=ttyS0 quiet mitigations=off panic=-1 rig_vm_dir=$1"
        -chardev "file,id=console,path=$dir/console,append=on" -serial chardev:console
    )
}

# With RIG_ICOUNT the guest's clock counts its instructions: 1 ns each, and no time passes while it
# waits. What a program costs is the same there on each machine, however busy (scripts/bench).
# There are machines with a /dev/kvm that does not work: what a start of nothing
# but the RAM disk says is kept. 16 times slower without.
accelerator() {
    local verdict
    verdict=$cache/accelerator-$(uname -r)
    [[ -w /dev/kvm && ! ${RIG_ICOUNT-} ]] || { echo tcg; return; }
    if [[ ! -s $verdict ]]; then
        qemu probe kvm
        timeout -k 1 10 "${vm_command[@]}" </dev/null >/dev/null 2>&1 || true
        { grep -q 'rig: probed' "$dir/console" 2>/dev/null && echo kvm || echo tcg; } >"$verdict"
        rm -f "$dir/console"
    fi
    cat "$verdict"
}

vm_prepare() {
    make_initrd
    qemu "$dir" "$(accelerator)"
    vm_command+=(
        # First, because the guest numbers virtio devices in this order (vport0p2).
        -device virtio-serial-pci,ioeventfd=off
        -chardev file,id=out,path=/dev/fd/3 -device virtconsole,chardev=out,nr=0
        -chardev file,id=err,path=/dev/fd/4 -device virtconsole,chardev=err,nr=1
        -chardev stdio,id=control,signal=off -device virtserialport,chardev=control,nr=2
        -fsdev local,id=root,path=/,security_model=none,multidevs=remap,readonly=on
        -device virtio-9p-pci,fsdev=root,mount_tag=root
        "${shares[@]}"
        ${RIG_ICOUNT:+-icount shift=0,sleep=off}
        -object can-bus,id=wire
        -device kvaser_pci,canbus=wire,addr=0x10 -device kvaser_pci,canbus=wire,addr=0x11
    )
    # shellcheck disable=SC2016 # for the bash that it starts
    vm_command=(bash -c 'exec "$@" <&5 >&6 5<&- 6>&-' start "${vm_command[@]}")
}
