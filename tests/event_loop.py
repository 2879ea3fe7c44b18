"""What tests ask of the event loop."""

import asyncio


async def turn() -> None:
    """One turn of the event loop."""
    turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(turned.set)
    await turned.wait()
