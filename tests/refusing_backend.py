"""What refuses own frames: a backend of the tests' own, and a driver below python-can's pcan.

Both say what PCAN-Basic says on Linux (https://github.com/hardbyte/python-can/issues/1843), and do
not open a channel that was left open, as it does not.
"""

from typing import Any, ClassVar

import can
import can.interfaces
import pytest
from can.interfaces.pcan import basic
from can.interfaces.virtual import VirtualBus

from rig.bus.backends import BACKENDS, Backend

NAME = "refusing"


class RefusingBus(VirtualBus):
    """Else it is `virtual`."""

    opened: ClassVar[set[Any]] = set()
    asked: ClassVar[list[bool]] = []  # whether for own frames, each time
    also_refused: ClassVar[str] = ""  # what another option is refused with

    def __init__(
        self, channel: Any = None, receive_own_messages: bool = False, **rest: Any
    ) -> None:
        self.asked.append(receive_own_messages)
        if channel in self.opened:
            raise can.CanInitializationError("The channel is already initialized")
        self.opened.add(channel)
        self._adapter = channel
        if receive_own_messages:
            raise can.CanInitializationError("An invalid parameter was specified")
        if self.also_refused:
            raise can.CanInitializationError(self.also_refused)
        super().__init__(channel, **rest)

    def shutdown(self) -> None:
        if not self._is_shutdown:
            super().shutdown()
        self.opened.discard(self._adapter)


def use(monkeypatch: pytest.MonkeyPatch, also_refused: str = "") -> type[RefusingBus]:
    """Make it one of python-can's, and one that is believed to echo."""
    monkeypatch.setattr(RefusingBus, "opened", set())
    monkeypatch.setattr(RefusingBus, "asked", [])
    monkeypatch.setattr(RefusingBus, "also_refused", also_refused)
    monkeypatch.setitem(can.interfaces.BACKENDS, NAME, (__name__, "RefusingBus"))
    monkeypatch.setitem(BACKENDS, NAME, Backend(shared=False, why="", echoes=True))
    return RefusingBus


class OldDriver:
    """PCAN-Basic on Linux as far as python-can's pcan asks it: it knows no echo frames."""

    def __init__(self) -> None:
        self.initialized: list[Any] = []

    def Initialize(self, channel: Any, *_: Any) -> Any:
        said = basic.PCAN_ERROR_INITIALIZE if self.initialized else basic.PCAN_ERROR_OK
        self.initialized.append(channel)
        return said

    def Uninitialize(self, channel: Any) -> Any:
        self.initialized.remove(channel)
        return basic.PCAN_ERROR_OK

    def SetValue(self, _: Any, parameter: Any, value: Any) -> Any:
        known = parameter != basic.PCAN_ALLOW_ECHO_FRAMES
        return basic.PCAN_ERROR_OK if known else basic.PCAN_ERROR_ILLPARAMTYPE

    def GetValue(self, _: Any, parameter: Any) -> Any:
        version = parameter == basic.PCAN_API_VERSION
        return basic.PCAN_ERROR_OK, b"4.5.0.0" if version else 0

    def GetErrorText(self, error: Any, _: int) -> Any:
        refused = error == basic.PCAN_ERROR_ILLPARAMTYPE
        return basic.PCAN_ERROR_OK, b"An invalid parameter was specified" if refused else b"?"
