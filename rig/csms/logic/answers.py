"""What a central system answers by itself, and who must be asked for the rest.

Sources: OCPP 1.6 edition 2, clause 4; Improved security for OCPP 1.6-J edition 3.
"""

from collections.abc import Callable
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import DataTransferStatus, GenericStatus, RegistrationStatus

CONSULTED = frozenset({call.Authorize, call.StartTransaction, call.StopTransaction})
CONSULTED |= {call.MeterValues}  # the database answers these
RECORDED = frozenset({call.BootNotification, call.StatusNotification, call.Heartbeat})

HEARTBEAT_INTERVAL = 300  # s
BOOT_INTERVAL = 10  # s until one that is not accepted yet may boot again

UNKNOWN_VENDOR = DataTransferStatus.unknown_vendor_id


def boot_answer(status: RegistrationStatus, moment: str) -> call_result.BootNotification:
    """4.2: the time, and the interval of heartbeats or, if not accepted, until the next boot."""
    accepted = status == RegistrationStatus.accepted
    interval = HEARTBEAT_INTERVAL if accepted else BOOT_INTERVAL
    return call_result.BootNotification(moment, interval, status)


def answer(request: Any, moment: str) -> Any:
    """The typed response to a charge point; None for what only a central system sends."""
    make = _ANSWERS.get(type(request))
    return make(moment) if make else None


# Certificates are signed by an authority; this central system has none (A02.FR.04: Rejected).
_ANSWERS: dict[type, Callable[[str], Any]] = {
    call.Heartbeat: lambda moment: call_result.Heartbeat(moment),
    call.StatusNotification: lambda _: call_result.StatusNotification(),
    call.DataTransfer: lambda _: call_result.DataTransfer(UNKNOWN_VENDOR),
    call.DiagnosticsStatusNotification: lambda _: call_result.DiagnosticsStatusNotification(),
    call.FirmwareStatusNotification: lambda _: call_result.FirmwareStatusNotification(),
    call.LogStatusNotification: lambda _: call_result.LogStatusNotification(),
    call.SecurityEventNotification: lambda _: call_result.SecurityEventNotification(),
    call.SignCertificate: lambda _: call_result.SignCertificate(GenericStatus.rejected),
    call.SignedFirmwareStatusNotification: (
        lambda _: call_result.SignedFirmwareStatusNotification()
    ),
}
