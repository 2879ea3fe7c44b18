"""Two real adapters on one wire: can0 and can1 must be there. Fails rather than skips."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/adapters/" in item.nodeid:
            item.add_marker(pytest.mark.adapters)
