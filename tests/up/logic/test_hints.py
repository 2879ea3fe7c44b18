import pytest

from rig.up.logic.hints import hints
from rig.up.logic.launch_plan import UpOptions

PAGE = "http://127.0.0.1:8988/"


def told(asked: UpOptions, shown: str = PAGE) -> list[str]:
    return hints(".venv/bin/rig", asked, shown)


def test_they_are_where_to_look_what_to_type_and_how_to_stop() -> None:
    assert told(UpOptions()) == [
        "look:  http://127.0.0.1:8988/",
        "steer: .venv/bin/rig send CP_1 SetChargingProfile --limit 16",
        "stop:  Ctrl-C",
    ]


def test_a_run_that_ends_by_itself_says_so() -> None:
    assert told(UpOptions(duration=30))[-1] == "stop:  Ctrl-C, or by itself after 30 s"


def test_without_a_plot_there_is_nothing_to_look_at() -> None:
    assert [line[:5] for line in told(UpOptions(without=["plot"]), "")] == ["steer", "stop:"]


@pytest.mark.parametrize(
    "asked",
    [UpOptions(without=["csms"]), UpOptions(given={"--http": "none"})],
    ids=["yours", "no HTTP"],
)
def test_what_rig_send_cannot_ask_is_steered_in_another_way(asked: UpOptions) -> None:
    assert [line[:5] for line in told(asked)] == ["look:", "stop:"]


def test_a_charge_point_of_yours_is_known_when_it_connects() -> None:
    assert told(UpOptions(without=["cp"]))[1] == "steer: .venv/bin/rig send"


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        (UpOptions(given={"--listen": "ws://0.0.0.0:9100/"}), "--csms ws://127.0.0.1:9100/"),
        (UpOptions(bench=["--bench", "my rig.toml"]), "--bench 'my rig.toml'"),
        (UpOptions(given={"--token-file": "t", "--listen": "ws://a/"}), "--token-file t"),
        (UpOptions(bench=["--bench", "a"], given={"--listen": "ws://b/"}), "--csms ws://b/"),
    ],
)
def test_rig_send_is_told_where_this_central_system_is(asked: UpOptions, options: str) -> None:
    command = f".venv/bin/rig send {options} CP_1 SetChargingProfile --limit 16"
    assert told(asked)[1] == f"steer: {command}"


def test_an_id_that_a_shell_would_read_is_quoted() -> None:
    (line, _) = hints("rig", UpOptions(charge_point="CP 1; x"), "")
    assert line == "steer: rig send 'CP 1; x' SetChargingProfile --limit 16"
