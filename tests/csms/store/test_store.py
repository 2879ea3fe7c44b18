import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus as Status
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus
from sqlalchemy import Table, select

from rig.csms.logic.tags import Tag
from rig.csms.store import writer
from rig.csms.store.database import read_only
from rig.csms.store.store import Store, StoreFailed
from rig.csms.store.tables import (
    charge_points,
    meter_values,
    security_events,
    statuses,
    transactions,
)
from rig.role.errors import UserError
from tests.databases import Server
from tests.messages import NOW, sample, start, stop, values
from tests.stores import answer

LOG = logging.getLogger("rig.test")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(database_url, LOG)
    yield opened
    await opened.close()


def rows(url: str, table: Table) -> list[Any]:
    """What another program sees."""
    with read_only(url) as connection:
        return list(connection.execute(select(table)))


async def begin(store: Store, charge_point: str = "CP_1", **what: Any) -> int:
    answered = await answer(store, charge_point, start(**what), NOW)
    number: int = answered.transaction_id
    return number


async def test_a_session_is_in_the_database_when_each_message_is_answered(
    store: Store, database_url: str
) -> None:
    number = await begin(store)
    assert len(rows(database_url, transactions)) == 1
    answered = await answer(store, "CP_1", values(sample("1500"), transaction=number), NOW)
    assert answered == call_result.MeterValues()
    assert [row.value for row in rows(database_url, meter_values)] == ["1500"]
    answered = await answer(store, "CP_1", stop(number, 3000, tag="ABC"), NOW)
    assert answered == call_result.StopTransaction(IdTagInfo(Status.accepted))
    assert [row.meter_stop for row in rows(database_url, transactions)] == [3000]


async def test_a_restarted_central_system_knows_what_runs(database_url: str) -> None:
    first = Store(database_url, LOG)
    old, ended, new = [await begin(first, meter=n, connector=n) for n in (1, 2, 3)]
    await begin(first, "CP_2")
    await answer(first, "CP_1", stop(ended), NOW)
    await first.close()
    second = Store(database_url, LOG)
    assert [each.id for each in await second.running("CP_1")] == [new, old]
    assert await begin(second, meter=3, connector=3) == new  # sent again
    assert await begin(second, meter=4, connector=4) == new + 2
    await second.close()


async def test_a_restarted_central_system_knows_who_booted(database_url: str) -> None:
    first = Store(database_url, LOG)
    first.note("CP_1", call.BootNotification("m", "v"), NOW)
    first.note("CP_2", call.Heartbeat(), NOW)
    await first.close()
    second = Store(database_url, LOG)
    assert [await second.knows(name) for name in ("CP_1", "CP_2", "CP_3")] == [True, False, False]
    await second.close()


async def test_two_central_systems_share_one_database(database_url: str) -> None:
    one, two = Store(database_url, LOG), Store(database_url, LOG)

    async def several(store: Store, charge_point: str) -> list[int]:
        return [await begin(store, charge_point, meter=n) for n in range(20)]

    mine, yours = await asyncio.gather(several(one, "CP_1"), several(two, "CP_2"))
    assert len({*mine, *yours}) == 40
    assert (sorted(mine), sorted(yours)) == (mine, yours)
    assert await several(two, "CP_1") == mine  # the same charge point, at the other one
    await one.put_tag(Tag("ABC", Status.blocked))
    answered = await answer(two, "CP_1", call.Authorize("abc"), NOW)
    assert answered.id_tag_info.status == "Blocked"
    await asyncio.gather(one.close(), two.close())


async def test_the_same_start_at_two_central_systems_at_once_is_one(database_url: str) -> None:
    stores = [Store(database_url, LOG) for _ in range(2)]
    for meter in range(10):
        one, two = await asyncio.gather(*[begin(store, meter=meter) for store in stores])
        assert one == two
    await asyncio.gather(*[store.close() for store in stores])


