"""Which status of a connector may follow which. Source: OCPP 1.6 edition 2, 4.9, second table.

Connector 0 knows only Available, Unavailable and Faulted, and moves freely between them.
"""

from ocpp.v16.enums import ChargePointStatus as Status

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


def way(old: Status | None, new: Status) -> list[Status]:
    """The statuses to report to come from `old` to `new`: one, or two. None: nothing before it."""
    if old is None or old == new or new in FOLLOWERS[old]:
        return [new]
    between = next(
        status for status in _ON_THE_WAY if status in FOLLOWERS[old] and new in FOLLOWERS[status]
    )
    return [between, new]
