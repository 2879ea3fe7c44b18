"""The page of the HTTP interface at /docs: Swagger UI, all of it from here.

FastAPI's own page takes it from a CDN. But a bench has no network, and no other server's script
may run where the token is pasted.
"""

import base64
import hashlib
import re

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS = "/assets"


def add_docs(app: FastAPI) -> None:
    """The page and what it loads, for everybody: it tells the schema and nothing else."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
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
