import logging
import re
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import rig.role.log
from rig.role.log import Lazy, Named, RateLimited, printable, start_log, stop_log
from rig.role.logic.rate_limit import RateLimit
from tests.processes import PATIENCE

LINE = r"cp       \d\d:\d\d:\d\d\.\d\d\d "


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield start_log("cp")
    stop_log()
    root.handlers[:] = handlers
    root.setLevel(level)


Told = Callable[[], str]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Told:
    """Ends the log; all that it wrote."""

    def end() -> str:
        stop_log()
        return str(capfd.readouterr().out)

    return end


def test_a_line_has_the_role_the_time_and_the_text(log: logging.Logger, told: Told) -> None:
    log.info("can > %s", "SetLimit limit=100 A (210#6400)")
    assert re.fullmatch(LINE + r"can > SetLimit limit=100 A \(210#6400\)\n", told())


def test_lines_come_out_in_order_and_all_of_them_before_the_end(
    log: logging.Logger, told: Told
) -> None:
    for number in range(500):
        log.info("%d", number)
    out = told().splitlines()
    assert [line.split()[-1] for line in out] == [str(number) for number in range(500)]


def test_libraries_speak_only_when_something_is_wrong(log: logging.Logger, told: Told) -> None:
    logging.getLogger("websockets").info("handshake")
    logging.getLogger("websockets").warning("trouble")
    out = told()
    assert "handshake" not in out
    assert "trouble" in out


@pytest.mark.parametrize(
    ("level", "shown"),
    [("info", ["told", "odd", "bad"]), ("warning", ["odd", "bad"]), ("error", ["bad"])],
)
def test_the_least_that_is_wanted_decides_what_is_shown(
    log: logging.Logger, told: Told, level: str, shown: list[str]
) -> None:
    stop_log()
    wanted = start_log("cp", level)
    for each in (wanted, Named(wanted, "CP_1")):
        each.info("told")
        each.info("told %s", "more")
        each.warning("odd")
        each.error("bad")
    logging.getLogger("websockets").warning("odd")
    logging.getLogger("websockets").error("bad")
    lines = told().splitlines()
    assert list(dict.fromkeys(re.findall("told|odd|bad", "".join(lines)))) == shown
    assert len(lines) == {"info": 10, "warning": 6, "error": 3}[level]


def test_a_lazy_part_is_put_into_words_as_the_line_is(log: logging.Logger, told: Told) -> None:
    log.info("ocpp < %s", Lazy(lambda number: f"{number} A", 16))
    assert "ocpp < 16 A\n" in told()


def test_a_named_log_begins_each_line_with_its_name_whatever_that_is(
    log: logging.Logger, told: Told
) -> None:
    Named(log, "connector 2").info("can > Start (%s)", "200#")
    Named(log, "100 %d").warning("ocpp = gone")
    lines = told().splitlines()
    assert re.fullmatch(LINE + r"connector 2 can > Start \(200#\)", lines[0])
    assert re.fullmatch(LINE + r"100 %d ocpp = gone", lines[1])


def test_a_spared_log_tells_few_warnings_and_how_many_it_left_out(
    log: logging.Logger, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited, monotonic = RateLimited(log, "CP_1", RateLimit(2, 60.0, 10)), time.monotonic
    for number in range(5):
        limited.warning("100 %% bad, %d", number)
        limited.log(logging.WARNING, "%s", "a note")
        limited.log_limited(logging.INFO, "here")
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 61.0)
    limited.warning("odd")
    lines = [re.sub(LINE, "", line) for line in told().splitlines()]
    assert lines == ["CP_1 100 % bad, 0", "CP_1 a note", "CP_1 odd (13 lines before it left out)"]


def test_what_is_the_record_and_what_is_a_defect_is_never_left_out(
    log: logging.Logger, told: Told
) -> None:
    limited = RateLimited(log, "CP_1", RateLimit(1, 60.0, 10))
    for _ in range(5):
        limited.warning("odd")
        limited.info("ocpp < Heartbeat")
        limited.log(logging.INFO, "cycle: Start")
        limited.error("a defect")
    out = told()
    counts = [out.count(each) for each in ("odd", "Heartbeat", "cycle", "defect")]
    assert counts == [1, 5, 5, 5]


