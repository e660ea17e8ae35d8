"""Made-up returns: street files of data.police.uk and incident-level releases of the FBI, in every known style.

Nothing here is about anybody. Defaults are good: a row without changes is accepted, an incident without
changes is one child's, reported and not cleared.
"""

from __future__ import annotations

import base64
import gzip
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord.engine import open_engine
from onrecord.intake.adapters import adapter_named
from onrecord.intake.read import gather
from onrecord.intake.rows import Account, Held, Rows
from onrecord.settings import Settings

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
# A key of the tests' own, so that what they store is sealed as it is in use; and the same run without a key.
KEYS = base64.b64encode(bytes(range(32))).decode()
# One thread: tests run in two processes.
SETTINGS = Settings(now=NOW, threads=1, who="the tests", keys=KEYS)
WITHOUT_KEY = replace(SETTINGS, keys=None)
CANARY = "CANARY-7Q3X"
Sheet = list[list[str]]

# ---------------------------------------------------------------- data.police.uk

STREET = {
    "crime_id": "Crime ID",
    "month": "Month",
    "reported_by": "Reported by",
    "falls_within": "Falls within",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "location": "Location",
    "lsoa_code": "LSOA code",
    "lsoa_name": "LSOA name",
    "crime_type": "Crime type",
    "category": "Last outcome category",
    "context": "Context",
}
STREET_NAME = "2018-11-lancashire-street.csv"


def street_row(crime_id: str = "c1", **changed: str) -> dict[str, str]:
    """One crime of a street file, by the short names of ``STREET``."""
    usual = {
        "crime_id": crime_id,
        "month": "2018-11",
        "reported_by": "Lancashire Constabulary",
        "falls_within": "Lancashire Constabulary",
        "longitude": "-2.1",
        "latitude": "53.7",
        "location": "On or near High Street",
        "lsoa_code": "E01000001",
        "lsoa_name": "Somewhere 001A",
        "crime_type": "Violence and sexual offences",
        "category": "Under investigation",
        "context": "",
    }
    return {**usual, **changed}


def street_text(rows: Sequence[Mapping[str, str]]) -> str:
    """A street file as text."""
    return sheet_text([list(STREET.values()), *[[row[name] for name in STREET] for row in rows]])


def street_csv(folder: Path, *rows: Mapping[str, str], name: str = STREET_NAME) -> Path:
    """Write a street file; gzipped when the name says so. Without rows: one good row."""
    return write(folder / name, street_text(rows or [street_row()]).encode())


# ---------------------------------------------------------------- FBI incident-level releases

STYLES = ("2016", "2019", "2024")
CLEARANCES = ("A", "B", "C", "D", "E")
OFFENCE_TYPES = {"11A": "36", "11D": "32", "13B": "51", "36B": "3", "64A": "55", "220": "49"}
BABIES = {"NN": "1", "NB": "2", "BB": "3"}
DATES = ("incident_date", "submission_date", "cleared_except_date", "arrest_date")
STATES = {"AZ": "Arizona", "LA": "Louisiana", "VT": "Vermont"}
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

