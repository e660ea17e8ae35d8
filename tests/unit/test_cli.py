"""The command line: words in, words out, and an exit code that says which kind of stop it was."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onrecord import __version__
from onrecord.__main__ import AS_HELP, EVERY, cli
from onrecord.actions import standard_export
from onrecord.commands import ledgers, printing
from onrecord.commands.counting import CUTS as OFFERED
from onrecord.errors import WrongWords
from onrecord.intake.adapters import ADAPTERS
from onrecord.measures.cuts import BY as CUTS
from onrecord.publish.standard_pages import standard_pages
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, versions
from onrecord.standard.codelists import standing_keys, standings
from onrecord.standard.export import FORMS, HTML, exported
from onrecord.standard.records import TABLES
from onrecord.standard.schema import Table
from onrecord.store.expected import EVERY as PERIODS
from tests.unit.factories import nibrs_zip, street_csv, street_row

NAMES = ["--as", "police-uk", "--from", "data.police.uk", "--by", "Ann", "--period", "2018-11"]
RECEIPT_KEYS = {
    "verdict",
    "received",
    "accepted",
    "held",
    "out_of_scope",
    "not_reported",
    "reasons",
    "by_record",
    "rules",
    "states",
    "rules_failed",
    "rules_not_run",
    "critical",
    "moved",
    "queries",
    "answered",
    "findings",
    "records",
    "unit",
    "counted_row",
    "first_day",
    "last_day",
    "as_at",
    "as_at_says",
    "held_rows",
    "notes",
    "standard_version",
    "covers",
    "files",
    "made_at",
    "onrecord_version",
}


def run(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A street file with a row for every place."""
    asb = street_row("", crime_type="Anti-social behaviour", category="")
    return street_csv(
        tmp_path, street_row("c1"), street_row("c2", category="Suspect charged"), asb, street_row("c4", month="?")
    )


