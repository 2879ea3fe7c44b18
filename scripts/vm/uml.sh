# shellcheck shell=bash
# User Mode Linux for socketcan_vm.sh, which sources this file and starts
# vm_command with these open: 3 and 4 the command's stdout and stderr, 5 signals
# for the guest, 6 the guest's status. Kernel and boot messages go to stdout.
# shellcheck disable=SC2034,SC2154 # variables for and from socketcan_vm.sh
# shellcheck disable=SC2054 # the commas are UML's

vm_boot_limit=60 # seconds; it takes 2
vm_needs=(linux.uml=user-mode-linux busybox=busybox-static ip=iproute2 candump=can-utils)
vm_lines=(/dev/ttyS0 /dev/ttyS1 /dev/ttyS2) # what 3, 4 and 5 with 6 are in the guest

vm_install() {
    [[ $(uname -m) == x86_64 ]] || die "User Mode Linux is for x86-64; this is $(uname -m)"
    need "${vm_needs[@]}"
}

# UML keeps the guest's memory in a file that it maps executable. /dev/shm is
# fastest, but containers often have a small one, or one mounted noexec.
memory_place() {
    local room
    room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
    if ((${room:-0} > 1100000)) && [[ -w /dev/shm ]] &&
        ! grep -q '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
        echo /dev/shm
    else
        echo "$dir"
    fi
}

# share DIR ro|rw AT : the fstab line that shows a host directory in the guest.
share() { echo "none $(fstab_name "$3") hostfs $2,$(fstab_name "$1"),X-mount.mkdir"; }

# The guest has one processor, and its many processes take turns. Where they never move to another
# one of ours that costs half as much, so the machine stays where this script is now: field 39.
processor() {
    local stat
    read -ra stat </proc/self/stat
    echo "${stat[38]}"
}

vm_prepare() {
    # HOME: where UML keeps its pid file.
    vm_command=(
        taskset -c "$(processor)"
        env "HOME=$dir" "TMPDIR=$(memory_place)" linux.uml mem=1G
        root=/dev/root rootfstype=hostfs rootflags=/ ro quiet
        "init=$dir/init" "rig_vm_dir=$dir"
        con=null con0=null,fd:1 ssl=null ssl0=null,fd:3 ssl1=null,fd:4 ssl2=fd:5,fd:6
    )
}
