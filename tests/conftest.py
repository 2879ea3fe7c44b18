"""Which tests run where: those on real CAN only where a `-m` expression asks for them."""

import pytest
from hypothesis import settings

# A machine that is busy must not fail a test.
settings.register_profile("rig", deadline=None)
settings.load_profile("rig")


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.markexpr:
        config.option.markexpr = "not socketcan and not adapters and not slow"
