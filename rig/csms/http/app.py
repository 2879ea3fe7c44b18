"""The HTTP interface of the central system: what can be asked, as FastAPI routes.

    GET  /charge-points
    GET  /charge-points/{id}
    POST /charge-points/{id}/{Action}      body and answer: the OCPP payloads
    ...  /tags                             rig.csms.http.tags

The page at /docs and the schema behind it are for everybody; all else needs the token.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from functools import partial
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from rig import __version__
from rig.csms.commands import (
    Busy,
    CallFailed,
    Commands,
    InvalidRequest,
    NoAnswer,
    NotConnected,
)
from rig.csms.http.answers import ERRORS, answered_with, errors, json_object, while_waited_for
from rig.csms.http.docs import add_docs
from rig.csms.http.tags import Tags, tag_routes
from rig.csms.logic.openapi import embedded
from rig.csms.logic.requests import REQUESTS, example_of
from rig.csms.store.store import StoreFailed

TITLE = "EV charging rig: central system"
DESCRIPTION = """\
Steer charge points over OCPP 1.6. Press **Authorize** and paste the token: it is in the file that
`rig csms` names in its log. `rig send` does the same from the command line."""
RETRY_AFTER = 5  # s; a charge point that answers at once has answered 32 commands by then

bearer = HTTPBearer(auto_error=False, description="from the token file")


def build_app(system: Commands, tags: Tags, token: str) -> FastAPI:
    """The routes that steer this system, for whoever has the token."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_docs(app)
    authorised = [Depends(_authorised_by(token))]
    app.include_router(_charge_point_routes(system), dependencies=authorised)
    app.include_router(tag_routes(tags), dependencies=authorised)
    app.add_exception_handler(NotConnected, answered_with(409))
    app.add_exception_handler(InvalidRequest, answered_with(422))
    app.add_exception_handler(StoreFailed, answered_with(503))
    app.add_exception_handler(NoAnswer, answered_with(504))
    app.add_exception_handler(CallFailed, _call_failed)
    app.add_exception_handler(Busy, _busy)
    return app


def _authorised_by(token: str) -> Callable[..., Awaitable[None]]:
    async def authorised(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        text = given.credentials if given else ""
        if not hmac.compare_digest(text.encode(), token.encode()):
            raise HTTPException(401, ERRORS[401], {"WWW-Authenticate": "Bearer"})

    return authorised


def _charge_point_routes(system: Commands) -> APIRouter:
    router = APIRouter(prefix="/charge-points")
    _add_charge_points(router, system)
    for action in sorted(REQUESTS):
        _add_command(router, system, action)
    _add_unknown(router)
    return router


def _add_charge_points(router: APIRouter, system: Commands) -> None:
    async def charge_points() -> JSONResponse:
        return JSONResponse(system.charge_points())

    async def charge_point(charge_point: str) -> JSONResponse:
        return JSONResponse(_known(system, charge_point))

    router.add_api_route(
        "",
        charge_points,
        summary="all that have connected",
        tags=["charge points"],
        responses=errors(401),
    )
    router.add_api_route(
        "/{charge_point:path}",
        charge_point,
        summary="one of them",
        tags=["charge points"],
        responses=errors(401, 404),
    )


def _add_command(router: APIRouter, system: Commands, action: str) -> None:
    async def command(charge_point: str, request: Request) -> JSONResponse:
        _known(system, charge_point)
        payload = await json_object(request)
        begin = partial(system.send, charge_point, action, payload)
        return JSONResponse(await while_waited_for(request, begin))

    response = {"schema": embedded(_schema(f"{action}Response"))}
    router.add_api_route(
        f"/{{charge_point:path}}/{action}",
        command,
        methods=["POST"],
        operation_id=action,
        summary=action,
        tags=["commands"],
        response_description="what the charge point answered",
        responses={200: {"content": {"application/json": response}}, **errors(*ERRORS)},
        openapi_extra={"requestBody": _body(action)},
    )


def _body(action: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": embedded(_schema(action))}
    if example := example_of(action):
        content["example"] = example
    return {"required": True, "content": {"application/json": content}}


def _schema(name: str) -> dict[str, Any]:
    """The official JSON schema, as the `ocpp` package carries it."""
    text = resources.files("ocpp.v16").joinpath("schemas", f"{name}.json").read_text("utf-8-sig")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _add_unknown(router: APIRouter) -> None:
    async def unknown(charge_point: str, action: str) -> None:
        near = get_close_matches(action, REQUESTS) or sorted(REQUESTS)
        raise HTTPException(404, f"there is no action {action[:50]!r}; near: {', '.join(near)}")

    path = "/{charge_point:path}/{action}"
    router.add_api_route(path, unknown, methods=["POST"], include_in_schema=False)


def _known(system: Commands, charge_point: str) -> dict[str, Any]:
    found = system.charge_point(charge_point)
    if found is None:
        ids = [each["id"] for each in system.charge_points()]
        known = ", ".join(ids[:10]) or "none has connected yet"
        raise HTTPException(404, f"there is no charge point {charge_point[:50]!r}; known: {known}")
    return found


async def _busy(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": f"{RETRY_AFTER}"})


async def _call_failed(_: Request, error: Exception) -> JSONResponse:
    """A CALLERROR also as its code; its text is the peer's, of bounded length."""
    code = error.code if isinstance(error, CallFailed) else None
    return JSONResponse({"detail": str(error)} | ({"code": code} if code else {}), 502)
