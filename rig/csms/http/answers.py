"""What every route of the HTTP interface has in common: JSON objects in, errors as JSON out."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from rig.role.closing import to_the_end
from rig.role.logic.values import TOO_MANY, has_too_many

ERRORS = {
    400: "the body is no JSON object",
    401: "the token is missing or wrong",
    404: "no such charge point, or no such action",
    409: "the charge point is not connected",
    422: "the body breaks its schema",
    502: "the charge point answered with a CALLERROR or with a broken response",
    503: "the central system cannot: it ends, its database fails, 32 commands wait",
    504: "the charge point did not answer in time",
}

EOF_TURNS = 10  # of the loop: the end of a connection that came with its request is seen after 5

Begin = Callable[[], Coroutine[Any, Any, dict[str, Any]]]
Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses as OpenAPI describes them."""
    detail = {"type": "object", "properties": {"detail": {"type": "string"}}}
    content = {"application/json": {"schema": detail}}
    return {status: {"description": ERRORS[status], "content": content} for status in statuses}


async def json_object(request: Request) -> dict[str, Any]:
    """The body of a request. Raises HTTPException for what is no JSON object."""
    try:
        body = await request.body()
        text = body.decode(json.detect_encoding(body))
        if has_too_many(text):
            raise HTTPException(413, f"the body has {TOO_MANY}")
        value = json.loads(text, parse_constant=_refuse_constant)
    except ClientDisconnect:  # nobody is left to tell
        raise HTTPException(400, "the body did not come") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise HTTPException(400, ERRORS[400])
    return value


async def while_waited_for(request: Request, begin: Begin) -> dict[str, Any]:
    """What the work gives. It is cancelled when the client goes, and not begun if it has gone."""
    leaving = asyncio.ensure_future(_until_it_leaves(request))
    working = asyncio.ensure_future(_begun(begin))
    try:
        await asyncio.wait((leaving, working), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await to_the_end(_ended(leaving, working))
    if working.cancelled():
        raise HTTPException(408, "nobody waits for the answer")
    return working.result()


async def _until_it_leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _begun(begin: Begin) -> dict[str, Any]:
    for _ in range(EOF_TURNS):
        await asyncio.sleep(0)
    return await begin()


async def _ended(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def answered_with(status: int) -> Handler:
    """Answers an exception with this status and its text."""

    async def answer(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