async def test_notes_are_written_by_themselves(store: Store, database_url: str) -> None:
    status = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)
    store.note("CP_1", call.BootNotification("One", "Rig"), NOW)
    store.note("CP_1", status, NOW)
    store.note("CP_1", call.Heartbeat(), NOW + 60)
    store.note_security("CP_1", "SecondConnection", "from 10.0.0.7", NOW)
    await store.tags()  # after which all before is written
    assert [row.seen_at for row in rows(database_url, charge_points)] == [NOW + 60]
    assert [row.status for row in rows(database_url, statuses)] == ["Available"]
    assert [row.event for row in rows(database_url, security_events)] == ["SecondConnection"]


async def test_of_a_flood_of_security_events_few_are_kept_and_the_next_says_how_many_were_not(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monotonic = time.monotonic
    for number in range(500):
        store.note_security("CP_1", "X", f"{number}", NOW)
    store.note_security("CP_2", "X", "of another", NOW)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 61.0)
    store.note_security("CP_1", "X", "later", NOW + 61)
    await store.tags()  # after which all before is written
    details = [row.detail for row in rows(database_url, security_events)]
    assert len(details) == 102
    assert {"0", "99", "of another", "later (400 before this one are not kept)"} < {*details}


async def test_tags_are_known_from_the_next_answer_on(store: Store) -> None:
    store.set_tags([Tag("ABC", Status.blocked)])
    answered = await answer(store, "CP_1", call.Authorize("ABC"), NOW)
    assert answered == call_result.Authorize(IdTagInfo(Status.blocked))
    await store.put_tag(Tag("XYZ", expires=NOW - 1))
    assert await store.tags() == [Tag("ABC", Status.blocked), Tag("XYZ", expires=NOW - 1)]


async def test_unknown_tags_are_invalid_where_the_bench_wants_it(database_url: str) -> None:
    strict = Store(database_url, LOG, "invalid")
    answered = await answer(strict, "CP_1", start(tag="NEW"), NOW)
    assert answered.id_tag_info == IdTagInfo(Status.invalid)
    await strict.close()


async def test_many_at_once_are_all_answered_with_their_own_answer(
    store: Store, database_url: str
) -> None:
    starts = [answer(store, f"CP_{n}", start(meter=n), NOW) for n in range(200)]
    numbers = [answered.transaction_id for answered in await asyncio.gather(*starts)]
    kept = {row.charge_point: row.id for row in rows(database_url, transactions)}
    assert kept == {f"CP_{n}": number for n, number in enumerate(numbers)}


def test_a_database_that_cannot_be_opened_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does its directory exist"):
        Store(f"sqlite:///{tmp_path}/no/csms.db", LOG)


@pytest.mark.postgresql
async def test_a_server_that_died_is_found_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.05)
    store = Store(server.new_database(), LOG)
    number = await begin(store)
    await asyncio.to_thread(server.kill)
    store.note("CP_1", call.Heartbeat(), NOW + 60)
    with pytest.raises(StoreFailed):
        await answer(store, "CP_1", stop(number), NOW)
    await asyncio.to_thread(server.start)
    assert [each.id for each in await store.running("CP_1")] == [number]
    await answer(store, "CP_1", stop(number), NOW)
    assert await store.running("CP_1") == []
    await store.close()


# what is over


async def test_what_is_over_is_deleted_between_the_answers_to_others(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.store.expiry.BATCH", 1)
    monkeypatch.setattr("rig.csms.store.store.PAUSE", 0.0)
    for number in range(100):
        store.note_security("CP_1", "X", str(number), NOW)
    number = await begin(store)
    deleting = asyncio.create_task(store.delete_older(60.0, NOW + 61.0))
    await answer(store, "CP_1", values(sample("1500"), transaction=number), NOW)
    assert not deleting.done()  # it takes 100 groups
    assert await deleting == 100
    assert rows(database_url, security_events) == []


async def test_a_clock_that_begins_at_1970_has_nothing_deleted(
    store: Store, database_url: str
) -> None:
    store.note_security("CP_1", "X", "", NOW)
    await answer(store, "CP_1", values(sample("1500")), NOW)
    assert await store.delete_older(86400.0, 60.0) == 0
    assert len(rows(database_url, security_events)) == 1
    assert len(rows(database_url, meter_values)) == 1


async def test_a_database_that_fails_meanwhile_is_told_to_who_deletes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/csms.db", LOG)
    (tmp_path / "csms.db").rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreFailed):
        await store.delete_older(60.0, NOW)
    await store.close()
