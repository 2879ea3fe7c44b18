# shellcheck shell=bash
# QEMU with two emulated CAN cards for socketcan_vm.sh, which sources this file;
# uml.sh tells what it expects. Kernel messages go to $dir/console.
#
# The guest boots Debian's own kernel on this machine's files, through 9p. Its
# initial RAM disk (initrd_init.sh, busybox and 24 modules) is made anew for each
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

# Unpacked, not installed: that would take a minute and touch /boot.
fetch_kernel() {
    local package new=$cache/new
    type -P apt-get >/dev/null || die "--adapters needs apt-get, to fetch Debian's kernel"
    ((EUID != 0)) || apt-get -qq update >&2 || true
    package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -n 1)
    [[ $package ]] || die "apt knows no linux-image-amd64 (Debian's kernel): sudo apt-get update"
    say "fetching $package (70 MB)"
    rm -rf "$new"
    mkdir "$new"
    (cd "$new" && apt-get -qq -o APT::Sandbox::User=root download "$package" >&2) ||
        die "could not fetch it; run this and see why: apt-get update && apt-get download $package"
    dpkg-deb --fsys-tarfile "$new"/*.deb | tar -x -C "$new" --wildcards \
        './boot/vmlinuz-*' './lib/modules/*/modules.*' './lib/modules/*/kernel/net/can' \
        './lib/modules/*/kernel/net/9p' './lib/modules/*/kernel/drivers/net/can' \
        './lib/modules/*/kernel/drivers/virtio' './lib/modules/*/kernel/fs/9p' \
        './lib/modules/*/kernel/net/sched/sch_netem.ko' './lib/modules/*/kernel/fs/netfs' './lib/modules/*/kernel/fs/fscache' \
        './lib/modules/*/kernel/drivers/char/virtio_console.ko'
    rm "$new"/*.deb
    busybox depmod -b "$new" "$(ls "$new/lib/modules")"
    mv -T "$new" "$cache/kernel"
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
    local root=$dir/initrd.d modules=$cache/kernel/lib/modules/$release name file
    mkdir -p "$root"/{bin,dev,proc,root,sys} "$root/lib/modules/$release"
    install "$(type -P busybox)" "$root/bin/busybox"
    sed "s/@boot_modules@/${boot_modules[*]}/; s/@can_modules@/${can_modules[*]}/" \
        "$scripts/vm/initrd_init.sh" >"$root/init"
    chmod 755 "$root/init"
    # A line of modules.dep is the module, then all that it needs.
    for name in "${boot_modules[@]}" "${can_modules[@]}"; do
        grep -E "/${name//_/[-_]}\.ko:" "$modules/modules.dep"
    done | tr -d : | tr ' ' '\n' | sort -u | while read -r file; do
        [[ -z $file ]] || (cd "$modules" && cp --parents "$file" "$root/lib/modules/$release")
    done
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
