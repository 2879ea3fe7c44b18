#!/usr/bin/env bash
# Makes the README's pictures of the plotter, on a real vcan0: 50 s of the seed's cycle, a charger
# that ignores Stop, and a second charger on the bus.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -d /sys/class/net/vcan0 ]] || exec scripts/socketcan_vm.sh "scripts/$(basename "$0")"

scripts/run_all.sh --duration 50 --quiet --png scripts/picture.png

# The charger and the plotter alone, as with a charge point of somebody else: cansend is that one.
without_a_charge_point() {  # NAME, then what happens
  scripts/run_all.sh --without csms --without cp --control --quiet \
    --duration 50 --png "scripts/$1.png" &
  until [[ -s "scripts/$1.png" ]]; do sleep 0.5; done
  sleep 3
  cansend vcan0 210#2000
  cansend vcan0 200#
  sleep 20
  "$1"
  wait
}
limit_exceeded() {
  .venv/bin/rig control charger fault kind=plant.ignore_stop
  cansend vcan0 201#
}
two_senders() {
  timeout 40 .venv/bin/rig charger --log-level error &
}
rm -f scripts/limit_exceeded.png scripts/two_senders.png
without_a_charge_point limit_exceeded
without_a_charge_point two_senders
