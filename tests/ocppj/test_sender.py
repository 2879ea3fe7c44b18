"""Sending that never waits. The other end is a real WebSocket."""

import asyncio
from typing import Any

import pytest
from websockets.frames import CloseCode

import rig.ocppj.logic.backlog
from rig.ocppj.sender import Sender, end_connection
from tests.ocpp_ends import PATIENCE, joined

BIG = "x" * 50_000  # characters


async def test_a_text_is_sent_at_once() -> None:
    async with joined() as other:
        Sender(other.their_socket).send("text")
        assert await other.hears_text() == "text"


async def test_texts_to_an_end_that_reads_later_are_kept_in_order() -> None:
    async with joined() as other:
        sender, transport = Sender(other.their_socket), other.their_socket.transport
        other.socket.transport.pause_reading()
        sent = 0
        while transport.get_write_buffer_size() == 0:
            sender.send(f"{sent}{BIG}")
            sent += 1
        other.socket.transport.resume_reading()
        assert [await other.hears_text() for _ in range(sent)] == [
            f"{number}{BIG}" for number in range(sent)
        ]
        assert not sender.has_cut_off


async def stuck(other: Any, sender: Sender) -> None:
    """The other end reads nothing, and more was sent than the kernel takes."""
    other.socket.transport.pause_reading()
    transport = other.their_socket.transport
    while transport.get_write_buffer_size() == 0 and not transport.is_closing():
        sender.send(BIG)


async def test_an_end_that_takes_nothing_for_too_long_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.ocppj.logic.backlog, "SEND_TIMEOUT", 0.01)
    async with joined() as other:
        sender = Sender(other.their_socket)
        await stuck(other, sender)
        await asyncio.wait_for(other.their_socket.wait_closed(), PATIENCE)
        assert sender.has_cut_off


async def test_an_end_that_leaves_too_much_is_cut_off_at_once() -> None:
    async with joined() as other:
        sender = Sender(other.their_socket)
        await stuck(other, sender)
        for _ in range(10):  # 500 kB
            sender.send(BIG)
        assert sender.has_cut_off
        assert other.their_socket.transport.is_closing()


async def test_a_sender_that_was_stopped_cuts_nobody_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.ocppj.logic.backlog, "SEND_TIMEOUT", 0.01)
    async with joined() as other:
        sender = Sender(other.their_socket)
        await stuck(other, sender)
        sender.stop()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.their_socket.wait_closed(), 0.05)


async def test_what_is_sent_on_a_closed_connection_is_dropped() -> None:
    async with joined() as other:
        await other.their_socket.close()
        Sender(other.their_socket).send("text")


async def test_an_end_that_does_not_take_the_closing_frame_is_dropped() -> None:
    async with joined() as other:
        await stuck(other, Sender(other.their_socket))
        await end_connection(other.their_socket, CloseCode.GOING_AWAY, "over")
        await asyncio.wait_for(other.their_socket.wait_closed(), PATIENCE)


async def test_an_end_that_listens_hears_why_the_connection_ends() -> None:
    async with joined() as other:
        await end_connection(other.their_socket, CloseCode.GOING_AWAY, "over")
        assert (other.socket.close_code, other.socket.close_reason) == (1001, "over")