HEADERS = {
    "2016": {
        "nibrs_incident": "agency_id incident_id nibrs_month_id incident_number submission_date incident_date "
        "incident_hour cleared_except_id cleared_except_date incident_status",
        "nibrs_offense": "offense_id incident_id offense_type_id attempt_complete_flag",
        "nibrs_victim": "victim_id incident_id victim_seq_num victim_type_id age_id age_num sex_code",
        "nibrs_victim_offense": "victim_id offense_id",
        "nibrs_arrestee": "arrestee_id incident_id arrest_num arrest_date offense_type_id age_id age_num",
        "nibrs_cleared_except": "cleared_except_id cleared_except_code cleared_except_name",
        "nibrs_offense_type": "offense_type_id offense_code offense_name",
        "nibrs_age": "age_id age_code age_name",
        "nibrs_month": "nibrs_month_id agency_id month_num data_year reported_status",
        "cde_agencies": "agency_id ori legacy_ori agency_name state_abbr",
        "ref_state": "state_id state_name state_abbr",
    },
    "2019": {
        "NIBRS_incident": "DATA_YEAR AGENCY_ID INCIDENT_ID NIBRS_MONTH_ID SUBMISSION_DATE INCIDENT_DATE "
        "INCIDENT_HOUR CLEARED_EXCEPT_ID CLEARED_EXCEPT_DATE INCIDENT_STATUS",
        "NIBRS_OFFENSE": "DATA_YEAR OFFENSE_ID INCIDENT_ID OFFENSE_TYPE_ID ATTEMPT_COMPLETE_FLAG",
        "NIBRS_VICTIM": "DATA_YEAR VICTIM_ID INCIDENT_ID VICTIM_SEQ_NUM VICTIM_TYPE_ID AGE_ID AGE_NUM SEX_CODE",
        "NIBRS_VICTIM_OFFENSE": "DATA_YEAR VICTIM_ID OFFENSE_ID",
        "NIBRS_ARRESTEE": "DATA_YEAR ARRESTEE_ID INCIDENT_ID ARREST_DATE OFFENSE_TYPE_ID AGE_ID AGE_NUM",
        "NIBRS_CLEARED_EXCEPT": "CLEARED_EXCEPT_ID CLEARED_EXCEPT_CODE CLEARED_EXCEPT_NAME",
        "NIBRS_OFFENSE_TYPE": "OFFENSE_TYPE_ID OFFENSE_CODE OFFENSE_NAME",
        "NIBRS_AGE": "AGE_ID AGE_CODE AGE_NAME",
        "NIBRS_month": "DATA_YEAR NIBRS_MONTH_ID AGENCY_ID MONTH_NUM DATA_YEAR REPORTED_STATUS",
        "agencies": "YEARLY_AGENCY_ID AGENCY_ID DATA_YEAR ORI PUB_AGENCY_NAME PUB_AGENCY_UNIT STATE_NAME 0 0",
        "REF_STATE": "STATE_ID STATE_NAME STATE_ABBR",
    },
    "2024": {
        "NIBRS_incident": "data_year agency_id incident_id nibrs_month_id submission_date incident_date "
        "incident_hour cleared_except_id cleared_except_date incident_status",
        "NIBRS_OFFENSE": "data_year offense_id incident_id offense_code attempt_complete_flag",
        "NIBRS_VICTIM": "data_year victim_id incident_id victim_seq_num victim_type_id age_id age_num sex_code",
        "NIBRS_VICTIM_OFFENSE": "data_year victim_id offense_id",
        "NIBRS_ARRESTEE": "data_year arrestee_id incident_id arrest_date offense_code age_id age_num",
        "NIBRS_CLEARED_EXCEPT": "cleared_except_id cleared_except_code cleared_except_name",
        "NIBRS_OFFENSE_TYPE": "offense_code offense_name",
        "NIBRS_AGE": "age_id age_code age_name",
        "NIBRS_month": "data_year nibrs_month_id agency_id month_num inc_data_year reported_status",
        "agencies": "yearly_agency_id agency_id data_year ori pub_agency_name pub_agency_unit state_name",
        "REF_STATE": "state_id state_name state_abbr",
    },
}


@dataclass(frozen=True)
class Incident:
    """An incident of a release, told once for all styles.

    Attributes:
        key: its incident id.
        day: the day of the incident, ISO; anything else is written as it stands.
        agency: the key of its agency.
        offences: offence codes; the victims are linked to the first.
        ages: one a victim: years, a baby code, "unknown", "over 98", or "none" for a victim without an age.
        arrests: the offence code of each arrest.
        clearance: the exceptional clearance, N for none.
        arrested_on, cleared_on, sent_on: ISO days.
    """

    key: str = "1001"
    day: str = "2019-03-04"
    agency: str = "10"
    offences: tuple[str, ...] = ("11A",)
    ages: tuple[str, ...] = ("12",)
    arrests: tuple[str, ...] = ()
    clearance: str = "N"
    arrested_on: str = "2019-03-20"
    cleared_on: str = "2019-04-01"
    sent_on: str = "2019-10-10"


@dataclass(frozen=True)
class Agency:
    """An agency of a release: its key in the files, its ORI, its name and its state."""

    key: str = "10"
    ori: str = "LA0100000"
    name: str = "Springfield"
    state: str = "LA"


