"""The limit of open files of this process, which each test puts back."""

import logging
import resource
from collections.abc import Iterator

import pytest

from rig.csms.__main__ import allow_descriptors

LOG = logging.getLogger("rig.test")
LIMIT = resource.RLIMIT_NOFILE


@pytest.fixture(autouse=True)
def low() -> Iterator[int]:
    """The soft limit is 256; gives the hard one."""
    before = resource.getrlimit(LIMIT)
    resource.setrlimit(LIMIT, (256, before[1]))
    yield before[1]
    resource.setrlimit(LIMIT, before)


def test_the_limit_is_raised_to_what_is_needed(caplog: pytest.LogCaptureFixture, low: int) -> None:
    allow_descriptors(300, LOG)
    assert resource.getrlimit(LIMIT) == (300, low)
    assert caplog.messages == []


def test_a_limit_that_is_high_enough_stays(low: int) -> None:
    allow_descriptors(200, LOG)
    assert resource.getrlimit(LIMIT) == (256, low)


def test_where_the_system_allows_less_that_is_taken_and_said(
    caplog: pytest.LogCaptureFixture, low: int
) -> None:
    if low == resource.RLIM_INFINITY:
        allow_descriptors(10**9, LOG)
        assert resource.getrlimit(LIMIT)[0] == 10**9
        return
    allow_descriptors(low + 1, LOG)
    assert resource.getrlimit(LIMIT) == (low, low)
    assert caplog.messages == [
        f"{low} files may be open, {low + 1} could be needed: see ulimit -Hn"
    ]
