import pytest
from ocpp.v16.enums import AuthorizationStatus as Status
from sqlalchemy import Connection

from rig.csms.logic.tags import Tag
from rig.csms.store.known_tags import KnownTags


@pytest.fixture
def known(connection: Connection) -> KnownTags:
    return KnownTags(connection)


def test_a_tag_is_known_in_any_spelling(known: KnownTags) -> None:
    known.put(Tag("AbC"))
    assert known.get("aBc") == Tag("AbC")


@pytest.mark.parametrize("id_tag", ["XYZ", "", "\0\ud800", "' OR 1=1 --"])
def test_any_other_text_is_not_known(id_tag: str, known: KnownTags) -> None:
    known.put(Tag("ABC"))
    assert known.get(id_tag) is None


def test_a_tag_is_known_as_it_was_put_last(known: KnownTags) -> None:
    known.put(Tag("ABC", Status.blocked, parent="FLEET"))
    known.put(Tag("abc", expires=5.0, concurrent=True))
    assert known.all() == [Tag("abc", expires=5.0, concurrent=True)]


def test_the_tags_of_a_file_replace_those_that_it_had_and_leave_the_others(
    known: KnownTags,
) -> None:
    known.set([Tag("A"), Tag("B")])
    known.put(Tag("C"))
    known.set([Tag("B", Status.blocked), Tag("D")])
    assert known.all() == [Tag("B", Status.blocked), Tag("C"), Tag("D")]


def test_a_tag_of_a_file_that_is_put_again_is_not_the_files_any_more(known: KnownTags) -> None:
    known.set([Tag("A")])
    known.put(Tag("A", Status.blocked))
    known.set([])
    assert known.all() == [Tag("A", Status.blocked)]
