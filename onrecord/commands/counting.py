"""Commands that count: the ledger, and every other measure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.commands.following import abreast, percent, share_cell, show_tests, times
from onrecord.commands.ledgers import CSV, JSON, TABLE, by_unit, show_ledgers
from onrecord.commands.printing import DATE, STORE, day_of, moment, print_csv, print_table, telling
from onrecord.errors import WrongWords
from onrecord.standard import codelists

if TYPE_CHECKING:
    from onrecord.actions import Measured, Shares
    from onrecord.figures import Figures

LEDGER = "ledger"
MOST_UPRIGHT = 5
NONE_YET = "none yet"
CUTS = ("nation", "area", "agency", "month")
BY = click.option("--by", type=click.Choice(CUTS), default=CUTS[0], show_default=True, help="What each row is about.")
AS_AT = click.option(
    "--as-at", type=DATE, metavar="DATE", help="Judge at this day. Default: the last day all returns cover."
)
PERIOD = click.option("--period", metavar="P", help="Only reports received in this period (2018-11..2019-01).")
OFFENCE = click.option("--offence", metavar="TEXT", help="Only this published category of offence.")
PLACE = click.option("--in", "place", metavar="PLACE", help="Only this nation, area, area code or agency id.")
KNOWN_AT = click.option(
    "--known-at",
    metavar="MOMENT",
    help="Only what was known at the end of this day (2026-01-31) or at this moment (2026-01-31T12:00:00+00:00).",
)
FORM = click.option("--format", "form", type=click.Choice([TABLE, JSON, CSV]), default=TABLE, help="How to print them.")


@click.command()
@STORE
@BY
@AS_AT
@PERIOD
@OFFENCE
@PLACE
@KNOWN_AT
@FORM
def ledger(
    store: Path,
    by: str,
    as_at: datetime | None,
    period: str | None,
    offence: str | None,
    place: str | None,
    known_at: str | None,
    form: str,
) -> None:
    """Print the ledgers of STORE: where every report stands. Uncontrolled: for the store's holder only."""
    from onrecord import actions

    asked = actions.Asked(by, day_of(as_at), period, offence, place, moment(known_at))
    with telling() as tell:
        made = actions.ledger(store, asked, tell=tell)
    show_ledgers(made, form)


@click.command()
@STORE
@click.argument("name", metavar="NAME")
@BY
@click.option("--unit", metavar="UNIT", help="Count these: report, child or suspect, where the measure counts them.")
@AS_AT
@PERIOD
@OFFENCE
@PLACE
@KNOWN_AT
@click.option("--at", metavar="DAYS", help="For cohorts: days after receipt to read at. Default: 90,180,365.")
@FORM
def measure(
    store: Path,
    name: str,
    by: str,
    unit: str | None,
    as_at: datetime | None,
    period: str | None,
    offence: str | None,
    place: str | None,
    known_at: str | None,
    at: str | None,
    form: str,
) -> None:
    """Print the measure NAME of STORE, as 'onrecord standard show measures' lists them: attrition, timeliness and
    others, each with what it cannot say. Uncontrolled: for the store's holder only.
    """
    from onrecord import actions

    asked = actions.Asked(by, day_of(as_at), period, offence, place, moment(known_at), unit, times(at) if at else ())
    if name == LEDGER and at:
        raise WrongWords("The ledger is judged at one day: leave out --at, and give it as --as-at 2026-01-31.")
    with telling() as tell:
        if name == LEDGER:
            ledgers = actions.ledger(store, asked, tell=tell)
        else:
            made = actions.measure(store, name, asked, tell=tell)
    if name == LEDGER:
        show_ledgers(ledgers, form)
    else:
        show_measure(made, form)


