#!/bin/busybox sh
# The first process in QEMU: from the initial RAM disk to the host's files. The
# names between @ are put in by qemu.sh; rig_vm_dir is from the kernel command line.
# shellcheck shell=dash disable=SC2154
if [ "$rig_vm_dir" = probe ]; then
    echo 'rig: probed'
    busybox poweroff -f
fi
busybox mount -t proc proc /proc
busybox modprobe -a @boot_modules@
busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /root
busybox mount -t devtmpfs dev /root/dev
busybox modprobe -a @can_modules@
busybox umount /proc
exec busybox switch_root /root "$rig_vm_dir/init"
