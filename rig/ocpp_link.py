"""Joins a peer and a state machine: what one side asks or answers becomes the other's event."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from rig.logic.exchange import Answer, Answered, Ask, Failed, Note, Refuse
from rig.peer import CallFailed, NoAnswer, Peer

Feed = Callable[[Any], None]


class OcppLink:
    """The OCPP outputs of a machine, done on whatever peer is connected now."""

    def __init__(self, log: logging.Logger) -> None:
        self.peer: Peer | None = None
        self._log = log
        self._asking: set[asyncio.Task[None]] = set()

    def do(self, output: Answer | Refuse | Ask | Note, feed: Feed) -> None:
        """Do an output; what comes of an Ask is fed back."""
        match output:
            case Note(text, is_warning):
                self._log.log(logging.WARNING if is_warning else logging.INFO, "%s", text)
            case Answer(unique_id, response) if self.peer:
                self.peer.answer(unique_id, response)
            case Refuse(unique_id, code, description) if self.peer:
                self.peer.refuse(unique_id, code, description)
            case Ask() if self.peer:
                task = asyncio.ensure_future(_ask(self.peer, output, feed))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)


async def _ask(peer: Peer, ask: Ask, feed: Feed) -> None:
    """Ask; a connection that is lost meanwhile cancels this, and Disconnected says so."""
    try:
        response = await peer.call(ask.request, ask.unique_id)
    except CallFailed as error:
        in_time = not isinstance(error, NoAnswer)
        feed(Failed(ask.request, str(error), error.code, in_time))
    else:
        feed(Answered(ask.request, response))
