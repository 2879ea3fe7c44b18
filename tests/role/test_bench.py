from pathlib import Path
from typing import Any

import pytest

from rig.role.bench import Bench, read_bench
from rig.role.errors import UserError
from rig.role.logic.expect import Expect
from rig.role.logic.supply import Supply
from tests.processes import role

FULL = """\
csms = "wss://csms.example/ocpp/"
charge_point = "CP_7"
dbc = "plant.dbc"
voltage = 230
phases = 3
[bus]
interface = "slcan"
channel = "/dev/ttyACM0"
"""


def bench_of(folder: Path, text: str) -> str:
    path = folder / "rig.toml"
    path.write_text(text)
    return str(path)


def test_what_a_charger_may_do_is_in_a_table_of_its_own(tmp_path: Path) -> None:
    bench = read_bench(bench_of(tmp_path, "[expect]\nsettle = 5\nmax = 80"))
    assert bench.expect == Expect(accuracy=3, settle=5, zero=1, max=80)


def test_without_a_file_the_bench_is_the_seeds() -> None:
    bench = read_bench(None)
    assert (bench.csms, bench.charge_point) == ("ws://127.0.0.1:9000/", "CP_1")
    assert (bench.dbc, bench.voltage, bench.phases, bench.bus) == (None, 230, 1, {})
    assert (bench.limit, bench.connectors) == (32, [])  # A, of the seed's charger


def test_a_file_names_what_belongs_together(tmp_path: Path) -> None:
    bench = read_bench(bench_of(tmp_path, FULL))
    assert bench == Bench(
        csms="wss://csms.example/ocpp/",
        charge_point="CP_7",
        dbc=str(tmp_path / "plant.dbc"),  # beside the bench file
        voltage=230,
        phases=3,
        bus={"interface": "slcan", "channel": "/dev/ttyACM0"},
    )


@pytest.mark.parametrize(
    ("text", "supply"),
    [
        ("", Supply(230, 1)),
        ("voltage = 120", Supply(120, 1)),
        ("phases = 3", Supply(230, 3)),
        ("voltage = 400.0\nphases = 2", Supply(400, 2)),
        ("phases = 0", None),  # direct current, say
    ],
)
def test_the_supply_is_230_v_and_1_phase_where_the_bench_says_nothing_else(
    tmp_path: Path, text: str, supply: Supply | None
) -> None:
    assert read_bench(bench_of(tmp_path, text)).supply == supply


def test_several_connectors_have_a_channel_each(tmp_path: Path) -> None:
    text = 'limit = 16\n[[connectors]]\nchannel = "can0"\n[[connectors]]\nchannel = "can1"'
    bench = read_bench(bench_of(tmp_path, text))
    assert bench == Bench(limit=16, connectors=[{"channel": "can0"}, {"channel": "can1"}])


def test_a_file_may_say_little(tmp_path: Path) -> None:
    bench = read_bench(bench_of(tmp_path, 'charge_point = "CP_2"'))
    assert bench == Bench(charge_point="CP_2")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("volt = 230", "unknown key volt; known are .*voltage"),
        ("csms = 9000", "csms must be an address like ws://127.0.0.1:9000/, not 9000"),
        ('csms = "http://csms/"', "csms must be an address"),
        ('csms = "ws:///CP_1"', "csms must be an address"),
        ('csms = "ws://[::1"', "csms must be an address"),
        ('csms = "ws://csms:99999/"', "csms must be an address"),
        ('csms = "ws://csms:port/"', "csms must be an address"),
        ('csms = "ws://csms:0/"', "csms must be an address"),
        ('csms = "ws://a..b/"', "csms must be an address"),
        (f'csms = "ws://{"x" * 64}/"', "csms must be an address"),
        (r'csms = "ws://\u200b/"', "csms must be an address"),
        ('csms = "ws://csms/#here"', "csms must be an address"),
        ('csms = "ws://csms/?a=b"', "csms must be an address"),  # the id comes after the path
        ('csms = "ws://user@csms/"', "csms must be an address"),  # and no password
        ('charge_point = ""', "charge_point must be a name of 1 to 48 printable characters"),
        (f'charge_point = "{"x" * 49}"', "charge_point must be a name"),
        (r'charge_point = "a\nb"', "charge_point must be a name"),
        ("charge_point = 7", "charge_point must be a name"),
        ('charge_point = "CP_1 "', "printable characters: it has a blank at an end"),
        ("dbc = 7", "dbc must be the path of a DBC file"),
        ("voltage = 0", "voltage must be a number of volts above 0, not 0"),
        ('voltage = "230"', "voltage must be a number"),
        ("voltage = true", "voltage must be a number"),
        ("voltage = inf", "voltage must be a number"),
        ("voltage = nan", "voltage must be a number"),
        (f"voltage = 1{'0' * 400}", "voltage must be a number"),
        ("phases = 4", "phases must be 1, 2 or 3, or 0 for unknown, not 4"),
        ("phases = 3.0", "phases must be 1, 2 or 3, or 0 for unknown, not 3.0"),
        ("phases = true", "phases must be 1, 2 or 3, or 0 for unknown, not True"),
        ("phases = -1", "phases must be"),
        ('bus = "can0"', "bus must be a table of python-can's options"),
        ("limit = -1", "limit must be a number of amperes of at least 0, not -1"),
        ("lock = 1", "lock must be true or false, not 1"),
        ("[expect]\nsettle = 0", "must be a number above 0, not 0"),
        ("[expect]\nresume = 1", "must be true or false, not 1"),
        ("[expect]\nspeed = 1", "takes accuracy, settle, zero, max"),
        ("expect = 3", "takes accuracy, settle, zero, max"),
        ('limit = "32"', "limit must be a number of amperes"),
        ("connectors = 2", r"connectors must be \[\[connectors\]\] tables"),
        ("connectors = [2]", r"connectors must be \[\[connectors\]\] tables"),
        ("[[connectors]]", r"each of the \[\[connectors\]\] needs a channel of its own"),
        ("connectors = [{channel = 'a'}, {channel = 'a'}]", "needs a channel of its own"),
        ("connectors = [{channel = ['a']}]", "needs a channel of its own"),
        ("csms = ", "is not valid: "),
    ],
)
def test_a_mistake_in_the_file_is_one_line_that_names_it(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(UserError, match=why) as caught:
        read_bench(bench_of(tmp_path, text))
    assert "rig.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("bench", "why"),
    [
        ('dbc = "none.dbc"', "cannot read the DBC"),
        ('dbc = "rig.toml"', "does not load"),
        ("volt = 230", "unknown key volt"),
    ],
)
@pytest.mark.parametrize("name", ["charger", "cp"])
def test_a_role_ends_with_2_and_the_line(tmp_path: Path, bench: str, why: str, name: str) -> None:
    options: dict[str, Any] = {"env": {"CAN_INTERFACE": "virtual"}}
    with role(name, "--bench", bench_of(tmp_path, bench), **options) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith(f"rig {name}: ")
        assert why in line
