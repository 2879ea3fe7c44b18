"""The CALLs of ours that wait for an answer."""

import asyncio
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.logic.ocppj import CallError, CallResult
from rig.outstanding import CallFailed, NoAnswer, Outstanding

AUTHORIZE = call.Authorize(id_tag="RIG")
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
TYPED = call_result.Authorize(id_tag_info={"status": "Accepted"})  # type: ignore[arg-type]


async def test_a_result_resolves_its_call_and_is_told_for_the_log() -> None:
    outstanding = Outstanding()
    response = outstanding.add("a", AUTHORIZE)
    assert outstanding.resolve(CallResult("a", ACCEPTED)) == TYPED
    assert await response == TYPED


@pytest.mark.parametrize(
    ("answer", "why", "code"),
    [
        (CallError("a", "GenericError", "sorry"), "CALLERROR GenericError: sorry", "GenericError"),
        (CallResult("a", {}), r"breaks the schema \(ProtocolError\)", None),
        (CallResult("a", {"idTagInfo": {"status": "Maybe"}}), "breaks the schema", None),
        (CallResult("a", ACCEPTED | {"x": 1}), r"\(FormationViolation\)", None),
    ],
)
async def test_an_answer_that_is_no_response_fails_its_call(
    answer: Any, why: str, code: str | None
) -> None:
    outstanding = Outstanding()
    response = outstanding.add("a", AUTHORIZE)
    assert outstanding.resolve(answer) is None
    with pytest.raises(CallFailed, match=why) as failed:
        await response
    assert failed.value.code == code
    assert not isinstance(failed.value, NoAnswer)


async def test_no_answer_in_time_fails_the_call_and_a_late_one_belongs_to_nobody() -> None:
    outstanding = Outstanding(lambda: 0.01)
    with pytest.raises(NoAnswer, match=r"no answer within 0\.01 s"):
        await outstanding.add("a", AUTHORIZE)
    with pytest.raises(LookupError):
        outstanding.resolve(CallResult("a", ACCEPTED))


async def test_each_call_has_its_own_time_whichever_was_asked_first() -> None:
    times = iter((30.0, 0.01, 0.02))
    outstanding = Outstanding(lambda: next(times))
    slow, sooner, later = (outstanding.add(unique_id, AUTHORIZE) for unique_id in "abc")
    with pytest.raises(NoAnswer, match=r"no answer within 0\.01 s"):
        await sooner
    with pytest.raises(NoAnswer, match=r"no answer within 0\.02 s"):
        await later
    assert not slow.done()
    outstanding.resolve(CallResult("a", ACCEPTED))
    assert await slow == TYPED


async def test_an_answer_to_nothing_or_to_what_nobody_waits_for_any_more_is_said_so() -> None:
    outstanding = Outstanding()
    outstanding.add("a", AUTHORIZE).cancel()
    for unique_id in "ab":
        with pytest.raises(LookupError):
            outstanding.resolve(CallResult(unique_id, ACCEPTED))


async def test_the_same_id_again_gives_up_the_first() -> None:
    outstanding = Outstanding()
    first = outstanding.add("a", AUTHORIZE)
    second = outstanding.add("a", AUTHORIZE)
    outstanding.resolve(CallResult("a", ACCEPTED))
    assert await second == TYPED
    with pytest.raises(CallFailed, match="sent again"):
        await first


async def test_once_cancelled_nothing_is_outstanding_any_more() -> None:
    outstanding = Outstanding()
    before = outstanding.add("a", AUTHORIZE)
    outstanding.cancel()
    after = outstanding.add("b", AUTHORIZE)
    assert before.cancelled()
    assert after.cancelled()


async def test_what_a_peer_says_of_a_secret_is_not_passed_on() -> None:
    outstanding = Outstanding()
    response = outstanding.add("a", call.ChangeConfiguration("AuthorizationKey", "s3cret"))
    outstanding.resolve(CallError("a", "InternalError", "s3cret is too short"))
    await asyncio.wait({response})
    assert str(response.exception()) == "***"
