"""How a charge point behaves, as far as the central system cannot change it."""

from dataclasses import dataclass, field

from rig.cp.logic.profile_reading import Policy
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
    says one. `expect`: what the
    chargers may do. `lock`: the connectors hold the cable until UnlockConnector. `boot`: at most 16
    characters that no other life of this charge point has.
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
