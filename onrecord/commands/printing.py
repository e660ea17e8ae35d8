"""What the commands share: printing tables, and the options that several of them take."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.errors import WrongWords

if TYPE_CHECKING:
    from onrecord.actions import Tell

MOST_COLUMNS, PIPE_WIDTH = 6, 240
TABLE, JSON = "table", "json"
DATE = click.DateTime(["%Y-%m-%d"])
STORE = click.argument("store", type=click.Path(path_type=Path))
BY = click.option("--by", required=True, metavar="WHO", help="Who does it. Names are declared, not proven.")
FORM = click.option("--format", "form", type=click.Choice([TABLE, JSON]), default=TABLE, help="How to print it.")


def moment(written: str | None) -> datetime | None:
    """A moment in UTC; a day is its last second, and today is now."""
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise WrongWords(f"--known-at is {written!r}: write a day as 2026-01-31, or 2026-01-31T12:00+00:00.") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    is_a_day = len(written) == len("2026-01-31")
    now = datetime.now(UTC).replace(microsecond=0)
    if not is_a_day or found > now:
        return found.astimezone(UTC)
    return min(found.replace(hour=23, minute=59, second=59), now)


def day_of(given: datetime | None) -> date | None:
    """A day as the command line gives it, as a day."""
    return given.date() if given else None


@contextmanager
def telling() -> Iterator[Tell]:
    """Progress on standard error, where that is a terminal; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Starting") as status:
        yield lambda step: status.update(f"{step} …")


def print_table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    caption: str,
    total: Sequence[object] = (),
    least: int | None = None,
) -> None:
    """Print a table, with numbers to the right; ``least`` is the width below which the first column is not folded."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=caption or None, title_justify="left", caption_justify="left")
    for place, name in enumerate(head):
        number = any(isinstance(row[place], int) for row in rows)
        table.add_column(
            name.replace("_", " "),
            justify="right" if number else "left",
            overflow="fold",
            min_width=None if place else least,
        )
    for row in rows:
        # A cell symbol such as [c] is no markup.
        table.add_row(*[escape(cell(value)) for value in row])
    if total:
        table.add_section()
        table.add_row(*[cell(value) for value in total], style="bold")
    Console(width=width()).print(table)


def print_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as CSV, with a header."""
    click.echo(as_csv(rows, columns), nl=False)


def as_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def width() -> int:
    """How wide tables may be. A pipe has no width of its own: it gets what they need, so that nothing is cut."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else PIPE_WIDTH


def cell(value: object) -> str:
    """A value as a cell shows it."""
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
