"""Made-up agencies: the same seed gives the same bytes, an agency stands by itself, and everything occurs."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.actions import WantedNation
from onrecord.commands import synthesising as command
from onrecord.errors import WrongWords
from onrecord.measures.protective_actions import kinds
from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from onrecord.standard.records import RECORDS, table_named
from onrecord.standard.rules import rule_named
from onrecord.synthetic import FORMS
from onrecord.synthetic.courses import COURSES
from onrecord.synthetic.faults import faults
from onrecord.synthetic.scenario import ELSEWHERE, scenario
from onrecord.synthetic.truth_files import STANDINGS
from tests.unit.factories import SETTINGS

SMALL = WantedNation(reports=60, forces=2, councils=2)


def made(out: Path, **changed: Any) -> Path:
    actions.synthesise(out, replace(SMALL, **changed), settings=SETTINGS)
    return out


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nation that is made when nothing is said."""
    out = tmp_path_factory.mktemp("nation")
    actions.synthesise(out, settings=SETTINGS)
    return out


# ---------------------------------------------------------------- seeds


@pytest.mark.parametrize("faults", [0.0, 0.05])
def test_the_same_seed_gives_the_same_bytes_and_another_others(tmp_path: Path, faults: float) -> None:
    first = bytes_of(made(tmp_path / "1", faults=faults))
    assert first == bytes_of(made(tmp_path / "2", faults=faults))
    other = bytes_of(made(tmp_path / "3", faults=faults, seed=SMALL.seed + 1))
    assert [name for name in first if name.endswith("report.csv") and first[name] == other[name]] == []


def test_an_agency_is_the_same_however_many_others_there_are(tmp_path: Path) -> None:
    few = bytes_of(made(tmp_path / "few", forces=1, councils=1, faults=0.02) / "returns")
    many = bytes_of(made(tmp_path / "many", forces=5, councils=3, faults=0.02) / "returns")
    assert {name.split("/")[0] for name in few} == {"made-up-force-01", "made-up-council-01"}
    assert few == {name: content for name, content in many.items() if name in few}


def test_parquet_holds_what_csv_holds(tmp_path: Path) -> None:
    actions.synthesise(tmp_path / "p", SMALL, "parquet", SETTINGS)
    plain = made(tmp_path / "c")
    for file in (plain / "returns").rglob("*.csv"):
        there = (tmp_path / "p" / file.relative_to(plain)).with_suffix(".parquet")
        rows = [{name: value or "" for name, value in row.items()} for row in pq.read_table(there).to_pylist()]
        assert rows == rows_of(file)


def test_one_return_holds_the_reports_of_all(tmp_path: Path) -> None:
    apart, one = made(tmp_path / "apart") / "returns", made(tmp_path / "one", one_return=True) / "returns"
    assert [folder.name for folder in one.iterdir()] == ["made-up-nation"]
    both = [row for force in ("01", "02") for row in rows_of(apart / f"made-up-force-{force}" / "report.csv")]
    assert rows_of(one / "made-up-nation" / "report.csv") == both


# ---------------------------------------------------------------- completeness


def test_every_standing_and_every_reason_occurs(nation: Path) -> None:
    ledger = json.loads((nation / "truth" / "truth.json").read_text())["nation"]
    assert set(ledger) == {"received", *codelists.standing_keys(), "duplicates", "still_open"} | {
        f"because_{key}" for key, _ in codelists.reasons()
    }
    assert [name for name, count in ledger.items() if not count] == []
    assert ledger["received"] == sum(ledger[key] for key in codelists.standing_keys())


def test_every_kind_of_event_outcome_and_course_occurs(nation: Path) -> None:
    events = [row for file in nation.glob("returns/*/event.csv") for row in rows_of(file)]
    # Orders that are no longer made are in the list, and not in a nation of today; a referral to children's services is
    # in the assessments of councils.
    today = codelists.valid_on("event_kinds", parse_period(scenario()["earliest"]).first_day)
    own = {row["kind"] for row in codelists.load("event_kinds", "1.0.0")}
    own |= (set(kinds()) & {row["kind"] for row in today}) - {"referral"}
    assert {row["kind"] for row in events} == own
    outcomes = [*scenario()["outcomes"]["with_suspect"], *scenario()["outcomes"]["without_suspect"]]
    drawn = {row["outcome_code"] for row in events if row["kind"] == "outcome"}
    assert drawn == {outcome["code"] for outcome in outcomes} | {"20"}
    assert {row["counterpart"] for row in events if row["counterpart"]} >= {"Made-up Force 01", ELSEWHERE}
    truth = rows_of(nation / "truth" / "reports.csv")
    assert {row["course"] for row in truth} == set(COURSES)
    assert {row["standing"] for row in truth} == set(STANDINGS)


