"""Commands that follow cases to their outcome, from a file: no store is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.commands.printing import JSON, TABLE, as_csv, print_table, telling, width
from onrecord.errors import WrongWords

if TYPE_CHECKING:
    from onrecord.actions import Cohorts

CSV, SVG = "csv", "svg"
FORMS, EVERY = ("log-log", "complementary"), ("year", "financial-year", "month")
COLUMNS = (
    "group", "outcome", "time", "estimate", "std_error", "low", "high", "at_risk", "interval", "reason", "since",
)  # fmt: skip
CELL_WIDTH, NAME_WIDTH = 21, 16
PER_CENT = 100
# Of the times asked for, how many stand beside the period ratio.
MOST_TIMES = 2
SMALLEST_P = 0.0001


@click.command()
@click.argument("file", metavar="DURATIONS.csv", type=click.Path(path_type=Path))
@click.option("--by", multiple=True, metavar="GROUP", help="A column that makes the groups. May be repeated.")
@click.option(
    "--at",
    default="90,180,365",
    show_default=True,
    metavar="TIMES",
    help="The times to read off, in the unit of the durations, with commas between them.",
)
@click.option(
    "--format", "form", type=click.Choice([TABLE, JSON, CSV, SVG]), default=TABLE, help="How to print it; svg draws it."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="F", help="Write it to F instead of printing it.")
@click.option(
    "--interval",
    type=click.Choice(FORMS),
    default=FORMS[0],
    show_default=True,
    help="Which log-log the intervals are: on the share itself, or on the rest of it (as R's etm).",
)
@click.option(
    "--level", type=float, default=95, show_default=True, metavar="PER_CENT", help="The level of the intervals."
)
@click.option(
    "--minimum",
    type=int,
    default=5,
    show_default=True,
    metavar="N",
    help="The minimum risk set: a curve begins where N cases are under observation.",
)
@click.option(
    "--as-at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Where the file has the days received and settled: the day that open cases are judged at.",
)
@click.option(
    "--every",
    type=click.Choice(EVERY),
    default=EVERY[0],
    show_default=True,
    help="Where the file has days: how long a period is. Without --by, the groups are the periods of receipt.",
)
def cohorts(
    file: Path,
    by: Sequence[str],
    at: str,
    form: str,
    out: Path | None,
    interval: str,
    level: float,
    minimum: int,
    as_at: datetime | None,
    every: str,
) -> None:
    """Which share of each group has ended with each outcome by each time: cumulative incidence, live cases censored.

    DURATIONS.csv has a row for each case: exit (how long it was followed), outcome (empty where it is live) and, where
    it came under observation late, entry. Or it has days: received, settled and outcome; then the period ratio stands
    beside the cohorts. Nothing is stored.
    """
    from onrecord import actions

    wanted = actions.Wanted(
        tuple(by), times(at), interval, level / PER_CENT, minimum, as_at.date() if as_at else None, every
    )
    with telling() as tell:
        found = actions.cohorts(file, wanted, tell=tell)
    if form == TABLE:
        if out is not None:
            raise WrongWords("A table is printed. To write a file, ask for --format csv, json or svg.")
        _show(found)
        return
    text = _as_text(found, form)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"Written: {out}. {_counted(found)}")


def times(at: str) -> tuple[float, ...]:
    """The times of a list with commas. Raises WrongWords where one is no number."""
    try:
        return tuple(float(time) for time in at.split(","))
    except ValueError:
        raise WrongWords(f"--at {at}: write times with commas between them, for instance --at 90,180,365.") from None


def _as_text(found: Cohorts, form: str) -> str:
    if form == JSON:
        return json.dumps(found.as_json(), indent=1) + "\n"
    return found.drawing() if form == SVG else as_csv(found.rows(), COLUMNS)


# ---------------------------------------------------------------- tables


def _show(found: Cohorts) -> None:
    """A table for each outcome, the numbers at risk below, then the tests and what a reader must know."""
    rows = found.rows()
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        abreast(
            f"{outcome}: share that had ended so, with {found.found.level * PER_CENT:g} % interval",
            [row for row in rows if row["outcome"] == outcome],
            share_cell,
        )
    first = next(iter(rows))["outcome"] if rows else None
    abreast("at risk then", [row for row in rows if row["outcome"] == first], _at_risk)
    if found.tests:
        show_tests(found.tests)
    if found.periods is not None:
        _show_periods(found)
    click.echo(_counted(found))
    click.echo(f"Basis: cohort. Aalen-Johansen; intervals: {found.found.form}, pointwise; * exact bound.")
    for note in found.notes():
        click.echo(f"note: {note}")


def abreast(title: str, rows: Sequence[dict[str, Any]], cell: Any) -> None:
    """Groups below each other, times abreast, as many as the terminal has room for."""
    times = list(dict.fromkeys(row["time"] for row in rows))
    groups = dict.fromkeys(row["group"] for row in rows)
    room = max(1, (min(width(), 120) - NAME_WIDTH) // CELL_WIDTH)
    at = {(row["group"], row["time"]): cell(row) for row in rows}
    for begin in range(0, len(times), room):
        shown = times[begin : begin + room]
        body = [[group, *(at[group, time] for time in shown)] for group in groups]
        print_table(title, ["", *(f"by {time:,}" for time in shown)], body, "")


def share_cell(row: dict[str, Any]) -> str:
    """An estimate with its interval, or why there is none."""
    if row["reason"]:
        return str(row["reason"])
    mark = "*" if row["interval"] == "exact bound" else ""
    low, high = (f"{PER_CENT * row[end]:.1f}" for end in ("low", "high"))
    return f"{PER_CENT * row['estimate']:.1f} % ({low}–{high}){mark}"


def _at_risk(row: dict[str, Any]) -> int:
    return int(row["at_risk"])


def show_tests(tests: Sequence[Any]) -> None:
    """Print Gray's tests, one row an outcome."""
    rows = [
        [test.outcome, *(("", "", test.reason or "") if test.statistic is None else _tested(test))] for test in tests
    ]
    print_table("Gray's test: are the groups alike?", ["outcome", "chi-square", "df", "p"], rows, "")


