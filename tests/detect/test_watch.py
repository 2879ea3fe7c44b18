"""All detectors over one stream of events."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Bad, Current, Frame, SetLimit, Start, Stop
from rig.detect.events import Another, Connection, End, Event, Heard, Listening, OnBus, Said
from rig.detect.verdict import Verdict
from rig.detect.watch import RULES, Watch, Watched
from rig.ocppj.logic.framing import Malformed
from tests.detect.said import answer, ordered, profile, told
from tests.detect.simulation import bus, seed

Timed = tuple[float, Event]
NAMES = [
    "limit_exceeded", "fast_toggle", "oscillation_command", "oscillation_signal",
    "telemetry_stuck", "can_timing", "can_origin", "cross_layer",
]  # fmt: skip


def watch(rule: str = "all", connectors: int = 1) -> Watch:
    return Watch(Watched("CP_1", connectors=connectors), rule)


def states(made: Watch, connector: int = 1) -> dict[str, str]:
    return {v.detector: v.state for v in made.verdicts if v.connector == connector}


def on(connector: int, what: Heard | LinkUp | LinkDown | Lost) -> OnBus:
    return OnBus(connector, what)


def seeds_cycle(connector: int = 1) -> list[Timed]:
    heard = [(at, on(connector, Heard(event))) for at, event in bus(seed(3), 24.0)]  # type: ignore[arg-type]
    return [(0.0, on(connector, LinkUp())), *heard]


def run(made: Watch, events: Iterable[Timed]) -> list[tuple[float, Verdict]]:
    """What is told, with each whole second between the events."""
    said: list[tuple[float, Verdict]] = []
    second = 0
    for at, event in events:
        while second < at:
            said += [(float(second), verdict) for verdict in made.tick(float(second))]
            second += 1
        said += [(at, verdict) for verdict in made.receive(event, at)]
    return said


def test_the_rules_have_these_detectors_and_all_are_unknown_at_first() -> None:
    assert states(watch()) == dict.fromkeys(NAMES, "unknown")
    assert states(watch(), 0) == {"ocpp_session": "unknown"}
    assert states(watch("twin")) == dict.fromkeys([*NAMES, "twin_residual"], "unknown")
    assert states(watch("seed_variance")) == {"seed_variance": "unknown"}
    assert states(watch("seed_variance"), 0) == {}
    assert [verdict.state for made in RULES for verdict in watch(made).tick(0.0)] == []


def test_the_seeds_cycle_is_told_as_a_warning_and_an_alarm_and_by_no_other_detector() -> None:
    said = run(watch(), seeds_cycle())
    raised = [(at, v.detector, v.state) for at, v in said if v.state in ("warn", "alarm")]
    assert raised[:2] == [(5.0, "fast_toggle", "warn"), (13.0, "fast_toggle", "alarm")]
    assert {name for _, name, _ in raised} <= {
        "fast_toggle", "oscillation_command", "oscillation_signal",
    }  # fmt: skip


def test_each_connector_has_detectors_of_its_own() -> None:
    made = watch(connectors=2)
    run(made, seeds_cycle(connector=2))
    assert states(made, 2)["fast_toggle"] == "alarm"
    assert states(made, 1) == dict.fromkeys(NAMES, "unknown")


def test_a_connector_that_the_bench_does_not_have_is_not_watched() -> None:
    assert run(watch(), seeds_cycle(connector=2)) == []


def test_ocpp_of_another_charge_point_is_not_watched() -> None:
    made = watch()
    made.receive(Listening("csms"), 0.0)
    other = Connection("csms", "CP_2", "connected")
    assert made.receive(other, 1.0) == made.receive(other, 2.0) == []
    assert states(made, 0) == {"ocpp_session": "ok"}


def test_cross_layer_is_given_both_layers() -> None:
    made = watch()
    asked = ordered("RemoteStartTransaction", connectorId=1, chargingProfile=profile(16.0))
    run(made, [(0.0, Listening("cp")), (1.0, asked), (1.1, answer(asked, status="Accepted"))])
    made.tick(3.0)
    assert states(made)["cross_layer"] == "alarm"


def test_origin_is_given_the_mark_of_this_host() -> None:
    made = watch()
    made.receive(on(1, Heard(Current(10.0), is_local=False)), 1.0)
    made.receive(on(1, Heard(Current(10.0), is_local=True)), 1.5)
    assert states(made)["can_origin"] == "alarm"


# --- an alarm that stood before


def restarted() -> Watch:
    return Watch(Watched("CP_1"), "all", ("since 21:15:31: 4 swings", 100.0))


def test_an_alarm_that_stood_before_stands_until_150_s_were_seen() -> None:
    """150 s, the longest window of WINDOWS in rig/detect/fluctuation.py."""
    made = restarted()
    made.receive(on(1, Heard(Current(16.0))), 101.0)
    made.tick(250.0)
    before = next(v for v in made.verdicts if v.detector == "raised_before")
    why = "since 21:15:31: 4 swings"
    assert before == Verdict("raised_before", "alarm", why, 100.0, connector=0)
    made.tick(251.0)
    assert states(made, 0)["raised_before"] == "ok"


def test_an_alarm_that_stood_before_stands_while_nothing_is_seen() -> None:
    made = restarted()
    made.receive(on(1, Heard(Current(16.0))), 101.0)
    made.receive(on(1, LinkDown("vcan0 is down")), 200.0)
    made.tick(400.0)
    made.receive(on(1, Heard(Current(16.0))), 401.0)
    made.tick(550.0)
    assert states(made, 0)["raised_before"] == "alarm"
    made.tick(551.0)
    assert states(made, 0)["raised_before"] == "ok"


# --- whatever comes

FRAMES = st.builds(
    Heard,
    st.one_of(
        st.just(Start()),
        st.just(Stop()),
        st.builds(SetLimit, st.sampled_from([0.0, 6.0, 16.0, 32.0, 100.0])),
        st.builds(Current, st.sampled_from([0.0, 6.0, 20.0, 40.0, 65535.0])),
        st.just(Bad(Frame(0x300, b"\x14"), "frame of 1 instead of 2 bytes")),
        st.just(Another(Frame(0x7FF), is_known=False)),
        st.just(Another(Frame(0x123), is_known=True)),
    ),
    st.sampled_from([None, True, False]),
)
LINKS = st.sampled_from([LinkUp(), LinkDown("gone"), Lost(3)])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "connectorId", "transactionId", "meterValue", "interval"]),
            inner,
        )
    ),
    max_leaves=6,
)
ACTIONS = [
    "RemoteStartTransaction", "RemoteStopTransaction", "SetChargingProfile", "StartTransaction",
    "ClearChargingProfile", "StopTransaction", "MeterValues", "StatusNotification",
    "BootNotification", "Heartbeat", "Authorize", "SecurityEventNotification",
]  # fmt: skip
PAYLOADS = st.dictionaries(
    st.sampled_from([
        "connectorId", "status", "transactionId", "meterValue", "interval", "type", "techInfo",
        "chargingProfile", "csChargingProfiles", "id", "stackLevel", "chargingProfilePurpose",
    ]),
    JSON | st.just("Accepted") | st.just(1) | st.just(profile(16.0)),
)  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> list[Event]:
    """A CALL of either side at either end, and mostly its answer."""
    ends: list[End] = ["cp", "csms"]
    by_point, end = draw(st.booleans()), draw(st.sampled_from(ends))
    action, payload = draw(st.sampled_from(ACTIONS)), draw(PAYLOADS)
    asked = (told if by_point else ordered)(action, end, **payload)
    return [asked, answer(asked, **draw(PAYLOADS))] if draw(st.booleans()) else [asked]


OTHERS = st.sampled_from([
    Listening("cp"), Listening("csms"), Listening("cp", "gone"),
    Connection("cp", "CP_1", "connected"), Connection("csms", "CP_1", "closed"),
    Connection("csms", "CP_1", "refused", "no"), Said("cp", "CP_1", True, Malformed("not JSON")),
])  # fmt: skip
ANY = st.one_of(
    st.builds(OnBus, st.just(1), FRAMES | LINKS).map(lambda event: [event]),
    messages(),
    OTHERS.map(lambda event: [event]),
)
STREAMS = st.lists(st.tuples(st.floats(0.0, 10.0), ANY), max_size=30)


def timed(stream: list[tuple[float, list[Event]]]) -> list[Timed]:
    events, now = [], 0.0
    for gap, several in stream:
        now += gap
        events += [(now + n / 1000, event) for n, event in enumerate(several)]
    return events


@pytest.mark.parametrize("rule", sorted(RULES))
@given(stream=STREAMS)
def test_whatever_comes_since_moves_with_the_state_and_each_new_state_is_told(
    rule: str, stream: list[tuple[float, list[Event]]]
) -> None:
    made = watch(rule)
    known = {(v.connector, v.detector): v for v in made.verdicts}
    for at, verdict in run(made, timed(stream)):
        key = (verdict.connector, verdict.detector)
        assert verdict.state != known[key].state
        assert verdict.since == at
        known[key] = verdict
    for verdict in made.verdicts:
        before = known[verdict.connector, verdict.detector]
        assert (verdict.state, verdict.since) == (before.state, before.since)


@given(stream=STREAMS)
def test_no_bus_and_no_ocpp_means_unknown_whatever_came_before(
    stream: list[tuple[float, list[Event]]],
) -> None:
    made = watch("twin")
    events = timed(stream)
    run(made, events)
    end = events[-1][0] if events else 0.0
    for event in (OnBus(1, LinkDown("gone")), Listening("cp", "gone"), Listening("csms", "gone")):
        made.receive(event, end)
    made.tick(end)
    assert {verdict.state for verdict in made.verdicts} == {"unknown"}
