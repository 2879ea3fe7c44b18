import argparse
import errno
from pathlib import Path
from typing import Any

import can
import pytest

from rig.bus.opening import (
    add_connector_option,
    asked_bus,
    bus_config,
    bus_configs,
    bus_name,
    explain,
    kernel_has_can,
    open_bus,
)
from rig.bus.options import add_bus_options
from rig.role.bench import Bench
from rig.role.errors import UserError
from tests import refusing_backend
from tests.processes import role


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without ~/.canrc and an environment without CAN_*."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("INTERFACE", "CHANNEL", "BITRATE", "CONFIG"):
        monkeypatch.delenv(f"CAN_{name}", raising=False)
    return tmp_path


def options(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_bus_options(parser)
    add_connector_option(parser)
    return parser.parse_args(argv)


def test_where_nothing_names_a_bus_nothing_was_asked_for_and_it_is_vcan0() -> None:
    assert asked_bus(options(), Bench()) == {}
    assert bus_config(options(), Bench()) == {"interface": "socketcan", "channel": "vcan0"}


def test_options_are_python_cans() -> None:
    asked = asked_bus(options("-i", "slcan", "-c", "/dev/ttyACM0", "-b", "500000"), Bench())
    assert asked == {"interface": "slcan", "channel": "/dev/ttyACM0", "bitrate": 500000}


def test_what_a_backend_takes_besides_is_an_option_too() -> None:
    asked = asked_bus(options("--bus-kwargs", "serial=7", "fd=true"), Bench())
    assert asked == {"serial": "7", "fd": "true"}


@pytest.mark.parametrize(
    ("name", "rest"),
    [("sockecan", "near: socketcan, socketcand, slcan"), ("abc", "it has canalystii, cantact, ")],
)
@pytest.mark.parametrize("given", ["option", "bench", "environment"])
def test_an_interface_that_python_can_does_not_have_is_one_line_with_those_near(
    name: str, rest: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given == "environment":
        monkeypatch.setenv("CAN_INTERFACE", name)
    bench = Bench(bus={"interface": name} if given == "bench" else {})
    with pytest.raises(UserError) as caught:
        bus_config(options(*(["-i", name] if given == "option" else [])), bench)
    assert str(caught.value).startswith(f"python-can has no interface {name!r}; {rest}")


def test_a_channel_alone_is_one_of_socketcan() -> None:
    config = bus_config(options("-c", "can0"), Bench())
    assert config == {"interface": "socketcan", "channel": "can0"}


def test_another_interface_gets_no_channel_that_it_did_not_ask_for() -> None:
    assert bus_config(options("-i", "virtual"), Bench()) == {"interface": "virtual"}


TWO = Bench(bus={"bitrate": 500000}, connectors=[{"channel": "can0"}, {"channel": "can1"}])


def test_each_connector_of_the_bench_has_its_channel_and_what_the_bus_says_besides() -> None:
    assert bus_configs(options(), TWO) == [
        {"interface": "socketcan", "channel": "can0", "bitrate": 500000},
        {"interface": "socketcan", "channel": "can1", "bitrate": 500000},
    ]
    assert bus_configs(options(), Bench()) == [{"interface": "socketcan", "channel": "vcan0"}]


def test_a_role_sits_on_the_bus_of_the_connector_that_it_names() -> None:
    assert bus_config(options(), TWO)["channel"] == "can0"
    assert bus_config(options("--connector", "2"), TWO)["channel"] == "can1"
    with pytest.raises(UserError, match="there is no connector 3: the bench has 2"):
        bus_config(options("--connector", "3"), TWO)


def test_one_channel_for_several_connectors_is_a_mistake() -> None:
    with pytest.raises(UserError, match="leave -c out"):
        bus_configs(options("-c", "can0"), TWO)


def test_an_option_goes_before_the_bench_the_environment_and_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(bus={"channel": "of the bench"})
    (home / ".canrc").write_text("[default]\ninterface = virtual\nchannel = of the file\n")
    assert asked_bus(options(), Bench())["channel"] == "of the file"
    monkeypatch.setenv("CAN_CHANNEL", "of the environment")
    assert asked_bus(options(), Bench())["channel"] == "of the environment"
    assert asked_bus(options(), bench)["channel"] == "of the bench"
    assert asked_bus(options("-c", "of the option"), bench)["channel"] == "of the option"
    assert asked_bus(options(), bench)["interface"] == "virtual"


@pytest.mark.parametrize(
    "text", ["no section\n", "[default]\nno value\n", "[default]\nx = %(y)s\n"]
)
def test_a_broken_canrc_is_a_mistake_of_the_user(home: Path, text: str) -> None:
    (home / ".canrc").write_text(text)
    with pytest.raises(UserError, match=r"cannot read ~/\.canrc"):
        asked_bus(options(), Bench())


@pytest.mark.parametrize("text", ["{", "[1]", "7", '"x"'])
def test_a_broken_can_config_is_a_mistake_of_the_user(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("CAN_CONFIG", text)
    with pytest.raises(UserError, match=r"CAN_\*"):
        asked_bus(options(), Bench())


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"interface": "socketcan", "channel": "vcan0"}, "vcan0"),
        ({"interface": "slcan", "channel": "/dev/ttyACM0"}, "slcan /dev/ttyACM0"),
        ({"interface": "virtual"}, "virtual"),
    ],
)
def test_people_know_a_bus_by_its_channel(config: dict[str, Any], name: str) -> None:
    assert bus_name(config) == name


