import pytest

from rig.role.logic.supply import Supply


@pytest.mark.parametrize(
    ("supply", "text"),
    [(Supply(230.0, 1), "230 V, 1 phase"), (Supply(399.5, 3), "399.5 V, 3 phases")],
)
def test_people_read_it_with_its_unit(supply: Supply, text: str) -> None:
    assert str(supply) == text
