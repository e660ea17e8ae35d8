"""Commands for who acts: what waits, and the way out at once for a child who may be in danger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from onrecord.commands.printing import DATE, FORM, JSON, STORE, TABLE, day_of, moment, print_csv, print_table, telling
from onrecord.errors import WrongWords

if TYPE_CHECKING:
    from onrecord.actions import Worklist

CSV = "csv"
SHOWN = {
    "days": "days",
    "since": "since",
    "agency": "held by",
    "report_id": "report",
    "about": "about",
    "person_id": "child",
    "why": "why",
    "next": "what to do next",
}


@click.command()
@STORE
@click.option("--agency", metavar="ID", help="Only what this agency holds.")
@click.option(
    "--as-at", type=DATE, metavar="DATE", help="Judge at this day. Default: the last that each agency sent for."
)
@click.option("--known-at", metavar="MOMENT", help="Only what was known then: 2026-01-31, or a moment in UTC.")
@click.option("--clock", "clocks", multiple=True, metavar="CODE", help="Run this clock as well. Repeat it for each.")
@click.option("--format", "form", type=click.Choice([TABLE, CSV, JSON]), default=TABLE, help="How to print it.")
def worklist(
    store: Path,
    agency: str | None,
    as_at: datetime | None,
    known_at: str | None,
    clocks: Sequence[str],
    form: str,
) -> None:
    """List what waits in STORE for the agency that holds it, oldest first, with the reason. It is no score."""
    from onrecord import actions

    with telling() as tell:
        found = actions.worklist(store, agency, day_of(as_at), moment(known_at), clocks, tell=tell)
    if form == JSON:
        click.echo(json.dumps(asdict(found), indent=1))
    elif form == CSV:
        print_csv(found.rows, actions.WORKLIST_COLUMNS)
    else:
        _show(found)


def _show(found: Worklist) -> None:
    if found.rows:
        body = [[row[name] for name in SHOWN] for row in found.rows]
        print_table("What waits, oldest first", list(SHOWN.values()), body, "")
    else:
        click.echo("Nothing waits.")
    for agency, day in sorted(found.judged_at.items()):
        click.echo(f"judged at {day}: {agency}")
    for code, why in found.cannot:
        click.echo(f"clock {code}: {why}")
    click.echo(f"refer now: {found.refer_now:,}")
    click.echo(
        f"An open report waits after {found.window_days} days without activity. For the agency that holds each report "
        "alone: do not publish this list, nor pass it on. It says since when, never who is at risk."
    )


@click.command()
@STORE
@click.argument("report_id", metavar="REPORT")
@click.option("--return", "return_id", metavar="RETURN", help="The return to look in. Default: the latest that has it.")
@click.option("--by", default="", metavar="WHO", help="Who refers. Names are declared, not proven.")
def refer(store: Path, report_id: str, return_id: str | None, by: str) -> None:
    """Refer now: a child in REPORT may be in danger. Says whom to tell, and writes it down. Never published."""
    from onrecord import actions

    # First of all, and whatever becomes of the rest: whom to call.
    calls = actions.whom_to_call()
    click.echo(f"If a child is in danger now: call {calls[0]['number']}.", err=True)
    try:
        done = actions.refer(store, report_id, return_id, by)
    except Exception:
        _call(calls)
        raise
    click.echo(f"{done.reference}: report {done.report_id}, held by {done.agency}. It is written down.")
    if done.earlier:
        click.echo(f"This report was referred before: {', '.join(done.earlier)}.")
    if done.contact:
        click.echo(f"Now tell {done.agency}'s designated contact, and give the reference: {done.contact}")
    else:
        click.echo(f"No designated contact of {done.agency} is kept here. Call now, and give the reference.")
        _call(done.whom_to_call)
        click.echo(
            f"Then write it down: onrecord contacts {quote(str(store))} --add {quote(done.agency)} --contact … --by …",
            err=True,
        )


def _call(calls: Sequence[Mapping[str, str]]) -> None:
    for row in calls:
        number = f" {row['number']}" if row["number"] else ""
        click.echo(f"- {row['label']}{number}: {row['when']}", err=True)


@click.command()
@STORE
@click.option("--add", "agency", metavar="AGENCY", help="Write down the contact of this agency, as returns name it.")
@click.option("--contact", metavar="TEXT", help="With --add: who, and how to reach them by day and by night.")
@click.option("--by", metavar="WHO", help="Who writes it down. Names are declared, not proven.")
@FORM
def contacts(store: Path, agency: str | None, contact: str | None, by: str | None, form: str) -> None:
    """List whom agencies have named for children who may be in danger; or write one down."""
    from onrecord import actions

    if agency is not None:
        if contact is None or by is None:
            raise WrongWords("--add needs --contact and --by.")
        said = actions.name_contact(store, agency, contact, by)
        click.echo(f"{said.agency}: {said.contact}")
        return
    found = actions.contacts(store)
    if form == JSON:
        click.echo(json.dumps(found, indent=1))
    elif not found:
        click.echo("No designated contact is written down. 'onrecord refer' then says whom to call.")
    else:
        head = list(found[0])
        print_table("Designated contacts", head, [[row[name] for name in head] for row in found], "")


ACTING = (worklist, refer, contacts)
