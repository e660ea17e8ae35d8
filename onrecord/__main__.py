"""The command line: options in, one action called, exit code out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord import __version__
from onrecord.errors import Interrupted, OnrecordError, StoreRefused, WrongWords
from onrecord.standard import STANDARD_VERSION, codelists, export
from onrecord.standard.records import TABLES, table_named

if TYPE_CHECKING:
    from onrecord.actions import Ledgers, Tell
    from onrecord.standard.schema import Table as Record

BY = ("nation", "area", "agency", "month")
TABLE, JSON, CSV, TEXT = "table", "json", "csv", "text"
MOST_COLUMNS, PIPE_WIDTH = 6, 240
# What a flat ledger needs, and a ledger that stands upright with its neighbours.
FLAT_WIDTH, LABEL_WIDTH, LEDGER_WIDTH = 150, 22, 19
STOPPED = 130
DATE = click.DateTime(["%Y-%m-%d"])
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
STORE = click.argument("store", type=click.Path(path_type=Path))
AS_HELP = (
    "How to read the files: nibrs (FBI incident-level release, zip or folder) or police-uk (data.police.uk street "
    "files)."
)
AS = click.option("--as", "adapter", required=True, metavar="ADAPTER", help=AS_HELP)
AS_AT = click.option(
    "--as-at",
    type=DATE,
    metavar="DATE",
    help="The day the files speak for, where they cannot say it themselves (YYYY-MM-DD).",
)


class Letters(click.Group):
    """Every stop becomes a sentence on standard error and an exit code that says which kind it is."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what onrecord can explain into a sentence."""
        try:
            return super().invoke(ctx)
        except OnrecordError as error:
            click.echo(f"onrecord: {error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            click.echo(f"onrecord: {error.filename}: it cannot be read or written ({error.strerror}).", err=True)
            ctx.exit(StoreRefused.exit_code)
        except (KeyboardInterrupt, Interrupted):
            click.echo("onrecord: stopped. What was not finished was not stored.", err=True)
            ctx.exit(STOPPED)


@click.group(cls=Letters, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="onrecord")
def cli() -> None:
    """Every report of child sexual exploitation, on record, followed to its outcome, and counted the same way.

    \b
    Exit codes: 0 done; 1 some rows are held (check); 2 the words of the command are off;
    3 a file cannot be read as what it was said to be; 4 the store; 5 not permitted;
    6 a date the returns do not cover; 7 a ledger does not balance; 8 a table is not safe to release;
    130 stopped by you.
    """


@contextmanager
def _telling() -> Iterator[Tell]:
    """Progress on standard error, where that is a terminal; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Starting") as status:
        yield lambda step: status.update(f"{step} …")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@cli.command()
@FILES
@AS
@AS_AT
@click.option("--format", "form", type=click.Choice([TEXT, JSON]), default=TEXT, help="How to print the receipt.")
def check(files: Sequence[Path], adapter: str, as_at: datetime | None, form: str) -> None:
    """Read FILES and print the receipt: what would become of every row. Stores nothing."""
    from onrecord import actions

    with _telling() as tell:
        receipt = actions.check(files, adapter, _day(as_at), tell=tell)
    click.echo(json.dumps(receipt.as_json(), indent=1) if form == JSON else "\n".join(receipt.sentences()))
    if receipt.held:
        sys.exit(1)


@cli.command()
@STORE
@FILES
@AS
@click.option("--from", "sender", required=True, metavar="WHO", help="The agency or publisher the files are from.")
@click.option(
    "--by",
    required=True,
    metavar="WHO",
    help="Who takes them in. Names are declared, not proven: onrecord does not check who is at the keyboard.",
)
@click.option(
    "--period",
    required=True,
    metavar="P",
    help="The period they were sent for: 2016, 2018-10, 2018/19 or 2018-10..2019-01.",
)
@AS_AT
def receive(
    store: Path,
    files: Sequence[Path],
    adapter: str,
    sender: str,
    by: str,
    period: str,
    as_at: datetime | None,
) -> None:
    """Take FILES into STORE as one return and print its id; the receipt goes to standard error.

    The return does not count until somebody else accepts it.
    """
    from onrecord import actions

    with _telling() as tell:
        return_id, receipt = actions.receive(store, files, adapter, sender, by, period, _day(as_at), tell=tell)
    click.echo("\n".join(receipt.sentences()), err=True)
    click.echo(
        f"Next: somebody other than {by} looks at this receipt and runs "
        f"'onrecord accept {store} {return_id} --by NAME'.",
        err=True,
    )
    click.echo(return_id)


@cli.command()
@STORE
@click.argument("return_id", metavar="RETURN")
@click.option(
    "--by",
    required=True,
    metavar="WHO",
    help="Who accepts it: not the receiver. Names are declared, not proven.",
)
def accept(store: Path, return_id: str, by: str) -> None:
    """Accept RETURN, so that it counts. Whoever received it may not. Names are declared, not proven."""
    from onrecord import actions

    entry = actions.accept(store, return_id, by)
    click.echo(
        f"{entry.id} accepted by {entry.accepted_by}: {entry.accepted:,} {entry.counted_row}s from "
        f"{entry.sender}, {entry.period}."
    )


@cli.command(name="returns")
@STORE
@click.option("--format", "form", type=click.Choice([TABLE, JSON]), default=TABLE, help="How to print them.")
def list_returns(store: Path, form: str) -> None:
    """List the returns in STORE with their state and counts."""
    from onrecord import actions

    found = [entry.__dict__ for entry in actions.returns(store)]
    if form == JSON:
        click.echo(json.dumps(found, indent=1))
        return
    shown = (
        "id",
        "state",
        "sender",
        "period",
        "received",
        "accepted",
        "held",
        "out_of_scope",
        "as_at",
        "received_by",
        "accepted_by",
    )
    _print_table(
        "Returns",
        shown,
        [[entry[name] for name in shown] for entry in found],
        "received = accepted + held + out of scope, in rows",
    )


@cli.command()
@STORE
@click.option("--by", type=click.Choice(BY), default=BY[0], show_default=True, help="What each ledger is about.")
@click.option("--as-at", type=DATE, metavar="DATE", help="Judge at this day. Default: the last day all returns cover.")
@click.option("--period", metavar="P", help="Only reports received in this period (2018-11..2019-01).")
@click.option("--offence", metavar="TEXT", help="Only this published category of offence.")
@click.option("--in", "place", metavar="PLACE", help="Only this nation, area, area code or agency id.")
@click.option("--format", "form", type=click.Choice([TABLE, JSON, CSV]), default=TABLE, help="How to print them.")
def ledger(
    store: Path,
    by: str,
    as_at: datetime | None,
    period: str | None,
    offence: str | None,
    place: str | None,
    form: str,
) -> None:
    """Print the ledgers of STORE: where every report stands. Uncontrolled: for the store's holder only."""
    from onrecord import actions

    asked = actions.Asked(by, _day(as_at), period, offence, place)
    with _telling() as tell:
        made = actions.ledger(store, asked, tell=tell)
    {TABLE: _ledger_table, JSON: _ledger_json, CSV: _ledger_csv}[form](made)
    _say_not_reported(made)


@cli.command()
@STORE
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write the site into.")
def publish(store: Path, out: Path) -> None:
    """Write the public site of STORE: published figures, and its ledgers after disclosure control."""
    from onrecord import actions

    with _telling() as tell:
        files = actions.publish(store, out, tell=tell)
    click.echo(f"{len(files)} files written. Open {files[0]}")


@cli.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder for the store and the site.")
@click.option(
    "--examples",
    type=click.Path(path_type=Path),
    default=Path("examples"),
    show_default=True,
    help="The folder with the example data.",
)
def demo(out: Path, examples: Path) -> None:
    """Run the main job on real public data: receive, accept, count, publish."""
    from onrecord import actions

    with _telling() as tell:
        made, files = actions.demo(examples, out, tell=tell)
    _ledger_table(made)
    _say_not_reported(made)
    click.echo(
        f"\nThe store: {out / 'store'}\nThe site:  {files[0]}\n"
        f"Next: open the site in a browser, or ask for one force: onrecord ledger {out / 'store'} --by area "
        "--offence 'Violence and sexual offences' --period 2018-11..2019-01"
    )


@cli.group()
def standard() -> None:
    """Show the standard (records, fields, code lists), or write it in a form that others read."""


@standard.command()
@click.argument("name", required=False, metavar="[RECORD|CODE LIST]")
def show(name: str | None) -> None:
    """Show one record with its fields, or one code list; without a name, what there is."""
    if name is None:
        _show_what_there_is()
    elif name in {table.name for table in TABLES}:
        _show_record(table_named(name))
    elif name in codelists.names():
        rows = codelists.load(name)
        _print_table(f"Code list {name}", list(rows[0]), [list(row.values()) for row in rows], "")
    else:
        raise WrongWords(
            f"The standard has no record and no code list {name!r}. 'onrecord standard show' names those there are."
        )


@standard.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(export.FORMS),
    default=export.JSON_SCHEMA,
    show_default=True,
    help="JSON Schemas, a Frictionless data package, CSV templates, or one reference page.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("onrecord-standard"),
    show_default=True,
    help="The folder to write to. Nothing in it is overwritten.",
)
def export_standard(form: str, out: Path) -> None:
    """Write the standard to a folder. The same version gives the same bytes."""
    from onrecord import actions

    for path in actions.standard_export(form, out):
        click.echo(path)


