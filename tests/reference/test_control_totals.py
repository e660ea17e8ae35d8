"""The ledgers of real files against totals that others made of them.

Witnesses: the control totals in the README of each data set, which were computed with pandas from the same
files before onrecord existed (they are written out here, and where the research material lies beside the
project they are read from its pages too); and a count with the csv module of the standard library, below.
The files are those of the FBI (Crime Data Explorer: Arizona 2016, Louisiana 2019, Vermont 2024) and of
data.police.uk (street files, October 2018 to January 2019).
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.actions import Asked
from onrecord.actions.opening import cut_of, followed, history_of, look_at, what_is_known
from onrecord.engine import open_engine
from onrecord.measures.effect import FOLLOWED
from onrecord.measures.time_to_outcome import NOT_SETTLED, SETTLED, time_to_outcome
from onrecord.standard.codelists import standing_keys
from onrecord.store.agreements import COUNT
from tests.unit.factories import SETTINGS

LISTED = {"11A", "11B", "11C", "11D", "36A", "36B", "64A"}
NIBRS = {
    # release: state, (incidents, child incidents, with an arrest, exceptionally cleared, neither)
    "AZ-2016": ("Arizona", (16_847, 216, 43, 9, 164)),
    "LA-2019": ("Louisiana", (46_750, 301, 46, 2, 253)),
    "VT-2024": ("Vermont", (18_919, 148, 60, 3, 85)),
}
AGENCIES = {
    "AZ-2016": {
        ("Gilbert Police Department", 81, 16, 4, 61),
        ("Yuma Police Department", 58, 8, 1, 49),
        ("Apache Junction Police Department", 39, 9, 4, 26),
        ("Yuma County Sheriff's Office", 36, 10, 0, 26),
    },
    "LA-2019": {
        ("Calcasieu", 71, 2, 0, 69),
        ("Lafourche", 42, 11, 0, 31),
        ("Rapides", 36, 3, 0, 33),
        ("Ascension", 34, 6, 2, 26),
        ("Ouachita", 33, 1, 0, 32),
        ("Monroe", 18, 2, 0, 16),
        ("Baker", 15, 3, 0, 12),
    },
    "VT-2024": {
        ("State Police:", 16, 9, 0, 7),
        ("State Police:", 14, 6, 0, 8),
        ("State Police:", 13, 2, 0, 11),
        ("Hartford", 11, 4, 3, 4),
    },
}
STREETS = {
    "Lancashire": (15_639, (886, 513, 2, 0, 5_065, 152, 9_021, 0)),
    "South Yorkshire": (12_062, (1_032, 306, 0, 0, 3_513, 214, 6_997, 0)),
}
VIOLENCE = "Violence and sexual offences"
# The files' last outcomes by standing, written out again here so that the count below leans on nothing of ours.
STANDS = {
    "prosecuted": (
        "Suspect charged",
        "Suspect charged as part of another case",
        "Awaiting court outcome",
        "Court result unavailable",
        "Court case unable to proceed",
        "Defendant found not guilty",
        "Defendant sent to Crown Court",
        "Offender deprived of property",
        "Offender fined",
        "Offender given absolute discharge",
        "Offender given community sentence",
        "Offender given conditional discharge",
        "Offender given suspended prison sentence",
        "Offender sent to prison",
        "Offender otherwise dealt with",
        "Offender ordered to pay compensation",
    ),
    "out_of_court": (
        "Local resolution",
        "Offender given a caution",
        "Offender given a drugs possession warning",
        "Offender given penalty notice",
        "Offender given a penalty notice",
    ),
    "diverted": ("Further action is not in the public interest",),
    "transferred": ("Action to be taken by another organisation",),
    "no_further_action": (
        "Investigation complete; no suspect identified",
        "Unable to prosecute suspect",
        "Formal action is not in the public interest",
        "Further investigation is not in the public interest",
    ),
    "unaccounted": ("Status update unavailable",),
}
STANDS_AT = {label: key for key, labels in STANDS.items() for label in labels}
NO_OUTCOMES = ("Police Service of Northern Ireland", "British Transport Police")


@pytest.fixture(scope="module")
def store(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all examples, received and accepted."""
    folder = tmp_path_factory.mktemp("control") / "store"
    given = [(examples / "nibrs" / f"{name}.zip", "nibrs", name.split("-")[1], None) for name in NIBRS]
    given.append((examples / "police-uk", "police-uk", "2018-10..2019-01", date(2021, 12, 21)))
    for path, adapter, period, as_at in given:
        number, _ = actions.receive(folder, [path], adapter, "publisher", "Ann", period, as_at, SETTINGS)
        actions.accept(folder, number, "Bob", SETTINGS)
    return folder


