"""What may import what, read from the source. The rules: `rig/__init__.py`, `rig/bus/opening.py`.

A module that breaks one is named with its line; a rule that no longer holds is changed here first.
"""

import ast
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

RIG = ROOT / "rig"
TESTS = ROOT / "tests"
MODULES = sorted(RIG.rglob("*.py"))
PURE_ROOMS = {"logic", "detect"}
LOGIC = [path for path in MODULES if PURE_ROOMS & set(path.relative_to(RIG).parts)]

# The floors of the house, from the ground up: an import leads down, or stays in its room. Above
# these all other rooms are beside each other: the roles, and what starts or watches them.
FLOORS = [{"role"}, {"bus", "ocppj"}, {"detect"}, {"watch"}]
ROOMS = {path.parent.name for path in RIG.glob("*/*.py")}
FLOOR = dict.fromkeys(ROOMS, len(FLOORS))
FLOOR |= {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# All that logic may import besides itself: values, not the world.
PURE = {
    "bisect", "cantools", "collections", "copy", "dataclasses", "datetime", "decimal", "enum",
    "functools", "heapq", "ipaddress", "itertools", "json", "math", "ocpp", "operator", "random",
    "re", "shlex", "statistics", "typing", "unicodedata",
}  # fmt: skip
# Still to be put right; PurePath and UserError are values as well.
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
CLOCKS = {"now", "utcnow", "today"}  # of datetime

PYTHON_CAN = {"opening.py", "wire.py", "python_can_wire.py", "embedded.py"}
MATPLOTLIB = {"chart.py", "figure.py", "picture.py", "still.py", "window.py"}

LONGEST = 40  # lines of a function

LITERALS: set[object] = {0x200, 0x201, 0x210, 0x300}

Finder = Callable[[ast.Module], Iterator[tuple[int, str]]]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@functools.cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def found(paths: list[Path], finder: Finder) -> list[str]:
    """What a finder finds in these files, as `file:line what`."""
    return [
        f"{path.relative_to(ROOT)}:{line} {what}"
        for path in paths
        for line, what in finder(parsed(path))
    ]


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def where(finder: Finder, is_wanted: Callable[[str], bool]) -> Finder:
    """What a finder finds that is wanted."""
    return lambda tree: ((line, what) for line, what in finder(tree) if is_wanted(what))


def package_of(module: str) -> str:
    return module.partition(".")[0]


def importers_of(package: str) -> set[str]:
    of_package = where(imports, lambda name: package_of(name) == package)
    return {path.name for path in MODULES if any(of_package(parsed(path)))}


def is_pure(module: str) -> bool:
    """Whether it is a decision of the rig."""
    return module.startswith("rig.") and bool(PURE_ROOMS & set(module.split(".")))


def test_an_import_leads_to_a_lower_floor_or_stays_in_its_room() -> None:
    """So no role imports a role, and no wire the other one."""
    assert set(FLOOR) == ROOMS

    def upwards(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for line, name in imports(tree):
            to = room_of(name)
            if to is not None and to != here and FLOOR[to] >= FLOOR[here]:
                yield line, name

    for here in ROOMS:
        assert found(sorted((RIG / here).rglob("*.py")), upwards) == []


def room_of(module: str) -> str | None:
    """The room that a module is in; None for what is not the rig's or in no room."""
    package, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return room if package == "rig" and room else None


def test_tests_import_nothing_of_scripts_but_the_benchmarks_that_they_test() -> None:
    paths = [path for path in TESTS.rglob("*.py") if path.parent.name != "bench"]
    assert found(paths, where(imports, lambda name: package_of(name) == "scripts")) == []


def test_logic_imports_only_itself_and_what_is_pure() -> None:
    assert LOGIC
    impure = where(imports, lambda name: package_of(name) not in PURE and not is_pure(name))
    assert found(LOGIC, impure) == []


def test_logic_opens_nothing_prints_nothing_and_reads_no_clock() -> None:
    impure = where(calls, lambda name: name in IMPURE_CALLS or name.split(".")[-1] in CLOCKS)
    assert found(LOGIC, impure) == []


def test_logic_awaits_nothing() -> None:
    def waiting(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in nodes(tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                yield node.lineno, type(node).__name__

    assert found(LOGIC, waiting) == []


def test_python_can_is_known_only_at_the_bus() -> None:
    assert importers_of("can") == PYTHON_CAN
    assert importers_of("can_remote") == {"embedded.py"}


def test_buses_are_opened_in_one_place() -> None:
    ways = {"can.Bus", "Bus", "can.interface.Bus", "can.ThreadSafeBus"}
    places = found(MODULES, where(calls, ways.__contains__))
    assert {place.split(":")[0] for place in places} == {"rig/bus/opening.py"}


def test_matplotlib_is_known_only_where_something_is_drawn() -> None:
    assert importers_of("matplotlib") == MATPLOTLIB


def test_only_the_dbc_knows_the_numbers_of_the_messages() -> None:
    def numbers(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in nodes(tree):
            if isinstance(node, ast.Constant) and node.value in LITERALS:
                yield node.lineno, str(node.value)

    assert found(MODULES, numbers) == []


@pytest.mark.parametrize("folder", [RIG, TESTS], ids=["rig", "tests"])
def test_functions_are_short(folder: Path) -> None:
    def long(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in functions(tree):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST:
                yield node.lineno, f"{node.name}: {lines} lines"

    assert found(sorted(folder.rglob("*.py")), long) == []


def test_no_wait_for_another_task_can_take_a_cancellation_of_its_own_for_that_of_the_task() -> None:
    """`suppress(CancelledError)` around `await task` does; `cancel` of closing.py does not."""

    def suppressed(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in nodes(tree):
            if isinstance(node, ast.Call) and "suppress" in ast.unparse(node.func):
                for each in node.args:
                    if "CancelledError" in ast.unparse(each):
                        yield node.lineno, ast.unparse(node)

    assert found(MODULES, suppressed) == []


def test_only_streams_and_their_users_write_to_the_standard_streams() -> None:
    """Python's own stdout holds up whoever writes to it, and the end of the process."""

    def written(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in nodes(tree):
            standard = ("print", "sys.stdout", "sys.stderr")
            if isinstance(node, ast.expr) and ast.unparse(node) in standard:
                yield node.lineno, ast.unparse(node)

    places = found([path for path in MODULES if path.name != "streams.py"], written)
    assert places == []


def test_no_test_sleeps() -> None:
    sleeping = where(calls, lambda name: name.split(".")[-1] == "sleep")
    assert found(sorted(TESTS.rglob("*.py")), sleeping) == []


def test_no_python_runs_between_fork_and_exec() -> None:
    """There it may wait for ever for a lock that a thread of the parent held."""

    def between(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in nodes(tree):
            if isinstance(node, ast.keyword) and node.arg == "preexec_fn":
                yield node.value.lineno, "preexec_fn"

    assert found(MODULES, between) == []
