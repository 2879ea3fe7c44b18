"""Records everything on the bus, each frame kind included, as a plain candump log.

The file is complete after each frame, whatever happens to this process next.
"""

import argparse
import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from rig.bus.logic.link import BusEvent, Garbled, LinkDown, LinkUp, Lost, Received
from rig.bus.logic.messages import Frame
from rig.bus.opening import INTERFACE, add_connector_option, bus_config
from rig.bus.options import add_bus_options
from rig.bus.port import Port, catch_up
from rig.role.arguments import Parser
from rig.role.bench import read_bench
from rig.role.closing import to_the_end
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.free_space import RESTS
from rig.role.logic.tally import Tally
from rig.role.ready import announce_ready
from rig.role.run import role_parser, run_role
from rig.tools.can_log import LogFile

CATCH_UP = 4.0  # s, at most, to read what arrived before the end; `rig up` kills after 5 s

EXAMPLES = """\
  rig record run/can.log                    everything on vcan0
  rig record run/can.log -c can0            on a real adapter
  cantools decode dbc/ev_charging.dbc < run/can.log
  canplayer -I run/can.log                  the same again, on the same bus"""


class Recorder:
    """Keeps what the port receives, and says what it could not."""

    def __init__(self, file: LogFile, log: logging.Logger) -> None:
        self._file, self._log = file, log
        self._error: UserError | None = None
        self._failed = asyncio.Event()
        self._garbled = Tally()
        self._newest = 0.0  # arrival of the newest frame (s since 1970)

    def on_event(self, event: BusEvent) -> None:
        match event:
            case Received(frame, stamp):
                self._keep(frame, stamp)
            case Lost(frames):
                self._log.warning("can < %d frames lost: they are not in %s", frames, self._name)
            case Garbled(why):
                if self._garbled.count("input"):
                    so_far = self._garbled.counts["input"]
                    self._log.warning("can < ignored garbled input (%s), %d so far", why, so_far)
            case LinkDown(why):
                self._log.warning("can = %s; waiting for it to come back", why)
            case LinkUp():
                self._log.info("can = up; recording to %s", self._name)
                announce_ready()

    async def failed(self) -> None:
        """Wait until the file cannot be written, and raise why."""
        await self._failed.wait()
        self._raise()

    async def catch_up(self) -> None:
        """Read what arrived before now."""
        if not await catch_up(lambda: self._heard, lambda: self._newest, CATCH_UP):
            self._log.warning("can < the last frames lost: not read within %.0f s", CATCH_UP)
        self._raise()

    @property
    def _heard(self) -> int:
        return self._file.frames + self._file.left_out

    def _raise(self) -> None:
        if self._error:
            raise self._error

    @property
    def _name(self) -> str:
        return self._file.path

    def _keep(self, frame: Frame, stamp: float) -> None:
        if self._error:
            return
        self._newest, rested = stamp, self._file.is_resting
        try:
            self._file.keep(frame, stamp)
            if self._file.is_resting != rested:
                self._tell_rest()
        except UserError as error:
            self._error = error
            self._failed.set()

    def _tell_rest(self) -> None:
        if self._file.is_resting:
            self._log.warning("file = %s %s", RESTS, self._name)
        else:
            left_out = self._file.left_out
            self._log.warning("file = %s goes on: %d frames left out so far", self._name, left_out)


def channel_word(config: dict[str, Any]) -> str:
    """The bus as a candump log names it, in one word: `vcan0`, or the backend where it has none."""
    return str(config["channel"] if config["interface"] == INTERFACE else config["interface"])


def parser() -> Parser:
    """The options of this tool."""
    options = role_parser("record", __doc__, EXAMPLES, words="FILE")
    add_bus_options(options)
    add_connector_option(options)
    options.add_argument("file", metavar="FILE", help="a new file; none is ever overwritten")
    options.add_argument(
        "--append",
        action="store_true",
        help="go on in FILE if it is there, and mark the gap in FILE.gaps",
    )
    return options


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Record until cancelled, or until the file cannot be written."""
    config = bus_config(options, read_bench(options.bench))
    with LogFile(options.file, channel_word(config), append=options.append) as file:
        if options.append:
            cut = f"; a part of a line was cut off, {file.cut} bytes" if file.cut else ""
            log.warning("file = %s goes on, its gap is in %s%s", file.path, file.gaps, cut)
        recorder = Recorder(file, log)
        port = Port(config, None, recorder.on_event)
        try:
            async with port:
                try:
                    await recorder.failed()
                finally:
                    await to_the_end(recorder.catch_up())
        except asyncio.CancelledError:
            lost = "unknown" if port.dropped is None else port.dropped
            more = " more" if options.append else ""
            more += f", {file.left_out} were left out" if file.left_out else ""
            log.info(
                "file = %s has %d frames%s; frames lost: %s", file.path, file.frames, more, lost
            )
            raise


@entry("rig record")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the recorder; returns its exit status."""
    return run_role("record", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