def released(path: Path) -> dict[str, list[dict[str, str]]]:
    """A release as lists of dictionaries: table to rows, all names in lower case."""
    tables = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))
                head = [column.lower() for column in next(rows)]
                table = name.rsplit("/", 1)[-1].lower().removesuffix(".csv")
                tables[table] = [dict(zip(head, row, strict=True)) for row in rows]
    return tables


def by_hand(path: Path) -> tuple[Counter[str], dict[str, str]]:
    """Each child's incident to where it stands, with the csv module alone; and incident to agency."""
    tables = released(path)
    codes = {row.get("offense_type_id", ""): row["offense_code"] for row in tables["nibrs_offense_type"]}
    offences = {
        row["offense_id"]: row["incident_id"]
        for row in tables["nibrs_offense"]
        if row.get("offense_code", codes.get(row.get("offense_type_id", ""))) in LISTED
    }
    babies = {row["age_id"] for row in tables["nibrs_age"] if row["age_code"] in {"NN", "NB", "BB"}}
    children = {row["victim_id"] for row in tables["nibrs_victim"] if is_child(row, babies)}
    incidents = {
        offences[row["offense_id"]]
        for row in tables["nibrs_victim_offense"]
        if row["offense_id"] in offences and row["victim_id"] in children
    }
    arrested = {row["incident_id"] for row in tables["nibrs_arrestee"]}
    except_code = {row["cleared_except_id"]: row["cleared_except_code"] for row in tables["nibrs_cleared_except"]}
    cleared = {
        row["incident_id"]
        for row in tables["nibrs_incident"]
        if except_code.get(row["cleared_except_id"]) in {"A", "B", "C", "D", "E"}
    }
    stands = Counter("arrest" if one in arrested else "cleared" if one in cleared else "neither" for one in incidents)
    return stands, {
        row["incident_id"]: row["agency_id"] for row in tables["nibrs_incident"] if row["incident_id"] in incidents
    }


def is_child(row: dict[str, str], babies: set[str]) -> bool:
    age = row["age_num"]
    return row["age_id"] in babies or (age.isdigit() and age != "00" and int(age) < 18)


@pytest.mark.parametrize("name", NIBRS)
def test_a_state_and_a_year_stand_where_the_control_totals_say(store: Path, name: str) -> None:
    state, (_, children, arrest, cleared, neither) = NIBRS[name]
    (row,) = actions.ledger(store, Asked(place=state), SETTINGS).rows()
    closed = row["diverted"] + row["transferred"] + row["no_further_action"]
    assert (row["received"], row["prosecuted"], closed, row["unaccounted"]) == (children, arrest, cleared, neither)
    assert row["out_of_court"] == row["live"] == row["not_a_crime"] == 0


@pytest.mark.parametrize("name", NIBRS)
def test_every_incident_received_is_found_again(store: Path, name: str) -> None:
    entry = next(entry for entry in actions.returns(store) if entry.period == name.split("-")[1])
    assert (entry.received, entry.accepted, entry.held) == (*NIBRS[name][1][:2], 0)


@pytest.mark.parametrize("name", NIBRS)
def test_the_agencies_stand_where_the_control_totals_say(store: Path, name: str) -> None:
    rows = actions.ledger(store, Asked("agency", place=NIBRS[name][0]), SETTINGS).rows()
    found = Counter(
        (
            short(row["agency"]),
            row["received"],
            row["prosecuted"],
            row["diverted"] + row["transferred"] + row["no_further_action"],
            row["unaccounted"],
        )
        for row in rows
        if row["received"] >= 10
    )
    assert found == Counter(AGENCIES[name])
    assert sum(row["received"] for row in rows) == NIBRS[name][1][1]


