import pytest

from rig.up.logic.launch_plan import Launch, UpOptions, launch_plan, openers


def arguments(commands: list[Launch], role: str) -> tuple[str, ...]:
    (command,) = [command for command in commands if command.role == role]
    return command.arguments


def test_the_roles_start_in_the_order_of_need_and_the_plot_before_it_has_something_to_show() -> (
    None
):
    """The seed starts the plot last, which misses the first round of the cycle."""
    assert [command.module for command in launch_plan(UpOptions())] == [
        "rig.charger_module",
        "rig.csms",
        "rig.plot_current",
        "rig.cp",
    ]


def test_a_role_that_is_left_out_is_not_started() -> None:
    roles = [command.role for command in launch_plan(UpOptions(without=["charger", "plot"]))]
    assert roles == ["csms", "cp"]


def test_leaving_out_all_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to start"):
        launch_plan(UpOptions(without=["charger", "csms", "cp", "plot"]))


def test_the_charge_point_takes_the_seeds_cycle_literally() -> None:
    assert arguments(launch_plan(UpOptions()), "cp") == ("--profile-policy", "seed")


def test_the_bus_is_for_all_but_the_csms_and_comes_last() -> None:
    commands = launch_plan(UpOptions(bus=["-c", "can0"], given={"--step": "0.1"}))
    assert arguments(commands, "charger") == ("--step=0.1", "-c", "can0")
    assert arguments(commands, "csms") == ()
    assert arguments(commands, "cp") == ("--profile-policy", "seed", "-c", "can0")
    assert arguments(commands, "plot") == ("-c", "can0")


def test_how_much_the_log_has_is_for_all() -> None:
    assert all(
        command.arguments[-1] == "--log-level=warning"
        for command in launch_plan(UpOptions(log_level="warning", record="run", connectors=2))
    )


def test_the_bench_is_for_all() -> None:
    for command in launch_plan(UpOptions(bench=["--bench", "rig.toml"], record="run")):
        assert command.arguments[-2:] == ("--bench", "rig.toml")


def test_the_options_of_one_role_go_to_that_one() -> None:
    given = {"--cycle": "normal", "--period": "2", "--web": "", "--png": "a.png", "--id": "-x"}
    commands = launch_plan(UpOptions(given=given))
    assert arguments(commands, "csms") == ("--cycle=normal",)
    assert arguments(commands, "charger") == ("--period=2",)
    assert arguments(commands, "cp") == ("--profile-policy", "seed", "--id=-x")
    assert arguments(commands, "plot") == ("--web", "--png=a.png")


def test_an_option_for_a_role_that_is_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="--cycle is for csms, which --without leaves out"):
        launch_plan(UpOptions(without=["csms"], given={"--cycle": "normal"}))


def test_the_recorder_starts_first_and_both_ends_keep_their_ocpp_messages() -> None:
    commands = launch_plan(UpOptions(record="run"))
    assert commands[0] == Launch("record", "rig.tools.record", ("run/can.log",), ("--append",))
    assert arguments(commands, "csms") == ("--record-ocpp", "run/ocpp.jsonl")
    assert arguments(commands, "cp")[-2:] == ("--record-ocpp", "run/ocpp.jsonl")
    assert "--record-ocpp" not in arguments(commands, "plot")


def test_those_that_only_watch_are_started_again_and_the_end_of_any_other_ends_all() -> None:
    commands = launch_plan(UpOptions(record="run", connectors=2))
    assert {command.role: command.again for command in commands} == {
        "record": ("--append",),
        "record2": ("--append",),
        "watch": ("--again",),
        "charger": None,
        "charger2": None,
        "csms": None,
        "cp": None,
        "plot": ("--again",),
    }


def test_both_ends_offer_their_ocpp_messages_each_at_a_socket_of_its_own() -> None:
    commands = launch_plan(UpOptions(ocpp="/run/rig"))
    assert arguments(commands, "csms") == ("--offer-ocpp=/run/rig/csms-ocpp.sock",)
    assert arguments(commands, "cp")[-1] == "--offer-ocpp=/run/rig/cp-ocpp.sock"


def test_plot_and_watch_are_told_where_that_is() -> None:
    commands = launch_plan(UpOptions(ocpp="/run/rig", fail_on="warn"))
    assert arguments(commands, "plot") == ("--ocpp=/run/rig",)
    assert arguments(commands, "watch") == ("--ocpp=/run/rig", "--fail-on", "warn")


