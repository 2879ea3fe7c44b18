"""What the HTTP interface answers, over real HTTP on loopback."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from rig.csms.commands import Busy, CallFailed, NoAnswer, NotConnected
from rig.csms.http.app import build_app
from rig.csms.logic.openapi import embedded
from rig.csms.logic.requests import REQUESTS
from tests.csms.logic.test_openapi import official
from tests.steered import Answer, FakeSystem, FakeTags, Steered, steered

RESET = "/charge-points/CP_1/Reset"
HARD = {"type": "Hard"}


async def test_the_charge_points_are_listed(interface: Steered) -> None:
    answer = await interface.get("/charge-points")
    assert answer.status == 200
    assert answer.json == [{"id": "CP_1", "connected": True, "transactions": []}]


async def test_one_charge_point_is_told_alone(interface: Steered) -> None:
    answer = await interface.get("/charge-points/CP_1")
    assert (answer.status, answer.json["id"]) == (200, "CP_1")


async def test_a_command_reaches_the_charge_point_and_its_response_comes_back(
    interface: Steered,
) -> None:
    answer = await interface.post(RESET, HARD)
    assert (answer.status, answer.json) == (200, {"status": "Accepted"})
    assert interface.system.sent == [("CP_1", "Reset", {"type": "Hard"})]


@pytest.mark.parametrize("path", ["/charge-points/CP_2", "/charge-points/CP_2/Reset"])
async def test_an_unknown_charge_point_is_404_and_the_known_are_named(
    interface: Steered, path: str
) -> None:
    answer = await (interface.post(path, HARD) if "Reset" in path else interface.get(path))
    assert answer.status == 404
    assert answer.detail == "there is no charge point 'CP_2'; known: CP_1"


async def test_an_unknown_action_is_404_and_the_nearest_are_named(interface: Steered) -> None:
    answer = await interface.post("/charge-points/CP_1/reset", {})
    assert (answer.status, answer.detail) == (404, "there is no action 'reset'; near: Reset")


async def test_what_only_a_charge_point_sends_is_no_action(interface: Steered) -> None:
    answer = await interface.post("/charge-points/CP_1/Heartbeat", {})
    assert answer.status == 404
    assert interface.system.sent == []


async def test_a_slash_in_an_id_is_part_of_it(interface: Steered) -> None:
    answer = await interface.post("/charge-points/a%2Fb/Reset", HARD)
    assert answer.detail == "there is no charge point 'a/b'; known: CP_1"


async def test_a_payload_that_breaks_its_schema_is_422_and_says_why(interface: Steered) -> None:
    answer = await interface.post(RESET, {})
    assert answer.status == 422
    assert answer.detail == "Reset: type is missing"


FAILURES: list[tuple[Exception, int, dict[str, Any]]] = [
    (NotConnected("CP_1 is not connected"), 409, {"detail": "CP_1 is not connected"}),
    (
        CallFailed("CALLERROR NotSupported: no", "NotSupported"),
        502,
        {"detail": "CALLERROR NotSupported: no", "code": "NotSupported"},
    ),
    (
        CallFailed("its response breaks the schema"),
        502,
        {"detail": "its response breaks the schema"},
    ),
    (NoAnswer("no answer within 30 s"), 504, {"detail": "no answer within 30 s"}),
    (Busy("32 commands wait already"), 503, {"detail": "32 commands wait already"}),
]


@pytest.mark.parametrize(("failure", "status", "content"), FAILURES)
async def test_each_failure_has_its_status(
    tmp_path: Path, failure: Exception, status: int, content: dict[str, Any]
) -> None:
    async with steered(tmp_path, FakeSystem(failure)) as interface:
        answer = await interface.post(RESET, HARD)
        assert (answer.status, answer.json) == (status, content)


async def test_one_that_is_busy_says_when_to_try_again(tmp_path: Path) -> None:
    async with steered(tmp_path, FakeSystem(Busy("32 commands wait already"))) as interface:
        answer = await interface.post(RESET, HARD)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_a_defect_is_logged_and_answered_without_a_word_about_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with steered(tmp_path, FakeSystem(RuntimeError("inside"))) as interface:
        answer = await interface.post(RESET, HARD)
        assert answer.status == 500
        assert b"inside" not in answer.body
        assert "ended in a defect of the rig; please report it" in caplog.text
        assert (await interface.get("/charge-points")).status == 200


@pytest.mark.parametrize("body", [b'"' + b"x" * (1 << 20) + b'"', [b" " * 100_000] * 20])
async def test_a_body_of_more_than_a_megabyte_is_413_however_it_is_sent(
    interface: Steered, body: object
) -> None:
    answer = await interface.ask("POST", RESET, body)  # a list is sent in chunks
    assert (answer.status, answer.detail) == (413, "the body is longer than 1048576 bytes")


BODIES = {"POST": RESET, "PUT": "/tags/ABC"}


@pytest.mark.parametrize("method", BODIES)
@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"\xff", b"[" * 15_000, b"[]", b"1", b'{"type": NaN}', b"1" * 5000],
    ids=["empty", "text", "bytes", "deep", "array", "number", "nan", "long number"],
)
async def test_a_body_that_is_no_json_object_is_400_in_a_short_answer(
    interface: Steered, method: str, body: bytes
) -> None:
    answer = await interface.ask(method, BODIES[method], body)
    assert answer.status == 400
    assert len(answer.body) < 512
    assert interface.system.sent == []
    assert len(interface.tags.known) == 1


@pytest.mark.parametrize("method", BODIES)
async def test_a_body_of_too_many_values_is_413(interface: Steered, method: str) -> None:
    body = b'{"type":[' + b"0," * 16_384 + b"0]}"
    answer = await interface.ask(method, BODIES[method], body)
    assert (answer.status, answer.detail) == (413, "the body has too many values for its length")
    assert interface.system.sent == []


async def test_a_body_with_a_byte_order_mark_is_read(interface: Steered) -> None:
    """As Windows PowerShell writes it."""
    answer = await interface.ask("POST", BODIES["POST"], b'\xef\xbb\xbf{"type":"Hard"}')
    assert answer.status == 200


def closed(answer: Answer) -> bool:
    return answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", "Bearer wr\xf6ng", "Basic dXNlcjpwYXNz"]
)
async def test_nothing_is_told_or_done_without_the_token(
    interface: Steered, header: str | None
) -> None:
    assert closed(await interface.get("/charge-points", authorization=header))
    assert closed(await interface.get("/charge-points/CP_1", authorization=header))
    assert closed(await interface.post(RESET, HARD, authorization=header))
    assert closed(await interface.post("/charge-points/X/Y", {}, authorization=header))
    assert closed(await interface.get("/tags", authorization=header))
    assert closed(await interface.put("/tags/ABC", {}, authorization=header))
    assert len(interface.tags.known) == 1
    assert interface.system.sent == []


async def test_the_token_counts_in_no_other_place(interface: Steered) -> None:
    path = f"/charge-points?token={interface.access.token}&access_token={interface.access.token}"
    assert closed(await interface.get(path, authorization=None))
    cookie = f"token={interface.access.token}"
    assert closed(await interface.get("/charge-points", authorization=None, cookie=cookie))


async def test_no_answer_lets_another_origin_in_or_sets_a_cookie(interface: Steered) -> None:
    for path in ("/docs", "/openapi.json", "/charge-points", "/nowhere"):
        names = {name.lower() for name in (await interface.get(path)).headers}
        assert not {name for name in names if name.startswith("access-control")}
        assert "set-cookie" not in names


async def test_the_schema_is_for_everybody(interface: Steered) -> None:
    answer = await interface.get("/openapi.json", authorization=None)
    assert answer.json == build_app(FakeSystem(), FakeTags(), "secret").openapi()
    assert b"secret" not in answer.body


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build_app(FakeSystem(), FakeTags(), "secret").openapi()


def test_the_schema_has_an_entry_for_every_command(document: dict[str, Any]) -> None:
    posts = [path for path, item in document["paths"].items() if "post" in item]
    assert {path.rpartition("/")[2] for path in posts} == set(REQUESTS)


@pytest.mark.parametrize("action", sorted(REQUESTS))
def test_each_entry_carries_the_official_schemas(document: dict[str, Any], action: str) -> None:
    entry = document["paths"][f"/charge-points/{{charge_point}}/{action}"]["post"]
    request = entry["requestBody"]["content"]["application/json"]
    response = entry["responses"]["200"]["content"]["application/json"]
    assert request["schema"] == embedded(official(action))
    assert response["schema"] == embedded(official(f"{action}Response"))
    assert entry["requestBody"]["required"]
    failures = {"400", "401", "404", "409", "422", "502", "503", "504"}
    assert set(entry["responses"]) == {"200", *failures}
    if "example" in request:
        jsonschema_rs.validate(request["schema"], request["example"])