def _show_what_there_is() -> None:
    records = [[table.name, len(table.fields), table.description] for table in TABLES]
    _print_table(f"Records of the standard, version {STANDARD_VERSION}", ["record", "fields", "a row is"], records, "")
    lists = [[name, len(codelists.load(name)), _use_of(name)] for name in codelists.names()]
    _print_table("Code lists", ["code list", "codes", "used by, or for"], lists, "")


def _use_of(name: str) -> str:
    used = [f"{table.name}.{field.name}" for table in TABLES for field in table.fields if field.code_list == name]
    return ", ".join(used) or codelists.FREE_STANDING.get(name, "")


def _show_record(record: Record) -> None:
    fields = [
        [field.name, field.type, "yes" if field.required else "", export.values_in_words(field), field.description]
        for field in record.fields
    ]
    _print_table(record.name, ["field", "type", "required", "values", "what it means"], fields, record.description)
    labels = codelists.labels("crosswalk_sources", "code")
    crosswalk = [
        [field.name, *(export.crossing_in_words(found.can, found.says) for found in record.crossings(field))]
        for field in record.fields
    ]
    head = ["field", *(labels[source] for source in record.cannot)]
    _print_table(f"Where {record.name} can be read from today", head, crosswalk, "")


def _ledger_json(made: Ledgers) -> None:
    click.echo(json.dumps(made.rows(), indent=1))