def test_a_bus_gives_own_frames_and_each_kind_with_our_numbers() -> None:
    config: dict[str, Any] = {"interface": "virtual", "channel": "opened", "ignore_config": True}
    bus, backend = open_bus(config, [0x300])
    assert backend.echoes
    with bus, can.Bus(**config) as other:
        bus.send(can.Message(arbitration_id=0x300, is_extended_id=False))
        own = bus.recv(10)
        assert own is not None
        assert not own.is_rx
        other.send(can.Message(arbitration_id=0x200, is_extended_id=False))
        other.send(can.Message(arbitration_id=0x300, is_extended_id=True))
        other.send(can.Message(arbitration_id=0x300, is_extended_id=False, is_remote_frame=True))
        extended, remote = bus.recv(10), bus.recv(10)
        assert extended is not None
        assert extended.is_extended_id
        assert remote is not None
        assert remote.is_remote_frame


def test_without_numbers_every_frame_arrives() -> None:
    config: dict[str, Any] = {"interface": "virtual", "channel": "all", "ignore_config": True}
    bus, _ = open_bus(config, None)
    with bus, can.Bus(**config) as other:
        other.send(can.Message(arbitration_id=0x123, is_extended_id=False))
        assert bus.recv(10) is not None


REFUSING: dict[str, Any] = {"interface": refusing_backend.NAME, "channel": 1, "ignore_config": True}


def test_a_bus_that_refuses_own_frames_opens_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = refusing_backend.use(monkeypatch)
    bus, backend = open_bus(REFUSING, None)
    with bus:
        assert not backend.echoes
        assert refusing.asked == [True, False]


def test_where_it_does_not_open_without_them_either_the_first_reason_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusing = refusing_backend.use(monkeypatch, also_refused="no licence")
    with pytest.raises(can.CanInitializationError, match="An invalid parameter was specified"):
        open_bus(REFUSING, None)
    assert refusing.asked == [True, False]


def test_for_any_other_reason_it_is_not_tried_without_own_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a slip of the adapter would cost the echoes for as long as the bus is open."""
    refusing = refusing_backend.use(monkeypatch)
    refusing.opened.add(1)
    with pytest.raises(can.CanInitializationError, match="already initialized"):
        open_bus(REFUSING, None)
    assert refusing.asked == [True]


def test_pcan_opens_on_a_driver_that_knows_no_echo_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = refusing_backend.OldDriver()
    monkeypatch.setattr("can.interfaces.pcan.pcan.PCANBasic", lambda: driver)
    config = {"interface": "pcan", "channel": "PCAN_USBBUS1", "ignore_config": True}
    bus, backend = open_bus(config, None)
    assert not backend.echoes
    assert len(driver.initialized) == 1
    bus.shutdown()
    assert driver.initialized == []


HAS_NO_CAN = pytest.mark.skipif(kernel_has_can(), reason="this kernel has CAN")


@pytest.mark.parametrize(
    ("channel", "fix"),
    [
        ("vcan7", "there is no CAN interface vcan7: sudo scripts/setup_vcan.sh vcan7"),
        ("can7", "there is no CAN interface can7: sudo scripts/setup_can.sh can7 500000"),
    ],
)
def test_an_interface_that_is_not_there_is_made_by_a_script(
    channel: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.bus.opening.kernel_has_can", lambda: True)
    config = {"interface": "socketcan", "channel": channel}
    assert str(explain(config, OSError(errno.ENODEV, "No such device"))) == fix


def test_an_interface_that_is_down_is_brought_up_by_the_same_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rig.bus.opening.kernel_has_can", lambda: True)
    config = {"interface": "socketcan", "channel": "can0"}
    line = str(explain(config, OSError(errno.ENETDOWN, "Network is down")))
    assert line == "can0 is down: sudo scripts/setup_can.sh can0 500000"


def test_a_kernel_without_can_is_told_with_the_ways_out() -> None:
    config = {"interface": "socketcan", "channel": "vcan0"}
    line = str(explain(config, OSError(errno.EAFNOSUPPORT, "Address family not supported")))
    assert line.startswith("this kernel has no CAN: ")
    assert "scripts/socketcan_vm.sh" in line
    assert "`rig up`" in line


def test_another_backend_that_does_not_open_is_named_with_its_reason() -> None:
    config = {"interface": "slcan", "channel": "/dev/ttyACM0"}
    line = str(explain(config, can.CanInitializationError("no such file\nmore")))
    assert line == "cannot open slcan /dev/ttyACM0: no such file; check -i, -c and the adapter"


@HAS_NO_CAN
def test_a_role_without_can_in_the_kernel_ends_with_2_and_one_line(home: Path) -> None:
    with role("charger", env={"HOME": str(home)}) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith("rig charger: this kernel has no CAN: ")


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("-i", "slcan", "-c", "/no/such/tty"), "cannot open slcan /no/such/tty: "),
        (("-i", "remote", "-c", "ws://127.0.0.1:1/"), "cannot open remote ws://127.0.0.1:1/: "),
        (("-i", "slcan"), "cannot open slcan: "),
        (("-i", "kvaser", "-c", "0"), "cannot open kvaser 0: "),  # no driver: a NameError
        (("-c", ""), "name one CAN interface, such as -c vcan0"),  # for python-can: all
    ],
)
def test_a_bus_that_does_not_open_ends_the_role_with_2_and_one_line(
    home: Path, argv: tuple[str, ...], why: str
) -> None:
    with role("charger", *argv, env={"HOME": str(home)}) as program:
        assert program.status() == 2
        lines = [line for line in program.text.splitlines() if line.startswith("rig charger: ")]
        assert len(lines) == 1
        assert why in lines[0]
        assert "Traceback" not in program.text
