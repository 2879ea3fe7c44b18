"""What the connectors of a charge point share."""

from collections.abc import Callable
from dataclasses import dataclass

from rig.bus.logic.messages import Codec
from rig.cp.logic.configuration import Configuration
from rig.role.logic.supply import Supply


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`wall` turns a `now` into seconds since 1970, `new_number` gives a transaction its number.

    `limit` (A) is in force where no profile says one; `limit_of` tells what the profiles say for a
    connector, None for nothing. `ends` says why no transaction may begin any more.
    """

    codec: Codec
    wall: Callable[[float], float]
    configuration: Configuration
    supply: Supply | None
    limit: float
    limit_of: Callable[[int, float], float | None]
    new_number: Callable[[], int]
    ends: Callable[[], str | None]
