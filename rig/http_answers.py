"""What every route of the HTTP interface has in common: JSON objects in, errors as JSON out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from rig.logic.values import TOO_MANY, has_too_many

ERRORS = {
    400: "the body is no JSON object",
    401: "the token is missing or wrong",
    404: "no such charge point, or no such action",
    409: "the charge point is not connected",
    422: "the body breaks its schema",
    502: "the charge point answered with a CALLERROR or with a broken response",
    503: "the central system cannot: it ends, or its database fails",
    504: "the charge point did not answer in time",
}

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


def answered_with(status: int) -> Handler:
    """Answers an exception with this status and its text."""

    async def answer(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
