"""The statuses of all connectors, told through the queue (4.9, 5.17, errata 3.22)."""

from dataclasses import replace
from typing import Any

from ocpp.v16 import call

from rig.cp.logic.condition import Condition
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.saved import Saved
from rig.cp.logic.status import Statuses
from rig.ocppj.logic.exchange import Ask
from tests.cp.logic.rigged import shared


class Told:
    """Two connectors on links that are up, and an office that answers at once."""

    def __init__(self, **configuration: str) -> None:
        of_all = shared(None, **configuration)
        of_all.delivery = self.delivery = Delivery("boot", Saved())
        plugged = Condition(link_up=True, plugged=True)
        self.conditions = {0: Condition(link_up=True), 1: plugged, 2: plugged}
        self.statuses = Statuses(of_all, [1, 2])
        self.settle(0.0)
        self.delivery.open()

    def settle(self, now: float) -> list[Any]:
        return self.statuses.settle(self.conditions, now)

    def change(self, number: int, **facts: Any) -> None:
        self.conditions[number] = replace(self.conditions[number], **facts)

    def asked(self, outputs: list[Any]) -> list[tuple[int, str]]:
        """Connector and status of what is asked, one after the other."""
        told = []
        while asks := [item for item in outputs if isinstance(item, Ask)]:
            (ask,) = asks
            told.append((ask.request.connector_id, str(ask.request.status)))
            outputs = list(self.delivery.done(ask.request))
        return told


ALL = [(0, "Available"), (1, "Preparing"), (2, "Preparing")]


def test_a_boot_tells_all_of_them_the_charge_point_first() -> None:
    told = Told()
    assert told.asked(told.statuses.booted(0.0)) == ALL


def test_a_change_is_told_for_its_connector_alone() -> None:
    told = Told()
    told.asked(told.statuses.booted(0.0))
    told.change(2, plugged=False)
    assert told.asked(told.settle(1.0)) == [(2, "Available")]
    assert told.asked(told.settle(2.0)) == []


def test_before_a_boot_nothing_is_told() -> None:
    told = Told()
    told.change(2, plugged=False)
    assert told.settle(1.0) == []


def test_while_away_nothing_is_told_and_then_what_is_another_one() -> None:
    told = Told()
    told.asked(told.statuses.booted(0.0))
    told.statuses.offline()
    told.change(2, plugged=False)
    assert told.settle(1.0) == []
    assert told.asked(told.statuses.online(2.0)) == [(2, "Available")]


def test_one_that_must_last_is_told_in_time() -> None:
    told = Told(MinimumStatusDuration="5")
    told.asked(told.statuses.booted(0.0))
    told.change(2, plugged=False)
    assert told.settle(1.0) == []
    assert told.statuses.wake_at == 6.0
    assert told.statuses.tick(5.9) == []
    assert told.asked(told.statuses.tick(6.0)) == [(2, "Available")]


def shown(notifications: list[call.StatusNotification]) -> list[tuple[int, str]]:
    return [(item.connector_id, str(item.status)) for item in notifications]


def test_one_or_all_can_be_triggered() -> None:
    told = Told()
    assert shown(told.statuses.triggered(None, 0.0)) == ALL
    assert shown(told.statuses.triggered(0, 0.0)) == [(0, "Available")]
    assert shown(told.statuses.triggered(2, 0.0)) == [(2, "Preparing")]
    assert told.statuses.triggered(3, 0.0) == []


def test_that_nothing_can_be_kept_is_told_of_the_charge_point_as_a_whole() -> None:
    told = Told()
    told.asked(told.statuses.booted(0.0))
    told.change(0, unkept="full")
    (ask,) = told.settle(1.0)
    assert isinstance(ask, Ask)
    request = ask.request
    assert (request.connector_id, request.status) == (0, "Available")
    assert (request.error_code, request.info) == ("InternalError", "state cannot be written: full")
    told.delivery.done(request)
    told.change(0, unkept=None)
    (ask,) = told.settle(2.0)
    assert isinstance(ask, Ask)
    assert ask.request.error_code == "NoError"
