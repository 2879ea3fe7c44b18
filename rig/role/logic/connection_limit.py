"""Who is cut off where more connect than there is room for: what waits for its peer, oldest first.

As a SYN cache does it: a newcomer is let in, and for it goes the oldest of those that wait, of the
address that has the most of them. There is no limit for each address, since a thousand charge
points may share one (a simulator on loopback, a reverse proxy, NAT); it counts only when the room
is full, and so many of one address cost nobody else anything.
"""

import ipaddress
import itertools
from collections.abc import Hashable
from typing import Generic, TypeVar

OWNED = 64  # bits of an IPv6 address that are its owner's to choose

T = TypeVar("T", bound=Hashable)


def source_of(host: str) -> str:
    """What one owner of addresses counts as. Text that is no address counts as itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{int(address) >> OWNED:x}::/{OWNED}"


class EvictionQueue(Generic[T]):
    """Those that may have to go, each with its source, in the order in which they came."""

    def __init__(self) -> None:
        self._sources: dict[T, str] = {}
        self._of: dict[str, dict[T, int]] = {}  # by source; the number of each, by when it came
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, key: object) -> bool:
        return key in self._sources

    def add(self, key: T, source: str) -> None:
        """It comes; it must not be here."""
        self._sources[key] = source
        self._of.setdefault(source, {})[key] = next(self._numbers)

    def remove(self, key: T) -> str:
        """It goes; its source. Raises KeyError if it is not here."""
        source = self._sources.pop(key)
        del self._of[source][key]
        if not self._of[source]:
            del self._of[source]
        return source

    def first_to_go(self) -> T | None:
        """The oldest of the source that has the most, of several such the oldest of all."""
        if not self._of:
            return None
        most = max(self._of.values(), key=lambda own: (len(own), -next(iter(own.values()))))
        return next(iter(most))


class ConnectionLimit(Generic[T]):
    """Of a server with room for `most` connections. One that is settled is never cut off."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: EvictionQueue[T] = EvictionQueue()
        self._settled: dict[T, str] = {}

    def came(self, key: T, source: str) -> T | None:
        """One is open now, and waits. Who is to be cut off for it: where all others are settled,
        itself."""
        self._waiting.add(key, source)
        if len(self._waiting) + len(self._settled) <= self._most:
            return None
        first = self._waiting.first_to_go()
        if first is not None:
            self._waiting.remove(first)
        return first

    def settle(self, key: T) -> None:
        """Its peer has done its part. Nothing if it was cut off or is gone."""
        if key in self._waiting:
            self._settled[key] = self._waiting.remove(key)

    def wait(self, key: T) -> None:
        """It waits for its peer again, as from now on. Nothing if it does already, or is gone."""
        if key in self._settled:
            self._waiting.add(key, self._settled.pop(key))

    def left(self, key: T) -> None:
        """It is gone, whatever it was."""
        if key in self._waiting:
            self._waiting.remove(key)
        self._settled.pop(key, None)
