"""The floor of a central system: a websockets server that sends back what it gets.

usage: bare_csms.py PORT
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    """One connection, until it ends."""
    async for text in connection:
        await connection.send(text)


async def main(port: str) -> None:
    """Serve until killed."""
    # No pings and no timeouts: see programs.py.
    async with serve(
        echo,
        "127.0.0.1",
        int(port),
        compression=None,
        open_timeout=None,
        ping_interval=None,
        close_timeout=None,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
