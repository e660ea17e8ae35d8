"""The command that makes made-up agencies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from onrecord.commands.printing import print_table, telling

FORMS = ("csv", "parquet")
SEED, REPORTS, AGENCIES, FIRST, LAST = 20140201, 1000, 4, "2022-01", "2024-12"


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder to write to.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed gives other rows.")
@click.option(
    "--reports",
    type=int,
    default=REPORTS,
    show_default=True,
    metavar="N",
    help="How many reports a force of average size receives in the period.",
)
@click.option("--forces", type=int, default=AGENCIES, show_default=True, metavar="N", help="How many police forces.")
@click.option("--councils", type=int, default=AGENCIES, show_default=True, metavar="N", help="How many councils.")
@click.option("--from", "first", default=FIRST, show_default=True, metavar="MONTH", help="The first month of receipt.")
@click.option(
    "--to",
    "last",
    default=LAST,
    show_default=True,
    metavar="MONTH",
    help="The last; the returns speak for its last day.",
)
@click.option(
    "--faults",
    type=float,
    default=0.0,
    show_default=True,
    metavar="RATE",
    help="The share of rows in which a recording fault is planted, 0 to 0.2.",
)
@click.option("--one-return", is_flag=True, help="One return of all agencies together, in place of one of each.")
@click.option("--form", type=click.Choice(FORMS), default=FORMS[0], show_default=True, help="The form of the files.")
def synthesise(
    out: Path,
    seed: int,
    reports: int,
    forces: int,
    councils: int,
    first: str,
    last: str,
    faults: float,
    one_return: bool,
    form: str,
) -> None:
    """Write made-up agencies with a known truth: their returns to OUT/returns, what is true of them to OUT/truth.

    Nobody in them exists. The same seed gives the same bytes, and an agency the same rows however many others there
    are.
    """
    from onrecord import actions

    wanted = actions.WantedNation(seed, reports, forces, councils, first, last, faults, one_return)
    with telling() as tell:
        made = actions.synthesise(out, wanted, form, tell=tell)
    if made.ledgers:
        _show(made.ledgers)
    returns = f"{len(made.returns):,} {'return' if len(made.returns) == 1 else 'returns'}"
    click.echo(f"{sum(made.rows.values()):,} rows in {returns}: {out / 'returns'}")
    click.echo(f"What is true of them: {out / 'truth'}")


def _show(ledgers: Mapping[str, Mapping[str, int]]) -> None:
    """The true ledger of each force; the reasons are in the files."""
    shown = [name for name in next(iter(ledgers.values())) if not name.startswith("because_")]
    body = [[agency, *(counts[name] for name in shown)] for agency, counts in ledgers.items()]
    title = "The truth: where each report stands on the last day"
    print_table(title, ["agency", *shown], body, "Made up: nobody in it exists.")
