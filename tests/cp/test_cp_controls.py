"""What `rig control` asks of the charge point, and what its next life is told of it."""

import logging
from typing import Any, cast

import pytest
from ocpp.v16.enums import ChargePointErrorCode

from rig.cp.__main__ import Controls
from rig.cp.csms_link import CsmsLink
from rig.cp.life import Life
from rig.cp.logic.events import At, Plugged, Raised, Swiped, Unplugged


class Lives:
    """A life that is told what happens."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def feed(self, event: Any) -> None:
        self.told.append(event)


def controls(connectors: int = 2) -> tuple[Controls, Lives]:
    link, log = cast(CsmsLink, None), logging.getLogger("rig.test")
    made, life = Controls(link, connectors, log), Lives()
    made.meet(cast(Life, life))
    return made, life


@pytest.mark.parametrize(
    ("command", "event"),
    [
        ({"command": "plug"}, At(1, Plugged())),
        ({"command": "unplug", "connector": 2}, At(2, Unplugged())),
        ({"command": "swipe", "id_tag": "RIG"}, At(1, Swiped("RIG"))),
        (
            {"command": "raise", "error": "GroundFailure", "info": "water"},
            At(1, Raised(ChargePointErrorCode.ground_failure, "water")),
        ),
        ({"command": "clear"}, At(1, Raised(ChargePointErrorCode.no_error))),
    ],
    ids=str,
)
def test_a_command_becomes_what_happens_at_a_connector(command: dict[str, Any], event: At) -> None:
    made, life = controls()
    made.do(command)
    assert life.told == [event]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ({"command": "fly"}, "commands are plug, unplug"),
        ({"command": "plug", "connector": 3}, "connectors are 1 to 2"),
        ({"command": "swipe"}, "commands are plug, unplug"),
        ({"command": "swipe", "id_tag": ""}, "id_tag must be 1 to 20"),
        ({"command": "swipe", "id_tag": "x" * 21}, "id_tag must be 1 to 20"),
        ({"command": "swipe", "id_tag": "Käse"}, "id_tag must be 1 to 20 printable ASCII"),
        ({"command": "raise", "error": "Rust"}, "errors are ConnectorLockFailure"),
        ({"command": "raise", "error": "WeakSignal", "info": 5}, "info must be 1 to 50"),
        ({"command": "raise", "error": "WeakSignal", "info": "a\nb"}, "info must be 1 to 50"),
    ],
    ids=str,
)
def test_a_command_that_ocpp_could_not_tell_of_is_refused_and_changes_nothing(
    command: dict[str, Any], why: str
) -> None:
    made, life = controls()
    with pytest.raises(ValueError, match=why):
        made.do(command)
    assert life.told == []


def test_cars_and_errors_are_still_there_in_the_next_life() -> None:
    made, _ = controls()
    made.do({"command": "unplug"})
    made.do({"command": "swipe", "id_tag": "RIG"})
    made.do({"command": "raise", "error": "WeakSignal", "connector": 2})
    made.do({"command": "plug", "connector": 2})
    made.do({"command": "unplug", "connector": 2})
    next_life = Lives()
    made.meet(cast(Life, next_life))
    weak = Raised(ChargePointErrorCode.weak_signal)
    assert next_life.told == [At(1, Unplugged()), At(2, weak), At(2, Unplugged())]