def _ledger_csv(made: Ledgers) -> None:
    rows = [_flat(row) for row in made.rows()]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    click.echo(text.getvalue(), nl=False)


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
    width = _width()
    if len(rows) > MOST_COLUMNS and width >= FLAT_WIDTH:
        _print_flat(rows)
    else:
        abreast = min(MOST_COLUMNS, max(1, (width - LABEL_WIDTH) // LEDGER_WIDTH))
        for first in range(0, len(rows), abreast):
            _print_upright(rows[first : first + abreast])
    _beside(rows, made.window_days)


def _print_upright(rows: list[dict[str, Any]]) -> None:
    """A ledger a column, its standings below each other: it adds up as a reader expects."""
    head = ["", *(f"{_who(row)}\n{row['period']}" for row in rows)]
    body: list[list[object]] = [
        ["unit", *(row["unit"] for row in rows)],
        ["as at", *(row["as_at"] for row in rows)],
    ]
    body += [[standing.label, *(row[standing.key] for row in rows)] for standing in codelists.standings()]
    _print_table(
        "Where every report stands (justice strand)",
        head,
        body,
        "",
        total=["received", *(row["received"] for row in rows)],
    )


def _print_flat(rows: list[dict[str, Any]]) -> None:
    keys = [standing.key for standing in codelists.standings()]
    head = ["area", "period", "as at", "received", *(standing.label for standing in codelists.standings())]
    body = [[_who(row), row["period"], row["as_at"], row["received"], *(row[key] for key in keys)] for row in rows]
    _print_table(
        "Where every report stands (justice strand)",
        head,
        body,
        "received = the sum of the eight standings, in every row",
    )


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


def _print_table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    caption: str,
    total: Sequence[object] = (),
) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=caption or None, title_justify="left", caption_justify="left")
    for place, name in enumerate(head):
        number = any(isinstance(row[place], int) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows:
        # A cell symbol such as [c] is no markup.
        table.add_row(*[escape(_cell(value)) for value in row])
    if total:
        table.add_section()
        table.add_row(*[_cell(value) for value in total], style="bold")
    Console(width=_width()).print(table)


def _width() -> int:
    """How wide tables may be. A pipe has no width of its own: it gets what they need, so that nothing is cut."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else PIPE_WIDTH


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def main(argv: Sequence[str] | None = None) -> None:
    """The entry point. Ends the process with the exit code of the command."""
    cli.main(args=list(argv) if argv is not None else None, prog_name="onrecord")


if __name__ == "__main__":
    main()
