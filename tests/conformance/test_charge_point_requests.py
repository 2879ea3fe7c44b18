"""What the charge point answers, by the clauses: configuration, state, and what it does not do."""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger, Reason, ResetType, UpdateType

from rig.logic.cp.events import Plugged, Shutdown, Unplugged
from rig.logic.messages import Current, Stop
from tests.conformance.clauses import (
    SUPPLY,
    availability,
    begin,
    booted,
    change,
    clause,
    forget,
    only,
    reply,
    rows,
    run,
    setting,
    settle,
    statuses,
    told,
)
from tests.logic.cp.world import World, names, trigger

# configuration (5.3, 5.8, 9)

READ_WRITE = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}
READ_ONLY = {
    "GetConfigurationMaxKeys",
    "NumberOfConnectors",
    "SupportedFeatureProfiles",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
}


@clause("S5.8 S9 TC_019_1 all keys")
def test_every_required_key_is_told_and_may_be_changed_or_not_as_the_standard_says(
    world: World,
) -> None:
    known = {
        key.key: key for key in reply(booted(world), call.GetConfiguration()).configuration_key
    }
    assert {name for name in READ_WRITE if known[name].readonly} == set()
    assert {name for name in READ_ONLY if not known[name].readonly} == set()
    assert "AuthorizationKey" not in known  # J6.2.2: write only
    assert known["SupportedFeatureProfiles"].value == "Core,SmartCharging,RemoteTrigger"


@clause("S5.8 TC_019_2 some keys")
def test_some_keys_are_told_and_the_unknown_ones_named(world: World) -> None:
    asked = ["HeartbeatInterval", "NoSuchKey", "NumberOfConnectors"]
    answer = reply(booted(world), call.GetConfiguration(asked))
    assert {key.key for key in answer.configuration_key} == {"HeartbeatInterval", asked[2]}
    assert answer.unknown_key == ["NoSuchKey"]


@clause("S5.8 only unknown keys")
def test_only_unknown_keys_give_no_list_of_known_ones(world: World) -> None:
    answer = reply(booted(world), call.GetConfiguration(["NoSuchKey"]))
    assert not answer.configuration_key
    assert answer.unknown_key == ["NoSuchKey"]


@clause("S5.3 TC_021 a changed key")
def test_a_changed_key_is_told_and_outlasts_a_power_loss(world: World) -> None:
    assert change(booted(world), "MeterValueSampleInterval", "30") == "Accepted"
    assert setting(world, "MeterValueSampleInterval") == "30"
    world.die()
    world.registered()
    assert setting(world, "MeterValueSampleInterval") == "30"


@rows(
    ("key", "value", "status"),
    {
        "S5.3 TC_040_1 an unknown key": ("NoSuchKey", "1", "NotSupported"),
        "S5.3 TC_040_2 below 0": ("MeterValueSampleInterval", "-1", "Rejected"),
        "S5.3 TC_040_2 no number": ("HeartbeatInterval", "abc", "Rejected"),
        "S5.3 TC_040_2 empty": ("ConnectionTimeOut", "", "Rejected"),
        "S5.3 TC_040_2 neither true nor false": ("LocalPreAuthorize", "maybe", "Rejected"),
        "S5.3 a key that is read only": ("NumberOfConnectors", "3", "Rejected"),
        "S5.3 a measurand that it cannot give": ("MeterValuesSampledData", "SoC", "Rejected"),
        "S9.1.7 of a connector that is not there": ("ConnectorPhaseRotation", "9.RST", "Rejected"),
        "J7 WebSocketPingInterval below 0": ("WebSocketPingInterval", "-1", "Rejected"),
        "J7 WebSocketPingInterval": ("WebSocketPingInterval", "30", "RebootRequired"),
        "S7.17 keys in any case": ("heartbeatinterval", "60", "Accepted"),
    },
)
def test_a_key_is_changed_or_it_is_said_why_not(
    world: World, key: str, value: str, status: str
) -> None:
    assert change(booted(world), key, value) == status


@clause("S5.3 a list with one measurand too many", supply=SUPPLY)
def test_a_list_that_cannot_be_met_changes_nothing(world: World) -> None:
    before = setting(booted(world), "MeterValuesSampledData")
    wanted = "Current.Import,Temperature"
    assert change(world, "MeterValuesSampledData", wanted) == "Rejected"
    assert setting(world, "MeterValuesSampledData") == before


# reset (5.14)

RESETS = {"TC_013 hard": ResetType.hard, "TC_014 soft": ResetType.soft}
REASONS = {"TC_015 hard": ResetType.hard, "TC_016 soft": ResetType.soft}