def test_what_is_not_shown_takes_no_place_of_what_is(log: logging.Logger, told: Told) -> None:
    stop_log()
    limited = RateLimited(start_log("cp", "warning"), "CP_1", RateLimit(1, 60.0, 10))
    limited.log_limited(logging.INFO, "here")
    limited.warning("odd")
    assert told().endswith("CP_1 odd\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("größer €", "größer €"),
        ("\x1b[2J", r"\x1b[2J"),  # clears a terminal
        ("a\rb", r"a\rb"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202e", r"\u202e"),  # turns the text round
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),  # other ends of a line
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("\ud800", r"\ud800"),  # half a surrogate pair, which no stream can write
        ("\ufeff\u200b", r"\ufeff\u200b"),  # nothing to be seen
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_peer_cannot_forge_a_line(log: logging.Logger, told: Told) -> None:
    forged = "x\ncp       21:15:31.204 can > Start (200#)"
    log.info("ocpp < DataTransfer data=%s", forged)
    out = told()
    assert out.count("\n") == 1
    assert r"data=x\ncp       21:15:31.204" in out


def test_the_password_of_an_address_is_in_no_line(log: logging.Logger, told: Told) -> None:
    try:
        raise OSError("cannot reach ws://CP_1:s3cret@csms.lan/")
    except OSError as error:
        log.exception("%s", error)
    out = told()
    assert "s3cret" not in out
    assert "cannot reach ws://***@csms.lan/" in out


def test_a_long_message_is_cut_and_says_so(log: logging.Logger, told: Told) -> None:
    log.info("x" * 100_000)
    out = told()
    assert len(out) < 1100
    assert out.endswith("x...\n")


def test_the_time_of_a_line_is_its_own_not_that_of_the_line_before(
    log: logging.Logger, told: Told
) -> None:
    for created in (1000.25, 1000.5, 1001.75):
        record = log.makeRecord(log.name, logging.INFO, "", 0, "text", (), None)
        record.created, record.msecs = created, created % 1 * 1000
        log.handle(record)
    times = [line.split()[1][-6:] for line in told().splitlines()]
    assert times == ["40.250", "40.500", "41.750"]  # 1000 s are 16 min 40 s


def test_a_traceback_keeps_its_lines_but_none_looks_like_one_of_the_log(
    log: logging.Logger, told: Told
) -> None:
    try:
        raise ValueError("x\ncp       21:15:31.204 can > Start (200#)\x1b[2J")
    except ValueError:
        log.exception("ended by a defect")
    lines = told().splitlines()
    assert lines[1] == "  Traceback (most recent call last):"
    assert any("raise ValueError" in line for line in lines)
    assert [line for line in lines[1:] if not line.startswith("  ")] == []
    assert all(line.isprintable() for line in lines)


def test_a_line_that_is_wrong_is_shown_and_not_the_last_one(
    log: logging.Logger, told: Told
) -> None:
    log.info("ocpp < %d", "text")
    log.info("next")
    lines = told().splitlines()
    assert re.fullmatch(LINE + r"ocpp < %d: a defect of the rig, please report it: .*", lines[0])
    assert re.fullmatch(LINE + "next", lines[1])


class Stuck:
    """An output that takes nothing until it may."""

    def __init__(self) -> None:
        self.is_asked, self.may = threading.Event(), threading.Event()
        self.written = b""

    def write_all(self, stream: int, data: bytes) -> None:
        self.is_asked.set()
        assert self.may.wait(PATIENCE)
        self.written += data


class Message:
    """What a line is about; whether it was put into words."""

    is_told = False

    def __str__(self) -> str:
        self.is_told = True
        return "words"


def test_of_what_waits_for_a_stuck_output_only_100_lines_are_not_in_words_yet(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message may take a MB, its words take 200 characters; 10 000 lines may wait."""
    output, messages = Stuck(), [Message() for _ in range(300)]
    monkeypatch.setattr(rig.role.log, "write_all", output.write_all)
    log.info("first")
    assert output.is_asked.wait(PATIENCE)
    for message in messages:
        log.info("ocpp < %s", message)
    assert [message.is_told for message in messages] == [False] * 100 + [True] * 200
    output.may.set()
    stop_log()
    assert output.written.count(b"ocpp < words\n") == 300
