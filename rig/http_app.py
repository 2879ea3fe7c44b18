"""The HTTP interface of the central system: what can be asked, as FastAPI routes.

    GET  /charge-points
    GET  /charge-points/{id}
    POST /charge-points/{id}/{Action}      body and answer: the OCPP payloads

The page at /docs and the schema behind it are for everybody; all else needs the token.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles

from rig import __version__
from rig.commands import COMMANDS, CallFailed, Commands, InvalidRequest, NotConnected
from rig.logic.csms.openapi import embedded
from rig.logic.csms.requests import example_of
from rig.peer import NoAnswer

TITLE = "EV charging rig: central system"
DESCRIPTION = """\
Steer charge points over OCPP 1.6. Press **Authorize** and paste the token: it is in the file that
`rig csms` names in its log. `rig send` does the same from the command line."""
ERRORS = {
    400: "the body is no JSON object",
    401: "the token is missing or wrong",
    404: "no such charge point, or no such action",
    409: "the charge point is not connected",
    422: "the payload breaks the schema of its action",
    502: "the charge point answered with a CALLERROR or with a broken response",
    503: "the central system ends",
    504: "the charge point did not answer in time",
}
ASSETS = "/assets"

Endpoint = Callable[[str, Request], Awaitable[JSONResponse]]
bearer = HTTPBearer(auto_error=False, description="from the token file")


def build_app(system: Commands, token: str) -> FastAPI:
    """The routes that steer this system, for whoever has the token."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    _add_docs(app)
    router = APIRouter(prefix="/charge-points", dependencies=[Depends(_authorised_by(token))])
    _add_charge_points(router, system)
    for action in sorted(COMMANDS):
        _add_command(router, system, action)
    _add_unknown(router)
    app.include_router(router)
    app.add_exception_handler(NotConnected, _answered_with(409))
    app.add_exception_handler(InvalidRequest, _answered_with(422))
    app.add_exception_handler(NoAnswer, _answered_with(504))
    app.add_exception_handler(CallFailed, _call_failed)
    return app


def _authorised_by(token: str) -> Callable[..., Awaitable[None]]:
    async def authorised(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        text = given.credentials if given else ""
        if not hmac.compare_digest(text.encode(), token.encode()):
            raise HTTPException(401, ERRORS[401], {"WWW-Authenticate": "Bearer"})

    return authorised


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
        responses=_errors(401),
    )
    router.add_api_route(
        "/{charge_point:path}",
        charge_point,
        summary="one of them",
        tags=["charge points"],
        responses=_errors(401, 404),
    )


def _add_command(router: APIRouter, system: Commands, action: str) -> None:
    async def command(charge_point: str, request: Request) -> JSONResponse:
        _known(system, charge_point)
        payload = _payload(await request.body())
        return JSONResponse(await system.send(charge_point, action, payload))

    response = {"schema": embedded(_schema(f"{action}Response"))}
    router.add_api_route(
        f"/{{charge_point:path}}/{action}",
        command,
        methods=["POST"],
        operation_id=action,
        summary=action,
        tags=["commands"],
        response_description="what the charge point answered",
        responses={200: {"content": {"application/json": response}}, **_errors(*ERRORS)},
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
        near = get_close_matches(action, COMMANDS) or sorted(COMMANDS)
        raise HTTPException(404, f"there is no action {action[:50]!r}; near: {', '.join(near)}")

    path = "/{charge_point:path}/{action}"
    router.add_api_route(path, unknown, methods=["POST"], include_in_schema=False)


def _known(system: Commands, charge_point: str) -> dict[str, Any]:
    found = {each["id"]: each for each in system.charge_points()}
    if charge_point not in found:
        known = ", ".join(sorted(found)[:10]) or "none has connected yet"
        raise HTTPException(404, f"there is no charge point {charge_point[:50]!r}; known: {known}")
    return found[charge_point]


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise HTTPException(400, ERRORS[400])
    return payload


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    detail = {"type": "object", "properties": {"detail": {"type": "string"}}}
    content = {"application/json": {"schema": detail}}
    return {status: {"description": ERRORS[status], "content": content} for status in statuses}


def _answered_with(status: int) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer


async def _call_failed(_: Request, error: Exception) -> JSONResponse:
    """A CALLERROR also as its code; its text is the peer's, of bounded length."""
    code = error.code if isinstance(error, CallFailed) else None
    return JSONResponse({"detail": str(error)} | ({"code": code} if code else {}), 502)


def _add_docs(app: FastAPI) -> None:
    """The page, all of it from here: a bench has no network, and nobody else's script may run."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=TITLE,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
        swagger_ui_parameters={"validatorUrl": None, "defaultModelsExpandDepth": -1},
    )
    html = bytes(page.body).decode()
    policy = {"Content-Security-Policy": _policy(html)}

    async def docs() -> HTMLResponse:
        return HTMLResponse(html, headers=policy)

    app.add_api_route("/docs", docs, include_in_schema=False)
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))


def _policy(html: str) -> str:
    """Scripts of our own and the one in the page, requests only to us, in nobody's frame."""
    inline = re.search("<script>(.*?)</script>", html, re.DOTALL)
    assert inline, "the page of FastAPI begins Swagger UI by a script in it"
    digest = base64.b64encode(hashlib.sha256(inline.group(1).encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
