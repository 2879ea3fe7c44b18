#!/usr/bin/env bash
# Makes the README's picture: the plotter after 50 s of the seed's cycle, on a real vcan0.
set -euo pipefail
cd "$(dirname "$0")/.."
up=(scripts/run_all.sh --duration 50 --png scripts/picture.png)
if [[ -d /sys/class/net/vcan0 ]]; then exec "${up[@]}"; fi
exec scripts/socketcan_vm.sh "${up[@]}"
