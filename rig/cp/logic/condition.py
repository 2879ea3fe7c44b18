"""What the status of a connector follows from, the error code with it, and what may follow it.

Connector 0 knows only Available, Unavailable and Faulted, and moves freely between them.
Source: OCPP 1.6 edition 2, 4.9, 7.6 and 7.7, with the errata 2025-04 (3.17, 3.20).
"""

from typing import NamedTuple

from ocpp.v16.enums import ChargePointErrorCode as ErrorCode
from ocpp.v16.enums import ChargePointStatus as Status

LONGEST_INFO = 50  # characters (6.47)
UNKEPT = "state cannot be written"
EV_SIDE = "EV side disconnected"  # the words of 4.9

# Charging goes on with these; with any other error it does not, which is Faulted (4.9, 7.6).
WARNINGS = {
    ErrorCode.no_error,
    ErrorCode.ev_communication_error,
    ErrorCode.local_list_conflict,
    ErrorCode.power_meter_failure,
    ErrorCode.reader_failure,
    ErrorCode.reset_failure,
    ErrorCode.weak_signal,
}
# The only ones that EVCommunicationError may be told with (4.9).
_WITH_EV = {Status.preparing, Status.suspended_ev, Status.suspended_evse, Status.finishing}


# Which may follow which (4.9, second table).
_CHARGES = {Status.charging, Status.suspended_ev, Status.suspended_evse}
_ENDS = {Status.available, Status.finishing, Status.unavailable, Status.faulted}

FOLLOWERS: dict[Status, set[Status]] = {
    Status.available: {
        Status.preparing,
        *_CHARGES,
        Status.reserved,
        Status.unavailable,
        Status.faulted,
    },
    Status.preparing: {Status.available, *_CHARGES, Status.finishing, Status.faulted},
    Status.charging: (_CHARGES | _ENDS) - {Status.charging},
    Status.suspended_ev: (_CHARGES | _ENDS) - {Status.suspended_ev},
    Status.suspended_evse: (_CHARGES | _ENDS) - {Status.suspended_evse},
    Status.finishing: {Status.available, Status.preparing, Status.unavailable, Status.faulted},
    Status.reserved: {Status.available, Status.preparing, Status.unavailable, Status.faulted},
    Status.unavailable: {Status.available, Status.preparing, *_CHARGES, Status.faulted},
    Status.faulted: set(Status) - {Status.faulted},
}

# What is on the way where a status cannot follow at once, the first that fits. Finishing comes
# first: of the three it says least that is not so of a connector that is in use.
_ON_THE_WAY = (Status.finishing, Status.preparing, Status.available)


class Told(NamedTuple):
    """What StatusNotification says: a status, its error code, and what that means."""

    status: Status
    code: ErrorCode
    info: str | None


class Condition(NamedTuple):
    """Everything that the status of a connector follows from.

    `error` was raised from outside. `unkept`: why the disk takes nothing. `start_failed`: the bus
    did not carry a Start for which Accepted was answered, nor yet the Stop after it. `tagged` is a
    tag or a RemoteStartTransaction that waits for the plug. `zero`: the charger was told 0 A.
    `deauthorized` means no energy since the tag was not accepted (errata 3.17). Connector 0 knows
    of `error`, `unkept`, which is its alone, and `operative` only. `over`: more flows than the
    charger may deliver, in words. `takes_nothing`: nothing flows although it might.
    `held`: why a transaction gets no energy. `others`: what other senders on the bus do.
    """

    link_up: bool = False
    silent: bool = False
    error: ErrorCode = ErrorCode.no_error
    info: str | None = None
    unkept: str | None = None
    start_failed: bool = False
    over: str | None = None
    operative: bool = True
    plugged: bool = False
    tagged: bool = False
    charging: bool = False
    zero: bool = False
    deauthorized: bool = False
    finishing: bool = False
    takes_nothing: bool = False
    held: str | None = None
    others: str | None = None

    @property
    def faulted(self) -> bool:
        """Whether an error keeps the connector from charging."""
        return is_faulted(self.link_up, self.start_failed, self.over, self.error)

    @property
    def status(self) -> Status:
        if self.faulted:
            return Status.faulted
        if self.charging:
            return self._charging
        if not self.operative:
            return Status.unavailable
        if self.finishing and not self.tagged:
            return Status.finishing
        return Status.preparing if self.plugged or self.tagged else Status.available

    @property
    def _charging(self) -> Status:
        if self.zero or self.deauthorized or self.held:
            return Status.suspended_evse  # also if the car takes nothing (4.9)
        is_taken = self.plugged and not self.takes_nothing
        return Status.charging if is_taken else Status.suspended_ev

    def told(self) -> Told:
        """What StatusNotification says of it."""
        status = self.status
        return Told(status, *self.words(status))

    def words(self, status: Status) -> tuple[ErrorCode, str | None]:
        """The error code that goes with a status, and what it means."""
        if not self.link_up:
            return ErrorCode.other_error, "CAN link down"
        if self.over is not None:
            return ErrorCode.over_current_failure, self.over[:LONGEST_INFO]
        if self.error != ErrorCode.no_error and (
            self.error != ErrorCode.ev_communication_error or status in _WITH_EV
        ):
            return self.error, self.info[:LONGEST_INFO] if self.info else None
        if self.start_failed:
            return ErrorCode.other_error, "Start was not seen on the bus"
        if self.silent:
            return ErrorCode.other_error, "no Current from the charger"
        if self.unkept is not None:
            return ErrorCode.internal_error, f"state cannot be written: {self.unkept}"[
                :LONGEST_INFO
            ]
        code = ErrorCode.no_error if self.others is None else ErrorCode.other_error
        if self.held is not None and status is Status.suspended_evse:
            return code, self.held[:LONGEST_INFO]
        if self.others is not None:
            return code, self.others[:LONGEST_INFO]
        ev_side = status in (Status.suspended_ev, Status.finishing) and not self.plugged
        return ErrorCode.no_error, EV_SIDE if ev_side else None


def is_faulted(link_up: bool, start_failed: bool, over: str | None, error: ErrorCode) -> bool:
    """Whether one of these keeps a connector from charging."""
    return not link_up or start_failed or over is not None or error not in WARNINGS


def way(old: Status | None, new: Status) -> list[Status]:
    """The statuses to report to come from `old` to `new`: one, or two. None: nothing before it."""
    if old is None or old == new or new in FOLLOWERS[old]:
        return [new]
    between = next(
        status for status in _ON_THE_WAY if status in FOLLOWERS[old] and new in FOLLOWERS[status]
    )
    return [between, new]