def test_every_record_but_identities_is_made(nation: Path) -> None:
    rows = json.loads((nation / "truth" / "truth.json").read_text())["rows"]
    assert {record.name for record in RECORDS} - set(rows) == {"identity"}
    for file in nation.glob("returns/*/*.csv"):
        assert set(rows_of(file)[0]) <= set(table_named(file.stem).columns)


def test_every_shape_that_was_asked_for_occurs(nation: Path) -> None:
    truth = rows_of(nation / "truth" / "reports.csv")
    unheard = Counter(row["child"] for row in truth if row["never_believed"] == "true")
    assert max(unheard.values()) > 2
    later = [row for row in truth if row["never_believed"] == "true" and not row["duplicate_of"]]
    assert {row["standing"] for row in later} & {"prosecuted", "out_of_court", "diverted"} == set()
    assert any(int(row["lines_opened_again"]) for row in truth)
    assert any(int(row["lines"] or 0) > 3 for row in truth)
    sent = {row["transfer"]: row for row in rows_of(nation / "truth" / "transfers_sent.csv")}
    came = {row["transfer"]: row for row in rows_of(nation / "truth" / "transfers_received.csv")}
    ends = Counter((row["acknowledged"], name in came) for name, row in sent.items())
    assert set(ends) == {("true", True), ("false", True), ("false", False)}
    assert set(came) <= set(sent)
    done = {row["done"] for row in rows_of(nation / "truth" / "assessments.csv")}
    assert done == {"still open", "assessed", "need plan made", "protection plan made"}


def test_everything_is_marked_as_made_up(nation: Path) -> None:
    for file in nation.glob("returns/*/return.csv"):
        [row] = rows_of(file)
        assert row["return_id"].startswith("MADE-UP-")
        assert row["sender"].startswith("Made-up ")
    real = {row["agency_id"].casefold() for row in codelists.agencies()}
    real |= {row["agency"].casefold() for row in codelists.agencies()}
    named = {row["agency_id"] for file in nation.glob("returns/*/coverage.csv") for row in rows_of(file)}
    assert not {name.casefold() for name in named} & real
    assert "Nobody in these files exists" in (nation / "truth" / "README.md").read_text()


# ---------------------------------------------------------------- the scenario


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (("reports", "concern"), "report.concern"),
        (("reports", "concern_set_by"), "report.concern_set_by"),
        (("reports", "network"), "report.network"),
        (("reports", "source"), "report.source"),
        (("reports", "settings"), "report.settings"),
        (("reports", "contexts"), "report.contexts"),
        (("reports", "criteria_of_other_abuse"), "report.criteria"),
        (("people", "relationship"), "involvement.relationship"),
        (("people", "factors_of_a_child"), "involvement.factors"),
        (("people", "disability"), "person.disability"),
        (("crimes", "flags"), "crime.flags"),
        (("operations", "kinds"), "operation.kind"),
        (("councils", "factors"), "assessment.factors"),
        (("councils", "categories"), "assessment.first_category"),
        (("courses", "actions"), "event.kind"),
        (("protective_actions", "with_an_arrest", "kinds"), "event.kind"),
        (("protective_actions", "with_another_action", "kinds"), "event.kind"),
    ],
)
def test_every_word_of_the_scenario_is_the_standards(where: tuple[str, ...], field: str) -> None:
    """In force from the first day that can be asked for on."""
    record, _, column = field.partition(".")
    of = table_named(record).field_named(column)
    first = parse_period(scenario()["earliest"]).first_day
    valid = {row[codelists.key_column(of.code_list)] for row in codelists.valid_on(of.code_list or "", first)}
    told: Any = scenario()
    for name in where:
        told = told[name]
    words = {word for words in told for word in words.split(";")}
    assert words - valid <= (set(codelists.codes("not_known")) if of.not_known else set())


