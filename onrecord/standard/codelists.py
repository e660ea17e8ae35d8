"""The code lists, read once from ``standard/lists/*.csv``, with what later versions changed in them.

A list is a table of strings; the few that the code steers by have a typed view below.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from onrecord.standard import STANDARD_VERSION, VERSIONS, versions

Row = dict[str, str]
KEYS = ("code", "kind", "key", "alias", "agency_id", "symbol")
# The standings of each strand.
JUSTICE, SAFEGUARDING = "standings", "safeguarding_standings"
# The lists that no field takes its values from, and what each is for.
FREE_STANDING = {
    "answer_reasons": "Why a query is right as it was sent, in the sender's word.",
    "asked_for": "What inquiries ask a core data set to hold, and the field that answers.",
    "clock_states": "How a clock can end, and why one does not apply or cannot be judged.",
    "clocks": "How long each step may take: start, stop, limit, whom it binds, and since when.",
    "cell_symbols": "What a published cell can be when it is no number.",
    "crosswalk_sources": "The returns of today that fields are set beside.",
    "held_reasons": "Why intake keeps a row without accepting it.",
    "local_authorities": "The authorities of England that send the Children in Need census.",
    "merged_safeguarding": "The same tree of the safeguarding strand.",
    "merged_standings": "The tree by which standings are merged before a count is hidden.",
    "nibrs_baby_ages": "Age codes of the FBI that are not whole years.",
    "nibrs_child_offences": "The offences of the FBI's files that the standard counts.",
    "not_known_in_sources": "What the codes for missing values in other lists are read as.",
    "out_of_scope_reasons": "Why the standard does not count a row.",
    "outcome_aliases": "Second spellings of published outcome categories.",
    "outcome_groupings": 'Named, versioned sets of outcomes, such as "positive outcome".',
    "police_forces": "The forces that publish street files.",
    "reasons": "Why a report is not accounted for.",
    "safeguarding_reasons": "Why nobody can say what was done for the child.",
    "safeguarding_standings": "Where a report can stand in the safeguarding strand.",
    "safeguarding_steps": "What each day of an assessment, and each kind of event, does in the safeguarding strand.",
    "standings": "Where a report can stand.",
    "status_labels": "Published categories that say a status and are no outcome.",
    "units": "What a figure can count.",
    "who_to_call": "Whom to call where a child may be in danger and no designated contact is kept.",
    "worklist_reasons": "Why a report waits for the agency that holds it, and what to do next.",
}


def packaged_rows(package: str, *path: str) -> tuple[Row, ...]:
    """The rows of a CSV file that comes with a package of onrecord."""
    text = files(package).joinpath(*path).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


@cache
def load(name: str, version: str = STANDARD_VERSION) -> tuple[Row, ...]:
    """The rows of the code list ``name`` in a version, in the order of its file, rows added later at the end.

    Raises:
        KeyError: there is no such list in that version, or no such version.
    """
    if name not in names(version):
        raise KeyError(f"there is no code list {name!r}; there are: {', '.join(names(version))}")
    rows = packaged_rows("onrecord.standard", "lists", f"{name}.csv")
    return versions.with_codes(name, rows, versions.changes_up_to(version))


@cache
def names(version: str = STANDARD_VERSION) -> tuple[str, ...]:
    """The names of all code lists of a version, sorted. Raises KeyError when there is no such version."""
    entries = (files("onrecord.standard") / "lists").iterdir()
    there = [entry.name.removesuffix(".csv") for entry in entries if entry.name.endswith(".csv")]
    made = versions.changes_up_to(version)
    later = [change for change in versions.changes_up_to(VERSIONS[-1]) if change not in made]
    return versions.lists_there(there, made, later)


def key_column(name: str) -> str:
    """The column of the list ``name`` that a row is called by."""
    columns = load(name)[0]
    return next((column for column in KEYS if column in columns), next(iter(columns)))


def codes(name: str, scheme: str = "", version: str = STANDARD_VERSION) -> tuple[str, ...]:
    """The codes of a list, each once, in the order of its file.

    Args:
        name: the list.
        scheme: one scheme of the list; without it, all.
        version: the version of the standard.

    Raises:
        KeyError: there is no such list in that version.
    """
    key = key_column(name)
    rows = (row for row in load(name, version) if not scheme or row["scheme"] == scheme)
    return tuple(dict.fromkeys(row[key] for row in rows))


def schemes(name: str) -> tuple[str, ...]:
    """The schemes that the list ``name`` holds codes of; none where it has no scheme."""
    return tuple(dict.fromkeys(row["scheme"] for row in load(name) if "scheme" in row))


def valid_on(name: str, day: date) -> tuple[Row, ...]:
    """The rows of a list that were in force on a day: a code is judged by the date of the fact it stands for.

    A blank ``valid_from`` means that no start was found, a blank ``valid_to`` that no end was: neither
    excludes a day. Rows of a list without such dates are always in force.

    Args:
        name: the list.
        day: the date of the fact.

    Raises:
        KeyError: there is no such list.
    """
    written = day.isoformat()
    return tuple(
        row
        for row in load(name)
        if row.get("valid_from", "") <= written <= (row.get("valid_to") or date.max.isoformat())
    )


def grouping(name: str, version: str) -> frozenset[tuple[str, str]]:
    """The outcomes of a named set, as (scheme, code): "positive outcome" has no one meaning.

    Args:
        name: the grouping of ``outcome_groupings.csv``.
        version: whose it is, or since when.

    Raises:
        KeyError: there is no such grouping in that version.
    """
    rows = load("outcome_groupings")
    found = frozenset(
        (row["scheme"], row["code"]) for row in rows if (row["grouping"], row["version"]) == (name, version)
    )
    if not found:
        there_are = dict.fromkeys(f"{row['grouping']} ({row['version']})" for row in rows)
        raise KeyError(f"there is no grouping {name!r} in version {version!r}; there are: {', '.join(there_are)}")
    return found


@dataclass(frozen=True)
class Standing:
    """Where a report can stand in a strand: one row of ``standings.csv`` or ``safeguarding_standings.csv``."""

    rank: int
    key: str
    label: str
    public_label: str
    what_it_means: str
    merge_1: str
    merge_2: str


@cache
def standings(name: str = JUSTICE) -> tuple[Standing, ...]:
    """The standings of a strand, whose list is ``name``, in rank order, lowest rank first."""
    rows = (Standing(rank=int(row.pop("rank")), **row) for row in map(dict, load(name)))
    return tuple(sorted(rows, key=lambda standing: standing.rank))


def standing_keys(name: str = JUSTICE) -> tuple[str, ...]:
    """The standings' keys in rank order."""
    return tuple(standing.key for standing in standings(name))


