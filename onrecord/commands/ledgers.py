"""Ledgers as they are printed: as a table, as JSON and as CSV, with all that must stand beside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from onrecord.commands.printing import MOST_COLUMNS, print_csv, print_table, width
from onrecord.standard import codelists

if TYPE_CHECKING:
    from onrecord.actions import Ledgers, Measured

# What a flat ledger needs, and a ledger that stands upright with its neighbours.
FLAT_WIDTH, LABEL_WIDTH, LEDGER_WIDTH = 150, 22, 19
# Where figures made from records come from, as the figures say it.
RECORDS = "records"
TABLE, JSON, CSV = "table", "json", "csv"


def show_ledgers(made: Ledgers, form: str) -> None:
    """Print ledgers in a form, and on standard error what has none."""
    {TABLE: _ledger_table, JSON: _ledger_json, CSV: _ledger_csv}[form](made)
    _say_not_reported(made)
    _say_absent(made)
    _say_without_ledger(made)


def _ledger_json(made: Ledgers) -> None:
    click.echo(json.dumps(made.rows(), indent=1))


def _ledger_csv(made: Ledgers) -> None:
    rows = [_flat(row) for row in made.rows()]
    print_csv(rows, list(dict.fromkeys(name for row in rows for name in row)))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in row.items() if not isinstance(value, dict | list)}
    because = {f"because_{key}": count for key, count in row["unaccounted_because"].items()}
    return {**flat, **row["of_which"], **because, "notes": " ".join(row["notes"])}


def _ledger_table(made: Ledgers) -> None:
    rows = made.rows()
    if not rows:
        asked = made.asked
        narrowed = asked.period or asked.offence or asked.as_at
        click.echo(
            "No report fits what was asked. Ask for less: without --period, --offence or --as-at."
            if narrowed
            else "No accepted return has a ledger yet. 'onrecord returns STORE' shows what is waiting."
        )
        return
    followed = [row for row in rows if row["origin"] == RECORDS]
    counted = [row for row in rows if row["origin"] != RECORDS]
    if followed:
        _print_ledgers(followed, "Where every report stands (justice strand)")
        _beside(followed, made.window_days)
    if counted:
        _print_ledgers(counted, "As agencies counted themselves (ledger returns)")
        for note in dict.fromkeys(note for row in counted for note in row["notes"]):
            click.echo(f"note: {note}")
        click.echo("Not added to ledgers made from records. Uncontrolled figures: do not publish this table.")


def _print_ledgers(rows: list[dict[str, Any]], title: str) -> None:
    if len(rows) > MOST_COLUMNS and width() >= FLAT_WIDTH:
        _print_flat(rows, title)
        return
    abreast = min(MOST_COLUMNS, max(1, (width() - LABEL_WIDTH) // LEDGER_WIDTH))
    for first in range(0, len(rows), abreast):
        _print_upright(rows[first : first + abreast], title)


def _print_upright(rows: list[dict[str, Any]], title: str) -> None:
    """A ledger a column, its standings below each other: it adds up as a reader expects."""
    head = ["", *(f"{_who(row)}\n{row['period']}" for row in rows)]
    body: list[list[object]] = [
        ["unit", *(row["unit"] for row in rows)],
        ["as at", *(row["as_at"] for row in rows)],
    ]
    body += [[standing.label, *(row[standing.key] for row in rows)] for standing in codelists.standings()]
    print_table(
        title,
        head,
        body,
        "",
        total=["received", *(row["received"] for row in rows)],
    )


def _print_flat(rows: list[dict[str, Any]], title: str) -> None:
    keys = [standing.key for standing in codelists.standings()]
    head = ["area", "period", "as at", "received", *(standing.label for standing in codelists.standings())]
    body = [[_who(row), row["period"], row["as_at"], row["received"], *(row[key] for key in keys)] for row in rows]
    print_table(title, head, body, "received = the sum of the eight standings, in every row")


def _who(row: dict[str, Any]) -> str:
    return f"{row['agency']} ({row['agency_id']})" if row.get("agency") else str(row["area"])


def _beside(rows: list[dict[str, Any]], window_days: int) -> None:
    """What stands beside the ledger: why unaccounted, coverage, and the rules used."""
    why: dict[str, int] = {}
    for row in rows:
        for key, count in row["unaccounted_because"].items():
            why[key] = why.get(key, 0) + count
    for key, label in codelists.reasons():
        if key in why:
            click.echo(f"unaccounted because {label}: {why[key]:,}")
    other = sum(row["of_which"]["arrest_for_another_offence"] for row in rows)
    if other:
        click.echo(f"of those cleared by arrest, the arrest was for another offence: {other:,}")
    for nation, coverage in dict.fromkeys((row["nation"], row["coverage"]) for row in rows):
        click.echo(f"coverage, {nation}: {coverage}")
    for note in dict.fromkeys(note for row in rows for note in row["notes"]):
        click.echo(f"note: {note}")
    click.echo(
        f"Basis: cohort (what became of those received in the period). An open report is live for {window_days} "
        "days after the last activity. Uncontrolled figures: do not publish this table."
    )


def _say_not_reported(made: Ledgers) -> None:
    for nation, bodies in made.not_reported.items():
        click.echo(
            f"Not reported, so no ledger: {nation} ({', '.join(bodies)}). The source publishes no outcomes.",
            err=True,
        )


def _say_absent(made: Ledgers) -> None:
    if made.silent:
        click.echo(f"Not reported: {', '.join(made.silent)}. Expected, and no accepted return names them.", err=True)
    for agency, why in made.left_out.items():
        click.echo(f"Left out of the ledger at its sender's word: {agency} ({why}).", err=True)


def _say_without_ledger(made: Ledgers) -> None:
    for unit, named in by_unit(made).items():
        click.echo(f"No ledger in the justice strand, because they hold {unit} and no reports: {named}.", err=True)


def by_unit(made: Ledgers | Measured) -> dict[str, str]:
    """What returns hold of which nothing is counted, in the plural, and those that hold it, named."""
    units = codelists.labels("units", "key", "plural")
    return {
        units[unit]: ", ".join(
            f"{entry.id} ({entry.sender}, {entry.period})" for entry in made.without if entry.unit == unit
        )
        for unit in dict.fromkeys(entry.unit for entry in made.without)
    }
