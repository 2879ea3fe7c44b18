"""The table of clauses is whole: each case of what the two ends support has its test."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance.clauses import cases


def modules(prefix: str) -> list[ModuleType]:
    """The tests of one end."""
    found = sorted(Path(__file__).parent.glob(f"{prefix}*.py"))
    return [import_module(f"tests.conformance.{path.stem}") for path in found]


CENTRAL_SYSTEM, CHARGE_POINT = modules("test_central_system"), modules("test_charge_point")

# OCPP compliance testing tool, test cases of the charge point (2024-04).
CORE = """
001 002 003 004_1 004_2 005_1 005_2 005_3 007 010 011_1 011_2 012 013 014 015 016 017_1 018_1 019_1
019_2 021 023 024 026 027 028 030 031 032_1 032_2 034 036 037_1 037_2 037_3 038 039 040_1 040_2 041
061 062 068 069 070 071
"""
REMOTE_TRIGGER = "054 055"
SMART_CHARGING = "056 057 058_1 058_2 059 060 066 067 072 082"
NOT_SUPPORTED = "042 043 044 045 046 051 074 075 079"  # lists, files, reservations, security
# Of the central system (2024-04); of other profiles it answers what a charge point says, and every
# command can be sent, but none of their cases is claimed.
CENTRAL_SYSTEM_CORE = """
001 003 004_1 004_2 005_1 007 010 011_1 011_2 012 013 014 017_1 017_2 018_1 019_1 019_2 021 023_1
023_2 023_3 024 026 028 030 031 032_1 037_1 037_3 039 040_1 040_2 061 064
"""
CENTRAL_SYSTEM_SMART_CHARGING = "056 057 059 066 067"
RPC = set(range(1, 18)) - {12}  # what W12 says of profiles is a charge point's

# 017_2 and 018_2 are of a cable that is fixed; others up to 087 of the security extension.


def ids(module: ModuleType) -> list[str]:
    """The ids of the tests of a module."""
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    marks: list[pytest.Mark] = [mark for test in tests for mark in getattr(test, "pytestmark", [])]
    return [name for mark in marks for name in mark.kwargs.get("ids", [])]


def test_each_case_of_the_charge_point_is_in_the_table() -> None:
    wanted = set(f"{CORE} {REMOTE_TRIGGER} {SMART_CHARGING} {NOT_SUPPORTED}".split())
    assert cases([name for module in CHARGE_POINT for name in ids(module)]) == wanted


def test_each_case_of_the_central_system_is_in_the_table() -> None:
    profiles = f"{CENTRAL_SYSTEM_CORE} {REMOTE_TRIGGER} {CENTRAL_SYSTEM_SMART_CHARGING}"
    named = [name for module in CENTRAL_SYSTEM for name in ids(module)]
    assert cases(named) == set(profiles.split())


def test_each_rule_of_the_rpc_framework_is_in_the_table_of_the_central_system() -> None:
    named = " ".join(name for module in CENTRAL_SYSTEM for name in ids(module))
    assert {int(number) for number in re.findall(r"\bW(\d+)\b", named)} == RPC


@pytest.mark.parametrize(
    "module", [*CHARGE_POINT, *CENTRAL_SYSTEM], ids=lambda module: module.__name__.split(".")[-1]
)
def test_no_two_tests_of_a_module_have_the_same_id(module: ModuleType) -> None:
    assert len(ids(module)) == len(set(ids(module)))
