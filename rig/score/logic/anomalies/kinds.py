"""All kinds of anomaly, and the ordinary session in which each comes once. Times in s."""

from rig.score.logic.anomalies import bus, charger, commands, ocpp
from rig.score.logic.anomalies.attack import Attack
from rig.score.logic.bench import Bench

ATTACKED = 1200.0  # s, of a session with an anomaly

LAYERS: dict[str, tuple[Attack, ...]] = {
    "commands": (
        commands.osc_seed,
        commands.osc_stealth,
        commands.osc_slow,
        commands.fast_toggle,
    ),
    "charger": (
        charger.over_current,
        charger.ignore_limit,
        charger.ignore_stop,
        charger.frozen_hold,
        charger.frozen_step,
    ),
    "bus": (
        bus.spoof300,
        bus.masquerade,
        bus.replay,
        bus.suspension,
        bus.flood,
        bus.fuzz,
        bus.spoof_limit,
        bus.spoof_start,
        bus.spoof_stop,
    ),
    "ocpp": (
        ocpp.meter_tamper,
        ocpp.cp_drops_cmd,
        ocpp.dup_id,
        ocpp.ocpp_flood,
        ocpp.ocpp_sequence,
        ocpp.mitm_limit,
    ),
}
ANOMALIES = {attack.__name__: attack for attacks in LAYERS.values() for attack in attacks}
LAYER = {attack.__name__: layer for layer, attacks in LAYERS.items() for attack in attacks}
HELD_OUT = ("replay", "mitm_limit")  # never looked at while thresholds were chosen


def play(attack: Attack, bench: Bench) -> None:
    """A car charges for a quarter of an hour, its limit changes once or not, and the attack comes
    in the middle."""
    rng = bench.rng
    bench.start(rng.uniform(20, 60), float(rng.randint(16, 63)))
    if rng.random() < 0.5:
        bench.limit(rng.uniform(120, 300), (0, float(rng.randint(16, 63))))
    bench.stop(rng.uniform(950, 1100))
    begin = rng.uniform(400, 600)
    attack(bench, begin, begin + rng.uniform(40, 200))
