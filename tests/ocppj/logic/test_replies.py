"""The answers that were given, in case the same is asked again."""

import tracemalloc

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rig.ocppj.logic.framing import REMEMBERED, SIZE, Replies

IDS = st.sampled_from("abcdef")


def asked(content: int = 1, unique_id: str = "a", space: str = "") -> str:
    """The text of a CALL."""
    return f'[2,{space}"{unique_id}","DataTransfer",{{"vendorId":"v","data":"{content}"}}]'


def test_a_new_id_has_no_answer() -> None:
    assert "a" not in Replies()
    with pytest.raises(KeyError):
        Replies().find("a", asked())


def test_the_same_content_has_its_answer_and_other_content_none() -> None:
    replies = Replies()
    replies.keep("a", asked(1), "answer")
    assert "a" in replies
    assert replies.find("a", asked(1)) == "answer"
    assert replies.find("a", asked(2)) is None


def test_the_same_content_may_be_written_in_another_way() -> None:
    replies = Replies()
    replies.keep("a", asked(1), "answer")
    assert replies.find("a", asked(1, space="  ")) == "answer"
    other_order = '[2,"a","DataTransfer",{"data":"1","vendorId":"v"}]'
    assert replies.find("a", other_order) == "answer"


def test_the_latest_64_are_remembered() -> None:
    replies = Replies()
    for number in range(65):
        replies.keep(str(number), asked(number), "answer")
    assert REMEMBERED == 64
    assert "0" not in replies
    assert replies.find("1", asked(1)) == "answer"
    assert replies.find("64", asked(64)) == "answer"


def test_a_connection_takes_at_most_36_kib_for_them() -> None:
    """A thousand charge points: 36 MB. It took 347 kB each while 1024 were remembered."""
    tracemalloc.start()
    try:
        replies = Replies()
        for number in range(1000):
            unique_id = f"{number:036}"
            reply = f'[3,"{unique_id}",{"x" * 50}]'
            replies.keep(unique_id, asked(number, unique_id), reply)
        assert tracemalloc.get_traced_memory()[0] < 36 << 10
    finally:
        tracemalloc.stop()


def test_long_texts_are_remembered_as_far_as_16_kib_go() -> None:
    replies = Replies()
    for number in range(5):
        replies.keep(str(number), "x" * (SIZE // 8), "x" * (SIZE // 8))
    assert "0" not in replies
    assert "1" in replies
    replies.keep("long", "", "x" * (SIZE + 1))
    assert "long" not in replies
    replies.keep("long", "x" * (SIZE + 1), "")
    assert "long" not in replies


class Remembering(RuleBasedStateMachine):
    """Against a list of all that was kept, read from its end."""

    def __init__(self) -> None:
        super().__init__()
        self.replies, self.kept = Replies(), list[tuple[str, int, str]]()

    @rule(unique_id=IDS, content=st.integers(0, 2), length=st.integers(0, SIZE // 2))
    def ask(self, unique_id: str, content: int, length: int) -> None:
        """Ask, and be answered if this is new."""
        if unique_id not in self.replies:
            self.kept.append((unique_id, content, "x" * length))
            self.replies.keep(unique_id, asked(content), self.kept[-1][2])

    @invariant()
    def remembers_as_much_as_fits(self) -> None:
        size = 0
        for unique_id, content, reply in reversed(self.kept):
            size += len(asked(content)) + len(reply)
            if size > SIZE:
                return
            assert self.replies.find(unique_id, asked(content)) == reply
            assert self.replies.find(unique_id, asked(content + 1)) is None


TestRemembering = Remembering.TestCase
