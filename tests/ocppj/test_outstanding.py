"""The CALLs of ours that wait for an answer."""

import asyncio
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.ocppj.logic.framing import CallError, CallResult
from rig.ocppj.outstanding import CallFailed, NoAnswer, Outstanding
from tests.event_loop import arriving, stand_still, turn
from tests.processes import PATIENCE

AUTHORIZE = call.Authorize(id_tag="RIG")
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
TYPED = call_result.Authorize(id_tag_info={"status": "Accepted"})  # type: ignore[arg-type]


def waits(outstanding: Outstanding, unique_id: str, request: Any = AUTHORIZE) -> list[Any]:
    """A CALL that waits; what it comes to."""
    came = list[Any]()
    outstanding.add(unique_id, request, came.append)
    return came


def answered(outstanding: Outstanding, answer: Any) -> None:
    outcome, settle = outstanding.take(answer)
    settle(outcome)


async def test_a_result_is_for_whom_asked() -> None:
    outstanding = Outstanding()
    one, other = waits(outstanding, "a"), waits(outstanding, "b")
    answered(outstanding, CallResult("a", ACCEPTED))
    assert (one, other) == ([TYPED], [])


@pytest.mark.parametrize(
    ("answer", "why", "code"),
    [
        (CallError("a", "GenericError", "sorry"), "CALLERROR GenericError: sorry", "GenericError"),
        (CallResult("a", {}), "its response breaks the schema (ProtocolError)", None),
        (
            CallResult("a", {"idTagInfo": {"status": "Maybe"}}),
            "its response breaks the schema (PropertyConstraintViolation)",
            None,
        ),
        (
            CallResult("a", ACCEPTED | {"x": 1}),
            "its response breaks the schema (FormationViolation)",
            None,
        ),
    ],
)
async def test_an_answer_that_is_no_response_fails_its_call(
    answer: Any, why: str, code: str | None
) -> None:
    outstanding = Outstanding()
    came = waits(outstanding, "a")
    answered(outstanding, answer)
    (failed,) = came
    assert type(failed) is CallFailed
    assert (str(failed), failed.code) == (why, code)


async def test_no_answer_in_time_fails_the_call_and_a_late_one_belongs_to_nobody() -> None:
    outstanding = Outstanding(lambda: 0.01)
    assert await failure(outstanding, "a") == "no answer within 0.01 s"
    with pytest.raises(LookupError):
        outstanding.take(CallResult("a", ACCEPTED))


async def failure(outstanding: Outstanding, unique_id: str) -> str:
    """Ask, and wait for what it comes to: no answer."""
    came: asyncio.Queue[Any] = asyncio.Queue()
    outstanding.add(unique_id, AUTHORIZE, came.put_nowait)
    error = await came.get()
    assert type(error) is NoAnswer
    return str(error)


async def test_an_answer_that_came_while_this_process_stood_still_is_in_time() -> None:
    outstanding = Outstanding(lambda: 0.1)
    came = waits(outstanding, "a")
    with arriving(lambda: answered(outstanding, CallResult("a", ACCEPTED))):
        stand_still(0.3)
        async with asyncio.timeout(PATIENCE):
            while not came:
                await turn()
    assert came == [TYPED]


async def test_each_call_has_its_own_time_whichever_was_asked_first() -> None:
    times = iter((30.0, 0.02, 0.01))
    outstanding = Outstanding(lambda: next(times))
    slow = waits(outstanding, "a")
    later = asyncio.ensure_future(failure(outstanding, "b"))
    sooner = asyncio.ensure_future(failure(outstanding, "c"))
    assert await sooner == "no answer within 0.01 s"
    assert await later == "no answer within 0.02 s"
    assert slow == []
    answered(outstanding, CallResult("a", ACCEPTED))
    assert slow == [TYPED]


async def test_an_answer_to_nothing_is_said_so() -> None:
    with pytest.raises(LookupError):
        Outstanding().take(CallResult("a", ACCEPTED))


async def test_the_same_id_again_gives_up_the_first() -> None:
    outstanding = Outstanding()
    first, second = waits(outstanding, "a"), waits(outstanding, "a")
    answered(outstanding, CallResult("a", ACCEPTED))
    assert second == [TYPED]
    assert [str(error) for error in first] == ["sent again"]


async def test_once_closed_nothing_is_outstanding_any_more() -> None:
    outstanding = Outstanding(lambda: 0.0)
    before = waits(outstanding, "a")
    outstanding.close()
    after = waits(outstanding, "b")
    for unique_id in "ab":
        with pytest.raises(LookupError):
            outstanding.take(CallResult(unique_id, ACCEPTED))
    turned = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, turned.set)  # after their time
    await turned.wait()
    assert before == after == []


async def test_what_a_peer_says_of_a_secret_is_not_passed_on() -> None:
    outstanding = Outstanding()
    came = waits(outstanding, "a", call.ChangeConfiguration("AuthorizationKey", "s3cret"))
    answered(outstanding, CallError("a", "InternalError", "s3cret is too short"))
    assert [str(error) for error in came] == ["***"]
