import argparse

import pytest

from rig.bus.options import add_bus_options, bus_arguments

ALL = [
    *("-i", "slcan", "-c", "/dev/ttyACM0", "-b", "500000"),
    *("--bus-kwargs", "serial=1234", "app_name=a=b", "--bus-kwargs", "x="),
]


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_bus_options(parser)
    return parser.parse_args(words)


def test_they_are_those_of_python_cans_tools() -> None:
    asked = options(*ALL)
    assert (asked.interface, asked.channel, asked.bitrate) == ("slcan", "/dev/ttyACM0", 500000)
    assert asked.bus_kwargs == [("serial", "1234"), ("app_name", "a=b"), ("x", "")]


def test_what_is_not_given_is_not_asked_for() -> None:
    asked = options()
    assert (asked.interface, asked.channel, asked.bitrate, asked.bus_kwargs) == (None,) * 4


@pytest.mark.parametrize("word", ["serial", "=1234", "a b=1", "1a=1"])
def test_what_is_not_key_and_value_is_refused(word: str) -> None:
    with pytest.raises(argparse.ArgumentError, match="is not KEY=VALUE"):
        options("--bus-kwargs", word)


def test_another_role_gets_the_same() -> None:
    asked = options(*ALL, "--channel=-x")
    assert options(*bus_arguments(asked)) == asked
    assert bus_arguments(options()) == ()
