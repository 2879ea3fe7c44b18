"""What the charge point keeps on the disk, so that a crash or a power loss costs nothing.

Everything is kept as JSON under a section and a key. What a machine returns after a Keep must not
reach the central system before that is on the disk, unless that may wait; the bus never waits for
the disk.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Saved = Mapping[str, Mapping[str, Any]]  # section -> key -> value

# The sections, by what their keys are.
CONFIGURATION = "configuration"  # the configuration's key
AVAILABILITY = "availability"  # the connector, 0 the charge point: those that are Inoperative
RUNNING = "running"  # the connector: its transaction
METER, TOLD = "meter", "limit"  # the connector: its register (Wh), the limit it was told last (A)
LIVED = "lived"  # whether there was a life before this one
PROFILES = "profiles"  # the profile's id
TAGS = "tags"  # one key: the authorisation cache
QUEUE, DISCARDED = "queue", "discarded"  # the number of a request that is kept, or was given up
NAMES = "names"  # our number of a transaction: the id that the central system gave it
DAMAGED = "damaged"  # SECTION/KEY: what could not be used
# On no disk: what lies there beyond the requests that were read, where anything does. How many of
# "queue" and "discarded", the "last" number that was read, the "greatest" one of all.
BEYOND = "beyond"


class Fetch(NamedTuple):
    """Read the requests of the queue that come after a number. Fetched comes back, in its time."""

    after: int


class Keep(NamedTuple):
    """Keep a value under a section and a key; None: forget it.

    One that `may_wait` is on the disk a moment later, and what is returned after it does not wait.
    """

    section: str
    key: str
    value: Any
    may_wait: bool = False