def short(agency: str) -> str:
    """The page names the Vermont State Police without their unit."""
    return "State Police:" if agency.startswith("State Police:") else agency


@pytest.mark.parametrize("name", NIBRS)
def test_a_count_with_the_csv_module_agrees(store: Path, examples: Path, name: str) -> None:
    stands, agency_of = by_hand(examples / "nibrs" / f"{name}.zip")
    rows = actions.ledger(store, Asked("agency", place=NIBRS[name][0]), SETTINGS).rows()
    closed = sum(row["diverted"] + row["transferred"] + row["no_further_action"] for row in rows)
    assert stands == {
        "arrest": sum(row["prosecuted"] for row in rows),
        "cleared": closed,
        "neither": sum(row["unaccounted"] for row in rows),
    }
    assert sorted(Counter(agency_of.values()).values()) == sorted(row["received"] for row in rows)


def days_by_hand(path: Path) -> tuple[Counter[int], list[date]]:
    """Each child's incident: days to its arrest or clearance, with the csv module; and the days of those open."""
    tables = released(path)
    _, agency_of = by_hand(path)
    arrests: dict[str, list[date]] = {}
    for row in tables["nibrs_arrestee"]:
        arrests.setdefault(row["incident_id"], []).append(a_day(row["arrest_date"]))
    codes = {row["cleared_except_id"]: row["cleared_except_code"] for row in tables["nibrs_cleared_except"]}
    taken, waiting = Counter[int](), []
    for row in tables["nibrs_incident"]:
        if row["incident_id"] in agency_of:
            ends = list(arrests.get(row["incident_id"], []))
            if codes.get(row["cleared_except_id"]) in {"A", "B", "C", "D", "E"}:
                ends.append(a_day(row["cleared_except_date"]))
            began = a_day(row["incident_date"])
            if ends:
                taken[(min(ends) - began).days] += 1
            else:
                waiting.append(began)
    return taken, waiting


def a_day(written: str) -> date:
    """A day as the releases write it: 2016-01-31, or 31-JAN-16."""
    text = written.strip().split(" ")[0]
    form = "%Y-%m-%d" if text[:4].isdigit() else "%d-%b-%y"
    return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone


@pytest.mark.parametrize("name", NIBRS)
def test_days_to_an_outcome_agree_with_a_count_by_the_csv_module(store: Path, examples: Path, name: str) -> None:
    taken, waiting = days_by_hand(examples / "nibrs" / f"{name}.zip")
    look = look_at(store, "timeliness", Asked(place=NIBRS[name][0]), SETTINGS, COUNT)
    with open_engine(look.settings) as engine:
        for _, rows in followed(engine, look, what_is_known(engine, look), FOLLOWED):
            if rows is not None:
                [row] = time_to_outcome(history_of(rows, look), cut_of(rows, look), 90).rows()
    as_at = date.fromisoformat(row["as_at"])
    for band, (low, high) in SETTLED.items():
        assert row[band] == sum(taken[day] for day in taken if low <= day <= (high or day)), band
    for band, (low, high) in NOT_SETTLED.items():
        days = [(as_at - began).days for began in waiting]
        assert row[band] == sum(low <= day <= (high or day) for day in days), band
    assert row["received"] == taken.total() + len(waiting) == NIBRS[name][1][1]


