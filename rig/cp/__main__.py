"""Charge point: OCPP 1.6J client on one side, CAN on the other.

RemoteStartTransaction becomes Start, RemoteStopTransaction Stop, SetChargingProfile SetLimit; each
Current becomes MeterValues. A command counts as sent when its own echo came back from the bus. On
every way out it sends Stop.
"""

import argparse
import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ocpp.v16.enums import ChargePointErrorCode

from rig import __version__
from rig.bus.dbc import read_codec
from rig.bus.logic.messages import Codec
from rig.bus.opening import bus_configs
from rig.bus.options import add_bus_options
from rig.cp.csms_link import CsmsLink
from rig.cp.csms_password import add_password_option, with_password
from rig.cp.life import Equipment, Life
from rig.cp.logic.configuration import MOST_CONNECTORS
from rig.cp.logic.events import At, CarEvent, Plugged, Raised, Swiped, Unplugged
from rig.cp.logic.shared import Identity, Settings
from rig.cp.state import State, state_path
from rig.ocppj.telling import Teller, add_telling_options, telling
from rig.role.arguments import Parser, seconds
from rig.role.bench import Bench, read_bench
from rig.role.control import Control, add_control_option, connector_of, control_path
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.logic.supply import Supply
from rig.role.ready import announce_ready
from rig.role.run import role_parser, run_role

EXAMPLES = """\
  rig cp                                    as CP_1 to ws://127.0.0.1:9000/
  rig cp -c can0 --csms ws://csms.lan:8180/ a real adapter, another CSMS
  rig cp --id CP_7 --profile-policy seed    takes the seed's literal cycle
  rig cp --bench two.toml                   several connectors, a channel each
  rig cp --control                          then: rig control cp unplug 1"""

IDENTITY = Identity(vendor="EV charging rig", model="rig cp", firmware=__version__)


def parser() -> Parser:
    """The options of this role."""
    options = role_parser("cp", __doc__, EXAMPLES)
    add_bus_options(options)
    options.add_argument("--csms", metavar="URL", help="address of the CSMS, without the id")
    options.add_argument("--id", metavar="ID", help="charge point id (default: CP_1)")
    add_password_option(options)
    options.add_argument(
        "--profile-policy",
        choices=("strict", "seed"),
        default="strict",
        help="strict: OCPP 1.6; seed: also TxProfile without a transaction (default: %(default)s)",
    )
    options.add_argument(
        "--csms-timeout",
        type=seconds,
        default=60.0,
        metavar="S",
        help="send Stop when the CSMS is gone for longer (default: %(default)s)",
    )
    options.add_argument(
        "--state",
        metavar="FILE",
        help="what outlasts a restart: configuration, profiles, the queue of transactions "
        "(default: ~/.local/state/ev-charging-rig/ID.db)",
    )
    add_control_option(options)
    add_telling_options(options)
    return options


class Controls:
    """The control side: what happens around the charge point, from outside."""

    def __init__(self, link: CsmsLink, connectors: int, log: logging.Logger) -> None:
        self._link, self._connectors, self._log = link, connectors, log
        self._life: Life | None = None
        self._lasting: dict[tuple[int, bool], CarEvent] = {}  # by connector and kind, the last one

    def meet(self, life: Life) -> None:
        """A new life: the cars and the errors are there as they were."""
        self._life = life
        for (number, _), event in self._lasting.items():
            life.feed(At(number, event))

    def do(self, command: dict[str, Any]) -> None:
        """Raises ValueError for what is no command of this role."""
        word = command.get("command")
        if word in ("offline", "online"):
            self._log.info("control < %s", word)
            return self._link.offline() if word == "offline" else self._link.online()
        event, number = _event(command), connector_of(command, self._connectors)
        details = [f"{key}={value}" for key, value in command.items() if key != "command"]
        self._log.info("control < %s", " ".join([str(word), *details]))
        if not isinstance(event, Swiped):
            self._lasting[number, isinstance(event, Raised)] = event
        if self._life:
            self._life.feed(At(number, event))
        return None


