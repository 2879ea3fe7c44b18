"""Central systems as processes, for tests that are bare charge points."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.peers import NOW, ChargePoint, Payload
from tests.ports import free_port
from tests.processes import Program, role

OCPP = Subprotocol("ocpp1.6")
SOON = 15.0  # s; less than the 30 s after which an unanswered CALL is given up
REJECTED: Payload = {"status": "Rejected"}
# A round each 0.3 s; what a rejected limit leads to comes at once.
FAST = """
repeat = true
steps = [{ do = "SetLimit", limit = 16, wait = 0.1 }, { do = "Start", wait = 0.2 }]
"""

Csms = Callable[..., tuple[Program, str]]


@pytest.fixture(name="csms")
def csms_fixture(tmp_path: Path) -> Iterator[Csms]:
    """Starts a central system that is ready; the process and its address. `cycle` is TOML."""
    running: list[Program] = []

    def start(*options: str, cycle: str | None = None) -> tuple[Program, str]:
        url = f"ws://127.0.0.1:{free_port()}/"
        if cycle is not None:
            (tmp_path / "cycle.toml").write_text(cycle)
            options += ("--cycle", str(tmp_path / "cycle.toml"))
        database = f"sqlite:///{tmp_path / 'csms.db'}"
        program = role("csms", "--listen", url, "--database", database, "--http", "none", *options)
        running.append(program)
        return program.__enter__().ready(), url

    yield start
    for program in running:
        program.__exit__(None, None, None)


# By OCPP 1.6 edition 2, clause 6, and the security extension
REQUESTS: dict[str, Payload] = {
    "BootNotification": {"chargePointVendor": "v", "chargePointModel": "m"},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "Heartbeat": {},
    "Authorize": {"idTag": "RIG"},
    "StartTransaction": {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": NOW},
    "StopTransaction": {"transactionId": -1, "meterStop": 0, "timestamp": NOW},  # errata 3.18
    "MeterValues": {
        "connectorId": 1,
        "meterValue": [
            {
                "timestamp": NOW,
                "sampledValue": [{"value": "20", "measurand": "Current.Import", "unit": "A"}],
            }
        ],
    },
    "DataTransfer": {"vendorId": "x"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "LogStatusNotification": {"status": "Idle"},
    "SecurityEventNotification": {"type": "TamperDetectionActivated", "timestamp": NOW},
    "SignCertificate": {"csr": "x"},
    "SignedFirmwareStatusNotification": {"status": "Idle"},
}


def start(point: ChargePoint, meter: int) -> Any:
    """Tell that a transaction began at this meter reading (Wh); its id."""
    answer = point.ask("StartTransaction", REQUESTS["StartTransaction"] | {"meterStart": meter})
    assert isinstance(answer, dict)
    return answer["transactionId"]
