"""What the handshake of a charge point says: its id, and that it speaks OCPP 1.6."""

from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from rig.role.logic.charge_point_id import read_id


def charge_point_id(path: str) -> str:
    """The charge point's id, the last part of the path (OCPP-J 1.6, 3.1.1). Raises ValueError."""
    last = path.partition("?")[0].rpartition("/")[2]
    try:
        name = unquote_to_bytes(last).decode()
    except UnicodeError:
        raise ValueError("it is not UTF-8") from None
    return read_id(name)


def choose_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """OCPP 1.6 or none."""
    ours = Subprotocol("ocpp1.6")
    return ours if ours in offered else None


def forget_headers(connection: ServerConnection) -> None:
    """Those of the handshake: a sixth of what a connection takes, and nobody asks for them."""
    for message in (connection.request, connection.response):
        if message:
            message.headers.clear()
