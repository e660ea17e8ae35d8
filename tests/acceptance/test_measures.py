"""Every measure through the commands: files in, figures out, each with all that it says of itself."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.actions.measuring import WAYS
from onrecord.actions.opening import Asked, followed, look_at, what_is_known
from onrecord.engine import open_engine
from onrecord.measures.revisions import COMES_IN, GOES_OUT, in_scope, revised
from onrecord.settings import Settings, from_environment
from onrecord.standard.measures import measure_named
from onrecord.standard.periods import parse_period
from onrecord.store.agreements import COUNT
from tests.clock import run_with
from tests.demonstration import Demonstration
from tests.standard_files import a_return, about, agreed, covered, event, report, write_records
from tests.unit.factories import SETTINGS

TODAY = replace(SETTINGS, now=datetime(2024, 9, 1, 12, tzinfo=UTC))
SAYS = {"measure", "area", "nation", "level", "period", "as_at", "coverage", "unit", "basis", "window_days", "known_at"}
SAYS |= {"standard_version", "origin", "records", "notes"}


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def figures(store: Path, name: str, *words: object) -> list[dict[str, Any]]:
    result = run("measure", store, name, *words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


# ---------------------------------------------------------------- a made-up force


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A force that sends reports, a child in two of them, a suspect, an operation, a notice and a conviction."""
    folder = tmp_path_factory.mktemp("made")
    store = agreed(folder / "store", TODAY)
    person = {"sex": "F", "ethnicity": "not asked", "nationality": "unknown", "disability": "not asked"}
    records = {
        "return": [about("2024-01", tables="report;crime;person;involvement;operation;operation_report;event")],
        "report": [report("REP-1", "2024-01-05"), report("REP-2", "2024-01-10"), report("REP-3", "2024-01-12")],
        "crime": [{"crime_id": "CRI-1", "report_id": "REP-1", "recorded_date": "2024-01-06", "child_id": "P1"}],
        "person": [
            {"person_id": "P1", "birth_month": "2010-02", **person},
            {"person_id": "P2", "birth_month": "1980-02", **person, "sex": "M"},
        ],
        "involvement": [
            {"report_id": "REP-1", "person_id": "P1", "role": "child", "age_at_the_time": "13"},
            {"report_id": "REP-2", "person_id": "P1", "role": "child", "age_at_the_time": "13"},
            {"report_id": "REP-1", "person_id": "P2", "role": "suspect", "age_at_the_time": "43"},
        ],
        "operation": [
            {"operation_id": "OP-1", "name": "Lantern", "lead_agency_id": "north", "start_date": "2024-01-06",
             "end_date": "2024-01-30", "kind": "disruption"}
        ],
        "operation_report": [{"operation_id": "OP-1", "report_id": name} for name in ("REP-1", "REP-2")],
        "event": [
            event("REP-1", "2024-01-08", event_id="E1", kind="arrest", person_id="P2"),
            event("REP-1", "2024-01-09", event_id="E2", kind="outcome", outcome_scheme="home-office", outcome_code="1",
                  person_id="P2", crime_id="CRI-1"),
            event("REP-1", "2024-01-29", event_id="E3", kind="court result", outcome_scheme="court",
                  outcome_code="convicted", person_id="P2", crime_id="CRI-1"),
            event("REP-2", "2024-01-11", event_id="E4", kind="child abduction warning notice"),
        ],
    }  # fmt: skip
    sent = a_return(folder / "sent", "2024-01", **records)
    with pytest.MonkeyPatch.context() as patched:
        run_with(TODAY, patched)
        taken = run("receive", store, sent, "--from", "North", "--by", "Ann", "--period", "2024-01")
        assert taken.exit_code == 0, taken.output
        assert run("accept", store, "R0001", "--by", "Bob").exit_code == 0
        entry = actions.returns(store, TODAY)[0]
        assert (entry.held, entry.out_of_scope) == (0, 0), taken.output
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy for each test: what one does to it, no other sees."""
    run_with(TODAY, monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "store"))


@pytest.mark.parametrize("name", WAYS)
def test_every_measure_says_all_that_a_figure_must(store: Path, name: str) -> None:
    rows = figures(store, name)
    assert rows
    for row in rows:
        assert set(row) >= SAYS | set(measure_named(name).columns) | set(measure_named(name).rows)
        assert (row["basis"], row["origin"]) == (measure_named(name).basis, "records")
    table = run("measure", store, name).stdout
    assert "Uncontrolled figures: do not publish this table." in table
    lines = list(csv.DictReader(io.StringIO(run("measure", store, name, "--format", "csv").stdout)))
    assert len(lines) == len(rows)


def test_every_measure_can_be_cut(store: Path) -> None:
    for name in WAYS:
        assert {row["agency_id"] for row in figures(store, name, "--by", "agency")} == {"north"}
        assert {row["month"] for row in figures(store, name, "--by", "month")} == {"2024-01"}


def test_the_figures_of_the_made_up_force(store: Path) -> None:
    [row] = figures(store, "attrition")
    reached = [row[name] for name in ("received", "recorded_as_crime", "arrested", "charged", "convicted")]
    assert reached == [3, 1, 1, 1, 1]
    [child] = figures(store, "attrition", "--unit", "child")
    assert (child["received"], child["convicted"], child["records"], child["unit"]) == (1, 1, 2, "child")
    steps = {row["step"]: row for row in figures(store, "timeliness")}
    assert (steps["charge to court result"]["n"], steps["charge to court result"]["with_step"]) == (1, 1)
    [operation] = figures(store, "operations")
    assert (operation["operation"], operation["reports"], operation["with_conviction"]) == ("Lantern", 2, 1)
    assert (
        "1 of 1 operations that ended led to a charge, 1 to a conviction. 0 still running: not judged."
        in run("measure", store, "operations").stdout
    )
    [notice] = figures(store, "protective actions")
    assert (notice["kind"], notice["actions"], notice["notices"]) == ("child abduction warning notice", 1, 1)
    [flow] = figures(store, "flow")
    assert (flow["open_at_start"], flow["received"], flow["settled"], flow["open_at_end"]) == (0, 3, 1, 2)
    missing = {
        (row["record"], row["field"]): row["not_asked"]
        for row in figures(store, "completeness")
        if row["ethnicity_basis"] == ""
    }
    assert (missing["person: child", "ethnicity"], missing["person: suspect", "ethnicity"]) == (1, 1)


def test_the_ledger_is_the_same_under_both_names(store: Path) -> None:
    assert run("measure", store, "ledger", "--format", "csv").stdout == run("ledger", store, "--format", "csv").stdout
    [child] = figures(store, "ledger", "--unit", "child")
    assert (child["unit"], child["received"], child["prosecuted"]) == ("child", 1, 1)
    assert child["of_which"]["reports_naming_none"] == 1
    [suspect] = figures(store, "ledger", "--unit", "suspect")
    assert (suspect["received"], suspect["prosecuted"], suspect["of_which"]["reports_naming_none"]) == (1, 1, 2)


def test_a_measure_is_in_the_lineage_and_made_again(store: Path) -> None:
    assert run("measure", store, "attrition", "--unit", "child").exit_code == 0
    [made] = [row for row in actions.lineage(store, TODAY) if row["what"] == "attrition"]
    assert made["asked"]["unit"] == "child"
    assert actions.made_again(store, made["id"], TODAY)[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["luck"], "There is no measure 'luck'"),
        (["cohorts", "--at", "soon"], "write times with commas"),
        (["cohorts", "--at", "-1"], "days from 0 on"),
        (["flow", "--at", "90"], "leave out --at"),
        (["ledger", "--at", "90"], "judged at one day"),
        (["flow", "--unit", "child"], "counts report, not 'child'"),
        (["ledger", "--unit", "operation"], "counts report, child, suspect, not 'operation'"),
        (["flow", "--in", "Atlantis"], "No accepted return holds a place called 'Atlantis'"),
    ],
)
def test_what_cannot_be_measured_is_said(store: Path, words: list[str], says: str) -> None:
    result = run("measure", store, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_a_sender_may_leave_itself_out_of_one_measure(tmp_path: Path, store: Path) -> None:
    says = [{"return_id": "RET-1", "measure": "flow", "included": "false", "reason": "not collected"}]
    sent = a_return(tmp_path / "feb", "2024-02", declaration=says)
    run("receive", store, sent, "--from", "North", "--by", "Ann", "--period", "2024-02")
    assert run("accept", store, "R0002", "--by", "Bob").exit_code == 0
    assert figures(store, "flow") == []
    assert figures(store, "attrition") != []


# ---------------------------------------------------------------- what was done for the child


PERSON = {"sex": "F", "ethnicity": "not asked", "nationality": "unknown", "disability": "not asked"}
ANNA = {"person_id": "P1", "birth_month": "2010-02", **PERSON}
ASSESSED = {"assessment_id": "A1", "agency_id": "council", "person_id": "P1", "report_id": "REP-1",
            "referral_date": "2024-01-11", "referral_no_further_action": "false", "primary_need": "N1",
            "start_date": "2024-01-12", "end_date": "2024-01-20", "need_plan_start": "2024-01-21"}  # fmt: skip


def _take(store: Path, folder: Path, number: int, sender: str, **records: Any) -> None:
    sent = write_records(folder / sender, {"coverage": covered("2024-01"), **records})
    actions.receive(store, [sent], "standard", sender, "Ann", "2024-01", settings=TODAY)
    actions.accept(store, f"R000{number}", "Bob", TODAY)
    entry = actions.returns(store, TODAY)[-1]
    assert (entry.held, entry.out_of_scope) == (0, 0)


def _reports() -> dict[str, Any]:
    """Two reports, a child in the first."""
    involved = [{"report_id": "REP-1", "person_id": "P1", "role": "child", "age_at_the_time": "13"}]
    reports = [report("REP-1", "2024-01-10"), report("REP-2", "2024-01-10")]
    return {"report": reports, "involvement": involved, "person": [ANNA]}


def _assessments(*rows: dict[str, str]) -> dict[str, Any]:
    return {"coverage": covered("2024-01", "council"), "assessment": list(rows), "person": [ANNA]}


def _children(store: Path, *words: str) -> dict[str, Any]:
    [row] = figures(store, "safeguarding", "--by", "area", "--unit", "child", *words)
    return row


def test_a_child_of_one_sender_is_followed_to_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with(TODAY, monkeypatch)
    store = agreed(tmp_path / "store", TODAY)
    tables = {"return": [about("2024-01", tables="report;involvement;person;assessment")]}
    both = [*covered("2024-01"), *covered("2024-01", "council")]
    _take(store, tmp_path, 1, "Both", **_reports(), **tables, coverage=both, assessment=[ASSESSED])
    row = _children(store)
    assert (row["area"], row["unit"], row["received"], row["plan_made"]) == ("north", "child", 1, 1)
    assert (row["reports_naming_none"], row["unmatched_assessments"], row["basis"]) == (1, 0, "cohort")
    [reports] = figures(store, "safeguarding")
    assert (reports["received"], reports["plan_made"], reports["live"]) == (2, 1, 1)


def test_a_child_of_another_sender_waits_to_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The council's pseudonym is not the force's, though it reads alike. A report that names no child is heard of."""
    run_with(TODAY, monkeypatch)
    store = agreed(tmp_path / "store", TODAY)
    tables = {"return": [about("2024-01", tables="report;involvement;person")]}
    _take(store, tmp_path, 1, "North", **_reports(), **tables)
    tables = {"return": [about("2024-01", tables="person;assessment")]}
    second = {**ASSESSED, "assessment_id": "A2", "report_id": "REP-2"}
    _take(store, tmp_path, 2, "Council", **_assessments(ASSESSED, second), **tables)
    row = _children(store)
    assert (row["received"], row["plan_made"], row["live"], row["unmatched_assessments"]) == (1, 0, 1, 1)
    assert any("until the records of the two are linked" in note for note in row["notes"])
    [reports] = figures(store, "safeguarding")
    assert (reports["received"], reports["plan_made"], reports["live"]) == (2, 1, 1)
    said = run("measure", store, "safeguarding").stderr
    assert "because they hold assessments and no reports: R0002 (Council, 2024-01)." in said