def _tested(test: Any) -> tuple[str, int, str]:
    p = f"{test.p:.4f}" if test.p >= SMALLEST_P else f"below {SMALLEST_P}"
    return f"{test.statistic:.4f}", test.df, p


def _show_periods(found: Cohorts) -> None:
    """The period ratio, and beside it what became of the cohort received in the period."""
    rows = found.period_rows()
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        own = [row for row in rows if row["outcome"] == outcome]
        times = [f"by {each['time']:,}" for each in own[0]["cohort"][-MOST_TIMES:]]
        head = ["period", "cases", "dated", "ratio", "so far", "of ended", *times]
        body = [
            [row["period"], row["received"], row["dated_in_period"],
             *(percent(row[name]) for name in ("period_ratio", "share_so_far", "share_among_ended")),
             *(each["reason"] or percent(each["estimate"]) for each in row["cohort"][-MOST_TIMES:])]
            for row in own
        ]  # fmt: skip
        print_table(f"{outcome}: period ratio (basis: flow) | shares of the cohort", head, body, "")
    click.echo(
        "cases: received in the period. dated: outcomes dated in it, whosever they are. ratio: dated / cases. "
        "so far, of ended: the cohort's share to date, of all its cases and of those that have ended."
    )


def percent(share: float | None) -> str:
    """A share with one decimal; nothing where there is none."""
    return "" if share is None else f"{PER_CENT * share:.1f} %"


def _counted(found: Cohorts) -> str:
    aside = "".join(f"; {count:,} {why}" for why, count in found.set_aside.items())
    return f"{found.read:,} rows read, {found.used:,} used{aside}."


FOLLOWING = (cohorts,)
