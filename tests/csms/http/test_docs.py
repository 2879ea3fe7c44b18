"""The page of the HTTP interface: what it loads, and that a person can use it in a browser."""

import asyncio
import json
import re

import pytest

from tests.browser import Browser
from tests.steered import Steered


async def test_the_page_takes_everything_from_here(interface: Steered) -> None:
    page = await interface.get("/docs", authorization=None)
    html = page.body.decode()
    assert page.status == 200
    assert "http://" not in html
    assert "https://" not in html
    for asset in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert asset.startswith("/assets/")
        assert (await interface.get(asset, authorization=None)).status == 200


async def test_the_page_may_load_and_ask_nothing_from_elsewhere(interface: Steered) -> None:
    policy = (await interface.get("/docs", authorization=None)).headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in rules["script-src"]


@pytest.mark.browser
async def test_a_person_sends_a_command_from_the_page(interface: Steered) -> None:
    await asyncio.to_thread(use_page, interface)
    assert interface.system.sent == [("CP_1", "Reset", {"type": "Soft"})]


def use_page(interface: Steered) -> None:
    """As a person: Authorize with the token, open Reset, Try it out, name CP_1, Execute."""
    token = json.dumps(interface.access.token)
    with Browser() as browser:
        browser.open(f"{interface.access.url}/docs")
        browser.wait_until("document.querySelector('#operations-commands-Reset button')")
        browser.evaluate(f"void ui.preauthorizeApiKey('HTTPBearer', {token})")
        press(browser, "#operations-commands-Reset button")
        press(browser, "#operations-commands-Reset .try-out button")
        browser.wait_until("document.querySelector('input[placeholder=charge_point]')")
        browser.evaluate(TYPE_CHARGE_POINT)
        press(browser, "#operations-commands-Reset .execute")
        browser.wait_until("document.querySelector('.live-responses-table .response-col_status')")
        answer = browser.evaluate("document.querySelector('.live-responses-table').innerText")
        assert '"status": "Accepted"' in answer


# React takes a value only when its own setter is bypassed and the event bubbles; Swagger UI takes
# it when the field is left.
TYPE_CHARGE_POINT = """
const field = document.querySelector('input[placeholder=charge_point]');
const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
set.call(field, 'CP_1');
field.dispatchEvent(new Event('input', {bubbles: true}));
field.dispatchEvent(new FocusEvent('focusout', {bubbles: true}));
"""


def press(browser: Browser, selector: str) -> None:
    """Click once it is there."""
    found = f"document.querySelector({json.dumps(selector)})"
    browser.wait_until(found)
    browser.evaluate(f"void {found}.click()")