def test_assessments_alone_have_no_figures_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with(TODAY, monkeypatch)
    store = agreed(tmp_path / "store", TODAY)
    tables = {"return": [about("2024-01", tables="person;assessment")]}
    _take(store, tmp_path, 1, "Council", **_assessments({**ASSESSED, "report_id": ""}), **tables)
    result = run("measure", store, "safeguarding", "--by", "area", "--unit", "child")
    assert result.exit_code == 0
    assert "Nothing fits what was asked" in result.stdout
    assert "No figures of their own, because they hold assessments and no reports: R0001 (Council, 2024-01)." in (
        result.stderr
    )


# ---------------------------------------------------------------- known at two moments


def test_received_later_is_received_earlier_and_what_came_and_went(tmp_path: Path) -> None:
    """A second return brings a late report, calls one a duplicate, and moves one into and one out of the scope."""
    days = [replace(TODAY, now=datetime(2024, 3, day, tzinfo=UTC)) for day in (1, 2)]
    store = agreed(tmp_path / "store", days[0])
    concerns = ["CSE", "CSE", "CSE", "other CSA"]
    first = [report(f"REP-{number}", f"2024-01-1{number}", concern=said) for number, said in enumerate(concerns)]
    later = [
        report("REP-0", "2024-01-10", concern="CSE"),
        report("REP-1", "2024-01-11", concern="CSE", duplicate_of="REP-0"),
        report("REP-2", "2024-01-12", concern="other CSA"),
        report("REP-3", "2024-01-13", concern="CSE"),
        report("REP-4", "2024-01-14", concern="CSE"),
    ]
    for number, (rows, settings) in enumerate(zip((first, later), days, strict=True), 1):
        sent = a_return(tmp_path / f"sent {number}", report=rows)
        actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=settings)
        actions.accept(store, f"R000{number}", "Bob", settings)
    moments = [day.now for day in days]
    with open_engine(SETTINGS) as engine:
        known = [_known(engine, store, moment, days[1]) for moment in moments]
        [row] = revised(*known, str(moments[0]), str(moments[1]), "report").rows()
    assert {name: row[name] for name in (*COMES_IN, *GOES_OUT)} == {
        "received_earlier": 3,
        "late": 1,
        "entered_scope": 1,
        "received_later": 3,
        "left_scope": 1,
        "found_duplicate": 1,
        "removed": 0,
    }


