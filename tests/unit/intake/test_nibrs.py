"""The FBI's releases: three styles, one meaning. Every incident is found again in exactly one place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.unit.factories import (
    CLEARANCES,
    SETTINGS,
    STYLES,
    Agency,
    Incident,
    Read,
    changed,
    in_folder,
    in_zip,
    nibrs_zip,
    read_as,
    release,
    sheet_text,
    zip_of,
)

pytestmark = pytest.mark.parametrize("style", STYLES)
HISTORY = (
    Incident("1"),
    Incident("2", ages=("17", "40"), arrests=("11A",)),
    Incident("3", ages=("NB",), arrests=("13B", "11A")),
    Incident("4", arrests=("13B",), day="2019-12-31"),
    Incident("5", clearance="D", offences=("11D", "13B")),
    Incident("6", ages=("18", "35")),
    Incident("7", ages=("unknown",)),
    Incident("8", offences=("220",)),
    Incident("9", offences=("64A", "36B"), clearance="B"),
)


def read(folder: Path, style: str, *incidents: Incident) -> Read:
    return read_as("nibrs", nibrs_zip(folder, *incidents, style=style))


def reports(read: Read) -> list[str]:
    return sorted(row["report_id"].split("-")[1] for row in read.report)


def test_the_styles_tell_the_same_story(tmp_path: Path, style: str) -> None:
    found = read(tmp_path, style, *HISTORY)
    other = read(tmp_path, "2019", *HISTORY)
    assert (found.report, found.crime, found.event) == (other.report, other.crime, other.event)
    assert (found.account, found.agencies) == (other.account, other.agencies)
    assert found.account.received == 9
    assert reports(found) == ["1", "2", "3", "4", "5", "9"]
    assert found.account.out_of_scope == {"adult_victims": 1, "unknown_age": 1, "not_listed_offence": 1}
    assert [row["offence_code"] for row in found.crime] == ["11A", "11A", "11A", "11A", "11D", "64A", "36B"]


def test_a_report_says_what_the_source_can_say(tmp_path: Path, style: str) -> None:
    found = read(tmp_path, style, Incident("1"))
    assert found.report == [
        {
            "report_id": "LA0100000-1",
            "agency_id": "LA0100000",
            "received_date": date(2019, 3, 4),
            "received_precision": "incident",
            "concern": "not known",
            "offence": None,
            "duplicate_of": None,
            "carries_activity": False,
            "vanished": False,
        }
    ]
    assert (found.rows.unit, found.rows.counted_row) == ("report", "incident")
    assert found.agencies == [
        {
            "agency_id": "LA0100000",
            "agency": "Springfield",
            "area_code": "LA",
            "area": "Louisiana",
            "nation": "Louisiana",
            "level": "agency",
            "carries_outcomes": True,
        }
    ]


def test_children_are_known_by_years_and_by_baby_codes(tmp_path: Path, style: str) -> None:
    ages = ("1", "9", "17", "NN", "NB", "BB")
    found = read(tmp_path, style, *[Incident(str(key), ages=(age,)) for key, age in enumerate(ages)])
    assert reports(found) == ["0", "1", "2", "3", "4", "5"]


def test_no_child_is_out_of_scope_with_its_reason(tmp_path: Path, style: str) -> None:
    found = read(
        tmp_path,
        style,
        Incident("1", ages=("18",)),
        Incident("2", ages=("over 98",)),
        Incident("3", ages=("unknown",)),
        Incident("4", ages=("40", "unknown")),
        Incident("5", ages=()),
        Incident("6", offences=("220", "11A"), ages=("5",)),
    )
    assert found.account.out_of_scope == {"adult_victims": 2, "unknown_age": 2, "no_person_victim": 2}
    assert found.report == []


def test_one_child_among_unknown_ages_is_enough(tmp_path: Path, style: str) -> None:
    assert reports(read(tmp_path, style, Incident("1", ages=("unknown", "40", "5")))) == ["1"]


def test_the_age_table_says_what_the_age_column_does_not(tmp_path: Path, style: str) -> None:
    sheets = release(style, [Incident("1", ages=("BB",)), Incident("2", ages=("30",))])
    table = next(name for name in sheets if name.lower() == "nibrs_victim.csv")
    age = next(name for name in sheets[table][0] if name.lower() == "age_num")
    found = read_as("nibrs", in_zip(tmp_path / "a.zip", {**sheets, table: changed(sheets[table], age, "")}))
    assert reports(found) == ["1"]


def test_a_row_that_cannot_be_used_is_held(tmp_path: Path, style: str) -> None:
    days = ("some day", "2019-02-30", "", "99999-1-1", "infinity", "5000000-01-01")
    bad = [Incident(f"9{place}", day=day) for place, day in enumerate(days)]
    path = nibrs_zip(tmp_path, Incident("1"), Incident("8", agency="77"), Incident(""), *bad, style=style)
    found = read_as("nibrs", path)
    table = "nibrs_incident.csv" if style == "2016" else "NIBRS_incident.csv"
    assert found.account.held == {"no_date": 6, "no_key": 1, "unknown_agency": 1}
    assert [(held.row, held.reason) for held in found.held] == [
        (3, "unknown_agency"),
        (4, "no_key"),
        *[(row, "no_date") for row in range(5, 11)],
    ]
    assert {held.file for held in found.held} == {f"{path}: {table}"}
    assert reports(found) == ["1"]


def test_a_repeated_incident_is_held_every_time(tmp_path: Path, style: str) -> None:
    found = read(tmp_path, style, Incident("1"), Incident("2"), Incident("1", day="2019-05-05"))
    assert found.account.held == {"repeated_key": 2}
    assert [held.row for held in found.held] == [2, 4]
    assert reports(found) == ["2"]


def test_an_arrest_counts_and_says_when_it_was_for_another_offence(tmp_path: Path, style: str) -> None:
    found = read(
        tmp_path,
        style,
        Incident("1", arrests=("11A", "13B")),
        Incident("2", arrests=("13B",)),
        Incident("3"),
    )
    assert found.outcomes() == {"LA0100000-1": ["arrest", "arrest"], "LA0100000-2": ["arrest_other"]}
    assert {row["event_date"] for row in found.event} == {date(2019, 3, 20)}
    assert {row["crime_id"] for row in found.event} == {None}


def test_each_exceptional_clearance_is_an_event(tmp_path: Path, style: str) -> None:
    cleared = [Incident(code, clearance=code) for code in CLEARANCES]
    found = read(tmp_path, style, *cleared, Incident("none"))
    assert found.outcomes() == {f"LA0100000-{code}": [code] for code in "ABCDE"}
    assert {row["event_date"] for row in found.event} == {date(2019, 4, 1)}


def test_a_code_table_with_a_row_twice_doubles_nothing(tmp_path: Path, style: str) -> None:
    sheets = release(style, [Incident("1", clearance="D")])
    table = next(name for name in sheets if name.lower() == "nibrs_cleared_except.csv")
    doubled = [*sheets[table], *sheets[table][1:]]
    found = read_as("nibrs", in_zip(tmp_path / "a.zip", {**sheets, table: doubled}))
    assert (found.account.received, found.account.accepted) == (1, 1)
    assert len(found.event) == 1


def test_coverage_is_stated_where_the_month_table_can(tmp_path: Path, style: str) -> None:
    found = read(tmp_path, style, Incident("1"))
    said = " ".join(found.rows.notes)
    if style == "2024":
        assert found.coverage == []
        assert "Coverage is not stated" in said
    else:
        assert [row["month"] for row in found.coverage] == [f"2019-{month:02}" for month in range(1, 13)]
        assert {row["state"] for row in found.coverage} == {"reported"}
        assert "Coverage is not stated" not in said


def test_months_not_sent_and_months_without_a_case_differ(tmp_path: Path, style: str) -> None:
    sheets = release(style, [Incident("1")])
    table = next(name for name in sheets if name.lower() == "nibrs_month.csv")
    status = sheets[table][0].index(next(n for n in sheets[table][0] if n.lower() == "reported_status"))
    for row, state in zip(sheets[table][1:4], ("Z", "U", "?"), strict=False):
        row[status] = state
    found = read_as("nibrs", in_zip(tmp_path / "a.zip", sheets))
    states = [] if style == "2024" else ["zero return", "not reported", "not stated", "reported"]
    assert [row["state"] for row in found.coverage][:4] == states


def test_the_as_at_is_the_last_day_in_the_files_unless_declared(tmp_path: Path, style: str) -> None:
    path = nibrs_zip(tmp_path, Incident("1", sent_on="2020-01-15"), style=style)
    assert read_as("nibrs", path).rows.as_at == date(2020, 1, 15)
    declared = read_as("nibrs", path, as_at=date(2020, 2, 1)).rows
    assert (declared.as_at, declared.as_at_says) == (date(2020, 2, 1), "declared by the sender")


def test_without_any_day_the_as_at_is_now(tmp_path: Path, style: str) -> None:
    none = Incident("1", day="", sent_on="", offences=("220",))
    assert read(tmp_path, style, none).rows.as_at == SETTINGS.now.date()


def test_an_undated_event_is_dated_to_the_as_at(tmp_path: Path, style: str) -> None:
    found = read(tmp_path, style, Incident("1", arrests=("11A",), arrested_on="", sent_on="2020-01-15"))
    assert [row["event_date"] for row in found.event] == [date(2020, 1, 15)]


def test_other_states_have_their_own_name(tmp_path: Path, style: str) -> None:
    agencies = (Agency(), Agency("20", "VT0010000", "Springfield", "VT"))
    sheets = release(style, [Incident("1"), Incident("2", agency="20")], agencies)
    found = read_as("nibrs", in_zip(tmp_path / "a.zip", sheets))
    assert [(row["agency_id"], row["nation"], row["area_code"]) for row in found.agencies] == [
        ("LA0100000", "Louisiana", "LA"),
        ("VT0010000", "Vermont", "VT"),
    ]
    assert [row["report_id"] for row in found.report] == ["LA0100000-1", "VT0010000-2"]


def test_a_folder_a_zip_and_compressed_files_read_alike(tmp_path: Path, style: str) -> None:
    sheets = release(style, HISTORY)
    plain = read_as("nibrs", in_zip(tmp_path / "plain.zip", sheets))
    junk = {f"__MACOSX/._{name}": b"\0\5\26\7" for name in sheets}
    members = {f"State-2019/{name}": sheet_text(sheet).encode() for name, sheet in sheets.items()}
    others = [
        zip_of(tmp_path / "nested.zip", {**members, **junk, "State-2019/README.md": b"hello"}),
        in_folder(tmp_path / "folder", sheets),
        in_folder(tmp_path / "gz", sheets, ".gz"),
    ]
    for path in others:
        found = read_as("nibrs", path)
        assert (found.report, found.crime, found.event) == (plain.report, plain.crime, plain.event), path
        assert found.account == plain.account
