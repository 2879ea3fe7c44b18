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
    async with serve(echo, "127.0.0.1", int(port), compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