def test_the_watcher_starts_after_the_recorder_where_its_verdicts_are_wanted() -> None:
    both = launch_plan(UpOptions(record="run", fail_on="alarm"))
    assert [command.role for command in both][:2] == ["record", "watch"]
    kept = ("--record", "run/verdicts.jsonl", "--fail-on", "alarm")
    assert arguments(both, "watch") == kept
    assert launch_plan(UpOptions(fail_on="alarm"))[0].role == "watch"
    assert "watch" not in [command.role for command in launch_plan(UpOptions())]


def test_without_a_csms_the_charge_point_keeps_its_ocpp_messages_alone() -> None:
    commands = launch_plan(UpOptions(record="run", without=["csms"]))
    assert arguments(commands, "cp")[-2:] == ("--record-ocpp", "run/ocpp.jsonl")


def test_the_roles_that_can_be_told_something_take_commands_if_asked_to() -> None:
    commands = launch_plan(UpOptions(control=""))
    assert [command.role for command in commands if "--control" in command.arguments] == [
        "charger",
        "csms",
        "cp",
    ]


def test_their_sockets_are_in_a_directory_if_one_is_named() -> None:
    commands = launch_plan(UpOptions(control="run", connectors=2))
    words = [word for command in commands for word in command.arguments if "--control" in word]
    assert words == [
        "--control=run/charger.sock",
        "--control=run/charger2.sock",
        "--control=run/csms.sock",
        "--control=run/cp.sock",
    ]


@pytest.mark.parametrize(
    ("listen", "csms"),
    [
        ("ws://127.0.0.1:9100/", "ws://127.0.0.1:9100/"),
        ("ws://0.0.0.0:9100/", "ws://127.0.0.1:9100/"),
        ("ws://[::]:9100/ocpp/", "ws://[::1]:9100/ocpp/"),
        ("ws://0.0.0.0", "ws://127.0.0.1"),
        ("ws://0.0.0.0.example/", "ws://0.0.0.0.example/"),
        ("ws://rig.lan/", "ws://rig.lan/"),
    ],
)
def test_one_address_is_for_both_ends(listen: str, csms: str) -> None:
    commands = launch_plan(UpOptions(given={"--listen": listen}))
    assert arguments(commands, "csms") == (f"--listen={listen}",)
    assert arguments(commands, "cp") == ("--profile-policy", "seed", "--csms", csms)


def test_the_address_of_your_central_system_is_for_the_charge_point() -> None:
    request = UpOptions(without=["csms"], given={"--csms": "ws://csms.lan:8180/"})
    assert arguments(launch_plan(request), "cp")[-1] == "--csms=ws://csms.lan:8180/"


def test_the_address_of_another_central_system_beside_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="add --without csms, or --listen for ours"):
        launch_plan(UpOptions(given={"--csms": "ws://csms.lan:8180/"}))


def test_each_connector_has_a_charger_and_a_recorder_of_its_own() -> None:
    bench = ["--bench", "two.toml"]
    commands = launch_plan(UpOptions(bench=bench, record="run", connectors=2))
    assert [(command.role, command.arguments) for command in commands] == [
        ("record", ("run/can.log", *bench)),
        ("record2", ("run/can2.log", *bench, "--connector", "2")),
        ("watch", ("--record", "run/verdicts.jsonl", *bench)),
        ("charger", tuple(bench)),
        ("charger2", (*bench, "--connector", "2")),
        ("csms", ("--record-ocpp", "run/ocpp.jsonl", *bench)),
        ("plot", tuple(bench)),
        ("cp", ("--profile-policy", "seed", "--record-ocpp", "run/ocpp.jsonl", *bench)),
    ]


def test_charger_cp_and_plot_open_the_bus_and_the_recorder_if_there_is_one() -> None:
    assert openers(UpOptions(), 1) == ["charger", "plot", "cp"]
    assert openers(UpOptions(record="run"), 1) == ["record", "watch", "charger", "plot", "cp"]
    assert openers(UpOptions(without=["charger", "plot"]), 1) == ["cp"]
    assert openers(UpOptions(without=["charger", "plot", "cp"]), 1) == []


def test_the_bus_of_another_connector_is_opened_by_its_own_charger_and_by_plot_and_cp() -> None:
    two = UpOptions(record="run", connectors=2)
    assert openers(two, 1) == ["record", "watch", "charger", "plot", "cp"]
    assert openers(two, 2) == ["record2", "watch", "charger2", "plot", "cp"]
