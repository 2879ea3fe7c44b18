"""Joins a peer and a state machine: what one side asks or answers becomes the other's event."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from rig.ocppj.logic.exchange import Answer, Answered, Ask, Failed, Note, Refuse
from rig.ocppj.peer import CallFailed, NoAnswer, Peer
from rig.role.log import Log

Feed = Callable[[Any], None]


class OcppLink:
    """The OCPP outputs of a machine, done on whatever peer is connected now."""

    def __init__(self, log: Log) -> None:
        self.peer: Peer | None = None
        self._log = log

    def do(self, output: Answer | Refuse | Ask | Note, feed: Feed) -> None:
        """Do an output; what comes of an Ask is fed back."""
        match output:
            case Ask(request, unique_id) if self.peer:
                self.peer.ask(request, functools.partial(_feed_back, request, feed), unique_id)
            case Note(text, is_warning):
                self._log.log(logging.WARNING if is_warning else logging.INFO, "%s", text)
            case Answer(unique_id, response) if self.peer:
                self.peer.answer(unique_id, response)
            case Refuse(unique_id, code, description) if self.peer:
                self.peer.refuse(unique_id, code, description)


def _feed_back(request: Any, feed: Feed, outcome: Any) -> None:
    if isinstance(outcome, CallFailed):
        in_time = not isinstance(outcome, NoAnswer)
        feed(Failed(request, str(outcome), outcome.code, in_time))
    else:
        feed(Answered(request, outcome))