def _known(engine: Any, store: Path, moment: datetime, settings: Settings) -> Any:
    look = look_at(store, "ledger", Asked(known_at=moment), settings, COUNT)
    [(_, rows)] = followed(engine, look, what_is_known(engine, look), ["report"])
    assert rows is not None
    return in_scope(rows.tables["report"], parse_period("2024-01"), ["CSE"]).cache()


# ---------------------------------------------------------------- the FBI's files, beside a plain reading of them

STATES = {"Arizona": "AZ-2016.zip", "Louisiana": "LA-2019.zip", "Vermont": "VT-2024.zip"}
NAMES_OF_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"


@pytest.mark.parametrize("state", STATES)
def test_days_from_incident_to_arrest_or_clearance(demonstration: Demonstration, examples: Path, state: str) -> None:
    """Open incidents are censored at the last day; each count agrees with the files read line by line."""
    rows = actions.measure(demonstration.store, "timeliness", Asked(place=state)).rows()
    [row] = [row for row in rows if row["step"] == "received to outcome"]
    [ledger] = actions.ledger(demonstration.store, Asked(place=state)).rows()
    assert row["n"] == ledger["received"]
    assert row["still_open"] == ledger["live"] + ledger["unaccounted"]
    took = _plain_days(demonstration.store, examples / "nibrs" / STATES[state], state, date.fromisoformat(row["as_at"]))
    assert row["with_step"] + row["before_start"] == sum(days is not None for days, _ in took)
    for within in (7, 28, 90, 365):
        long = [days for days, followed in took if followed >= within and (days is None or days >= 0)]
        assert row[f"followed_{within}"] == len(long)
        assert row[f"within_{within}"] == sum(days is not None and days <= within for days in long)


