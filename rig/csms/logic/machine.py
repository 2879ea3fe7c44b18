"""The central system's side of one charge point: answers what it asks, plays the cycle on it.

Sources: OCPP 1.6 edition 2 with the errata 2025-04. Times in s on the clock of `now`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger, RegistrationStatus, TriggerMessageStatus

from rig.csms.logic.answers import boot_answer
from rig.csms.logic.capabilities import Capabilities, ask_capabilities, read_capabilities
from rig.csms.logic.cycle import Cycle
from rig.csms.logic.cycle_player import CyclePlayer, Played
from rig.csms.logic.device_info import DeviceInfo
from rig.csms.logic.events import (
    Command,
    Consulted,
    ConsultFailed,
    Done,
    Event,
    Output,
    Record,
    Withdrawn,
)
from rig.csms.logic.registration import Due, Registration
from rig.csms.logic.request_handler import RequestHandler
from rig.csms.logic.request_queue import QueuedRequest, RequestQueue
from rig.csms.logic.running import RunningTransactions
from rig.ocppj.logic.exchange import (
    Answer,
    Answered,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Refuse,
)
from rig.ocppj.logic.moments import timestamp
from rig.role.logic.supply import Supply

ACCEPTED_TRIGGER = TriggerMessageStatus.accepted


class ChargePointMachine:
    """One charge point, over all its connections."""

    __slots__ = (
        "_cycle",
        "_device_info",
        "_handler",
        "_has_begun",
        "_player",
        "_question",
        "_queue",
        "_registration",
        "_running",
        "_supply",
        "_wall",
    )

    def __init__(
        self,
        cycle: Cycle,
        wall: Callable[[float], float],
        *,
        is_known: bool = False,
        running: Iterable[tuple[int, int]] = (),
        supply: Supply | None = None,
        registration: RegistrationStatus = RegistrationStatus.accepted,
    ) -> None:
        """`wall`: a `now` in seconds since 1970. `is_known`: the database has its accepted boot,
        and `running` are the transaction ids and connectors of what runs. `registration`: the
        answer to a boot."""
        self._cycle, self._wall, self._supply = cycle, wall, supply
        self._registration = Registration(registration, is_known=is_known)
        self._running = RunningTransactions(running)
        self._queue, self._device_info = RequestQueue(), DeviceInfo()
        self._handler = RequestHandler(wall, self._running, self._device_info)
        self._has_begun = False
        self._question: call.GetConfiguration | None = None
        self._player: CyclePlayer | None = None

    @property
    def wake_at(self) -> float:
        """A step waits until the step before it is answered."""
        if self._player is None:
            return min(self._registration.wake_at, self._queue.wake_at)
        return self._player.wake_at if self._queue.is_idle else self._queue.wake_at

    @property
    def is_accepted(self) -> bool:
        """Whether it booted here and may talk."""
        return self._registration.is_accepted

    @property
    def has_booted(self) -> bool:
        """Whether it ever booted here, by itself or by the database."""
        return self._registration.has_booted

    def table(self) -> dict[str, Any]:
        """What is known of it, as JSON."""
        running = [{"id": id_, "connector": connector} for id_, connector in self._running.all()]
        return {
            "registered": self.is_accepted,
            **self._device_info.table(),
            "transactions": running,
        }

    def receive(self, event: Event, now: float) -> list[Output]:
        match event:
            case Asked(unique_id, request):
                return self._asked(unique_id, request, now)
            case Consulted():
                return self._handler.consulted(event)
            case ConsultFailed():
                return self._handler.consult_failed(event)
            case Answered(request, response):
                return self._outcome(request, response, now)
            case Failed(request):
                return self._outcome(request, event, now)
            case Command(key, request):
                return [*self._queue.put_command(key, request, now)]
            case Withdrawn(key):
                return self._withdrawn(key)
            case Connected():
                return self._connected(now)
            case Disconnected(why):
                return self._disconnected(why)

    def tick(self, now: float) -> list[Output]:
        late: list[Output] = [*self._queue.overdue(now)]
        if self._registration.wake_at <= now:
            return [*late, *self._act(self._registration.tick(now))]
        if self._player is None or not self._queue.is_idle or self._player.wake_at > now:
            return late
        return [*late, *self._put(self._player.take())]

    # the connection

    def _connected(self, now: float) -> list[Output]:
        self._queue.open()
        if not self._has_begun:
            self._registration.connected(now)
            return []
        if self._player is None:
            return self._begin()
        return [Note("reconnected: the cycle goes on"), *self._put(self._player.resume(now))]

    def _disconnected(self, why: str) -> list[Output]:
        self._handler.disconnected()
        self._registration.disconnected()
        return [*self._queue.close(f"the connection is gone: {why}")]

    # the boot

    def _boot(self, unique_id: str, request: call.BootNotification, now: float) -> list[Output]:
        status = self._registration.booted()
        self._running.forget_all()
        self._device_info.note(request)
        self._player = None
        self._queue.drop_cycle()
        answer = Answer(unique_id, boot_answer(status, timestamp(self._wall(now))))
        if status != RegistrationStatus.accepted:
            return [answer]
        return [Record(request), answer, *self._begin()]

    def _act(self, due: Due) -> list[Output]:
        """On one that is connected and did not boot."""
        match due:
            case Due.WAIT:
                return []
            case Due.TRIGGER:
                trigger = call.TriggerMessage(MessageTrigger.boot_notification)
                return [Note("has not booted here: asking for it"), *self._queue.put(trigger)]
            case Due.BEGIN if self.is_accepted:
                return self._begin()
            case Due.BEGIN:
                return self._not_triggered("it accepted, but did not")

    def _triggered(self, status: TriggerMessageStatus, now: float) -> list[Output]:
        if status != ACCEPTED_TRIGGER:
            return self._not_triggered(str(status))
        self._registration.will_boot(now)
        return []

    def _not_triggered(self, why: str) -> list[Output]:
        if self._has_begun or not self._registration.take_as_it_is():
            return []
        return [Note(f"would not boot again ({why}): taken as it is", True), *self._begin()]

    # the cycle

    def _begin(self) -> list[Output]:
        """Its capabilities first, if there is a cycle to adapt to them."""
        self._has_begun = True
        if not self._cycle.steps:
            return []
        self._question = ask_capabilities()
        return [*self._queue.put(self._question)]

    def _outcome(self, request: Any, outcome: Any, now: float) -> list[Output]:
        """What became of the outstanding request: its response, or Failed."""
        queued = self._queue.finish(request)
        if queued is None:
            return []
        if queued.key is None:
            outputs = self._of_cycle(request, outcome, now)
        else:
            outputs = self._of_command(queued, outcome)
        late = self._put(self._player.stay_on_grid(now)) if self._player else []
        return [*outputs, *late, *self._queue.overdue(now), *self._queue.next()]

    def _withdrawn(self, key: object) -> list[Output]:
        """What nobody waits for is not sent, unless it was already."""
        queued = self._queue.withdraw(key)
        if queued is None:
            return []
        name = type(queued.request).__name__
        return [Note(f"command {name} not sent: nobody waits for it any more", True)]

    def _of_command(self, queued: QueuedRequest, outcome: Any) -> list[Output]:
        request, done = queued.request, Done(queued.key, outcome)
        if isinstance(outcome, Failed):
            failed = outcome if outcome.in_time else outcome._replace(why=f"sent, {outcome.why}")
            note = Note(f"command {type(request).__name__} failed: {failed.why}", True)
            return [Done(queued.key, failed), note]
        if isinstance(request, call.TriggerMessage) and outcome.status == ACCEPTED_TRIGGER:
            self._registration.triggered(str(request.requested_message))
        return [done]

    def _of_cycle(self, request: Any, outcome: Any, now: float) -> list[Output]:
        failed = isinstance(outcome, Failed)
        match request:
            case call.TriggerMessage():
                why = self._not_triggered(outcome.why) if failed else None
                return self._triggered(outcome.status, now) if why is None else why
            case call.GetConfiguration():
                return self._play_from(now, request, outcome)
        if self._player is None:
            return []
        played = (
            self._player.failed(outcome) if failed else self._player.answered(request, outcome, now)
        )
        return self._put(played)

    def _play_from(self, now: float, request: Any, outcome: Any) -> list[Output]:
        if request is not self._question:  # it booted meanwhile, and is asked again
            return []
        is_told = not isinstance(outcome, Failed)
        capabilities = read_capabilities(outcome) if is_told else Capabilities()
        self._player = CyclePlayer(self._cycle, now, capabilities, self._running, self._supply)
        return [] if is_told else [Note(f"GetConfiguration failed: {outcome.why}", True)]

    def _put(self, played: list[Played]) -> list[Output]:
        outputs: list[Output] = []
        for each in played:
            outputs += [each] if isinstance(each, Note) else self._queue.put(each)
        return outputs

    # requests of the charge point

    def _asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        if isinstance(request, call.BootNotification):
            return self._boot(unique_id, request, now)
        may_say, due = self._registration.spoke(type(request).__name__)
        if may_say:
            outputs = self._handler.asked(unique_id, request, now)
        else:
            outputs = [Refuse(unique_id, "SecurityError", "BootNotification first")]
        return [*outputs, *self._act(due)]
