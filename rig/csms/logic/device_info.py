"""What a charge point told about itself, for whoever looks at it from outside."""

from typing import Any

from ocpp.v16 import call

CONNECTORS = 100  # of one charge point that are remembered


class DeviceInfo:
    """Its newest BootNotification and StatusNotifications."""

    __slots__ = ("_boot", "_connectors")

    def __init__(self) -> None:
        self._boot: tuple[str, str, str | None] | None = None
        self._connectors: dict[int, tuple[str, str]] = {}

    def note(self, request: Any) -> None:
        """It says something."""
        match request:
            case call.BootNotification():
                made_by, model = request.charge_point_vendor, request.charge_point_model
                self._boot = (made_by, model, request.firmware_version)
            case call.StatusNotification(connector_id=connector):
                if connector in self._connectors or len(self._connectors) < CONNECTORS:
                    self._connectors[connector] = (str(request.status), str(request.error_code))

    def table(self) -> dict[str, Any]:
        """As JSON; None where it has not told."""
        vendor, model, firmware = self._boot or (None, None, None)
        connectors = [
            {"connector": number, "status": status, "error": error}
            for number, (status, error) in sorted(self._connectors.items())
        ]
        return {
            "vendor": vendor,
            "model": model,
            "firmware": firmware,
            "connectors": connectors,
        }
