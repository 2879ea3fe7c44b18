"""What a charger reports, the limit that it was told, and its meter."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from rig.bus.logic.link import LinkDown, LinkUp, Sent
from rig.bus.logic.messages import Current, Message, SetLimit, Stop
from rig.cp.logic.charger import Charger
from rig.cp.logic.events import Output, Send
from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import TOLD, Saved
from rig.ocppj.logic.exchange import Note
from tests.cp.logic.ordered import Carried, tells
from tests.cp.logic.rigged import SUPPLY
from tests.cp.logic.world import codec
from tests.role.logic.looks import ticks


def link(saved: Saved | None = None) -> Charger:
    charger = Charger(2, codec(), SUPPLY)
    charger.restore(saved or Saved())
    return charger


def up(saved: Saved | None = None) -> Charger:
    """One that paid the Stop that it begins with."""
    charger = link(saved)
    (stop,) = frames(charger.receive(LinkUp(), 0.0))
    assert charger.receive(Sent(stop.key), 0.0) == []
    assert ticks(charger, 0.5) == []
    return charger


def told(charger: Charger, limit: float) -> list[Any]:
    """A limit is ordered and carried; what follows."""
    (frame,) = frames(charger.set_limit(limit, tells("limit")))
    return charger.receive(Sent(frame.key), 0.0)


def frames(outputs: Sequence[Output]) -> list[Send]:
    return [output for output in outputs if isinstance(output, Send)]


def messages(outputs: Sequence[Output]) -> list[Message]:
    return [frame.message for frame in frames(outputs)]


def test_it_is_not_up_before_its_link_is() -> None:
    charger = link()
    assert not charger.is_up
    assert charger.stop_owed
    assert messages(charger.receive(LinkUp(), 0.0)) == [Stop()]
    assert charger.is_up
    charger.receive(LinkDown("down"), 1.0)
    assert not charger.is_up


# limits


def test_a_silence_brings_no_other_stop_while_one_is_in_flight() -> None:
    charger = up()
    assert messages(charger.stop()) == [Stop()]
    assert frames(ticks(charger, 2.5)) == []
    assert charger.is_silent


def test_a_limit_is_carried_rounded_down() -> None:
    assert messages(up().set_limit(16.9, tells("limit"))) == [SetLimit(16)]
    assert messages(up().hold(16.9)) == [SetLimit(16)]
    assert messages(up().start(16.9, tells("start"))) == [SetLimit(16)]


def test_a_limit_that_the_bus_cannot_carry_is_none() -> None:
    with pytest.raises(ValueError, match="70000"):
        up().hold(70000)


def test_the_limit_that_it_was_told_is_kept_once() -> None:
    charger = up()
    assert charger.limit is None
    assert told(charger, 16) == [Carried("limit"), Keep(TOLD, 2, 16)]
    assert charger.limit == 16
    assert told(charger, 16) == [Carried("limit")]
    assert charger.hold(20)[1:] == [Keep(TOLD, 2, 20)]  # before the bus carries it


def test_a_limit_of_another_life_is_known_but_not_for_certain() -> None:
    """The charger was told something else perhaps, just before the crash, or was replaced."""
    charger = up(Saved(limits={2: 16, 1: 6}))
    assert charger.limit == 16
    assert not charger.was_told(16)
    assert not charger.keeps(20)
    assert messages(charger.hold(16)) == [SetLimit(16)]


def test_what_it_was_told_is_certain_once_the_bus_carried_it() -> None:
    charger = up()
    (frame,) = frames(charger.hold(16.5))
    assert not charger.was_told(16)
    assert not charger.keeps(16)
    charger.receive(Sent(frame.key), 0.0)
    assert charger.was_told(16)
    assert not charger.was_told(15)
    assert [charger.keeps(limit) for limit in (15.9, 16, 16.5)] == [False, True, True]
    assert charger.hold(16.2) == []


# what it reports


def test_a_charger_that_falls_silent_says_so_until_it_reports_again() -> None:
    """GenMsgCycleTime of Current is 1 s; silent after 2.5 of them."""
    charger = up()
    assert charger.measured(Current(20), 10.0) == []
    assert charger.current == 20
    assert ticks(charger, 12.4) == []
    assert ticks(charger, 12.5) == [Note("no Current for 2.5 periods: the charger is silent", True)]
    assert charger.is_silent
    assert charger.current is None
    assert charger.wake_at == math.inf
    charger.measured(Current(20), 20.0)
    assert not charger.is_silent
    assert charger.current == 20


def test_a_stop_of_this_process_is_no_silence_of_the_charger() -> None:
    """Its timer is first, and the Current that came meanwhile is read after it."""
    charger = up()
    charger.measured(Current(20), 10.0)
    assert charger.tick(70.0) == []
    assert not charger.is_silent
    charger.measured(Current(20), 70.0)
    assert ticks(charger, 72.4) == []


def test_a_charger_that_was_silent_while_this_process_stood_still_is_told_within_its_time() -> None:
    charger = up()
    charger.measured(Current(20), 10.0)
    assert charger.tick(70.0) == []
    note = Note("no Current for 2.5 periods: the charger is silent", True)
    assert ticks(charger, 72.5) == [note]


def test_a_charger_that_was_silent_is_told_its_limit_again() -> None:
    """It may have been restarted, and knows of none."""
    charger = up()
    told(charger, 16)
    charger.measured(Current(20), 0.0)
    assert charger.measured(Current(20), 1.0) == []
    ticks(charger, 3.5)
    assert messages(charger.measured(Current(0), 4.0)) == [SetLimit(16)]
    assert charger.measured(Current(0), 5.0) == []


@pytest.mark.parametrize(("event", "silent"), [(LinkDown("down"), False), (LinkUp(), True)])
def test_a_current_from_before_the_link_was_down_is_not_trusted(
    event: LinkDown | LinkUp, silent: bool
) -> None:
    charger = up()
    charger.measured(Current(20), 1.0)
    charger.receive(event, 1.5)
    assert charger.current is None
    ticks(charger, 3.9)
    assert not charger.is_silent
    ticks(charger, 4.0)
    assert charger.is_silent == silent


def test_a_charger_that_never_reports_is_silent_too() -> None:
    charger = up()
    note = Note("no Current for 2.5 periods: the charger is not there", True)
    assert ticks(charger, 2.5) == [note]
    assert charger.is_silent
    assert not charger.has_spoken
    assert charger.wake_at == math.inf


def test_a_charger_that_does_not_report_again_when_its_link_is_back_is_silent() -> None:
    charger = up()
    charger.measured(Current(20), 1.0)
    charger.receive(LinkDown("down"), 1.5)
    assert ticks(charger, 100.0) == []
    charger.receive(LinkUp(), 200.0)
    assert ticks(charger, 202.4) == []
    note = Note("no Current for 2.5 periods: the charger is silent", True)
    assert note in ticks(charger, 202.5)
    assert charger.has_spoken


def test_its_energy_goes_on_from_the_life_before_and_stands_still_in_a_silence() -> None:
    """20 A * 230 V * 3 * 2 s = 7.67 Wh; then nothing is known until it reports again."""
    assert link().meter.energy == 0
    charger = up(Saved(registers={2: 1000.5, 1: 7.0}))
    charger.measured(Current(20), 0.0)
    charger.measured(Current(20), 2.0)
    ticks(charger, 4.5)
    charger.measured(Current(20), 100.0)
    assert charger.meter.energy == pytest.approx(1000.5 + 20 * 230 * 3 * 2 / 3600)
