"""The CALLs of ours that wait for an answer."""

import asyncio
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.ocppj.logic.exchange import Answered, Failed
from rig.ocppj.logic.framing import CallError, CallResult
from rig.ocppj.outstanding import Outstanding
from tests.event_loop import arriving, stand_still, turn
from tests.processes import PATIENCE

AUTHORIZE = call.Authorize(id_tag="RIG")
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
TYPED = call_result.Authorize(id_tag_info={"status": "Accepted"})  # type: ignore[arg-type]


def nothing(event: Any) -> None:
    raise AssertionError(f"{event} was told")


async def test_a_result_is_for_the_call_of_its_id() -> None:
    outstanding = Outstanding(nothing)
    outstanding.add("a", AUTHORIZE)
    outstanding.add("b", call.Heartbeat())
    assert outstanding.take(CallResult("a", ACCEPTED)) == Answered(AUTHORIZE, TYPED)


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
    outstanding = Outstanding(nothing)
    outstanding.add("a", AUTHORIZE)
    assert outstanding.take(answer) == Failed(AUTHORIZE, why, code)


async def test_no_answer_in_time_fails_the_call_and_a_late_one_belongs_to_nobody() -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()
    outstanding = Outstanding(told.put_nowait, lambda: 0.01)
    outstanding.add("a", AUTHORIZE)
    assert await told.get() == Failed(AUTHORIZE, "no answer within 0.01 s", in_time=False)
    with pytest.raises(LookupError):
        outstanding.take(CallResult("a", ACCEPTED))


async def test_an_answer_that_came_while_this_process_stood_still_is_in_time() -> None:
    outstanding, came = Outstanding(nothing, lambda: 0.1), list[Any]()
    outstanding.add("a", AUTHORIZE)
    with arriving(lambda: came.append(outstanding.take(CallResult("a", ACCEPTED)))):
        stand_still(0.3)
        async with asyncio.timeout(PATIENCE):
            while not came:
                await turn()
    assert came == [Answered(AUTHORIZE, TYPED)]


async def test_each_call_has_its_own_time_whichever_was_asked_first() -> None:
    times, told = iter((30.0, 0.6, 0.01)), asyncio.Queue[Any]()
    outstanding = Outstanding(told.put_nowait, lambda: next(times))
    for unique_id in "abc":
        outstanding.add(unique_id, AUTHORIZE)
    assert (await told.get()).why == "no answer within 0.01 s"
    assert (await told.get()).why == "no answer within 0.6 s"
    assert outstanding.take(CallResult("a", ACCEPTED)) == Answered(AUTHORIZE, TYPED)


async def test_an_answer_to_nothing_is_said_so() -> None:
    with pytest.raises(LookupError):
        Outstanding(nothing).take(CallResult("a", ACCEPTED))


async def test_the_same_id_again_gives_up_the_first() -> None:
    told = list[Any]()
    outstanding = Outstanding(told.append)
    outstanding.add("a", call.Heartbeat())
    outstanding.add("a", AUTHORIZE)
    assert told == [Failed(call.Heartbeat(), "sent again")]
    assert outstanding.take(CallResult("a", ACCEPTED)) == Answered(AUTHORIZE, TYPED)


async def test_once_closed_nothing_is_outstanding_any_more() -> None:
    outstanding = Outstanding(nothing, lambda: 0.0)
    outstanding.add("a", AUTHORIZE)
    outstanding.close()
    outstanding.add("b", AUTHORIZE)
    for unique_id in "ab":
        with pytest.raises(LookupError):
            outstanding.take(CallResult(unique_id, ACCEPTED))
    turned = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, turned.set)  # after their time
    await turned.wait()


async def test_what_a_peer_says_of_a_secret_is_not_passed_on() -> None:
    outstanding = Outstanding(nothing)
    request = call.ChangeConfiguration("AuthorizationKey", "s3cret")
    outstanding.add("a", request)
    failed = outstanding.take(CallError("a", "InternalError", "s3cret is too short"))
    assert failed == Failed(request, "***", "InternalError")
