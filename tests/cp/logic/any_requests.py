"""What a central system may ask of a charge point at any time, but to start and to stop."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, MessageTrigger

from tests.cp.logic.any_bench import AnyBench
from tests.cp.logic.said import profile, trigger

SWITCHES = [
    ("StopTransactionOnEVSideDisconnect", "false"),
    ("StopTransactionOnEVSideDisconnect", "true"),
    ("StopTransactionOnInvalidId", "false"),
    ("StopTransactionOnInvalidId", "true"),
    ("AuthorizeRemoteTxRequests", "true"),
    ("AuthorizeRemoteTxRequests", "false"),
    ("LocalPreAuthorize", "true"),
    ("AllowOfflineTxForUnknownId", "true"),
    ("ConnectionTimeOut", "2"),
    ("MinimumStatusDuration", "1"),
    ("MinimumStatusDuration", "0"),
    ("MeterValueSampleInterval", "1"),
    ("MeterValuesEveryCurrent", "true"),
    ("StopTxnSampledData", "Current.Import"),
]

connected = precondition(lambda self: self.world.is_connected)
amperes = st.none() | st.sampled_from([-1, 0, 16, 32, 70000])
purposes = st.sampled_from(["TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"])


class AnyRequests(AnyBench):
    """The rules of what is asked, whatever was asked before."""

    @connected
    @rule(limit=amperes, purpose=purposes, connector=st.sampled_from([0, 0, 1, 1, 2, 3]))
    def set_profile(self, limit: float | None, purpose: str, connector: int) -> None:
        values = profile(limit or 0, purpose) | {"charging_profile_id": len(purpose)}
        self.world.ask(call.SetChargingProfile(connector, values))

    @connected
    @rule(
        fields=st.sampled_from(
            [{}, {"id": 9}, {"connector_id": 0}, {"charging_profile_purpose": "TxProfile"}]
        )
    )
    def clear_profile(self, fields: dict[str, Any]) -> None:
        self.world.ask(call.ClearChargingProfile(**fields))

    @connected
    @rule(connector=st.sampled_from([0, 1, 2]), operative=st.booleans())
    def change_availability(self, connector: int, operative: bool) -> None:
        kind = AvailabilityType.operative if operative else AvailabilityType.inoperative
        self.world.ask(call.ChangeAvailability(self.number(connector), kind))

    @connected
    @rule(connector=st.sampled_from([0, 1, 1, 2]))
    def unlock(self, connector: int) -> None:
        self.world.ask(call.UnlockConnector(connector))

    @connected
    @rule(switch=st.sampled_from(SWITCHES))
    def change_configuration(self, switch: tuple[str, str]) -> None:
        self.world.ask(call.ChangeConfiguration(*switch))

    @connected
    @rule(message=st.sampled_from(list(MessageTrigger)), connector=st.sampled_from([None, 0, 1, 7]))
    def trigger(self, message: MessageTrigger, connector: int | None) -> None:
        self.world.ask(trigger(message, connector))