@pytest.fixture
def store(tmp_path: Path, mixed: Path) -> Path:
    """A store with an accepted return."""
    assert run("receive", tmp_path / "store", mixed, *NAMES).exit_code == 0
    assert run("accept", tmp_path / "store", "R0001", "--by", "Bob").exit_code == 0
    return tmp_path / "store"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_explains_itself(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.help.strip().endswith(".")
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_is_in_the_readme(name: str, project: Path) -> None:
    assert f"onrecord {name} " in (project / "README.md").read_text(encoding="utf-8")


def test_every_command_of_the_readme_is_there(project: Path) -> None:
    lines = (project / "README.md").read_text(encoding="utf-8").splitlines()
    named = {line.split()[1] for line in lines if line.startswith("onrecord ")}
    assert named
    assert named <= set(cli.commands)


def test_the_help_says_what_the_exit_codes_mean() -> None:
    said = run("--help").stdout
    assert all(f"{code} " in said for code in range(9))
    assert run("--version").stdout.strip() == f"onrecord, version {__version__}"


def test_the_cuts_offered_are_those_there_are() -> None:
    assert set(OFFERED) == set(CUTS)
    assert set(EVERY) == set(PERIODS)


def test_check_in_json_balances(mixed: Path) -> None:
    result = run("check", mixed, "--as", "police-uk", "--format", "json")
    found = json.loads(result.stdout)
    assert set(found) == RECEIPT_KEYS
    assert found["received"] == found["accepted"] + found["held"] + found["out_of_scope"] == 4
    for place in ("held", "out_of_scope", "not_reported"):
        assert sum(found["reasons"][place].values()) == found[place]
    assert found["held_rows"] == [{"file": str(mixed), "row": 5, "reason": "no_date"}]
    assert (result.exit_code, result.stderr) == (1, "")


@pytest.mark.parametrize("name", ["r.txt", "r.json", "r.xlsx", "r.html"])
def test_check_writes_the_receipt_to_a_file_and_says_what_to_do(mixed: Path, tmp_path: Path, name: str) -> None:
    result = run("check", mixed, "--as", "police-uk", "--out", tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000
    assert "4 rows received = 2 accepted + 1 held + 1 out of scope." in result.stdout
    assert "Next: Mend the 1 held row" in result.stdout
    assert result.stdout.endswith(f"The receipt: {tmp_path / name}\n")
    assert result.exit_code == 1


def test_a_page_is_not_printed(mixed: Path) -> None:
    result = run("check", mixed, "--as", "police-uk", "--format", "html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out receipt.html" in result.stderr


def test_receive_writes_the_receipt_after_the_return_is_stored(mixed: Path, tmp_path: Path) -> None:
    store, page = tmp_path / "store", tmp_path / "r.html"
    result = run("receive", store, mixed, *NAMES, "--receipt", page)
    assert (result.exit_code, result.stdout) == (0, "R0001\n")
    assert b"For the sender only" in page.read_bytes()
    assert "To accept it: somebody other than Ann" in result.stderr
    lost = run("receive", store, mixed, *NAMES, "--receipt", tmp_path / "none" / "r.html")
    assert (lost.exit_code, lost.stdout) == (2, "R0002\n")
    refused = run("receive", store, mixed, *NAMES, "--receipt", tmp_path / "r.csv")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_check_in_words_says_the_same(mixed: Path) -> None:
    result = run("check", mixed, "--as", "police-uk")
    assert "4 rows received = 2 accepted + 1 held + 1 out of scope." in result.stdout
    assert f"{mixed}, row 5" in result.stdout


def test_check_ends_well_when_nothing_is_held(tmp_path: Path) -> None:
    assert run("check", street_csv(tmp_path), "--as", "police-uk").exit_code == 0
    assert run("check", nibrs_zip(tmp_path), "--as", "nibrs").exit_code == 0


def test_receive_prints_the_id_alone(tmp_path: Path, mixed: Path) -> None:
    result = run("receive", tmp_path / "store", mixed, *NAMES)
    assert (result.exit_code, result.stdout) == (0, "R0001\n")
    assert "4 rows received" in result.stderr
    assert "onrecord accept" in result.stderr


def test_the_as_at_can_be_declared(tmp_path: Path, mixed: Path) -> None:
    result = run("check", mixed, "--as", "police-uk", "--as-at", "2021-12-22", "--format", "json")
    assert json.loads(result.stdout)["as_at"] == "2021-12-22"


def test_accept_says_who_and_what(tmp_path: Path, mixed: Path) -> None:
    run("receive", tmp_path / "store", mixed, *NAMES)
    result = run("accept", tmp_path / "store", "r0001", "--by", "Bob")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "R0001 accepted by Bob: 2 rows" in result.stdout


def test_returns_in_json_and_as_a_table(store: Path) -> None:
    (found,) = json.loads(run("returns", store, "--format", "json").stdout)
    assert (found["id"], found["state"], found["accepted_by"]) == ("R0001", "accepted", "Bob")
    assert found["received"] == found["accepted"] + found["held"] + found["out_of_scope"]
    table = run("returns", store)
    assert table.exit_code == 0
    assert all(word in table.stdout for word in ("R0001", "data.police.uk", "2018-11", "Ann", "Bob"))


def test_the_ledger_in_json_balances(store: Path) -> None:
    (row,) = json.loads(run("ledger", store, "--format", "json").stdout)
    assert row["received"] == sum(row[key] for key in standing_keys()) == 2
    assert (row["unit"], row["basis"], row["strand"], row["window_days"]) == ("crime", "cohort", "justice", 90)
    assert (row["area"], row["as_at"]) == ("England and Wales", "2018-11-30")
    assert {"known_at", "coverage", "standard_version", "of_which", "unaccounted_because", "period"} <= set(row)


def test_the_ledger_in_csv_is_the_ledger_in_json(store: Path) -> None:
    (found,) = json.loads(run("ledger", store, "--by", "area", "--format", "json").stdout)
    (row,) = csv.DictReader(io.StringIO(run("ledger", store, "--by", "area", "--format", "csv").stdout))
    assert {key: row[key] for key in ("received", *standing_keys())} == {
        key: str(found[key]) for key in ("received", *standing_keys())
    }
    assert (row["area"], row["area_code"]) == ("Lancashire", "E23000003")


def test_the_ledger_as_a_table_names_all_it_must(store: Path) -> None:
    said = run("ledger", store).stdout
    assert all(standing.label in said for standing in standings())
    assert "Basis: cohort" in said
    assert "90 days" in said
    assert "do not publish" in said
    assert "coverage, England and Wales: 1 agency, 1 of 1 agency-months reported" in said


def test_an_empty_ledger_says_so(tmp_path: Path, mixed: Path) -> None:
    run("receive", tmp_path / "store", mixed, *NAMES)
    assert "waiting" in run("ledger", tmp_path / "store").stdout
    assert run("ledger", tmp_path / "store", "--format", "json").stdout.strip() == "[]"


def test_bodies_without_a_ledger_are_said_on_the_side(tmp_path: Path) -> None:
    psni = street_row("c2", reported_by="Police Service of Northern Ireland", category="")
    run("receive", tmp_path / "store", street_csv(tmp_path, street_row("c1"), psni), *NAMES)
    run("accept", tmp_path / "store", "R0001", "--by", "Bob")
    result = run("ledger", tmp_path / "store", "--format", "json")
    assert "Not reported, so no ledger: Northern Ireland" in result.stderr
    assert len(json.loads(result.stdout)) == 1


def stops(store: Path, mixed: Path, tmp_path: Path) -> dict[str, tuple[int, list[object]]]:
    return {
        "held rows": (1, ["check", mixed, "--as", "police-uk"]),
        "no such command": (2, ["hire"]),
        "no such option": (2, ["check", mixed, "--as", "police-uk", "--moon"]),
        "no such adapter": (2, ["check", mixed, "--as", "excel"]),
        "no such cut": (2, ["ledger", store, "--by", "moon"]),
        "no such day": (2, ["ledger", store, "--as-at", "2018-02-30"]),
        "no such period": (2, ["ledger", store, "--period", "last year"]),
        "no such place": (2, ["ledger", store, "--in", "Atlantis"]),
        "no such file": (3, ["check", tmp_path / "absent.csv", "--as", "police-uk"]),
        "no such store": (4, ["returns", tmp_path / "absent"]),
        "no such return": (4, ["accept", store, "R0099", "--by", "Bob"]),
        "accepted already": (4, ["accept", store, "R0001", "--by", "Bob"]),
        "by the receiver": (5, ["accept", store, "R0001", "--by", " ann"]),
        "a day not covered": (6, ["ledger", store, "--as-at", "2018-12-01"]),
    }


def test_every_kind_of_stop_has_its_own_code_and_one_letter(store: Path, mixed: Path, tmp_path: Path) -> None:
    for what, (code, words) in stops(store, mixed, tmp_path).items():
        result = run(*[str(word) for word in words])
        assert result.exit_code == code, what
        if code > 2:
            assert result.stdout == "", what
            assert result.stderr.startswith("onrecord: "), what
            assert result.stderr.count("\n") == 1, what
        assert "Traceback" not in result.output, what


def test_nothing_is_said_on_the_side_when_all_is_well(store: Path) -> None:
    assert run("ledger", store).stderr == ""
    assert run("returns", store).stderr == ""


def test_every_adapter_is_named_in_the_help() -> None:
    for name in ADAPTERS:
        assert name in AS_HELP


def test_the_standard_is_shown_with_its_records_and_lists() -> None:
    said = run("standard", "show").stdout
    for name in (*(table.name for table in TABLES), *codelists.names()):
        assert f" {name} " in said


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_record_is_shown_field_by_field_with_what_each_source_can_fill(table: Table) -> None:
    said = run("standard", "show", table.name).stdout
    assert all(said.count(f" {name} ") >= 2 for name in table.columns)
    assert all(row["label"] in said for row in codelists.load("crosswalk_sources"))
    assert "cannot: " in said


@pytest.mark.parametrize("name", codelists.names())
def test_a_code_list_is_shown_code_by_code(name: str) -> None:
    """Square brackets too: rich would take [c] for markup."""
    said = run("standard", "show", name).stdout
    assert all(f" {code[:20]}" in said for code in codelists.codes(name))


def test_what_the_standard_does_not_have_is_a_letter() -> None:
    result = run("standard", "show", "moon")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("onrecord: The standard has no record and no code list 'moon'.")


@pytest.mark.parametrize("form", FORMS)
def test_the_standard_is_written_to_a_folder_and_said_file_by_file(form: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    result = run("standard", "export", "--format", form, "--out", out)
    assert result.exit_code == 0
    made = standard_pages() if form == HTML else exported(form)
    assert [Path(line).relative_to(out).as_posix() for line in result.stdout.splitlines()] == list(made)
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {path.relative_to(out).as_posix(): path.read_bytes() for path in files} == made
    assert run("standard", "export", "--format", form, "--out", out).exit_code == 0


def test_an_earlier_version_is_shown_and_written_as_it_was(tmp_path: Path) -> None:
    assert " flags " in run("standard", "show", "crime").stdout
    assert " flags " not in run("standard", "show", "crime", "--version", "1.0.0").stdout
    assert " crime_flags " not in run("standard", "show", "--version", "1.0.0").stdout
    assert run("standard", "show", "crime_flags", "--version", "1.0.0").exit_code == 2
    assert run("standard", "export", "--format", "csv", "--version", "1.0.0", "--out", tmp_path).exit_code == 0
    assert "flags" not in (tmp_path / "crime.csv").read_text()
    assert run("standard", "export", "--version", "0.9", "--out", tmp_path / "out").exit_code == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_the_changes_of_a_version_are_shown_with_their_reasons(version: str) -> None:
    said = run("standard", "changes", version).stdout
    assert versions.version(version).says in said
    for change in versions.changes(version):
        assert all(f" {word} " in said for word in (change.id, change.kind, change.about))
        assert change.reason.split()[0] in said
    assert run("standard", "changes").stdout == run("standard", "changes", STANDARD_VERSION).stdout


def test_a_template_that_was_filled_in_is_not_overwritten(tmp_path: Path) -> None:
    run("standard", "export", "--format", "csv", "--out", tmp_path)
    (tmp_path / "event.csv").write_text("filled in")
    (tmp_path / "report.csv").unlink()
    result = run("standard", "export", "--format", "csv", "--out", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "event.csv" in result.stderr
    assert (tmp_path / "event.csv").read_text() == "filled in"
    assert not (tmp_path / "report.csv").exists()


def test_the_standard_is_not_written_to_a_file(tmp_path: Path, mixed: Path) -> None:
    assert run("standard", "export", "--out", mixed).exit_code == 2
    below = run("standard", "export", "--out", mixed / "below")
    assert (below.exit_code, below.stdout) == (2, "")
    assert "cannot be written to" in below.stderr
    with pytest.raises(WrongWords, match="datapackage"):
        standard_export("pdf", tmp_path / "out")
    with pytest.raises(WrongWords, match=r"1\.1\.0"):
        standard_export("csv", tmp_path / "out", "0.9")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_ledger_fits_a_narrow_terminal(store: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(ledgers, "width", lambda: width)
    monkeypatch.setattr(printing, "width", lambda: width)
    shown = CliRunner().invoke(cli, ["ledger", str(store), "--by", "month"]).stdout
    framed = [line for line in shown.splitlines() if line.startswith(("┃", "│"))]
    assert framed
    assert max(map(len, framed)) <= width
    assert sum("no further action" in line for line in framed) == sum("received" in line for line in framed)
