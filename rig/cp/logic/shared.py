"""What the parts of a charge point share, and how it is made: no central system changes that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rig.bus.logic.messages import Codec
from rig.cp.logic.configuration import Configuration
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Keep
from rig.cp.logic.profile_reading import Policy
from rig.cp.logic.profiles import Limits, RunningTransaction
from rig.cp.logic.saved import CONFIGURATION, Saved
from rig.role.logic.expect import Expect
from rig.role.logic.supply import Supply


@dataclass(frozen=True, slots=True)
class Identity:
    """What BootNotification tells of this charge point."""

    vendor: str
    model: str
    firmware: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`csms_timeout` (s): without the CSMS for longer, Stop. `limit` (A): in force where no profile
    says one. `expect`: what the chargers may do. `lock`: the connectors hold the cable until
    UnlockConnector. `boot`: at most 16 characters that no other life of this charge point has.
    """

    identity: Identity
    policy: Policy = "strict"
    supply: Supply | None = None
    csms_timeout: float = 60.0
    connectors: int = 1
    limit: float = 32.0
    lock: bool = False
    expect: Expect = field(default_factory=Expect)
    boot: str = "boot"


@dataclass(slots=True)
class Shared:
    """`wall` turns a `now` into seconds since 1970. `limit` (A) is in force where no profile says
    one. `lock`: the connectors have one. `running` has the transactions by connector, each written
    by its own connector.
    """

    codec: Codec
    wall: Callable[[float], float]
    configuration: Configuration
    supply: Supply | None
    limit: float
    lock: bool
    expect: Expect
    delivery: Delivery
    limits: Limits
    running: dict[int, RunningTransaction]
    ends: str | None = None  # why no transaction may begin any more
    unkept: str | None = None  # why the disk takes nothing
    operative: bool = True  # the charge point as a whole

    def keep_configuration(self, before: Mapping[str, str]) -> list[Output]:
        """What the configuration has now that it had not `before`."""
        changed = self.configuration.changed
        return [
            Keep(CONFIGURATION, key, value)
            for key, value in changed.items()
            if before.get(key) != value
        ]


def parts_of(
    settings: Settings, codec: Codec, wall: Callable[[float], float], saved: Saved
) -> Shared:
    """For a charge point whose last life is in `saved`."""
    running: dict[int, RunningTransaction] = {}
    supply, connectors = settings.supply, settings.connectors
    changed = saved.configuration
    return Shared(
        codec=codec,
        wall=wall,
        configuration=Configuration(connectors=connectors, supply=supply, saved=changed),
        supply=supply,
        limit=settings.limit,
        lock=settings.lock,
        expect=settings.expect,
        delivery=Delivery(settings.boot, saved),
        limits=Limits(running, saved, wall),
        running=running,
        operative=0 not in saved.inoperative,
    )
