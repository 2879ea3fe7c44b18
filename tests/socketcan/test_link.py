"""The bus goes down, the adapter is unplugged: the roles say so and go on when it is back."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import rig.bus.port
from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Frame
from rig.bus.wire import pack
from tests.bus.test_port import joined
from tests.can_bench import Slcan, Witness, is_current, link, witness
from tests.ports import free_port
from tests.processes import Program, role, wait_for


@pytest.fixture(scope="module")
def csms() -> Iterator[str]:
    """A central system that asks nothing; its address."""
    url = f"ws://127.0.0.1:{free_port()}/"
    with role("csms", "--listen", url, "--cycle", "none").ready():
        yield url


def on_the_bus(stack: ExitStack, csms: str, channel: str) -> list[Program]:
    """Charger and charge point, ready."""
    return [
        stack.enter_context(role("charger", "-c", channel).ready()),
        stack.enter_context(role("cp", "-c", channel, "--csms", csms).ready()),
    ]


def test_after_a_link_down_every_role_goes_on(bus: Witness, csms: str) -> None:
    with ExitStack() as stack:
        charger, cp = on_the_bus(stack, csms, "vcan0")
        cp.until("ocpp > MeterValues")
        link("vcan0", "down")
        for program in (charger, cp):
            program.until("can = vcan0.*down; waiting for it to come back")
        cp.until("error_code=OtherError status=Faulted info=CAN link down")
        link("vcan0", "up")
        for program in (charger, cp):
            program.until("can = vcan0 is up")
        cp.until("status=Preparing")
        cp.until("ocpp > MeterValues")
        bus.until(is_current)
        assert [charger.end(), cp.end()] == [0, 0]


def send_at_once_after_a_link_down(charger: Program, limit: int) -> None:
    """A SetLimit from somebody whose socket is new; returns when the charger is told and up."""
    link("vcan0", "down")
    charger.until("can = vcan0 is down")
    link("vcan0", "up")
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as other:
        other.bind(("vcan0",))
        other.send(pack(Frame(0x210, bytes([limit, 0]))))
    # In any order: while it is down, it looks at the interface each 0.2 s.
    wait_for(lambda: f"can < SetLimit limit={limit} A" in charger.text)
    wait_for(lambda: charger.text.count("can = vcan0 is up") == limit + 1)


def test_the_first_frame_after_a_link_down_is_heard(tmp_path: Path) -> None:
    """Such as the Stop that a charge point owes: each round is another moment between two looks."""
    log = tmp_path / "can.log"
    with role("charger").ready() as charger, role("record", str(log)).ready() as recorder:
        for limit in (1, 2, 3):
            send_at_once_after_a_link_down(charger, limit)
        assert [charger.end(), recorder.end()] == [0, 0]
    assert re.findall(r"210#(\d\d)00", log.read_text()) == ["01", "02", "03"]


async def test_a_bus_that_works_need_not_be_looked_at_to_notice_that_it_is_gone_and_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its socket tells when it goes down; only from then on it is looked at often."""
    monkeypatch.setattr(rig.bus.port, "LOOK_EVERY", 3600.0)
    adapter = Slcan("can7")
    async with joined({"interface": "socketcan", "channel": "can7"}) as (_, heard):
        for round_ in (1, 2):
            link("can7", "down")
            await heard.hold(lambda: heard.events.count(LinkDown("can7 is down")) == round_)  # noqa: B023
            link("can7", "up")
            await heard.hold(lambda: heard.events.count(LinkUp()) == round_)  # noqa: B023
        adapter.unplug()
        await heard.hold(lambda: isinstance(heard.events[-1], LinkDown))
        adapter = Slcan("can7")
        await heard.hold(lambda: heard.events.count(LinkUp()) == 3)
    adapter.unplug()


def test_a_role_started_on_an_interface_that_is_down_waits_for_it(bus: Witness) -> None:
    link("vcan0", "down")
    with role("charger") as charger:
        charger.until("can = vcan0 is down; waiting for it to come back")
        link("vcan0", "up")
        charger.ready()
        bus.until(is_current)


def test_an_adapter_pulled_out_and_plugged_in_again_goes_on_by_itself(csms: str) -> None:
    adapter = Slcan("can7")
    with ExitStack() as stack:
        charger, cp = on_the_bus(stack, csms, "can7")
        cp.until("ocpp > MeterValues")
        adapter.unplug()
        for program in (charger, cp):
            program.until("can = can7.*; waiting for it to come back")
        adapter = Slcan("can7")
        for program in (charger, cp):
            program.until("can = can7 is up")
        cp.until("ocpp > MeterValues")
        with witness("can7") as bus:
            bus.until(is_current)
        adapter.hear(b"t20120000")  # Stop with two bytes, from the wire
        cp.until("ignored frame of 2 instead of 0 bytes with the number of Stop")
        assert [charger.end(), cp.end()] == [0, 0]
        adapter.until_sent(b"t2010")  # the charge point's Stop reached the wire
    adapter.unplug()


def test_a_missing_interface_is_one_line_that_names_the_fix_and_status_2() -> None:
    with role("cp", "-c", "vcan9") as cp:
        assert cp.status() == 2
        assert cp.lines == [
            "rig cp: there is no CAN interface vcan9: sudo scripts/setup_vcan.sh vcan9"
        ]