def restart(world: World) -> None:
    """What the process does for a Reset that it answered: end as told, and begin again."""
    (reason,) = world.restarts
    world.feed(Shutdown(reason))
    settle(world)
    world.disconnect()
    world.die()
    world.registered()


@rows("kind", {f"S5.14 {name}": kind for name, kind in RESETS.items()})
def test_a_reset_is_answered_and_then_the_charge_point_boots(world: World, kind: ResetType) -> None:
    assert booted(world).status(call.Reset(kind)) == "Accepted"
    restart(world)
    assert names(world.asked)[0] == "BootNotification"
    assert told(world, call.StopTransaction) == []


@rows("kind", {f"S5.14 {name} with a transaction": kind for name, kind in REASONS.items()})
def test_a_reset_ends_the_transaction_first(world: World, kind: ResetType) -> None:
    assert forget(world.charging()).status(call.Reset(kind)) == "Accepted"
    restart(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, str(stop.reason)) == (4, f"{kind.value}Reset")
    order = names(world.asked)
    assert order.index("StopTransaction") < order.index("BootNotification")


# availability (5.2)


@clause("S5.2 inoperative and operative")
def test_an_idle_connector_is_unavailable_at_once_and_available_again(world: World) -> None:
    assert booted(world).status(availability(1, "Inoperative")) == "Accepted"
    assert world.status(availability(1, "Inoperative")) == "Accepted"  # already so
    settle(world)
    assert statuses(world) == ["Unavailable"]
    begin(world)
    assert told(world, call.StartTransaction) == []
    assert world.status(availability(1, "Operative")) == "Accepted"
    settle(world)
    assert statuses(world) == ["Unavailable", "Available"]


@clause("S5.2 scheduled")
def test_while_a_transaction_runs_it_is_scheduled(world: World) -> None:
    assert forget(world.charging()).status(availability(1, "Inoperative")) == "Scheduled"
    settle(world)
    assert statuses(world) == []
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    settle(world)
    assert statuses(world)[-1] == "Unavailable"


@clause("S5.2 connector 0", connectors=2)
def test_connector_0_means_all_of_them(world: World) -> None:
    assert booted(world).status(availability(0, "Inoperative")) == "Accepted"
    settle(world)
    assert [statuses(world, connector=number) for number in range(3)] == [["Unavailable"]] * 3


@clause("S5.2 connector 0 while one charges", connectors=2)
def test_of_all_connectors_only_the_one_that_charges_waits_for_its_transaction(
    world: World,
) -> None:
    world.registered()
    begin(world, connector=1)
    world.feed(Unplugged(), 2)
    settle(world)
    assert forget(world).status(availability(0, "Inoperative")) == "Scheduled"
    settle(world)
    assert statuses(world, connector=2) == ["Unavailable"]
    assert statuses(world, connector=1) == []
    begin(world, connector=1)
    assert statuses(world, connector=1)[-1] == "Unavailable"


@clause("S5.2 an unknown connector")
def test_the_availability_of_what_is_not_there_is_rejected(world: World) -> None:
    assert booted(world).status(availability(7, "Inoperative")) == "Rejected"


@clause("S5.2 TC_034 unavailable over a power loss")
def test_unavailable_outlasts_a_power_loss(world: World) -> None:
    assert booted(world).status(availability(0, "Inoperative")) == "Accepted"
    settle(world)
    forget(world).die()
    world.registered()
    assert statuses(world, connector=0) == statuses(world) == ["Unavailable"]


# unlock (5.18)


@clause("S5.18 TC_017_1 unlock")
def test_a_connector_is_unlocked(world: World) -> None:
    assert booted(world).status(call.UnlockConnector(1)) == "Unlocked"


@clause("S5.18 TC_018_1 unlock with a transaction")
def test_before_it_is_unlocked_the_transaction_is_ended(world: World) -> None:
    assert forget(world.charging()).status(call.UnlockConnector(1)) == "Unlocked"
    settle(world)
    assert world.last_command == Stop()
    assert only(world, call.StopTransaction).reason == "UnlockCommand"


@clause("S5.18 TC_030 unlock fails")
def test_a_cable_that_may_still_carry_current_is_not_unlocked(world: World) -> None:
    unique_id = world.charging().ask(call.UnlockConnector(1))
    world.lose()
    assert world.answers[unique_id].status == "UnlockFailed"


@rows("connector", {"S5.18 E3.87 TC_031 unknown connector": 2, "E3.87 connector 0": 0})
def test_what_is_no_connector_has_no_lock(world: World, connector: int) -> None:
    assert booted(world).status(call.UnlockConnector(connector)) == "NotSupported"


# triggers (5.17)


