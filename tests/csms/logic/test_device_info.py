"""What a charge point told about itself."""

from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.csms.logic.device_info import CONNECTORS, DeviceInfo


def status(connector: int, what: ChargePointStatus) -> call.StatusNotification:
    return call.StatusNotification(connector, ChargePointErrorCode.no_error, what)


def test_one_that_told_nothing() -> None:
    expected: dict[str, object] = {
        "vendor": None,
        "model": None,
        "firmware": None,
        "connectors": [],
    }
    assert DeviceInfo().table() == expected


def test_the_newest_boot_and_status_of_each_connector() -> None:
    device_info = DeviceInfo()
    device_info.note(call.BootNotification("m", "v", firmware_version="1"))
    device_info.note(call.BootNotification("m2", "v", firmware_version="2"))
    device_info.note(status(1, ChargePointStatus.available))
    device_info.note(status(1, ChargePointStatus.charging))
    device_info.note(status(0, ChargePointStatus.available))
    device_info.note(call.Heartbeat())
    assert device_info.table() == {
        "vendor": "v",
        "model": "m2",
        "firmware": "2",
        "connectors": [
            {"connector": 0, "status": "Available", "error": "NoError"},
            {"connector": 1, "status": "Charging", "error": "NoError"},
        ],
    }


def test_one_that_tells_of_any_number_of_connectors_takes_no_more_memory() -> None:
    device_info = DeviceInfo()
    for connector in range(CONNECTORS + 50):
        device_info.note(status(connector, ChargePointStatus.available))
    device_info.note(status(0, ChargePointStatus.faulted))
    connectors = device_info.table()["connectors"]
    assert len(connectors) == CONNECTORS
    assert connectors[0]["status"] == "Faulted"
