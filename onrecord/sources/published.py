"""The published figures that come with onrecord, each with where it was read.

Rotherham 2013 is a set of counts published for a year, not one group of reports followed: its basis is
*flow*, and what the counts leave over is *no result stated*, marked as derived.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from onrecord.figures import About, Figures, figures_from_rows
from onrecord.standard import STANDARD_VERSION, codelists

PUBLISHED = "as published"
POLICE_UK = "data.police.uk, Open Government Licence v3.0; snapshot of 22 December 2021"
ARTICLES = "newspaper articles of 2014 on Rotherham; the figures stand in the article on reports and prosecutions"
NO_OUTCOMES = frozenset(row["agency_id"] for row in codelists.load("police_forces") if row["carries_outcomes"] == "0")


def _rows(name: str) -> tuple[codelists.Row, ...]:
    return codelists.packaged_rows("onrecord.sources", "data", name)


@dataclass(frozen=True)
class Published:
    """One published count: its key in the table, how it is called, and what must be said of it."""

    key: str
    label: str
    count: int
    derived: bool
    note: str


def rotherham_counts() -> tuple[Published, ...]:
    """The published counts of Rotherham 2013, the total first, each with its label and note."""
    return tuple(
        Published(row["key"], row["label"], int(row["count"]), row["derived"] == "yes", row["note"])
        for row in sorted(_rows("rotherham_2013.csv"), key=lambda row: int(row["order"]))
    )


def rotherham() -> Figures:
    """Rotherham 2013 as figures: 157 = 9 + 2 + 7 + 32 + 107, the last by subtraction. Basis: flow."""
    counts = rotherham_counts()
    row = {"area": "Rotherham", "period": "2013"} | {count.key: count.count for count in counts}
    about = About(
        "published results",
        "report",
        "flow",
        PUBLISHED,
        STANDARD_VERSION,
        "public",
        derived=True,
        notes=tuple(count.note for count in counts if count.note),
        sources=(ARTICLES,),
    )
    return figures_from_rows(about, ["area", "period"], counts[0].key, [count.key for count in counts[1:]], [row])


@dataclass(frozen=True)
class Ratio:
    """A ratio of two different groups of cases: no probability, and so no interval.

    Attributes:
        above, below: the two counts.
        says: what it is.
    """

    above: int
    below: int
    says: str

    @property
    def percent(self) -> float:
        """The ratio in per cent, to one decimal."""
        return round(100 * self.above / self.below, 1)


def rotherham_ratio() -> Ratio:
    """Prosecutions of the year over reports of the year: 9/157."""
    counts = {count.key: count.count for count in rotherham_counts()}
    return Ratio(
        counts["prosecuted"],
        counts["received"],
        "a ratio of two different groups of cases: prosecutions of 2013 may belong to reports of 2012",
    )


def rotherham_beside() -> tuple[codelists.Row, ...]:
    """What else was published beside it: "around" and "at least" 1,400, and a first quarter."""
    return _rows("rotherham_beside.csv")


@dataclass(frozen=True)
class Operation:
    """A named operation and what it achieved, as published.

    Attributes:
        name: its name.
        start_year, end_year: the years stated; no end year means that no end was stated.
        kind: investigation, joint investigation, or announced.
        achieved: what came of it.
        convictions: how many; None for one that is not judged.
        judged: whether it had begun long enough before the report to be judged.
        source: where it was read.
    """

    name: str
    start_year: int
    end_year: int | None
    kind: str
    achieved: str
    convictions: int | None
    judged: bool
    source: str


def operations() -> tuple[Operation, ...]:
    """The six investigations and the announced seventh, in the order in which they began."""
    return tuple(
        Operation(
            row["name"],
            int(row["start_year"]),
            int(row["end_year"]) if row["end_year"] else None,
            row["kind"],
            row["achieved"],
            int(row["convictions"]) if row["convictions"] else None,
            row["judged"] == "yes",
            row["source"],
        )
        for row in _rows("operations.csv")
    )


@dataclass(frozen=True)
class ByForce:
    """The police forces' published outcomes, and the bodies that publish none.

    Attributes:
        figures: a row a force: area, area_code, period; received and the eight standings.
        not_reported: the bodies whose files carry no outcomes, with their rows.
        missing: forces whose files are not in the snapshot.
    """

    figures: Figures
    not_reported: dict[str, int]
    missing: tuple[str, ...]


def police_uk_by_force() -> ByForce:
    """Violence and sexual offences, November 2018 to January 2019: rows of the published files by standing.

    A row is a row of the file; a few Crime IDs stand on more than one.
    """
    standing_of = _standing_of_category()
    counts: dict[str, Counter[str]] = {}
    for row in _rows("police_uk_violence_sexual_2018-11_2019-01.csv"):
        standing = standing_of.get(row["last_outcome_category"], "")
        counts.setdefault(row["force"], Counter())[standing] += int(row["rows"])
    forces = {row["agency_id"]: row for row in codelists.load("police_forces")}
    rows = [_force_row(forces[force], counts[force]) for force in counts if force not in NO_OUTCOMES]
    about = About(
        "published outcomes",
        "row",
        "cohort",
        PUBLISHED,
        STANDARD_VERSION,
        "public",
        records=sum(row["received"] for row in rows),
        sources=(POLICE_UK,),
    )
    figures = figures_from_rows(
        about,
        ["area", "area_code", "period"],
        "received",
        codelists.standing_keys(),
        sorted(rows, key=lambda row: row["area"]),
    )
    return ByForce(
        figures=figures,
        not_reported={
            forces[force]["agency"]: sum(counts[force].values()) for force in sorted(counts) if force in NO_OUTCOMES
        },
        missing=tuple(sorted(row["area"] for key, row in forces.items() if key not in counts)),
    )


def _standing_of_category() -> dict[str, str]:
    """Published category to standing, by the code list; a stated 'unavailable' is *unaccounted*."""
    standings = {row["code"]: row["standing"] for row in codelists.load("outcomes") if row["scheme"] == "police-uk"}
    standings |= {
        row["alias"]: standings[row["code"]]
        for row in codelists.load("outcome_aliases")
        if row["scheme"] == "police-uk"
    }
    kinds = {"status unavailable": "unaccounted", "under investigation": "live"}
    return standings | {row["code"]: kinds[row["kind"]] for row in codelists.load("status_labels")}


def _force_row(force: codelists.Row, counts: Counter[str]) -> dict[str, Any]:
    placed = {key: counts[key] for key in codelists.standing_keys()}
    return {
        "area": force["area"],
        "area_code": force["area_code"],
        "period": "2018-11..2019-01",
        "received": sum(counts.values()),
        **placed,
    }
