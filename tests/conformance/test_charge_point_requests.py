"""What the charge point answers, by the clauses: configuration, triggers, what it does not do."""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import CertificateUse, Log, MessageTrigger, UpdateType

from rig.bus.logic.messages import Current
from tests.conformance.clauses import (
    SUPPLY,
    booted,
    change,
    clause,
    forget,
    only,
    reply,
    rows,
    setting,
    settle,
    told,
)
from tests.cp.logic.said import names, trigger
from tests.cp.logic.world import World

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
        "J7 TC_074 CertificateSigned": call.CertificateSigned("x"),
        "J7 TC_075 InstallCertificate": call.InstallCertificate(
            CertificateUse.central_system_root_certificate, "x"
        ),
        "J7 TC_079 GetLog": call.GetLog({"remote_location": "ftp://h/"}, Log.security_log, 1),
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


@clause("S9.1.9 GetConfigurationMaxKeys")
def test_as_many_keys_as_it_says_can_be_asked_for_at_once(world: World) -> None:
    most = int(setting(booted(world), "GetConfigurationMaxKeys"))
    asked = [f"NoSuchKey{number}" for number in range(most)]
    assert reply(world, call.GetConfiguration(asked)).unknown_key == asked


@clause("S5.17 the measurands of a triggered value", supply=SUPPLY)
def test_a_triggered_value_has_the_measurands_of_sampled_data(world: World) -> None:
    booted(world).feed(Current(0))
    settle(world)
    assert change(world, "MeterValuesSampledData", "Voltage,Current.Offered") == "Accepted"
    assert forget(world).status(trigger(MessageTrigger.meter_values, 1)) == "Accepted"
    (value,) = only(world, call.MeterValues).meter_value
    told_of = {str(one.measurand): str(one.context) for one in value.sampled_value}
    assert told_of == {"Voltage": "Trigger", "Current.Offered": "Trigger"}