def release(
    style: str, incidents: Sequence[Incident] = (Incident(),), agencies: Sequence[Agency] = (Agency(),)
) -> dict[str, Sheet]:
    """The tables of a release in a style: file name to sheet, the header first."""
    records = _records(style, incidents, agencies)
    sheets = {}
    for table, header in HEADERS[style].items():
        columns = header.split()
        rows = [[_cell(style, column.lower(), row) for column in columns] for row in records[table.lower()]]
        sheets[f"{table}.csv"] = [columns, *rows]
    return sheets


def _cell(style: str, column: str, row: Mapping[str, str]) -> str:
    value = row.get(column, "")
    return _written(style, column, value) if column in DATES else value


def _written(style: str, column: str, value: str) -> str:
    """A day as the style writes it; what is no day stays as it is."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    if style == "2019":
        return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year % 100:02}"
    if style == "2016":
        return f"{value} 00:00:00"
    return f"{value} 16:09:38.93" if column == "submission_date" else value


def _records(style: str, incidents: Sequence[Incident], agencies: Sequence[Agency]) -> dict[str, list[dict[str, str]]]:
    listed = [_agency(agency) for agency in agencies]
    return {
        "nibrs_incident": [_incident(one) for one in incidents],
        "nibrs_offense": [row for one in incidents for row in _offences(one)],
        "nibrs_victim": [row for one in incidents for row in _victims(style, one)],
        "nibrs_victim_offense": [row for one in incidents for row in _links(one)],
        "nibrs_arrestee": [row for one in incidents for row in _arrests(one)],
        "nibrs_cleared_except": [
            {"cleared_except_id": str(number), "cleared_except_code": code}
            for number, code in enumerate((*CLEARANCES, "N"), 1)
        ],
        "nibrs_offense_type": [
            {"offense_type_id": number, "offense_code": code} for code, number in OFFENCE_TYPES.items()
        ],
        "nibrs_age": _ages(style),
        "nibrs_month": _months(style, incidents, agencies),
        "agencies": listed,
        "cde_agencies": listed,
        "ref_state": [{"state_name": name, "state_abbr": short} for short, name in STATES.items()],
    }


def _agency(agency: Agency) -> dict[str, str]:
    return {
        "agency_id": agency.key,
        "ori": agency.ori,
        "agency_name": agency.name,
        "pub_agency_name": agency.name,
        "state_abbr": agency.state,
        "state_name": STATES[agency.state],
    }


def _incident(one: Incident) -> dict[str, str]:
    code = str((*CLEARANCES, "N").index(one.clearance) + 1)
    cleared_on = "" if one.clearance == "N" else one.cleared_on
    return {
        "agency_id": one.agency,
        "incident_id": one.key,
        "submission_date": one.sent_on,
        "incident_date": one.day,
        "cleared_except_id": code,
        "cleared_except_date": cleared_on,
        "data_year": "2019",
    }


def _offences(one: Incident) -> list[dict[str, str]]:
    return [
        {
            "offense_id": f"{one.key}{place}",
            "incident_id": one.key,
            "offense_code": code,
            "offense_type_id": OFFENCE_TYPES[code],
        }
        for place, code in enumerate(one.offences, 1)
    ]


def _victims(style: str, one: Incident) -> list[dict[str, str]]:
    return [
        {"victim_id": f"{one.key}{place}", "incident_id": one.key, **age_cells(style, age)}
        for place, age in enumerate(one.ages, 1)
    ]


def age_cells(style: str, age: str) -> dict[str, str]:
    """How a style writes an age: 2016 and 2019 by kind and years, 2024 by a code for each age."""
    newest = style == "2024"
    kinds = {
        "unknown": ("103", "00") if newest else ("4", ""),
        "over 98": ("102", "99") if newest else ("6", ""),
        "none": ("104", "NS") if newest else ("", ""),
    }
    kinds |= {code: (number, code if newest else "") for code, number in BABIES.items()}
    age_id, age_num = kinds.get(age) or ((str(int(age) + 3) if newest else "5"), age)
    return {"age_id": age_id, "age_num": age_num}


def _ages(style: str) -> list[dict[str, str]]:
    codes = dict(zip(BABIES.values(), BABIES, strict=True))
    if style == "2024":
        codes |= {str(years + 3): f"{years:02}" for years in range(1, 100)} | {"103": "00", "104": "NS"}
    else:
        codes |= {"4": "00", "5": "AG", "6": "99", "0": "NS"}
    return [{"age_id": number, "age_code": code} for number, code in codes.items()]


def _links(one: Incident) -> list[dict[str, str]]:
    return [{"victim_id": f"{one.key}{place}", "offense_id": f"{one.key}1"} for place in range(1, len(one.ages) + 1)]


def _arrests(one: Incident) -> list[dict[str, str]]:
    return [
        {
            "arrestee_id": f"{one.key}{place}",
            "incident_id": one.key,
            "arrest_date": one.arrested_on,
            "offense_code": code,
            "offense_type_id": OFFENCE_TYPES[code],
        }
        for place, code in enumerate(one.arrests, 1)
    ]


def _months(style: str, incidents: Sequence[Incident], agencies: Sequence[Agency]) -> list[dict[str, str]]:
    """A row an agency and month; in the newest style a row an incident instead."""
    keys = [(agency.key, str(month)) for agency in agencies for month in range(1, 13)]
    if style == "2024":
        keys = [(one.agency, "3") for one in incidents for _ in range(2)]
    return [
        {
            "agency_id": agency,
            "month_num": month,
            "data_year": "2019",
            "inc_data_year": "2019",
            "reported_status": "I",
        }
        for agency, month in keys
    ]


def in_folder(folder: Path, sheets: Mapping[str, Sheet], ending: str = "") -> Path:
    """Write sheets as files of a folder; ``.gz`` as ending compresses them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in sheets.items():
        write(folder / f"{name}{ending}", sheet_text(sheet).encode())
    return folder