@rows(
    ("message", "kind"),
    {
        "S5.17 TC_054 Heartbeat": (MessageTrigger.heartbeat, call.Heartbeat),
        "S5.17 TC_054 MeterValues": (MessageTrigger.meter_values, call.MeterValues),
        "S5.17 TC_054 StatusNotification": (
            MessageTrigger.status_notification,
            call.StatusNotification,
        ),
    },
)
def test_a_triggered_message_follows_the_answer(
    world: World, message: MessageTrigger, kind: type[Any]
) -> None:
    booted(world).feed(Current(0))
    settle(world)
    assert forget(world).status(trigger(message, 1)) == "Accepted"
    settle(world)
    assert isinstance(world.asked[0], kind)
    assert len(world.asked) == 1


@clause("S5.17 no connector is all of them", connectors=3)
def test_without_a_connector_all_are_triggered(world: World) -> None:
    assert booted(world).status(trigger(MessageTrigger.status_notification)) == "Accepted"
    settle(world)
    triggered = {item.connector_id for item in told(world, call.StatusNotification)}
    assert triggered == {0, 1, 2, 3}


@clause("S5.17 a connector that does not matter")
def test_a_connector_that_a_message_has_no_use_for_is_ignored(world: World) -> None:
    assert booted(world).status(trigger(MessageTrigger.heartbeat, 7)) == "Accepted"
    settle(world)
    assert names(world.asked) == ["Heartbeat"]


@clause("S5.17 TC_055 rejected")
def test_the_status_of_an_unknown_connector_cannot_be_triggered(world: World) -> None:
    assert booted(world).status(trigger(MessageTrigger.status_notification, 7)) == "Rejected"


@rows(
    "message",
    {
        "S5.17 no diagnostics": MessageTrigger.diagnostics_status_notification,
        "S5.17 no firmware": MessageTrigger.firmware_status_notification,
    },
)
def test_a_message_of_a_profile_that_it_has_not_cannot_be_triggered(
    world: World, message: MessageTrigger
) -> None:
    assert booted(world).status(trigger(message)) == "NotImplemented"
    assert world.outstanding is None


# data transfer (5.6), and profiles that it does not have (J table 7, errata 5.1)


@clause("S5.6 TC_062 DataTransfer")
def test_data_of_an_unknown_vendor_is_said_to_be_that(world: World) -> None:
    answer = reply(booted(world), call.DataTransfer("com.example", "id", "data"))
    assert (answer.status, answer.data) == ("UnknownVendorId", None)


MOMENT = "2026-01-31T13:00:00Z"


@rows(
    "asked",
    {
        "J7 TC_044 UpdateFirmware": call.UpdateFirmware("ftp://h/f", MOMENT),
        "J7 TC_045 GetDiagnostics": call.GetDiagnostics("ftp://h/"),
        "J7 TC_046 ReserveNow": call.ReserveNow(1, MOMENT, "RIG", 1),
        "J7 TC_051 CancelReservation": call.CancelReservation(1),
    },
)
def test_a_request_of_a_profile_that_it_has_not_is_not_supported(world: World, asked: Any) -> None:
    assert reply(booted(world), asked) == "NotSupported"


@clause("S5.10 J7 TC_042 GetLocalListVersion")
def test_the_version_of_a_list_that_it_has_not(world: World) -> None:
    """By S5.10 it is -1, by J table 7 the request is not supported; either says the same."""
    answer = reply(booted(world), call.GetLocalListVersion())
    assert answer == "NotSupported" or answer.list_version == -1


@clause("S5.15 J7 TC_043 SendLocalList")
def test_a_list_for_which_it_has_no_place(world: World) -> None:
    answer = reply(booted(world), call.SendLocalList(1, UpdateType.full))
    assert answer == "NotSupported" or answer.status == "NotSupported"


# power (5.14, 7.36)


@clause("S7.36 TC_032_1 power goes, in time to stop")
def test_with_time_to_stop_the_transaction_is_told_to_have_ended_by_power_loss(
    world: World,
) -> None:
    forget(world.charging()).feed(Shutdown(Reason.power_loss))
    settle(world)
    assert world.last_command == Stop()
    assert only(world, call.StopTransaction).reason == "PowerLoss"


@clause("S7.36 TC_032_2 power goes, and that is told afterwards")
def test_without_time_to_stop_it_is_told_after_the_boot(world: World) -> None:
    forget(world.charging()).die()
    world.registered()
    settle(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, stop.reason) == (4, "PowerLoss")
    assert names(world.asked)[0] == "BootNotification"
    assert world.on_bus[0] == Stop()
    run(world, 60)
    world.feed(Unplugged())
    world.feed(Plugged())
    settle(world)
    assert told(world, call.StartTransaction) == []
