"""A score of all that the rig has: each kind of anomaly, each detector, the kinds of normal."""

from rig.score.logic.judged import Judged, Span
from tests.score.sessions import attacked, label, normal

DETECTORS = (
    "fast_toggle", "oscillation_command", "oscillation_signal", "limit_exceeded",
    "telemetry_stuck", "can_timing", "cross_layer", "can_origin", "ocpp_session",
    "twin_residual", "seed_variance",
)  # fmt: skip
KINDS = (
    "osc_seed", "osc_stealth", "osc_slow", "fast_toggle", "over_current", "ignore_limit",
    "ignore_stop", "frozen_hold", "frozen_step", "spoof300", "masquerade", "replay", "suspension",
    "flood", "fuzz", "spoof_limit", "spoof_start", "spoof_stop", "meter_tamper", "cp_drops_cmd",
    "dup_id", "ocpp_flood", "ocpp_sequence", "mitm_limit",
)  # fmt: skip
NORMALS = ("idle", "smart", "busy", "sun", "limited", "twice", "other_hardware")


def sessions(each: int = 4) -> list[Judged]:
    """So many of each kind; some detectors find some of them, and one is wrong at each start."""
    quiet = [normal(kind, length=1800.0) for kind in NORMALS for _ in range(each)]
    wrong = [normal("single", length=1800.0, seed_variance=[(9.0, 20.0)]) for _ in range(each)]
    return [
        *quiet,
        *wrong,
        *(_of(kind, row, n) for row, kind in enumerate(KINDS) for n in range(each)),
    ]


def _of(kind: str, row: int, seed: int) -> Judged:
    event = label(600.0 + seed, 700.0, kind, recovered=730.0)
    alarms: dict[str, list[Span]] = {
        name: [(602.0 + seed + column, 705.0)] if (row * 7 + column * 3) % 11 > 5 + seed else []
        for column, name in enumerate(DETECTORS)
    }
    return attacked(event, length=1200.0, **alarms)


def most_said() -> Judged:
    """The session in which most detectors alarmed."""
    return max(sessions(), key=lambda each: sum(map(len, each.alarms.values())))
