"""Which limit is in force on a connector, from the profiles and the transactions that run.

Times in s on the clock of `now`, limits in A. Source: OCPP 1.6 edition 2, 3.13.
"""

import math
from collections.abc import Callable, Mapping

from rig.cp.logic.charging_profile import Profile, Purpose
from rig.cp.logic.events import Output
from rig.cp.logic.kept import PROFILES, Keep, Saved
from rig.cp.logic.profiles import Profiles, Running
from rig.cp.logic.saved_profile import restored, saved


class Limits:
    """The profiles of one charge point, whose transactions are `running`, by connector."""

    def __init__(
        self, running: Mapping[int, Running], saved_state: Saved, wall: Callable[[float], float]
    ) -> None:
        self._running, self._wall = running, wall
        kept = saved_state.get(PROFILES, {}).values()
        self.profiles = Profiles(tuple(restored(values) for values in kept))
        self._changes: dict[int, float] = {}  # when time alone may change a limit, by connector

    @property
    def wake_at(self) -> float:
        """When a limit that was asked for may be another one because of the time alone."""
        return min(self._changes.values(), default=math.inf)

    def of(self, connector: int, now: float) -> float | None:
        """The limit in force, with the profile of a transaction that starts; None: no limit."""
        wall, mine = self._wall(now), self._running.get(connector)
        profiles = self.profiles
        if mine and mine.profile:
            profiles = profiles.with_one_more(mine.profile)
        said = profiles.said(connector, wall, list(self._running.values()))
        self._changes[connector] = now + said.until - wall
        return said.limit

    def has_cap(self, now: float) -> bool:
        """Whether all connectors together are held to a limit."""
        return self.profiles.limit_at(0, self._wall(now), list(self._running.values())) is not None

    def forget_change(self, connector: int) -> None:
        """Its limit is not asked for now, whatever the time."""
        self._changes.pop(connector, None)

    def began(self, profile: Profile | None) -> list[Output]:
        """A transaction began, with this profile."""
        return self.become(self.profiles.with_one_more(profile)) if profile else []

    def ended(self, connector: int) -> list[Output]:
        """The transaction of a connector ended, and its TxProfiles with it (3.13.1)."""
        return self.become(self.profiles.without_transaction(connector))

    def become(self, profiles: Profiles) -> list[Output]:
        """Install these, and keep on the disk what is new and outlasts a reboot (errata 3.37)."""
        before, after = _lasting(self.profiles), _lasting(profiles)
        self.profiles = profiles
        gone: list[Output] = [Keep(PROFILES, str(key), None) for key in before if key not in after]
        new: list[Output] = [
            Keep(PROFILES, str(key), saved(one))
            for key, one in after.items()
            if before.get(key) != one
        ]
        return [*gone, *new]


def _lasting(profiles: Profiles) -> dict[int, Profile]:
    """By id, less the TxProfiles, which do not outlast their transaction (3.13.1)."""
    return {one.profile_id: one for one in profiles if one.purpose is not Purpose.tx_profile}
