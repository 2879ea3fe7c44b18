"""Each option that a mistake's line names is there, where the line may be read."""

import ast
import re
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest

from rig.role.arguments import Parser
from rig.role.errors import first_line
from rig.role.logic.programs import PROGRAMS, ROLES
from tests.processes import ROOT

PARSERS: dict[str, Callable[[], Parser]] = {
    program.entry: import_module(program.entry).parser for program in PROGRAMS.values()
}
Named = tuple[str, str]  # module, option


def sources() -> dict[str, ast.Module]:
    paths = sorted((ROOT / "rig").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return {name: ast.parse(path.read_text()) for name, path in zip(names, paths, strict=True)}


SOURCES = sources()


def options_of(name: str) -> set[str]:
    return set(PARSERS[name]()._option_string_actions)


def user_errors(tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == "UserError"]


def texts(tree: ast.Module) -> Iterator[str]:
    """Those in each function that makes a UserError, or what one says."""
    helping = {
        ast.unparse(node.func)
        for error in user_errors(tree)
        for node in ast.walk(error)
        if isinstance(node, ast.Call)
    }
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for function in functions:
        if function.name in helping or user_errors(function):
            body = function.body[ast.get_docstring(function) is not None :]
            nodes = [node for part in body for node in ast.walk(part)]
            constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
            yield from (text for text in constants if isinstance(text, str))


def named() -> set[Named]:
    return {
        (module, option)
        for module, tree in SOURCES.items()
        if module != "rig.cli"  # its own two are no role's
        for text in texts(tree)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
    }


def imported_by(module: str) -> set[str]:
    """The modules of the rig that a module imports, and those that they import."""
    found, waiting = set[str](), [module]
    while waiting:
        for node in ast.walk(SOURCES[waiting.pop()]):
            name = node.module if isinstance(node, ast.ImportFrom) else None
            if name in SOURCES and name not in found:
                found.add(name)
                waiting.append(name)
    return found


USERS = {name: {name} | imported_by(name) for name in PARSERS}


def test_the_lines_name_options() -> None:
    found = named()
    assert ("rig.plot_current.server", "--web") in found
    assert ("rig.cp.state", "--state") in found
    assert ("rig.csms.__main__", "--listen") in found
    assert len(found) > 10


@pytest.mark.parametrize(("module", "option"), sorted(named()))
def test_an_option_in_the_line_of_a_mistake_is_there_where_it_was_typed(
    module: str, option: str
) -> None:
    """In a program that the line may come from; where `rig up` started that one, also there."""
    users = {name for name, modules in USERS.items() if module in modules}
    knowing = {name for name in users if option in options_of(name)}
    assert knowing
    if knowing & {PROGRAMS[word].entry for word in ROLES}:
        assert option in options_of("rig.up.__main__")


def test_the_first_line_of_an_error_or_its_class_where_it_says_nothing() -> None:
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(TimeoutError()) == "TimeoutError"
