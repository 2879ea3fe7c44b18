"""The bench: the few settings that belong together, from `--bench rig.toml` and the command line.

csms = "ws://127.0.0.1:9000/"
charge_point = "CP_1"
dbc = "ev_charging.dbc"       # beside the bench file
voltage = 230                 # V, phase to neutral; with phases: converts W to A
phases = 3                    # 1 if the bench does not say; 0 where voltage and phases are unknown
limit = 32                    # A, what the charger may deliver where no profile says a limit
lock = true                   # UnlockConnector is answered as by a charge point with a lock
[expect]                      # what the charger may do: rig/role/logic/expect.py
accuracy = 3                  # A that may flow above a limit; 3 % of it if that is more
settle = 30                   # s until no more flows after Stop or a lower limit
zero = 1                      # A that may be reported while nothing flows
max = 1000                    # A; no report of more is believed
held = 300                    # s without energy (silent charger, lost bus) until a transaction ends
resume = true                 # a charger that was silent meanwhile is started again
[bus]                         # what python-can's can.Bus() takes
interface = "socketcan"
channel = "can0"
[[connectors]]                # a charge point with several: each has its own channel,
channel = "can0"              # and what [bus] says besides
[[connectors]]
channel = "can1"
"""

import argparse
import functools
import math
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from rig.role.errors import UserError
from rig.role.logic.charge_point_id import normal_form, read_id
from rig.role.logic.expect import Expect
from rig.role.logic.supply import Supply
from rig.role.toml import read_toml

CSMS = "ws://127.0.0.1:9000/"
CHARGE_POINT = "CP_1"
VOLTAGE, PHASES = 230.0, 1  # V, phase to neutral
LIMIT = 32.0  # A


@dataclass(frozen=True)
class Bench:
    """What stands on the bench. `voltage` in V, phase to neutral; 0 `phases`: neither is known.

    `limit` (A) is what a charger may deliver where no charging profile says a limit.
    `lock`: the charge point's connectors have one; the rig plays it, nothing on the bus moves.
    """

    csms: str = CSMS
    charge_point: str = CHARGE_POINT
    dbc: str | None = None
    voltage: float = VOLTAGE
    phases: int = PHASES
    limit: float = LIMIT
    lock: bool = False
    expect: Expect = field(default_factory=Expect)
    bus: dict[str, Any] = field(default_factory=dict)
    connectors: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "charge_point", normal_form(self.charge_point))

    @property
    def supply(self) -> Supply | None:
        """What turns W into A; None where it is not known."""
        return Supply(self.voltage, self.phases) if self.phases else None


def read_bench(path: str | None) -> Bench:
    """The bench of a TOML file, or the defaults. Raises UserError, whose line names the fix."""
    if path is None:
        return Bench()
    return read_toml(path, "bench", functools.partial(_bench, Path(path).parent))


def _bench(folder: Path, table: dict[str, Any]) -> Bench:
    """That of a table; a path in it is seen from this folder. Raises UserError."""
    known = {item.name for item in fields(Bench)}
    if unknown := sorted(set(table) - known):
        raise UserError(f"unknown key {unknown[0]}; known are {sorted(known)}")
    if isinstance(dbc := table.get("dbc"), str):
        table["dbc"] = str(folder / dbc)
    if "expect" in table:
        table["expect"] = _expect(table["expect"])
    return Bench(**table)


def _expect(table: object) -> Expect:
    names = [item.name for item in fields(Expect)]
    if not isinstance(table, dict) or set(table) - set(names):
        raise UserError(f"[expect] takes {', '.join(names)}")
    for name, value in table.items():
        if name == "resume" and not isinstance(value, bool):
            raise UserError(f"resume of [expect] must be true or false, not {value!r}")
        if name != "resume" and not (_is_number(value) and value > 0):
            raise UserError(f"{name} of [expect] must be a number above 0, not {value!r}")
    return Expect(**table)


def _check(bench: Bench) -> None:
    if not _is_websocket(bench.csms):
        raise UserError(f"csms must be an address like {CSMS}, not {bench.csms!r}")
    _check_id(bench.charge_point)
    if bench.dbc is not None and not isinstance(bench.dbc, str):
        raise UserError("dbc must be the path of a DBC file")
    if not (_is_number(bench.voltage) and bench.voltage > 0):
        raise UserError(f"voltage must be a number of volts above 0, not {bench.voltage!r}")
    if type(bench.phases) is not int or not 0 <= bench.phases <= 3:
        raise UserError(f"phases must be 1, 2 or 3, or 0 for unknown, not {bench.phases!r}")
    if not (_is_number(bench.limit) and bench.limit >= 0):
        raise UserError(f"limit must be a number of amperes of at least 0, not {bench.limit!r}")
    if not isinstance(bench.lock, bool):
        raise UserError(f"lock must be true or false, not {bench.lock!r}")
    _check_buses(bench)


def _check_id(name: object) -> None:
    try:
        if not isinstance(name, str):
            raise ValueError("it is no text")
        read_id(name)
    except ValueError as error:
        must = "charge_point must be a name of 1 to 48 printable characters"
        raise UserError(f"{must}: {error}") from error


def _check_buses(bench: Bench) -> None:
    if not isinstance(bench.bus, dict):
        raise UserError("bus must be a table of python-can's options")
    tables = bench.connectors
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError("connectors must be [[connectors]] tables of python-can's options")
    channels = [table.get("channel") for table in tables]
    known = all(isinstance(channel, str | int) for channel in channels)
    if not known or len(set(channels)) != len(channels):
        raise UserError("each of the [[connectors]] needs a channel of its own")


def _is_number(value: object) -> bool:
    try:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer of hundreds of digits
        return False


def _is_websocket(address: object) -> bool:
    try:
        url = parse_uri(str(address))
        url.host.encode("idna")
        return urlsplit(str(address)).port != 0 and not url.query  # the id comes after the path
    except (InvalidURI, ValueError):  # a port or a host that cannot be one
        return False


def add_bench_argument(parser: argparse.ArgumentParser) -> None:
    """The option that every role has."""
    parser.add_argument(
        "--bench",
        metavar="FILE",
        help="TOML file of the bench: csms, charge_point, dbc, voltage, phases, limit, lock, "
        f"[expect], [bus] (without: {Supply(VOLTAGE, PHASES)})",
    )
