"""The site: static pages from safe figures. No script, no outside request, the same bytes for the same figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from onrecord import __version__
from onrecord.disclosure.policy import Policy
from onrecord.disclosure.safe import SafeFigures, already_public
from onrecord.errors import WrongWords
from onrecord.look.charts import Operation, Part
from onrecord.look.pages import environment, static_files
from onrecord.publish.tables import Download, as_csv, as_json
from onrecord.sources import published
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.ledger_template import ledger_template_csv, ledger_template_xlsx
from onrecord.standard.letter import open_letter, open_letter_paragraphs
from onrecord.standard.periods import parse_period

MARKER = "made-by-onrecord.txt"
# What a standing is called where the source ends at arrest: nobody there was prosecuted, and nothing settled.
AT_ARREST = {
    "prosecuted": "cleared by arrest",
    "formal_action": "cleared by arrest or diverted",
    "closed": "cleared exceptionally",
    "settled": "cleared by arrest or exceptionally",
}
FIRST_FORCES = ("South Yorkshire", "Lancashire")
MADE_UP_SHARE, MADE_UP_RATE = 0.10, 0.5
MADE_UP_GROWTH = (0.0, 0.1, 0.3, 0.5)


@dataclass(frozen=True)
class RecordTable:
    """A ledger made from records, protected, with what a reader must know beside it.

    Attributes:
        name: the nation or state, and how much of it is covered where that is part of it.
        slug: its name in file names.
        row_word: what a row is ("agency", "police force").
        unit: one and many of what is counted ("incident", "incidents").
        figures: the protected table, a row an agency, with a row of totals.
        without: agencies of the coverage that have no report in the table.
        reasons: why reports are unaccounted, the reasons that occur, in words.
        notes: sentences from the adapter.
        ends_at_arrest: whether the source ends at arrest, so that *prosecuted* means cleared by arrest.
    """

    name: str
    slug: str
    row_word: str
    unit: tuple[str, str]
    figures: SafeFigures
    without: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    ends_at_arrest: bool

    @property
    def whole(self) -> Mapping[str, Any]:
        """The row of totals."""
        assert self.figures.sum_row is not None
        return self.figures.sum_row


@dataclass(frozen=True)
class TimeTable:
    """How long until those received were settled, and how long those not settled were followed: protected counts.

    Attributes:
        name, slug, unit: as of the ledger of the same place.
        figures: one row, its parts bands of days, named settled_LOW_HIGH and open_LOW_HIGH; None where it could not be
            protected.
        why_not: the reason for it, a sentence.
    """

    name: str
    slug: str
    unit: tuple[str, str]
    figures: SafeFigures | None
    why_not: str = ""

    @property
    def row(self) -> Mapping[str, Any]:
        """The row."""
        assert self.figures is not None
        return self.figures.rows[0]

    @property
    def parts(self) -> list[Part]:
        """The bands as parts of a picture, the settled ones first; an open band that is empty is left out."""
        assert self.figures is not None
        looks = {"settled": iter(SETTLED_LOOKS), "open": iter(OPEN_LOOKS)}
        found = []
        for name in self.figures.parts:
            if self.row[name] or name.startswith("settled"):
                look = next(looks[name.split("_")[0]])
                found.append(Part(name, band_in_words(name), self.row[name], look))
        return found

    @property
    def not_settled(self) -> int:
        """How many are not settled."""
        assert self.figures is not None
        return sum(self.row[name] for name in self.figures.parts if name.startswith("open"))

    @property
    def followed_at_least(self) -> int:
        """Days from the last day of the period to the as-at: everybody received was followed so long."""
        last = parse_period(self.row["period"]).last_day
        return (date.fromisoformat(self.row["as_at"]) - last).days

    @property
    def within(self) -> list[tuple[int, int]]:
        """Days, and how many were settled within them: only for days that everybody was followed for."""
        assert self.figures is not None
        ends = {name: name.rsplit("_", 1)[1] for name in self.figures.parts if name.startswith("settled")}
        so_far, found = 0, []
        for name, end in ends.items():
            so_far += self.row[name]
            if end != "on" and int(end) <= self.followed_at_least:
                found.append((int(end), so_far))
        return found


SETTLED_LOOKS = ("prosecuted", "out_of_court", "diverted", "no_further_action", "transferred")
OPEN_LOOKS = ("unaccounted", "live", "no_result_stated", "not_a_crime", "unaccounted")


def band_in_words(name: str) -> str:
    """A band of days as a reader says it."""
    word, low, high = name.split("_")
    if word == "open":
        return (
            f"not cleared yet, followed for {low} days or more"
            if high == "on"
            else (f"not cleared yet, followed for {low} to {high} days")
        )
    if high == "on":
        return "cleared at any time" if low == "0" else f"cleared after more than {int(low) - 1} days"
    return f"cleared within {high} days" if low == "0" else f"cleared after {low} to {high} days"


@dataclass(frozen=True)
class Page:
    """One page: its template and file, and its word in the navigation (none: reached from other pages)."""

    template: str
    href: str
    nav: str | None
    title: str


PAGES = (
    Page("front.html.jinja", "index.html", None, "157 reports, 50 published results"),
    Page("rotherham.html.jinja", "rotherham-2013.html", "Rotherham", "Rotherham 2013"),
    Page("operations.html.jinja", "operations.html", "Operations", "Operations 2007 to 2013"),
    Page("forces.html.jinja", "forces.html", "Forces", "What the published file says, by police force"),
    Page("states.html.jinja", "united-states.html", "United States", "United States sample"),
    Page("times.html.jinja", "time-to-arrest.html", None, "Time from incident to arrest or clearance"),
    Page("records.html.jinja", "ledgers.html", None, "Ledgers made from records"),
    Page("standings.html.jinja", "standings.html", "Standings", "Standings and limits"),
    Page("downloads.html.jinja", "data.html", "Data", "Data to download"),
    Page("letter.html.jinja", "letter.html", "Ask in your area", "Ask in your area"),
    Page("about.html.jinja", "about.html", None, "About this site, and accessibility"),
)


def write_site(tables: Sequence[RecordTable], policy: Policy, out: Path, times: Sequence[TimeTable] = ()) -> list[Path]:
    """Write the whole site into ``out``, in place of a site that is there.

    Args:
        tables: ledgers made from records, protected; may be empty.
        policy: the policy they were protected under.
        out: the folder; missing, empty, or a site made before.
        times: how long until those received were settled, protected; may be empty.

    Returns:
        The files written, the front page first.

    Raises:
        WrongWords: the folder holds something else.
    """
    for figures in (
        *(table.figures for table in tables),
        *(each.figures for each in times if each.figures is not None),
    ):
        if not isinstance(figures, SafeFigures):
            raise TypeError("the site takes SafeFigures alone")
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise WrongWords(f"{out}: this folder is not empty and is no site made by onrecord. Give a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".onrecord-site-") as building:
        written = _build(Path(building) / "site", tables, policy, times)
        if out.exists():
            shutil.rmtree(out)
        (Path(building) / "site").rename(out)
    return [out / name for name in written]


def _build(folder: Path, tables: Sequence[RecordTable], policy: Policy, times: Sequence[TimeTable]) -> list[str]:
    downloads = _downloads(tables, times)
    content = {**_content(tables, policy, downloads), "times": times}
    pages = [page for page in PAGES if _has_content(page, tables, times)]
    nav = [{"text": page.nav, "href": page.href} for page in pages if page.nav]
    shown = {"root": "", "nav": nav, "version": __version__, "standard_version": STANDARD_VERSION}
    jinja = _environment()
    made: dict[str, bytes] = {}
    for page in pages:
        html = jinja.get_template(page.template).render(**shown, **content, here=page.href, title=page.title)
        made[page.href] = html.encode()
    for download in downloads:
        made[f"data/{download.name}.csv"] = as_csv(download).encode()
        made[f"data/{download.name}.json"] = as_json(download).encode()
    made |= {
        "letter.txt": open_letter().encode(),
        "data/ledger-return.csv": ledger_template_csv().encode(),
        "data/ledger-return.xlsx": ledger_template_xlsx(),
    }
    made |= static_files() | {MARKER: b"This folder was made by onrecord publish, and is replaced by the next one.\n"}
    for name, data in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return list(made)


def _has_content(page: Page, tables: Sequence[RecordTable], times: Sequence[TimeTable]) -> bool:
    if page.template == "times.html.jinja":
        return bool(times)
    if page.template == "states.html.jinja":
        return any(table.ends_at_arrest for table in tables)
    if page.template == "records.html.jinja":
        return any(not table.ends_at_arrest for table in tables)
    return True


@cache
def _environment() -> Environment:
    return environment(PackageLoader("onrecord.publish"))


def _content(tables: Sequence[RecordTable], policy: Policy, downloads: Sequence[Download]) -> dict[str, Any]:
    """All that the templates show: plain values and parts of pictures."""
    by_force = published.police_uk_by_force()
    forces = already_public(by_force.figures)
    return {
        "rotherham_parts": [Part(count.key, count.label, count.count) for count in published.rotherham_counts()[1:]],
        "rotherham_total": published.rotherham_counts()[0].count,
        "ratio": published.rotherham_ratio(),
        "beside": {row["key"]: row for row in published.rotherham_beside()},
        "operations": published.operations(),
        "operation_items": [_on_timeline(operation) for operation in published.operations()],
        "forces": _forces_in_order(forces),
        "first_forces": [row for name in FIRST_FORCES for row in forces.rows if row["area"] == name],
        "unavailable": _range_of_unaccounted(forces),
        "not_reported": by_force.not_reported,
        "missing_forces": by_force.missing,
        "followed": _plainest(tables),
        "states": [table for table in tables if table.ends_at_arrest],
        "others": [table for table in tables if not table.ends_at_arrest],
        "parts_of": parts_of,
        "heading_of": _label,
        "standings": codelists.standings(),
        "merged": codelists.labels("merged_standings"),
        "reasons": codelists.reasons(),
        "policy": policy,
        "downloads": downloads,
        "period_ratios": [(growth, period_ratio(MADE_UP_SHARE, MADE_UP_RATE, growth)) for growth in MADE_UP_GROWTH],
        "made_up_share": MADE_UP_SHARE,
        "letter_paragraphs": open_letter_paragraphs(),
    }


def _plainest(tables: Sequence[RecordTable]) -> RecordTable | None:
    """The ledger to show first: one whose standings are not merged, the largest of those."""
    states = [table for table in tables if table.ends_at_arrest]
    return max(states, key=lambda table: (len(table.figures.parts), table.whole["received"] or 0), default=None)


def _on_timeline(operation: published.Operation) -> Operation:
    return Operation(
        operation.name,
        operation.start_year,
        operation.end_year,
        operation.achieved,
        formal=bool(operation.convictions),
    )


def _forces_in_order(forces: SafeFigures) -> list[Mapping[str, Any]]:
    """All by name: an order that ranks nobody."""
    return sorted(forces.rows, key=lambda row: str(row["area"]))


def _range_of_unaccounted(forces: SafeFigures) -> dict[str, Any]:
    """The forces with the smallest and largest share of crimes whose status is unavailable."""
    by_share = sorted(forces.rows, key=lambda row: row["unaccounted"] / row["received"])
    return {"lowest": by_share[0], "highest": by_share[-1], "count": len(by_share)}


def label_of(key: str) -> str:
    """What a standing, merged or not, is called."""
    own = {standing.key: standing.label for standing in codelists.standings()}
    return own.get(key) or codelists.labels("merged_standings").get(key, key)


def public_label_of(key: str) -> str:
    """What a standing is called in public: *unaccounted* says in what file."""
    own = {standing.key: standing.public_label for standing in codelists.standings()}
    return own.get(key) or label_of(key)


def parts_of(row: Mapping[str, Any], parts: Sequence[str], ends_at_arrest: bool = False) -> list[Part]:
    """The parts of one row for a picture, empty standings left out, suppressed ones kept."""
    return [Part(key, _label(key, ends_at_arrest), row[key]) for key in parts if row[key] != 0]


def _label(key: str, ends_at_arrest: bool) -> str:
    return AT_ARREST.get(key, public_label_of(key)) if ends_at_arrest else public_label_of(key)


def period_ratio(share: float, rate: float, growth: float) -> float:
    """The ratio of a period's outcomes to the period's reports, when reports grow steadily.

    A share p of reports ends in the outcome after an exponential delay with rate lambda a year; reports grow
    at rate g a year. Then the ratio is p * lambda / (lambda + g): less than p whenever reports grow, since the
    outcomes belong to earlier, fewer reports.

    Args:
        share: p, the share of reports that ever end in the outcome.
        rate: lambda, a year.
        growth: g, a year.
    """
    return share * rate / (rate + growth)


def _downloads(tables: Sequence[RecordTable], times: Sequence[TimeTable]) -> list[Download]:
    published_operations = [
        {
            "name": operation.name,
            "start_year": operation.start_year,
            "end_year": operation.end_year,
            "kind": operation.kind,
            "achieved": operation.achieved,
            "convictions": operation.convictions,
            "judged": "yes" if operation.judged else "no",
            "source": operation.source,
        }
        for operation in published.operations()
    ]
    found = [
        Download(
            "rotherham-2013",
            "Rotherham 2013: reports and published results",
            already_public(published.rotherham()),
        ),
        Download("operations", "Operations in Rotherham, 2007 to 2013", published_operations),
        Download(
            "police-forces",
            "Violence and sexual offences by police force and standing, November 2018 to January 2019",
            already_public(published.police_uk_by_force().figures),
        ),
    ]
    found += [
        Download(f"ledger-{table.slug}", f"Ledger of {table.name}, from records", table.figures) for table in tables
    ]
    found += [
        Download(f"time-{each.slug}", f"Time from incident to arrest or clearance, {each.name}", each.figures)
        for each in times
        if each.figures is not None
    ]
    lists = [
        Download(name, title, codelists.load(name))
        for name, title in (
            ("standings", "Code list: standings"),
            ("reasons", "Code list: reasons for unaccounted"),
            ("outcomes", "Code list: outcomes and where each puts a line"),
        )
    ]
    return found + lists