def in_zip(path: Path, sheets: Mapping[str, Sheet], inside: str = "") -> Path:
    """Write sheets as members of a zip, below the folder ``inside``."""
    return zip_of(path, {f"{inside}{name}": sheet_text(sheet).encode() for name, sheet in sheets.items()})


def nibrs_zip(folder: Path, *incidents: Incident, style: str = "2019", name: str = "release.zip") -> Path:
    """A release as a zip. Without incidents: one good incident."""
    return in_zip(folder / name, release(style, incidents or (Incident(),)))


def changed(sheet: Sheet, column: str, value: str, row: int = 1) -> Sheet:
    """A sheet with one cell changed; row 1 is the first below the header."""
    copy = [list(cells) for cells in sheet]
    copy[row][copy[0].index(column)] = value
    return copy


# ---------------------------------------------------------------- files


def write(path: Path, content: bytes) -> Path:
    """Write bytes, gzipped when the name says so."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def sheet_text(sheet: Sheet) -> str:
    """Rows as comma-separated values, a cell in quotation marks where it must be."""
    return "".join(",".join(_quoted(cell) for cell in row) + "\n" for row in sheet)


def _quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if set(cell) & set(',"\r\n') else cell


def zip_of(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class Read:
    """What an adapter made of files, as plain values."""

    account: Account
    held: tuple[Held, ...]
    report: list[dict[str, Any]]
    crime: list[dict[str, Any]]
    event: list[dict[str, Any]]
    agencies: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    rows: Rows

    def outcomes(self) -> dict[str, list[str]]:
        """Report to its events' outcome codes, sorted."""
        found: dict[str, list[str]] = {}
        for event in self.event:
            found.setdefault(event["report_id"], []).append(event["outcome_code"])
        return {report: sorted(codes) for report, codes in found.items()}


def read_as(adapter: str, *paths: Path, as_at: date | None = None, settings: Settings = SETTINGS) -> Read:
    """Read files with an adapter into plain values, every table in a steady order."""
    with open_engine(settings) as engine:
        rows = adapter_named(adapter).read(engine, gather(paths), as_at, settings)
        tables = {name: _plain(rows.tables[name]) for name in ("report", "crime", "event")}
        return Read(
            rows.account,
            tuple(rows.held),
            **tables,
            agencies=_plain(rows.agencies),
            coverage=_plain(rows.coverage),
            rows=rows,
        )


def _plain(table: ir.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pyarrow().to_pylist(), key=str)
