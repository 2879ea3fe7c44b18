"""Who starts and stops: tags presented here, and remote starts that must be authorised first.

Source: OCPP 1.6 edition 2, 3.4, 3.5, 4.1 and 5.11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import ClearCacheStatus, Reason, RemoteStartStopStatus

from rig.cp.logic.authorization import (
    Accepted,
    Authorization,
    Decision,
    Undecided,
    answered,
    answered_stop,
)
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import CACHE, TAGS, Saved
from rig.cp.logic.shared import Shared
from rig.cp.logic.transaction import StartOrder, Transaction
from rig.ocppj.logic.exchange import Answer, Note


@dataclass(frozen=True, slots=True)
class _Question:
    """An Authorize on its way: to start with this order, or to stop the transaction that ran."""

    request: call.Authorize
    connector: int
    order: StartOrder | None
    transaction: Transaction | None


class Tags:
    """Tags at the connectors of one charge point."""

    def __init__(self, shared: Shared, connectors: Mapping[int, Connector], saved: Saved) -> None:
        self._shared, self._connectors = shared, connectors
        self._authorization = Authorization(shared.configuration, saved.tags)
        self._questions: list[_Question] = []

    def swiped(self, connector: Connector, id_tag: str, now: float) -> list[Output]:
        """A tag was presented at a connector: it stops what runs there, or starts something."""
        if connector.transaction is None:
            return self._decided(connector, self._start_decision(id_tag, now), id_tag, None, now)
        running = connector.transaction
        decision = self._authorization.may_stop(
            id_tag,
            started_by=running.id_tag,
            parent=running.parent,
            online=self._is_online,
            now=self._shared.wall(now),
        )
        return self._decided(connector, decision, id_tag, running, now)

    def remote_start(self, connector: Connector, order: StartOrder, now: float) -> list[Output]:
        """RemoteStartTransaction whose tag is to be authorised first (9.1.2)."""
        assert order.unique_id
        if connector.why_not():  # before Accepted
            return connector.begin(order, now)
        accepted = call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)
        answer = Answer(order.unique_id, accepted)
        waits = StartOrder(order.id_tag, profile=order.profile)
        decision = self._start_decision(order.id_tag, now)
        return [answer, *self._for_start(connector, decision, waits, now)]

    def answered(self, request: Any, response: Any, now: float) -> list[Output]:
        """The central system said what it knows of a tag, in one of its answers."""
        info = response.id_tag_info
        if info is None or request.id_tag is None:
            return []
        kept = self.learn(request.id_tag, info, now)
        question = self._question(request)
        if question is None:
            return kept
        connector = self._connectors[question.connector]
        if question.order:
            order, decision = question.order, answered(info)
            return [*kept, *self._for_start(connector, decision, order, now)]
        parent = question.transaction.parent if question.transaction else None
        decision = answered_stop(info, parent)
        id_tag = request.id_tag
        return [*kept, *self._decided(connector, decision, id_tag, question.transaction, now)]

    def learn(self, id_tag: str, info: Any, now: float) -> list[Output]:
        """An idTagInfo goes into the cache (3.5.1)."""
        self._authorization.learn(id_tag, info, self._shared.wall(now))
        return [self._kept()]

    def unanswered(self, request: Any, now: float) -> list[Output]:
        """An Authorize was not answered: what is known here has to do."""
        question = self._question(request)
        if question is None:
            return []
        connector = self._connectors[question.connector]
        if question.order is None:
            note = f"{request.id_tag} may not stop this transaction: no answer to Authorize"
            return [Note(note, is_warning=True)]
        decision = self._authorization.decide(
            request.id_tag, online=False, now=self._shared.wall(now)
        )
        return self._for_start(connector, decision, question.order, now)

    def clear_cache(self) -> tuple[ClearCacheStatus, list[Output]]:
        """ClearCache (5.4)."""
        return self._authorization.clear(), [self._kept()]

    @property
    def _is_online(self) -> bool:
        return self._shared.delivery.is_open

    def _start_decision(self, id_tag: str, now: float) -> Decision:
        moment = self._shared.wall(now)
        return self._authorization.decide(id_tag, online=self._is_online, now=moment)

    def _decided(
        self,
        connector: Connector,
        decision: Decision,
        id_tag: str,
        running: Transaction | None,
        now: float,
    ) -> list[Output]:
        """A tag at a connector: with what ran there when it was presented."""
        if running is None:
            return self._for_start(connector, decision, StartOrder(id_tag), now)
        match decision:
            case Undecided():
                return self._ask(connector, id_tag, None, running)
            case Accepted() if connector.transaction is running:
                return connector.stop(Reason.local, ended_by=id_tag)
            case Accepted():
                return [Note(f"{id_tag}: the transaction to stop has ended already")]
        return [Note(f"{id_tag} may not stop this transaction", is_warning=True)]

    def _for_start(
        self, connector: Connector, decision: Decision, order: StartOrder, now: float
    ) -> list[Output]:
        match decision:
            case Undecided():
                return self._ask(connector, order.id_tag, order, None)
            case Accepted(parent):
                begins = StartOrder(order.id_tag, parent, order.unique_id, order.profile)
                return connector.begin(begins, now)
        note = f"{order.id_tag} may not charge: {decision.status.value}"
        return [Note(note, is_warning=True)]

    def _ask(
        self,
        connector: Connector,
        id_tag: str,
        order: StartOrder | None,
        running: Transaction | None,
    ) -> list[Output]:
        request = call.Authorize(id_tag)
        self._questions.append(_Question(request, connector.number, order, running))
        return [*self._shared.delivery.tell(request)]

    def _question(self, request: Any) -> _Question | None:
        """The question that this request was, which is settled now."""
        for question in self._questions:
            if question.request is request:
                self._questions.remove(question)
                return question
        return None

    def _kept(self) -> Keep[Any, Any]:
        return Keep(TAGS, CACHE, dict(self._authorization.tags))