def show_measure(made: Measured, form: str) -> None:
    """Print a measure in a form."""
    rows = made.rows()
    if form == JSON:
        click.echo(json.dumps(rows, indent=1))
    elif form == CSV:
        flat = [{**row, "notes": " ".join(row["notes"])} for row in rows]
        print_csv(flat, list(dict.fromkeys(name for row in flat for name in row)))
    else:
        _measure_table(made, rows)
    if made.silent:
        click.echo(f"Not reported: {', '.join(made.silent)}. Expected, and no accepted return names them.", err=True)
    for unit, named in by_unit(made).items():
        click.echo(f"No figures of their own, because they hold {unit} and no reports: {named}.", err=True)


def _measure_table(made: Measured, rows: list[dict[str, Any]]) -> None:
    from onrecord.actions import Shares

    if not rows:
        click.echo("Nothing fits what was asked, or no accepted return has it. 'onrecord returns STORE' shows them.")
        return
    units = codelists.labels("units", "key", "plural")
    for figures in made.figures:
        title = f"{made.measure.code} ({units[figures.about.unit]})"
        if isinstance(figures, Shares):
            _print_shares(figures, title)
        else:
            _print_figures(made, figures, title)
    for sentence in (made.measure.definition, *made.in_words):
        click.echo(sentence)
    for place, coverage in dict.fromkeys((row["area"], row["coverage"]) for row in rows):
        click.echo(f"coverage, {place}: {coverage}")
    for note in dict.fromkeys(note for row in rows for note in row["notes"]):
        click.echo(f"note: {note}")
    click.echo(f"Basis: {made.measure.basis}. Uncontrolled figures: do not publish this table.")


def _print_shares(shares: Shares, title: str) -> None:
    """A table for each outcome, times abreast, with places below each other; then what they rest on, and the tests."""
    rows = [{**row, "group": _place(row), "time": row["days"]} for row in shares.rows()]
    labels = {standing.key: standing.label for standing in codelists.standings()} | {NONE_YET: NONE_YET}
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        own = [row for row in rows if row["outcome"] == outcome]
        abreast(f"{title}: {labels[outcome]}, share of those received, with 95 % interval", own, share_cell)
    first = [row for row in rows if row["outcome"] == rows[0]["outcome"]]
    abreast("open and followed until then", first, lambda row: row["at_risk"])
    _print_behind(rows, labels)
    if shares.tests:
        show_tests(shares.tests)


def _print_behind(rows: Sequence[dict[str, Any]], labels: Mapping[str, str]) -> None:
    """The counts behind the estimates; where a period was asked for, the period ratio stands beside, and says so."""
    each = {(row["group"], row["outcome"]): row for row in rows}
    names = ["received", "ended_so_far", "still_open", "day_in_doubt"]
    with_ratio = any(row["dated_in_period"] is not None for row in rows)
    head = ["", "first outcome", *names, *(["dated in the period (flow)", "period ratio (flow)"] if with_ratio else [])]
    body = [
        [group, labels[outcome], *(row[name] for name in names),
         *([row["dated_in_period"], percent(row["period_ratio"])] if with_ratio else [])]
        for (group, outcome), row in each.items()
    ]  # fmt: skip
    print_table("what the estimates rest on", head, body, "")


def _place(row: Mapping[str, Any]) -> str:
    place = str(row.get("agency") or row.get("area") or row["nation"])
    return f"{place}, {row['month']}" if row.get("month") else place


def _print_figures(made: Measured, figures: Figures, title: str) -> None:
    """Few rows stand upright, their counts below each other with what each is; many stand as rows."""
    counts = [figures.total, *figures.parts, *figures.memo]
    keys = [key for key in figures.keys if key not in ("level", "coverage", "area_code", "nation")]
    keys = keys if "area" in keys else ["nation", *keys]
    rows = figures.rows()
    if len(rows) > MOST_UPRIGHT:
        print_table(title, [*keys, *counts], [[row[name] for name in (*keys, *counts)] for row in rows], "")
        return
    head = ["", *("\n".join(str(row[key]) for key in keys if row[key]) for row in rows), "what it is"]
    what = made.measure.columns
    print_table(title, head, [[name, *(row[name] for row in rows), what.get(name, "")] for name in counts], "")


COUNTING = (ledger, measure)
