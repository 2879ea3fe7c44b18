import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from rig.csms import sessions
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger, Memory
from rig.role.paths import default_database
from tests.messages import NOW, sample, start, stop, values

# The first ids of a database made at NOW: 1790000000 - 1577836800 (2020-01-01) + 1, + 2.
ENDED, RUNNING = 212163201, 212163202
PAGE = 4096  # bytes; the least that a pipe takes


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    """The database of a central system that runs: one session has ended, one goes on."""
    with Database(database_url).open(NOW) as connection:
        with connection.begin():
            ledger = Ledger(connection, "accept", Memory())
            tell(ledger)
            ledger.flush()
        yield database_url


def tell(ledger: Ledger) -> None:
    ledger.answer("CP_1", start(1, "ABC", 1000, "2026-09-21T14:00:00Z"), NOW)
    ledger.answer("CP_2", start(2, "XYZ", 500, "2026-09-21T14:10:00Z"), NOW)
    ledger.answer("CP_1", stop(ENDED, 3500, "2026-09-21T15:01:05Z"), NOW)
    current = sample("16", measurand="Current.Import", unit="A")
    later, earlier = sample("0.8", unit="kWh"), sample("600", "2026-09-21T14:20:00Z")
    for each in (later, earlier, current):
        ledger.answer("CP_2", values(each, connector=2, transaction=RUNNING), NOW)
    ledger.answer("CP_1", values(sample("9999"), transaction=RUNNING), NOW)  # not of this one


def say(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    assert sessions.main(words) == 0
    return str(capfd.readouterr().out)


def test_the_sessions_are_a_table(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    header, ended, running = say(capfd, "--database", url).splitlines()
    assert header.split() == [
        "id", "charge", "point", "connector", "tag", "start", "stop", "duration", "Wh", "state",
    ]  # fmt: skip
    assert ended.split() == [
        str(ENDED), "CP_1", "1", "ABC", "2026-09-21T14:00:00Z", "2026-09-21T15:01:05Z",
        "1:01:05", "2500", "ended:", "Local",
    ]  # fmt: skip
    # The newest register: 0.8 kWh - 500 Wh = 300 Wh
    assert running.split() == [
        str(RUNNING), "CP_2", "2", "XYZ", "2026-09-21T14:10:00Z", "-", "-", "300", "running",
    ]  # fmt: skip


def test_one_charge_point_alone(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    text = say(capfd, "--database", url, "--charge-point", "CP_2")
    assert [line.split()[0] for line in text.splitlines()] == ["id", str(RUNNING)]


@pytest.mark.parametrize("charge_point", [None, "CP_2"])
def test_no_value_from_before_the_sessions_that_run_is_looked_at(
    url: str, charge_point: str | None
) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("the plan is SQLite's")
    with Database(url).connect() as connection:
        asked = sessions.select_readings(charge_point, NOW).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
    assert [row.detail for row in plan] == [
        "SEARCH meter_values USING PRIMARY KEY (at>?)",
        "SEARCH transactions USING INTEGER PRIMARY KEY (rowid=?)",
    ]


def test_a_clock_that_was_set_back_while_it_charged_hides_no_reading(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with Database(url).connect() as connection, connection.begin():
        ledger = Ledger(connection, "accept", Memory())
        number = ledger.answer("CP_3", start(1, "ABC", 100, "2026-09-21T14:00:00Z"), NOW)
        before = sample("400", "2026-09-20T15:00:00Z")
        ledger.answer("CP_3", values(before, transaction=number.transaction_id), NOW)
        ledger.flush()
    (_, row) = say(capfd, "--database", url, "--charge-point", "CP_3").splitlines()
    assert row.split()[-2:] == ["300", "running"]


def test_the_sessions_as_csv(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = list(csv.DictReader(io.StringIO(say(capfd, "--database", url, "--csv", "-"))))
    assert [row["id"] for row in found] == [str(ENDED), str(RUNNING)]
    assert found[0]["energy_wh"] == "2500"
    assert (found[1]["stopped"], found[1]["state"]) == ("", "running")


def test_the_sessions_as_parquet(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sessions.parquet"
    assert say(capfd, "--database", url, "--parquet", str(file)) == ""
    rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    assert [(row["id"], row["energy_wh"]) for row in rows] == [(ENDED, 2500.0), (RUNNING, 300.0)]


def test_the_meter_values_on_demand(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "values.parquet"
    words = ["--database", url, "--meter-values", "--charge-point", "CP_2"]
    text = say(capfd, *words, "--csv", "-", "--parquet", str(file))
    found = list(csv.DictReader(io.StringIO(text)))
    assert found[0] == {
        "charge_point": "CP_2",
        "connector": "2",
        "transaction_id": str(RUNNING),
        "timestamp": "2026-09-21T14:20:00Z",
        "measurand": "Energy.Active.Import.Register",
        "phase": "",
        "value": "600",
        "unit": "Wh",
        "context": "Sample.Periodic",
        "location": "Outlet",
        "format": "Raw",
    }
    assert sorted(row["value"] for row in found[1:]) == ["0.8", "16"]
    assert len(parquet.read_table(file)) == 3


def test_meter_values_are_exported_and_not_listed(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sessions.main(["--database", url, "--meter-values"]) == 2
    line = capfd.readouterr().err
    assert line == "rig sessions: --meter-values needs --csv FILE or --parquet FILE\n"


def test_without_an_address_it_is_the_database_of_rig_csms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert sessions.main([]) == 2
    assert "yet: rig csms makes it" in capfd.readouterr().err
    Database(default_database()).open(NOW).close()
    assert len(say(capfd).splitlines()) == 1


def test_control_characters_never_reach_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'csms.db'}"
    with Database(url).open(NOW) as connection, connection.begin():
        Ledger(connection, "accept", Memory()).answer("CP_1", start(tag="\x1b[2J\n"), NOW)
    for words in ([], ["--csv", "-"]):
        text = say(capfd, "--database", url, *words)
        assert "\x1b" not in text
        assert "\\x1b[2J\\n" in text
        assert len(text.splitlines()) == 2


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'csms.db'}"
    with Database(url).open(NOW) as connection, connection.begin():
        ledger = Ledger(connection, "accept", Memory())
        for meter in range(200):  # 16 KB: more than the pipe and one reading take
            ledger.answer("CP_1", start(meter=meter), NOW)
    command = [sys.executable, "-m", "rig.csms.sessions", "--database", url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=PAGE
    ) as reading:
        assert reading.stdout
        assert reading.stderr
        assert reading.stdout.readline().split()[0] == b"id"
        reading.stdout.close()
        assert reading.wait() == 0
        assert reading.stderr.read() == b""


def test_the_help_ends_in_examples(capfd: pytest.CaptureFixture[str]) -> None:
    assert sessions.main(["--help"]) == 0
    examples = capfd.readouterr().out.split("examples:\n")[1].splitlines()
    assert all(line.startswith("  rig sessions") for line in examples)


def test_pyarrow_is_loaded_only_for_parquet() -> None:
    code = "import sys, rig.csms.sessions; sys.exit('pyarrow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