def test_every_outcome_and_offence_of_the_scenario_is_in_force() -> None:
    first: date = parse_period(scenario()["earliest"]).first_day
    outcomes = [*scenario()["outcomes"]["with_suspect"], *scenario()["outcomes"]["without_suspect"]]
    valid = {(row["scheme"], row["code"]) for row in codelists.valid_on("outcomes", first)}
    assert {("home-office", outcome["code"]) for outcome in outcomes} <= valid
    assert {("police-uk", code) for code in scenario()["outcomes"]["court"]["results"]} <= valid
    assert {("cancellation", code) for code in scenario()["courses"]["cancellations"]} <= valid
    offences = {("home-office", offence["code"]) for offence in scenario()["crimes"]["offences"]}
    assert offences <= {(row["scheme"], row["code"]) for row in codelists.valid_on("offences", first)}


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault["rule"])
def test_a_fault_changes_fields_of_the_record_of_its_rule(fault: dict[str, Any]) -> None:
    columns = set(table_named(rule_named(fault["rule"]).record).columns)
    assert set(fault["where"]) | set(fault.get("set", {})) <= columns
    assert bool(fault.get("set")) != bool(fault.get("copy"))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"seed": -1}, "--seed is -1"),
        ({"reports": 0}, "--reports is 0"),
        ({"forces": -1}, "--forces is -1"),
        ({"forces": 1000}, "--forces is 1,000"),
        ({"forces": 0, "councils": 0}, "nothing would be made"),
        ({"faults": 0.5}, "--faults is 0.5"),
        ({"faults": float("nan")}, "--faults is nan"),
        ({"first": "2019-12"}, "--from is 2019-12"),
        ({"first": "2024-12", "last": "2024-01"}, "ends before it begins"),
        ({"first": "spring"}, "'spring' is not a period"),
        ({"last": "2099-12"}, "--to is 2099-12"),
    ],
)
def test_what_makes_no_sense_gets_one_sentence(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongWords, match=says):
        made(tmp_path / "out", **changed)
    assert not (tmp_path / "out").exists()


def test_a_form_that_there_is_not_and_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="no form 'xlsx'"):
        actions.synthesise(tmp_path / "out", SMALL, "xlsx", SETTINGS)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WrongWords, match="there is something already"):
        made(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(WrongWords, match="there is something already"):
        made(tmp_path / "mine.txt")


@pytest.mark.parametrize("was_there", [False, True])
def test_what_is_stopped_leaves_nothing(tmp_path: Path, was_there: bool) -> None:
    def stop(step: str) -> None:
        if "Council" in step:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    if was_there:
        out.mkdir()
    with pytest.raises(KeyboardInterrupt):
        actions.synthesise(out, SMALL, settings=SETTINGS, tell=stop)
    assert out.exists() == was_there
    assert not was_there or list(out.iterdir()) == []


def test_the_smallest_nation_there_is(tmp_path: Path) -> None:
    """One report a force and one month: every agency sends a return, and the ledger still adds up."""
    found = actions.synthesise(
        tmp_path / "out",
        WantedNation(reports=1, forces=2, councils=2, first="2024-02", last="2024-02"),
        settings=SETTINGS,
    )
    assert len(found.returns) == 4
    for ledger in found.ledgers.values():
        assert ledger["received"] == sum(ledger[key] for key in codelists.standing_keys()) >= 1


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["synthesise", *map(str, words)])


def test_the_command_says_what_it_made(tmp_path: Path) -> None:
    result = run("--out", tmp_path / "out", "--reports", 50, "--forces", 1, "--councils", 1, "--form", "parquet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Made-up Force 01" in result.stdout
    assert f"What is true of them: {tmp_path / 'out' / 'truth'}" in result.stdout
    assert run("--out", tmp_path / "out").exit_code == 2
    only = run("--out", tmp_path / "councils", "--forces", 0, "--councils", 1, "--reports", 50)
    assert only.exit_code == 0
    assert "rows in 1 return:" in only.stdout


def test_the_command_offers_what_there_is() -> None:
    usual = WantedNation()
    assert command.FORMS == FORMS
    assert (usual.seed, usual.reports, usual.forces) == (command.SEED, command.REPORTS, command.AGENCIES)
    assert (usual.first, usual.last, usual.councils) == (command.FIRST, command.LAST, command.AGENCIES)
