import re

import pytest

from rig.role.logic.exits import Exit, after_asking, after_end_of, was_closed
from tests.processes import ROOT


def test_the_readme_has_the_same_table() -> None:
    rows = re.findall(r"^\| (\d) \| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [int(status) for status, _ in rows] == [0, 1, 2, 3]
    assert [exit.value for exit in Exit] == [0, 1, 2, 3]
    for status, word in zip(
        Exit, ["ended as", "answer is bad", "to put right", "a role died"], strict=True
    ):
        assert word in rows[status][1]


@pytest.mark.parametrize(
    ("role", "status", "result"),
    [
        ("csms", 2, 2),  # a mistake of the user stays one
        ("cp", 1, 1),  # Stop was not confirmed
        ("cp", 3, 3),
        ("cp", -9, 3),
        ("cp", 0, 3),  # nobody asked it to end
        ("cp", 7, 3),
        ("plot", 0, 0),  # its window was closed
        ("plot", 3, 3),
    ],
)
def test_a_role_that_ends_by_itself_decides_the_status(role: str, status: int, result: int) -> None:
    assert after_end_of(role, status) == result


def test_a_plot_that_ends_with_0_was_closed_by_the_user() -> None:
    assert was_closed("plot", 0)
    assert not was_closed("plot", 3)
    assert not was_closed("record", 0)


@pytest.mark.parametrize(
    ("status", "was_killed", "result"),
    [
        (0, False, 0),
        (-15, False, 0),  # SIGTERM came before it took the signal
        (1, False, 1),  # Stop was not confirmed
        (2, False, 3),  # nothing of the user's goes wrong at the end alone
        (3, False, 3),
        (-9, False, 3),  # it did not end in time
        (-9, True, 1),  # a second Ctrl-C: what the charger does is not known
    ],
)
def test_a_role_that_was_asked_to_end_may_have_a_bad_answer(
    status: int, was_killed: bool, result: int
) -> None:
    assert after_asking(status, was_killed) == result