def _event(command: dict[str, Any]) -> CarEvent:
    match command:
        case {"command": "plug"}:
            return Plugged()
        case {"command": "unplug"}:
            return Unplugged()
        case {"command": "swipe", "id_tag": str(id_tag)}:
            return Swiped(_characters("id_tag", id_tag, 20))
        case {"command": "raise", "error": str(error)}:
            info = command.get("info")
            known = None if info is None else _characters("info", info, 50)
            with suppress(ValueError):
                return Raised(ChargePointErrorCode(error), known)
            raise ValueError(f"errors are {', '.join(ChargePointErrorCode)}")
        case {"command": "clear"}:
            return Raised(ChargePointErrorCode.no_error)
    raise ValueError(
        "commands are plug, unplug, swipe id_tag=TAG, raise error=CODE, clear, offline, online"
    )


def _characters(name: str, text: Any, most: int) -> str:
    """A text that OCPP can carry (CiString, 7.17). Raises ValueError."""
    if isinstance(text, str) and 1 <= len(text) <= most and text.isascii() and text.isprintable():
        return text
    raise ValueError(f"{name} must be 1 to {most} printable ASCII characters")


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Run the charge point until cancelled, one life after the other."""
    bench = _with_options(read_bench(options.bench), options)
    codec, buses = read_codec(bench), bus_configs(options, bench)
    settings = _settings(bench, codec, len(buses), options)
    address = with_password(bench.csms, bench.charge_point, options.csms_password_file)
    async with telling(options, "cp", "this charge point ended", log) as teller:
        link = _link(address, bench.charge_point, teller, log)
        controls = Controls(link, len(buses), log)
        state = State(options.state or state_path(bench.charge_point), log)
        equipment = Equipment(bench.charge_point, settings, codec, buses, state, link, teller, log)
        try:
            async with Control(control_path(options, "cp"), controls.do):
                while await _live(equipment, controls):
                    log.info("a new life begins")
        finally:
            state.close()


def _link(address: str, name: str, teller: Teller | None, log: logging.Logger) -> CsmsLink:
    if teller is None:
        return CsmsLink(address, name, log)
    return CsmsLink(address, name, log, partial(teller.connection, name, "refused"))


async def _live(equipment: Equipment, controls: Controls) -> bool:
    """One life. Returns whether another one follows.

    Raises BadAnswer if it ends for good and the charger may still run.
    """
    life = Life(equipment)
    try:
        async with life:
            controls.meet(life)
            await life.wait_until_up()
            equipment.log.info("supply = %s", _told(equipment.settings.supply))
            announce_ready()
            await life.live()
    except asyncio.CancelledError:
        if not life.is_stopped:
            raise BadAnswer("no Stop came back from the bus: the charger may still run") from None
        raise
    return life.restart is not None


def _settings(bench: Bench, codec: Codec, connectors: int, options: argparse.Namespace) -> Settings:
    if connectors > MOST_CONNECTORS:
        most = f"a charge point has at most {MOST_CONNECTORS}"
        raise UserError(f"{connectors} [[connectors]] are too many: {most}")
    try:
        codec.set_limit(bench.limit)
    except ValueError as error:
        raise UserError(f"the limit of the bench cannot be told to a charger: {error}") from error
    return Settings(
        IDENTITY,
        options.profile_policy,
        bench.supply,
        options.csms_timeout,
        connectors,
        bench.limit,
        bench.lock,
        bench.expect,
    )


def _told(supply: Supply | None) -> str:
    if supply is None:
        return "not known: limits in A only, and no energy"
    return f"{supply} (the default of the bench)" if supply == Bench().supply else str(supply)


def _with_options(bench: Bench, options: argparse.Namespace) -> Bench:
    given = {"csms": options.csms, "charge_point": options.id}
    return replace(bench, **{key: value for key, value in given.items() if value is not None})


@entry("rig cp")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("cp", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