def rank_of(key: str, name: str = JUSTICE) -> int:
    """The rank of the standing ``key``. Raises KeyError when there is none."""
    return {standing.key: standing.rank for standing in standings(name)}[key]


@cache
def reasons() -> tuple[tuple[str, str], ...]:
    """The reasons for *unaccounted*, as (key, label), in the order in which the first that fits is taken."""
    rows = sorted(load("reasons"), key=lambda row: int(row["order"]))
    return tuple((row["key"], row["label"]) for row in rows)


@cache
def labels(name: str, key: str = "key", label: str = "label") -> dict[str, str]:
    """One list as a dictionary from key to label."""
    return {row[key]: row[label] for row in load(name)}


AGENCY_LISTS = ("police_forces", "local_authorities")
AGENCY_COLUMNS = ("agency_id", "agency", "area_code", "area", "nation", "level")


@cache
def agencies() -> tuple[Row, ...]:
    """Every agency that a list names: agency_id, agency, area_code, area, nation, level."""
    return tuple({column: row[column] for column in AGENCY_COLUMNS} for name in AGENCY_LISTS for row in load(name))


def agency_named(name: str) -> Row:
    """An agency by its identifier or its name; one that is in no list stands under what it is called here."""
    wanted = name.strip().casefold()
    for row in agencies():
        if wanted in (row["agency_id"].casefold(), row["agency"].casefold()):
            return row
    nowhere = {"area_code": "", "nation": "not stated", "level": ""}
    return {"agency_id": name.strip(), "agency": name.strip(), "area": name.strip(), **nowhere}
