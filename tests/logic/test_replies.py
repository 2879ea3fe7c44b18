"""The answers that were given, in case the same is asked again."""

import tracemalloc

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rig.logic.replies import REMEMBERED, SIZE, OtherContent, Replies

IDS = st.sampled_from("abcdef")


def test_a_new_id_has_no_answer() -> None:
    assert "a" not in Replies()
    with pytest.raises(KeyError):
        Replies().find("a", 1)


def test_the_same_content_has_its_answer_and_other_content_none() -> None:
    replies = Replies()
    replies.keep("a", 1, "answer")
    assert replies.find("a", 1) == "answer"
    with pytest.raises(OtherContent):
        replies.find("a", 2)


def test_the_latest_64_are_remembered() -> None:
    replies = Replies()
    for number in range(65):
        replies.keep(str(number), number, "answer")
    assert REMEMBERED == 64
    assert "0" not in replies
    assert replies.find("1", 1) == "answer"
    assert replies.find("64", 64) == "answer"


def test_a_connection_takes_at_most_36_kib_for_them() -> None:
    """A thousand charge points: 36 MB. It took 347 kB each while 1024 were remembered."""
    tracemalloc.start()
    try:
        replies = Replies()
        for number in range(1000):
            unique_id = f"{number:036}"
            replies.keep(unique_id, hash(unique_id), f'[3,"{unique_id}",{"x" * 200}]')
        assert tracemalloc.get_traced_memory()[0] < 36 << 10
    finally:
        tracemalloc.stop()


def test_long_answers_are_remembered_as_far_as_16_kib_go() -> None:
    replies = Replies()
    for number in range(5):
        replies.keep(str(number), number, "x" * (SIZE // 4))
    assert "0" not in replies
    assert replies.find("1", 1)
    replies.keep("long", 0, "x" * (SIZE + 1))
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
            self.replies.keep(*self.kept[-1])

    @invariant()
    def remembers_as_much_as_fits(self) -> None:
        size = 0
        for unique_id, content, reply in reversed(self.kept):
            size += len(reply)
            if size > SIZE:
                return
            assert self.replies.find(unique_id, content) == reply
            with pytest.raises(OtherContent):
                self.replies.find(unique_id, content + 1)


TestRemembering = Remembering.TestCase
