"""Each value comes back from the JSON of its row as it was, or is refused as damaged."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import AuthorizationStatus, Measurand, Reason, UnitOfMeasure

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import Current, Stop
from rig.cp.logic.authorization import CachedTag
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At, Send
from rig.cp.logic.kept import Keep, RefusedRow, Section
from rig.cp.logic.profile import Profile
from rig.cp.logic.sampling import Samples
from rig.cp.logic.saved import (
    METER,
    PROFILES,
    QUEUE,
    RUNNING,
    TAGS,
    Beyond,
    Ending,
    QueuedRequest,
    Saved,
    Unfinished,
    read,
)
from rig.cp.logic.shared import Settings
from rig.ocppj.logic.exchange import Answered, Ask, Connected
from rig.ocppj.schemas import payload_of
from rig.role.logic.supply import Supply
from tests.cp.logic.charging import any_profile, one
from tests.cp.logic.said import boot_conf, profile, start_conf
from tests.cp.logic.world import IDENTITY, NOON, World, codec, flat

TIME = "2026-01-31T12:00:00.000Z"
START = call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME)
STOP = call.StopTransaction(meter_stop=9, timestamp=TIME, transaction_id=0, reason=Reason.local)
SAMPLE = SampledValue("20", measurand=Measurand.current_import, unit=UnitOfMeasure.a)
VALUES = call.MeterValues(2, [MeterValue(TIME, [SAMPLE])])
DATA = [{"timestamp": TIME, "sampled_value": [{"value": "1"}]}]


def again(section: Section[Any, Any], key: Any, value: Any) -> Any:
    """What comes back of a value."""
    row = json.dumps(Keep(section, key, value).row[2], allow_nan=False)
    refused: list[RefusedRow] = []
    found = section.found({section.name: {str(key): json.loads(row)}}, refused)
    assert refused == []
    return found[key]


@given(
    st.sampled_from([START, STOP, VALUES]),
    st.integers(1),
    st.booleans(),
    st.integers(0, 5),
)
def test_a_request(request: Any, number: int, is_of_one: bool, attempts: int) -> None:
    transaction = number - 1 if is_of_one else None
    queued = QueuedRequest(number, request, transaction, f"boot-{number}", attempts)
    back = again(QUEUE, number, queued)
    assert payload_of(back.request) == payload_of(request)
    assert type(back.request) is type(request)
    ours = (back.number, back.transaction, back.unique_id, back.attempts, back.is_live)
    assert ours == (number, transaction, f"boot-{number}", attempts, False)


@given(
    st.builds(
        Unfinished,
        number=st.integers(1),
        id_tag=st.text(min_size=1, max_size=20),
        parent=st.none() | st.text(max_size=20),
        started=st.floats(0, 1e10),
        meter_start=st.integers(0),
        ending=st.none() | st.builds(Ending, st.sampled_from(Reason), st.none() | st.text()),
        samples=st.sampled_from([None, Samples(), Samples(DATA[0], (*DATA, *DATA))]),
    )
)
def test_a_transaction_that_runs(unfinished: Unfinished) -> None:
    assert again(RUNNING, 2, unfinished) == unfinished


@given(any_profile(), st.floats(0, 65535), st.floats(-1e10, 1e10))
def test_a_profile(profile: Profile, limit: float, moment: float) -> None:
    """Errata 3.37."""
    profile = profile._replace(periods=((0.0, limit),), valid_from=moment)
    assert again(PROFILES, profile.profile_id, profile) == profile


def test_tags_in_their_order() -> None:
    """3.5.1."""
    tags = {
        "two": CachedTag(AuthorizationStatus.blocked, None, math.inf),
        "one": CachedTag(AuthorizationStatus.accepted, "Family", 1.5),
    }
    assert list(again(TAGS, "cache", tags).items()) == list(tags.items())


def test_every_number_of_another_life_is_known() -> None:
    """Another transaction with the number of an old one would get its id."""
    running = Unfinished(9, "RIG", None, 0.0, 0, None, None)
    assert Saved().last_number == 0
    assert Saved(queue=[QueuedRequest(8, STOP, 5)]).last_number == 8
    assert Saved(names={6: 4711}).last_number == 6
    assert Saved(running={1: running}).last_number == 9
    everything = Saved(
        queue=[QueuedRequest(8, STOP, 5)],
        names={6: 4711},
        running={1: running},
        beyond=Beyond(queue=300, greatest=450),
    )
    assert everything.last_number == 450


QUEUED = {
    "id": "life1-1",
    "action": "StartTransaction",
    "payload": {
        "connector_id": 1,
        "id_tag": "RIG",
        "meter_start": 0,
        "timestamp": "2026-01-01T12:00:00Z",
        "reservation_id": None,
    },
    "transaction": 1,
    "attempts": 0,
}
TRANSACTION = {"number": 1, "id_tag": "RIG", "parent": None, "started": 1.0, "meter_start": 0}
SOUND = Keep(PROFILES, 7, one(16)).row[2]
RUNS: dict[str, Any] = {"transaction": TRANSACTION, "ending": None, "data": None}


def lived() -> dict[str, dict[str, Any]]:
    """What a life leaves on the disk that was cut off while it charged, away from its CSMS."""
    world = World(supply=Supply(230, 3), csms_timeout=1000.0).charging()
    world.status(call.SetChargingProfile(1, profile(16)))
    world.echo_all()
    world.status(call.ChangeConfiguration("ConnectionTimeOut", "17"))
    world.disconnect()
    world.feed(Current(16))
    world.advance(120)
    return world.disk | {"queue": world.disk["queue"] | {"91": QUEUED | {"transaction": 90}}}


def test_what_a_life_left_is_sound() -> None:
    disk = lived()
    there = {section: values for section, values in disk.items() if values}
    assert there.keys() >= {"profiles", "running", "queue", "configuration", "limit", "meter"}
    assert read(disk, codec()).refused == ()


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("queue", "2", {}),
        ("queue", "2", QUEUED | {"action": "Heartbeat", "payload": {}}),
        ("queue", "2", QUEUED | {"action": "dataclass", "payload": {}}),
        ("queue", "one", QUEUED),
        ("queue", "2", QUEUED | {"attempts": "3"}),
        ("queue", "2", QUEUED | {"id": None}),
        ("queue", "2", QUEUED | {"payload": {"connector_id": 1}}),
        ("queue", "2", QUEUED | {"payload": QUEUED["payload"] | {"id_tag": 5}}),  # type: ignore[operator]
        ("queue", "2", QUEUED | {"payload": QUEUED["payload"] | {"id_tag": None}}),  # type: ignore[operator]
        ("queue", "2", QUEUED | {"transaction": []}),
        ("queue", "2", QUEUED | {"transaction": 2}),
        ("names", "1", "4"),
        ("names", "x", 4),
        ("running", "1", RUNS | {"transaction": TRANSACTION | {"number": True}}),
        ("running", "1", RUNS | {"transaction": {}}),
        ("running", "1", RUNS | {"ending": ["NoReason", None]}),
        ("running", "1", RUNS | {"data": {"begin": None, "between": "text"}}),
        ("running", "one", RUNS),
        ("meter", "1", "12"),
        ("meter", "1", float("inf")),
        ("limit", "1", None),
        ("limit", "one", 16),
        ("availability", "one", "Inoperative"),
        ("configuration", "ConnectionTimeOut", 17),
        ("profiles", "7", {"purpose": "TxProfile"}),
        ("profiles", "7", SOUND | {"purpose": "None"}),
        ("profiles", "7", SOUND | {"kind": 1}),
        ("profiles", "7", SOUND | {"periods": [[0.0]]}),
        ("profiles", "7", SOUND | {"periods": [["a", 1.0]]}),
        ("profiles", "7", SOUND | {"periods": None}),
        ("profiles", "7", SOUND | {"periods": []}),
        ("profiles", "7", SOUND | {"periods": [[1.0, 16.0]]}),
        ("profiles", "7", SOUND | {"kind": "Absolute"}),  # without a start
        ("profiles", "7", SOUND | {"stack_level": "high"}),
        ("profiles", "7", SOUND | {"valid_to": "tomorrow"}),
        ("profiles", "7", SOUND | {"unknown": 1}),
        ("tags", "cache", [["RIG", "Maybe", None, None]]),
        ("tags", "cache", [["RIG", "Accepted", None, "tomorrow"]]),
        ("tags", "cache", [["RIG", "Accepted", None, ""]]),
        ("tags", "cache", [["RIG"]]),
        ("tags", "cache", 5),
    ],
)
def test_a_value_that_its_reader_refuses_is_kept_aside(
    section: str, key: str, value: object
) -> None:
    saved = read({section: {key: value}}, codec())
    assert replace(saved, refused=()) == Saved()
    (refused,) = saved.refused
    assert (refused.section.name, *refused[1:3]) == (section, key, value)


def test_what_is_kept_aside_is_where_nobody_reads_it() -> None:
    assert [one.row for one in RefusedRow(METER, "1", "x", "no number").kept] == [
        ("meter", "1", None),
        ("damaged", "meter/1", {"value": "x", "why": "no number"}),
    ]


def test_a_limit_that_the_bus_cannot_carry_is_refused() -> None:
    disk = lived()["profiles"]
    disk["7"]["periods"] = [[0, 70000]]
    (refused,) = read({"profiles": disk}, codec()).refused
    assert refused.section is PROFILES


def places(value: Any) -> list[tuple[Any, ...]]:
    """The ways to each value within a value."""
    if not isinstance(value, dict | list):
        return [()]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [(), *((name, *place) for name, one in inner for place in places(one))]


def with_other(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    """A value with another one at a place within."""
    if not place:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[place[0]] = with_other(value[place[0]], place[1:], other)
    return changed


ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
DISK = {section: values for section, values in lived().items() if values}
PLACES = [
    (section, key, place)
    for section, values in DISK.items()
    for key, value in values.items()
    for place in places(value)
]


@given(st.sampled_from(PLACES), ANY)
def test_whatever_one_value_became_the_next_life_begins_with_a_stop_and_goes_on(
    at: tuple[str, str, tuple[Any, ...]], other: Any
) -> None:
    section, key, place = at
    damaged = DISK[section] | {key: with_other(DISK[section][key], place, other)}
    saved = read(DISK | {section: damaged}, codec())
    assert len(saved.refused) <= 1
    live(saved)


def live(saved: Saved) -> None:
    """A life that tells its central system all that it has to tell."""
    settings = Settings(IDENTITY, supply=Supply(230, 3))
    point = ChargePoint(settings, codec(), lambda now: NOON + now, 0.0, saved)
    outputs = flat([*point.tick(0.0), *point.receive(At(1, LinkUp()), 0.0)])
    assert any(isinstance(one, Send) and one.message == Stop() for one in outputs)
    now, pending = 0.0, [*outputs, *point.receive(Connected(), 0.0)]
    asked = 0
    while pending and asked < 30:
        output = pending.pop(0)
        if isinstance(output, Ask):
            asked, now = asked + 1, now + 1
            pending += point.receive(Answered(output.request, answer_to(output.request)), now)
            pending += point.tick(now)
        elif isinstance(output, Send):
            pending += point.receive(At(1, Sent(output.key)), now)
    assert point.is_stopped


def answer_to(request: Any) -> Any:
    match request:
        case call.BootNotification():
            return boot_conf("Accepted", 300)
        case call.StartTransaction():
            return start_conf(4, "Accepted")
        case call.StopTransaction():
            return call_result.StopTransaction()
    return None