def _plain_days(store: Path, path: Path, state: str, as_at: date) -> list[tuple[int | None, int]]:
    """For each incident that was accepted: days to the first arrest or clearance (None: open), days followed."""
    files = _csv_files(path)
    received = {row["incident_id"]: _day(row["incident_date"]) for row in files["nibrs_incident"]}
    codes = {row["cleared_except_id"]: row["cleared_except_code"] for row in files["nibrs_cleared_except"]}
    ends: dict[str, list[date]] = {}
    for row in files["nibrs_arrestee"]:
        ends.setdefault(row["incident_id"], []).append(_day(row["arrest_date"]))
    for row in files["nibrs_incident"]:
        if codes.get(row["cleared_except_id"], "N") in "ABCDE":
            ends.setdefault(row["incident_id"], []).append(_day(row["cleared_except_date"]))
    found = []
    for name in _accepted(store, state):
        day = received[name]
        last = [end for end in ends.get(name, []) if end <= as_at]
        found.append(((min(last) - day).days if last else None, (as_at - day).days))
    return found


def _accepted(store: Path, state: str) -> list[str]:
    settings = from_environment()
    with open_engine(settings) as engine:
        look = look_at(store, "ledger", Asked(place=state), settings, COUNT)
        for _, rows in followed(engine, look, what_is_known(engine, look), ["report"]):
            if rows is not None and rows.unit == "report":
                return [name.rsplit("-", 1)[1] for name in rows.tables["report"].report_id.to_pyarrow().to_pylist()]
    raise AssertionError(f"no report of {state}")


def _csv_files(path: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.lower().endswith(".csv"):
                text = archive.read(name).decode("utf-8-sig")
                rows = [{key.lower(): value for key, value in row.items()} for row in csv.DictReader(io.StringIO(text))]
                found[Path(name).stem.lower()] = rows
    return found


def _day(written: str) -> date:
    if written[2:3] == "-":
        day, month, year = written.split("-")
        return date(2000 + int(year), NAMES_OF_MONTHS.index(month) // 4 + 1, int(day))
    return date.fromisoformat(written[:10])
