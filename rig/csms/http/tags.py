"""The tags that the central system knows, over HTTP.

GET /tags
PUT /tags/{id_tag}      {"status": "Blocked"}, as in the file of tags (rig.csms.logic.tags)
"""

from typing import Any, Protocol

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from rig.csms.http.answers import errors, json_object
from rig.csms.logic.tags import STATUSES, Tag, read_tag
from rig.ocppj.logic.moments import timestamp

TAG = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": STATUSES},
        "expires": {"type": "string", "format": "date-time"},
        "parent": {"type": "string", "maxLength": 20},
        "concurrent": {"type": "boolean"},
    },
    "additionalProperties": False,
    "example": {"status": "Accepted"},
}


class Tags(Protocol):
    """What the database offers. It may raise StoreFailed."""

    async def tags(self) -> list[Tag]: ...

    async def put_tag(self, tag: Tag) -> None: ...


def tag_routes(tags: Tags) -> APIRouter:
    """The routes for these tags."""
    router = APIRouter(prefix="/tags", tags=["tags"])

    async def known() -> JSONResponse:
        return JSONResponse([_row(tag) for tag in await tags.tags()])

    async def put(id_tag: str, request: Request) -> JSONResponse:
        try:
            tag = read_tag(id_tag, await json_object(request))
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        await tags.put_tag(tag)
        return JSONResponse(_row(tag))

    body = {"required": True, "content": {"application/json": {"schema": TAG}}}
    router.add_api_route("", known, summary="all that are known", responses=errors(401, 503))
    router.add_api_route(
        "/{id_tag:path}",
        put,
        methods=["PUT"],
        summary="know this one from now on",
        responses=errors(400, 401, 422, 503),
        openapi_extra={"requestBody": body},
    )
    return router


def _row(tag: Tag) -> dict[str, Any]:
    return {
        "id_tag": tag.id_tag,
        "status": tag.status.value,
        "expires": None if tag.expires is None else timestamp(tag.expires),
        "parent": tag.parent,
        "concurrent": tag.concurrent,
    }
