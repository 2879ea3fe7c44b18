"""What a charge point told about itself."""

from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.csms.logic.portrait import CONNECTORS, Portrait


def status(connector: int, what: ChargePointStatus) -> call.StatusNotification:
    return call.StatusNotification(connector, ChargePointErrorCode.no_error, what)


def test_one_that_told_nothing() -> None:
    expected: dict[str, object] = {
        "vendor": None,
        "model": None,
        "firmware": None,
        "connectors": [],
    }
    assert Portrait().table() == expected


def test_the_newest_boot_and_status_of_each_connector() -> None:
    portrait = Portrait()
    portrait.note(call.BootNotification("m", "v", firmware_version="1"))
    portrait.note(call.BootNotification("m2", "v", firmware_version="2"))
    portrait.note(status(1, ChargePointStatus.available))
    portrait.note(status(1, ChargePointStatus.charging))
    portrait.note(status(0, ChargePointStatus.available))
    portrait.note(call.Heartbeat())
    assert portrait.table() == {
        "vendor": "v",
        "model": "m2",
        "firmware": "2",
        "connectors": [
            {"connector": 0, "status": "Available", "error": "NoError"},
            {"connector": 1, "status": "Charging", "error": "NoError"},
        ],
    }


def test_one_that_tells_of_any_number_of_connectors_takes_no_more_memory() -> None:
    portrait = Portrait()
    for connector in range(CONNECTORS + 50):
        portrait.note(status(connector, ChargePointStatus.available))
    portrait.note(status(0, ChargePointStatus.faulted))
    connectors = portrait.table()["connectors"]
    assert len(connectors) == CONNECTORS
    assert connectors[0]["status"] == "Faulted"
