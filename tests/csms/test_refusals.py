"""What is told of connections that the central system refuses."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rig.csms.central import Policy
from rig.csms.refusals import AT_ONCE
from rig.ocppj.logic.told import Change, Lines
from rig.ocppj.telling import Teller
from tests.served import NONE, OCPP, Served, served


class Told(Teller):
    """Keeps the connections that it is told, without those that were made and closed."""

    def __init__(self) -> None:
        super().__init__(Lines("csms"), None, None)
        self.refused: list[tuple[str, str]] = []

    def connection(self, charge_point: str, change: Change, why: str = "") -> None:
        if change == "refused":
            self.refused.append((charge_point, why))


@pytest.fixture
def told() -> Told:
    return Told()


async def refused(central: Served, name: str, **options: Any) -> None:
    with pytest.raises(InvalidStatus):
        await connect(central.url + name, subprotocols=[OCPP], proxy=None, **options)


async def test_each_is_told_with_its_id_and_why(told: Told) -> None:
    async with served(Policy(NONE, connections=1), teller=told) as central:
        await central.booted("CP_1")
        await refused(central, "CP_1")
        await refused(central, "CP_2")
        await refused(central, "CP_3", origin="http://page")
        central.system.control({"command": "offline"})
        await refused(central, "CP_1")
    assert told.refused == [
        ("CP_1", "this id is connected already"),
        ("CP_2", "too many connections"),
        ("CP_3", "not for browsers"),
        ("CP_1", "offline"),
    ]


async def test_who_does_not_speak_ocpp_is_refused_after_the_handshake(told: Told) -> None:
    async with served(teller=told) as central:
        with pytest.raises(ConnectionClosed):
            await (await connect(central.url + "CP_1", proxy=None)).recv()
    assert told.refused == [("CP_1", "ocpp1.6 only")]


async def test_a_path_without_an_id_is_told_of_nobody(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(teller=told) as central:
        await refused(central, "")
    assert told.refused == []
    assert any("names none" in line for line in caplog.messages)


async def test_who_tries_again_and_again_fills_no_file(told: Told) -> None:
    async with served(teller=told) as central:
        central.system.control({"command": "offline"})
        for _ in range(AT_ONCE + 5):
            await refused(central, "CP_1")
        await refused(central, "CP_2")
    assert told.refused == [*[("CP_1", "offline")] * AT_ONCE, ("CP_2", "offline")]
