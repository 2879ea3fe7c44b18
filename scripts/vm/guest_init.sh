#!/bin/bash
# The first process of the guest, in both machines: mounts, CAN interfaces, then
# the command with its output, signals and exit status. See README.md.
#
# $rig_vm_dir comes from the kernel command line and is the directory that
# socketcan_vm.sh made for this run: fstab, settings (machine, lines, out, err,
# size; see write_settings there), command (the user's, as a bash script), dev. Once
# mounted it is /run/rig-vm, and pid and environment are ours in it.
#
# To start a program takes 40 ms in User Mode Linux, so there are few of them.
# shellcheck disable=SC2154 # variables from settings
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# hostfs takes a directory as its whole option. Linux 6.12 takes that
# from mount(2) only: util-linux 2.39 and newer would call fsconfig(2), where a
# directory is an unknown parameter. Older ones take no notice of the variable.
mount_all() {
    LIBMOUNT_FORCE_MOUNT2=always mount --all --fstab "$rig_vm_dir/fstab"
    cp -P /run/rig-vm/dev/* /dev
}

load_modules_uml() {
    local name modules
    modules=/usr/lib/uml/modules/$(uname -r)/kernel
    for name in net/can/{can,can-raw,can-bcm,can-gw} drivers/net/can/{dev/can-dev,vcan,vxcan,slcan/slcan}; do
        busybox insmod "$modules/$name.ko"
    done
}

load_modules_qemu() { :; } # initrd_init.sh did

# Three lines to the host: the command's stdout, its stderr, and control (in:
# signals by name; out: our status). Raw, so that bytes pass as they are.
open_lines() {
    local line
    until [[ -c ${lines[2]} ]]; do sleep 0.01; done
    exec {stdout}<>"${lines[0]}" {stderr}<>"${lines[1]}" {control}<>"${lines[2]}"
    for line in "$stdout" "$stderr" "$control"; do
        [[ ! -t $line ]] || stty raw -echo <&"$line"
    done
    [[ -z $size ]] || stty rows "${size% *}" cols "${size#* }" <&"$stdout"
}

set_up_network() {
    echo rig >/proc/sys/kernel/hostname
    {
        echo link set up dev lo
        echo link add dev vcan0 type vcan
        echo link set up dev vcan0
        [[ $machine != qemu ]] || printf 'link set up dev %s type can bitrate 500000\n' can0 can1
    } | ip -batch -
    # The kernel takes its time to open the queue of a link; frames get lost until then.
    [[ $machine != qemu ]] || until
        [[ $(cat /sys/class/net/can[01]/operstate) == $'up\nup' ]]
    do sleep 0.05; done
}

# What the command finds in its environment besides what the host passes on.
write_environment() {
    echo "export HOME=/run/home LANG=C.UTF-8 RIG_GUEST=$machine"
    echo 'unset rig_vm_dir mem'
    [[ $machine == qemu ]] || return 0
    echo "export RIG_PCI_CAN0=$(adapter can0) RIG_PCI_CAN1=$(adapter can1)"
}

# The PCI address of an interface.
adapter() { basename "$(readlink "/sys/class/net/$1/device")"; }

# Signals go to the command and all its children, as from a terminal or from
# systemd. When the host's end closes, the script is gone: so are we.
deliver_signals() {
    local signal
    while read -r signal <&"$control"; do
        until [[ -s /run/rig-vm/pid ]]; do sleep 0.01; done
        kill -s "$signal" -- "-$(</run/rig-vm/pid)" 2>/dev/null || true
    done
    busybox poweroff -f
}

# In the foreground, because a shell starts what it puts in the background with
# SIGINT ignored. A pipe stands between the command and a line to the host that
# is no terminal there, so that it is none here.
run_command() {
    local to_out=$stdout to_err=$stderr relays=() relay
    if [[ $out == stream ]]; then
        exec {to_out}> >(exec cat >&"$stdout")
        relays+=($!)
    fi
    case $err in
    same) to_err=$to_out ;;
    stream)
        exec {to_err}> >(exec cat >&"$stderr")
        relays+=($!)
        ;;
    esac
    status=0
    setsid --wait bash -c 'echo $$ >/run/rig-vm/pid && . /run/rig-vm/command' \
        </dev/null 1>&"$to_out" 2>&"$to_err" || status=$?
    [[ $out != stream ]] || exec {to_out}>&-
    [[ $err != stream ]] || exec {to_err}>&-
    end_leftovers
    for relay in "${relays[@]}"; do wait "$relay" || true; done
    # Setting a line waits until all that was written to it has gone out.
    stty raw <&"$stdout"
    [[ $err == same ]] || stty raw <&"$stderr"
}

# Children that the command left behind may hold its output open.
end_leftovers() {
    kill -s TERM -- "-$(</run/rig-vm/pid)" 2>/dev/null || return 0
    sleep 0.5
    kill -s KILL -- "-$(</run/rig-vm/pid)" 2>/dev/null || true
}

# Whatever ends this script ends the machine. Without a status in $control the
# host takes that as a failure.
main() {
    trap 'busybox poweroff -f' EXIT
    mount_all
    # shellcheck source=/dev/null
    . /run/rig-vm/settings
    "load_modules_$machine"
    open_lines
    set_up_network
    write_environment >/run/rig-vm/environment
    echo ready >&"$control"
    deliver_signals &
    run_command
    echo "exit $status" >&"$control"
    [[ ! -t $control ]] || stty raw <&"$control"
}

main
