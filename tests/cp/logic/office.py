"""A delivery, the disk that it keeps things on, and a central system that answers."""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.cp.logic.delivery import Delivery
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Fetch
from rig.cp.logic.saved import read
from rig.ocppj.logic.exchange import Ask, Note
from tests.cp.logic.on_disk import Disk, begun_with, kept_on, read_on
from tests.cp.logic.world import codec

TIME = "2026-01-31T12:00:00.000Z"
HEARTBEAT = call.Heartbeat()
START = call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME)
STOP = call.StopTransaction(meter_stop=9, timestamp=TIME, transaction_id=0)
STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)
BOOT = call.BootNotification(charge_point_model="m", charge_point_vendor="v")


def values(amperes: str = "20", connector: int = 1) -> call.MeterValues:
    return call.MeterValues(connector, [MeterValue(TIME, [SampledValue(amperes)])])


class Office:
    """A delivery, the disk that it keeps things on, and what it asked."""

    def __init__(self, boot: str = "b") -> None:
        self.disk: Disk = {}
        self.asked: list[Ask] = []
        self.notes: list[str] = []
        self.now = 0.0
        self.fetching: Fetch | None = None
        self.delivery = Delivery(boot, read(begun_with(self.disk), codec()))

    def do(self, outputs: list[Output]) -> list[Any]:
        """Do them; the requests among them."""
        requests = []
        for output in kept_on(self.disk, outputs):
            match output:
                case Fetch():
                    assert self.fetching is None, "two portions are fetched"
                    self.fetching = output
                case Note(text):
                    self.notes.append(text)
                case Ask(request):
                    self.asked.append(output)
                    requests.append(request)
        return requests

    def restart(self, boot: str = "c", size: int = 100) -> None:
        """As after a kill -9: only the disk is left."""
        self.fetching = None
        self.delivery = Delivery(boot, read(begun_with(self.disk, size), codec()))

    def read(self, size: int = 100) -> list[Any]:
        """The disk gives the requests that are fetched."""
        assert self.fetching
        after, self.fetching = self.fetching.after, None
        return self.do(self.delivery.fetched(read_on(self.disk, after, size)))

    def open(self) -> list[Any]:
        return self.do(self.delivery.open())

    def answer(self) -> list[Any]:
        """The outstanding request is answered; what is asked next."""
        return self.do(self.delivery.done(self.asked[-1].request))

    def fail(self, attempts: int = 3, interval: float = 60.0) -> list[Any]:
        return self.do(
            self.delivery.failed(
                self.asked[-1].request, "why", self.now, attempts=attempts, interval=interval
            )
        )

    def certain(self, request: Any, transaction: int = 0) -> list[Any]:
        return self.do(self.delivery.tell_for_certain(request, transaction))
