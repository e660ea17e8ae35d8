"""Answers to queries: who may say what, and what the store keeps of findings: never a value."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.engine import open_engine
from onrecord.errors import StoreRefused, WrongWords
from onrecord.standard import codelists
from onrecord.store import returns as room
from onrecord.store.catalogue import FILE, FORMAT
from onrecord.store.returns import Store
from tests.standard_files import a_return, report
from tests.unit.factories import CANARY, SETTINGS, street_csv, street_row

ASKS, HOLDS = "crime.offence_code.listed", "report.concern.allowed"
OPEN = {"report_id": "REP-1", "offence_code": "QQ9", "offence_scheme": "home-office", "recorded_date": "2024-01-11"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a return that has two queries and an error."""
    folder = tmp_path_factory.mktemp("made")
    crimes = [{"crime_id": key, **OPEN} for key in ("CRI-1", "CRI-2")]
    sent = a_return(folder / "sent", crime=crimes, report=[report(), report("REP-2", concern="moon")])
    actions.receive(folder / "store", [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    return folder / "store"


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy for each test: what one does to it, no other sees."""
    return Path(shutil.copytree(made, tmp_path / "store"))


def test_the_queries_of_a_return_are_listed(store: Path) -> None:
    found = actions.queries(store, "r0001", SETTINGS)
    assert found.here == {"queries": 2, "open": 2, "answered": 0, "answered_rate": 0.0}
    [rule] = found.rules
    assert (rule["rule"], rule["open_keys"]) == (ASKS, ["REP-1/CRI-1", "REP-1/CRI-2"])


def test_an_answer_is_written_down_and_nothing_is_altered(store: Path) -> None:
    for reason, by in (("cannot be known", " Cat "), ("correct as sent", "Dan")):
        given, found = actions.answer(store, "R0001", ASKS, reason, by, "REP-1/CRI-2", SETTINGS)
        assert found.here["answered"] == 1
    assert (given.reason, given.by, given.at, given.rule_version) == (
        "correct as sent",
        "Dan",
        "2025-06-01T12:00:00+00:00",
        1,
    )
    assert [(each.number, each.reason, each.by) for each in Store.open(store, SETTINGS).rows_of("answers")] == [
        (1, "cannot be known", "Cat"),
        (2, "correct as sent", "Dan"),
    ]


@pytest.mark.parametrize("reason", codelists.codes("answer_reasons"))
def test_every_reason_of_the_list_can_be_given(store: Path, reason: str) -> None:
    _, found = actions.answer(store, "R0001", ASKS, reason, "Cat", settings=SETTINGS)
    assert found.here == {"queries": 2, "open": 0, "answered": 2, "answered_rate": 1.0}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"reason": "because"}, "no reason 'because'.*'correct as sent'"),
        ({"rule": "moon.phase.is"}, "no finding of a rule 'moon.phase.is'"),
        ({"rule": HOLDS}, "is an error: its rows are held"),
        ({"key": "REP-1/CRI-9"}, "asks nothing of a row with the key given"),
        ({"by": " "}, "--by is empty"),
    ],
)
def test_what_cannot_be_answered_is_a_letter(store: Path, words: dict[str, str], says: str) -> None:
    usual = {"rule": ASKS, "reason": "correct as sent", "by": "Cat"}
    with pytest.raises(WrongWords, match=says):
        actions.answer(store, "R0001", **{**usual, **words}, settings=SETTINGS)
    assert Store.open(store, SETTINGS).rows_of("answers") == []


def test_a_return_whose_findings_were_not_kept_says_so(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.Store, "read", lambda *_: None)
    with pytest.raises(StoreRefused, match="did not keep findings"):
        actions.queries(store, "R0001", SETTINGS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--reason", "correct as sent"], "Say which query"),
        (["--rule", ASKS], "needs --rule, --reason and --by"),
        (["--rule", ASKS, "--reason", "because", "--by", "Cat"], "no reason 'because'"),
    ],
)
def test_the_command_asks_for_the_right_words(store: Path, words: list[str], says: str) -> None:
    result = CliRunner().invoke(cli, ["answer", str(store), "R0001", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--add", "North"], "--add needs --every and --first"),
        (["--add", "North", "--remove", "North", "--every", "month", "--first", "2024-01"], "not both"),
        (["--remove", "North"], "Nothing is expected of 'North'. Expected are: nobody yet."),
        (["--every", "month", "--agency", "x"], "--every, --agency: only with --add."),
        (["--add", "North", "--every", "month", "--first", "2024"], "no month"),
        (["--add", " ", "--every", "month", "--first", "2024-01"], "--add is empty"),
    ],
)
def test_the_calendar_asks_for_the_right_words(store: Path, words: list[str], says: str) -> None:
    result = CliRunner().invoke(cli, ["expected", str(store), *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert Store.open(store, SETTINGS).rows_of("expected") == []


def test_who_is_expected_is_said_once_and_can_be_taken_back(tmp_path: Path) -> None:
    store = tmp_path / "store"
    actions.expect(store, "North", "month", "2024-01", agencies=["Lancashire Constabulary"], settings=SETTINGS)
    with pytest.raises(WrongWords, match="North is expected already, every month from 2024-01"):
        actions.expect(store, " NORTH", "year", "2024", settings=SETTINGS)
    assert [each.agencies for each in Store.open(store, SETTINGS).rows_of("expected")] == [("lancashire",)]
    assert len(actions.expected(store, SETTINGS)[0]) == 18
    actions.expect_no_more(store, "north", SETTINGS)
    assert actions.expected(store, SETTINGS) == ([], "Next: nothing is due.")
    assert [each.ended for each in Store.open(store, SETTINGS).rows_of("expected")] == [False, True]
    actions.expect(store, "North", "year", "2024", settings=SETTINGS)
    assert [row["period"] for row in actions.expected(store, SETTINGS)[0]] == ["2024", "2025"]


# ---------------------------------------------------------------- what is kept


def stored(store: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that the store holds."""
    for path in sorted(store.rglob("*")):
        if path.is_file():
            yield path.relative_to(store).as_posix(), path.read_bytes()


def test_no_value_of_a_held_row_or_of_a_finding_is_kept(tmp_path: Path) -> None:
    """In the clear, that is: what is kept of the original file, of held rows and of findings is sealed."""
    bad = report(f"{CANARY}-REP", concern=f"{CANARY}-CON", offence=f"{CANARY}-OFF", agency=f"{CANARY}-AGE")
    asked = {"crime_id": f"{CANARY}-CRI", **OPEN, "report_id": f"{CANARY}-REP", "offence_code": f"{CANARY}-COD"}
    twice = report("REP-3", day="2024-01-11")
    rows = [report(), report("REP-2", concern="moon"), bad, twice, twice | {"offence": f"{CANARY}-TWO"}]
    sent = a_return(tmp_path / "sent", crime=[asked], report=rows)
    store = tmp_path / "store"
    _, receipt = actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    assert {finding.rule for finding in receipt.findings} >= {HOLDS, ASKS, "report.report_id.unique"}
    with open_engine(SETTINGS) as engine:
        opened = Store.open(store, SETTINGS)
        kept = opened.read(engine, opened.all(), "findings")
        assert kept is not None
        found = kept.to_pyarrow().to_pylist()
    assert {(row["rule"], row["severity"], row["key"]) for row in found} >= {
        (HOLDS, "error", None),
        (ASKS, "query", None),
    }
    assert set(found[0]) == {"rule", "rule_version", "severity", "record", "key", "line", "return_no"}
    actions.answer(store, "R0001", ASKS, "correct as sent", "Cat", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    assert [name for name, content in stored(store) if CANARY.encode() in content] == []
    opened = Store.open(store, SETTINGS)
    assert any(CANARY.encode() in content for _, content in opened.originals(opened.find("R0001")))
    with open_engine(SETTINGS) as engine:
        held = opened.read(engine, opened.all()[:1], "held_report")
        assert held is not None
        assert any(CANARY in (row["offence"] or "") for row in held.to_pyarrow().to_pylist())


def test_the_value_that_a_query_points_to_is_nowhere_in_the_clear(tmp_path: Path) -> None:
    sent = a_return(tmp_path / "sent", report=[report()], crime=[{"crime_id": "CRI-1", **OPEN, "offence_code": CANARY}])
    actions.receive(tmp_path / "store", [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    holding = [name for name, content in stored(tmp_path / "store") if CANARY.encode() in content]
    assert holding == []


# ---------------------------------------------------------------- returns of other layouts and versions


def test_returns_with_other_columns_are_read_together(tmp_path: Path) -> None:
    """A crime of a street file has no flags; a crime of the standard's layout made before 1.1.0 neither."""
    store = tmp_path / "store"
    file = street_csv(tmp_path, street_row("c1", month="2024-01"))
    actions.receive(store, [file], "police-uk", "Force", "Ann", "2024-01", settings=SETTINGS)
    sent = a_return(tmp_path / "sent", report=[report()], crime=[{"crime_id": "CRI-1", **OPEN, "flags": "CSE"}])
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    opened = Store.open(store, SETTINGS)
    with open_engine(SETTINGS) as engine:
        for table in ("report", "crime", "event", "agencies", "coverage", "findings"):
            rows = opened.read(engine, opened.all(), table)
            assert rows is not None
            assert rows.count().to_pyarrow().as_py() >= 1 or table in ("event", "findings")
        crime = opened.read(engine, opened.all(), "crime")
        assert crime is not None
        flags = {row["return_no"]: row["flags"] for row in crime.to_pyarrow().to_pylist()}
        assert flags == {1: None, 2: "CSE"}
        alone = opened.read(engine, opened.all()[:1], "crime")
        assert alone is not None
        assert alone.schema() == crime.schema()
        none = opened.rows(engine, opened.all()[:1], "declaration")
        assert (none.count().to_pyarrow().as_py(), none.schema()["included"].is_boolean()) == (0, True)


def test_a_catalogue_of_an_earlier_version_is_read_and_brought_up_to_date(store: Path) -> None:
    with sqlite3.connect(store / FILE) as connection:
        connection.executescript("DROP TABLE answers; DROP TABLE expected; PRAGMA user_version = 1;")
    assert (Store.open(store, SETTINGS).rows_of("answers"), Store.open(store, SETTINGS).rows_of("expected")) == ([], [])
    assert len(actions.returns(store)) == 1
    actions.answer(store, "R0001", ASKS, "correct as sent", "Cat", settings=SETTINGS)
    assert len(Store.open(store, SETTINGS).rows_of("answers")) == 1
    with sqlite3.connect(store / FILE) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)


def test_a_catalogue_of_a_later_version_is_refused(store: Path) -> None:
    with sqlite3.connect(store / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(StoreRefused, match="Use the version that wrote it"):
        actions.expected(store, SETTINGS)
