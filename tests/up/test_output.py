import os
import pty
import threading

import pytest

from rig.up.output import Output


def never() -> None:
    raise AssertionError("somebody reads")


def test_lines_of_several_threads_never_mix() -> None:
    reading, writing = os.pipe()
    output = Output(writing, never)
    roles = ("charger", "csms", "cp", "plot")

    def write(role: str) -> None:
        for _ in range(200):
            output.line(role, role.encode() * 300)

    writers = [threading.Thread(target=write, args=(role,)) for role in roles]
    for writer in writers:
        writer.start()
    with open(reading, "rb") as stream:
        lines = [stream.readline() for _ in range(800)]
    for writer in writers:
        writer.join()
    os.close(writing)
    whole = {f"{role:8} {role * 300}\n".encode() for role in roles}
    assert set(lines) == whole


def test_that_nobody_reads_any_more_is_told() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    told = []
    Output(writing, lambda: told.append("gone")).line("cp", b"hello")
    os.close(writing)
    assert told == ["gone"]


@pytest.mark.parametrize(
    ("no_color", "line"), [("", b"\x1b[36mcp       \x1b[0mhello\r\n"), ("1", b"cp       hello\r\n")]
)
def test_a_terminal_is_coloured_unless_NO_COLOR_asks_otherwise(
    monkeypatch: pytest.MonkeyPatch, no_color: str, line: bytes
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    reading, terminal = pty.openpty()
    Output(terminal, never).line("cp", b"hello")
    with os.fdopen(reading, "rb") as shown:
        assert shown.readline() == line  # a terminal hands it over in parts
    os.close(terminal)


def test_a_pipe_is_not_coloured() -> None:
    reading, writing = os.pipe()
    Output(writing, never).line("cp", b"hello")
    assert os.read(reading, 100) == b"cp       hello\n"
    os.close(reading)
    os.close(writing)
