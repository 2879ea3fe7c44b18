"""Tags over HTTP; what a tag may be is rig.csms.logic.tags."""

from pathlib import Path
from typing import Any

import pytest

from rig.csms.logic.tags import Tag
from rig.csms.store.store import StoreFailed
from tests.steered import FakeTags, Steered, steered


async def test_the_known_tags_are_listed(interface: Steered) -> None:
    answer = await interface.get("/tags")
    assert answer.status == 200
    assert answer.json == [
        {
            "id_tag": "RIG",
            "status": "Accepted",
            "expires": None,
            "parent": None,
            "concurrent": False,
        }
    ]


async def test_a_tag_that_is_put_is_known(interface: Steered) -> None:
    row = {"expires": "2027-01-01T00:00:00Z", "parent": "FLEET", "concurrent": True}
    answer = await interface.put("/tags/ABC", row)
    assert answer.status == 200
    assert answer.json == {
        "id_tag": "ABC",
        "status": "Accepted",
        "expires": "2027-01-01T00:00:00.000Z",
        "parent": "FLEET",
        "concurrent": True,
    }
    # 2027-01-01 is 57 years, 14 of them leap years, after 1970: 20,819 days
    assert interface.tags.known[1] == Tag(
        "ABC", expires=20_819 * 86_400, parent="FLEET", concurrent=True
    )


async def test_a_slash_in_a_tag_is_part_of_it(interface: Steered) -> None:
    assert (await interface.put("/tags/a%2Fb", {"status": "Blocked"})).json["id_tag"] == "a/b"


@pytest.mark.parametrize(
    ("id_tag", "row"),
    [
        ("ABC", {"status": "Maybe"}),
        ("ABC", {"colour": "red"}),
        ("ABC", {"expires": "tomorrow"}),
        ("x" * 21, {}),
    ],
)
async def test_what_is_no_tag_is_422_and_says_why(
    interface: Steered, id_tag: str, row: dict[str, Any]
) -> None:
    answer = await interface.put(f"/tags/{id_tag}", row)
    assert answer.status == 422
    assert answer.detail.startswith(f"tag {id_tag[:20]}: ")
    assert len(interface.tags.known) == 1


async def test_a_database_that_fails_is_503(tmp_path: Path) -> None:
    async with steered(tmp_path, tags=FakeTags(failure=StoreFailed("the disk is full"))) as it:
        for answer in (await it.get("/tags"), await it.put("/tags/ABC", {})):
            assert (answer.status, answer.detail) == (503, "the disk is full")