@pytest.mark.parametrize("name", NIBRS)
def test_the_totals_are_those_of_the_data_sets_page(shared: Path, name: str) -> None:
    page = (shared / "data" / f"nibrs-{name.lower()}" / "README.md").read_text(encoding="utf-8")
    incidents, children, arrest, cleared, neither = NIBRS[name][1]
    assert f"incidents {incidents};" in page
    assert f"child sexual incidents {children}\n" in page
    assert f"at least one arrestee {arrest};" in page
    said = re.search(
        r"A death of offender (\d+), B prosecution declined (\d+), C in custody elsewhere (\d+), "
        r"D victim refused to cooperate (\d+), E juvenile/no custody (\d+); neither (\d+)",
        page,
    )
    assert said is not None
    *exceptional, none = map(int, said.groups())
    assert (sum(exceptional), none) == (cleared, neither)
    for agency, *counts in AGENCIES[name]:
        assert f"| {agency} | {' | '.join(map(str, counts))} |" in page


@pytest.mark.parametrize("area", STREETS)
def test_two_forces_stand_where_the_control_totals_say(store: Path, area: str) -> None:
    (row,) = actions.ledger(store, Asked("area", None, "2018-11..2019-01", VIOLENCE, area), SETTINGS).rows()
    received, standings = STREETS[area]
    assert sum(standings) == received
    assert (row["received"], tuple(row[key] for key in standing_keys())) == (received, standings)


@pytest.mark.parametrize("area", STREETS)
def test_two_forces_counted_with_the_csv_module_agree(examples: Path, area: str) -> None:
    months = {"2018-11", "2018-12", "2019-01"}
    labels: dict[str, set[str]] = {}
    for row in street_rows(examples / "police-uk"):
        if row["Crime type"] == VIOLENCE and row["Month"] in months and row["Reported by"].startswith(area):
            labels.setdefault(row["Crime ID"], set()).add(row["Last outcome category"])
    counted = Counter(stands_at(found) for found in labels.values())
    assert (len(labels), tuple(counted[key] for key in standing_keys())) == STREETS[area]


def stands_at(labels: set[str]) -> str:
    """The lowest rank that a label decides; three years later, nothing without a decision is live any more."""
    decided = {STANDS_AT[label] for label in labels if STANDS_AT.get(label, "unaccounted") != "unaccounted"}
    return next((key for key in standing_keys() if key in decided), "unaccounted")


def street_rows(folder: Path) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob("*-street.csv*")):
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="")
        ) as lines:
            yield from csv.DictReader(lines)


def test_all_street_files_are_accounted_for(shared: Path, tmp_path: Path) -> None:
    """431,786 rows = 97,137 out of scope + 31,588 not reported + 303,061 rows of 302,827 crimes; none held."""
    folder = shared / "data" / "police-uk-street"
    files = sorted(folder.glob("*-street.csv*"))
    assert len(files) == 44
    number, receipt = actions.receive(
        tmp_path / "s", files, "police-uk", "publisher", "Ann", "2018-07..2019-01", date(2021, 12, 21), SETTINGS
    )
    assert (receipt.received, receipt.held) == (431_786, {})
    assert receipt.out_of_scope == {"anti_social_behaviour": 97_137}
    assert receipt.not_reported == {"Police Service of Northern Ireland": 31_588}
    assert receipt.accepted - 31_588 == receipt.records["event"] == 303_061
    assert receipt.records["report"] == receipt.records["crime"] == 302_827
    actions.accept(tmp_path / "s", number, "Bob", SETTINGS)
    rows = actions.ledger(tmp_path / "s", settings=SETTINGS).rows()
    assert sum(row["received"] for row in rows) == 302_827
    assert {key: rows[0][key] for key in standing_keys()} == streets_by_hand(folder)


def streets_by_hand(folder: Path) -> dict[str, int]:
    """Every crime of the folder to where it stands, with the csv module alone."""
    labels: dict[str, set[str]] = {}
    places = Counter[str]()
    for row in street_rows(folder):
        if row["Crime type"] == "Anti-social behaviour":
            places["out of scope"] += 1
        elif row["Reported by"] in NO_OUTCOMES:
            places["not reported"] += 1
        else:
            places["accepted"] += 1
            labels.setdefault(row["Crime ID"], set()).add(row["Last outcome category"])
    assert places == {"out of scope": 97_137, "not reported": 31_588, "accepted": 303_061}
    counted = Counter(stands_at(found) for found in labels.values())
    return {key: counted[key] for key in standing_keys()}
