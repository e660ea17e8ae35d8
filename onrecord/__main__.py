"""The command line: options in, one action called, exit code out."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord import __version__
from onrecord.commands.acting import ACTING
from onrecord.commands.counting import COUNTING
from onrecord.commands.following import FOLLOWING
from onrecord.commands.keeping import KEEPING
from onrecord.commands.ledgers import show_ledgers
from onrecord.commands.printing import DATE, STORE, day_of, print_csv, print_table, telling
from onrecord.commands.synthesising import synthesise
from onrecord.errors import Interrupted, OnrecordError, RuleErrored, StoreRefused, WrongWords
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, export, versions
from onrecord.standard.records import table_at, tables_at

if TYPE_CHECKING:
    from onrecord.actions import Queries
    from onrecord.standard.schema import Table as Record

EVERY = ("month", "quarter", "year", "financial-year")
TABLE, JSON, CSV, TEXT, XLSX, HTML = "table", "json", "csv", "text", "xlsx", "html"
KEYS_SHOWN = 3
# A code is not folded up to this width, however many columns its list has.
KEY_WIDTH = 20
STOPPED = 130
# Objects that are made before garbage is looked for; 700 by default.
GARBAGE_AFTER = 100_000
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
AS_HELP = (
    "The layout of the files: standard (the standard's own, a file or sheet a record), nibrs (FBI incident-level "
    "release, zip or folder), police-uk (data.police.uk street files) or cin-census (Children in Need census of "
    "England, XML)."
)
AS = click.option("--as", "adapter", default="standard", show_default=True, metavar="ADAPTER", help=AS_HELP)
MAPPING = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    metavar="M.yaml",
    help="A mapping file that says how another layout becomes the standard's; in place of --as.",
)
VERSION = click.option(
    "--version",
    type=click.Choice(VERSIONS),
    default=STANDARD_VERSION,
    show_default=True,
    help="The version of the standard.",
)
AGENCY = click.option(
    "--agency",
    "agencies",
    multiple=True,
    metavar="ID",
    help="An agency that the sender speaks for, as its returns name it. May be repeated.",
)
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
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"onrecord: {where}it cannot be read or written ({error.strerror}).", err=True)
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
    9 a rule could not be run; 10 a sealed store and no key, or another; 130 stopped by you.
    """


@cli.command()
@FILES
@AS
@MAPPING
@AS_AT
@click.option(
    "--previous",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file of the return before, in the same layout, for the rules that look back. May be repeated.",
)
@click.option(
    "--previous-period", metavar="P", help="The period of the return before, where it does not say so itself."
)
@click.option(
    "--findings", type=click.Path(path_type=Path), metavar="F", help="Write every finding to F (.csv, .parquet)."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, JSON, XLSX, HTML]),
    help="The form of the receipt. Text and JSON are printed; a workbook or a page is written to --out. Default: text, "
    "or as the name of --out ends.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="R",
    help="Write the receipt to R (.txt, .json, .xlsx, .html), in place of what an earlier check wrote there.",
)
def check(
    files: Sequence[Path],
    adapter: str,
    mapping: Path | None,
    as_at: datetime | None,
    previous: Sequence[Path],
    previous_period: str | None,
    findings: Path | None,
    form: str | None,
    out: Path | None,
) -> None:
    """Read FILES and print the receipt: what would become of every row. Stores nothing.

    The receipt quotes values of the files: it is for the sender.
    """
    from onrecord import actions

    form = actions.receipt_form(out, form, files)
    with telling() as tell:
        receipt = actions.check(
            files,
            adapter,
            day_of(as_at),
            tell=tell,
            mapping=mapping,
            previous=previous,
            previous_period=previous_period,
            findings=findings,
        )
    if out is None:
        click.echo(actions.printed_receipt(receipt, form), nl=False)
    else:
        actions.write_receipt(receipt, out, form)
        click.echo("\n".join(receipt.in_short()))
        click.echo(f"The receipt: {out}")
    if receipt.errored:
        sys.exit(RuleErrored.exit_code)
    if receipt.held:
        sys.exit(1)


@cli.command()
@STORE
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@AS
@MAPPING
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
@click.option(
    "--receipt",
    "receipt_file",
    type=click.Path(path_type=Path),
    metavar="R",
    help="Write the receipt to R too (.html, .xlsx, .json, .txt). It is for the sender.",
)
@click.option(
    "--agreement",
    metavar="REF",
    help="The sharing agreement they come under, where the return does not name it. Published data need none.",
)
@click.option("--supersedes", metavar="RETURN", help="The return that this one takes the place of, once accepted.")
@click.option("--zero", is_flag=True, help="There are no files: the sender says that there was nothing in the period.")
@AGENCY
def receive(
    store: Path,
    files: Sequence[Path],
    adapter: str,
    mapping: Path | None,
    sender: str,
    by: str,
    period: str,
    as_at: datetime | None,
    receipt_file: Path | None,
    agreement: str | None,
    supersedes: str | None,
    zero: bool,
    agencies: Sequence[str],
) -> None:
    """Take FILES into STORE as one return and print its id; the receipt goes to standard error.

    The return does not count until somebody else accepts it. With --zero and without FILES it is a zero return: the
    sender says that the agencies named with --agency had nothing in the period, which silence never says.
    """
    from onrecord import actions

    if receipt_file:
        actions.receipt_form(receipt_file, files=files)
    _files_or_zero(files, zero, agencies, as_at is not None or mapping is not None)
    with telling() as tell:
        if zero:
            layout = adapter if _is_given("adapter") else None
            return_id, receipt = actions.receive_zero(store, agencies, sender, by, period, adapter=layout)
        else:
            return_id, receipt = actions.receive(
                store,
                files,
                adapter,
                sender,
                by,
                period,
                day_of(as_at),
                tell=tell,
                mapping=mapping,
                agreement=agreement,
                supersedes=supersedes,
            )
    click.echo("\n".join(receipt.sentences(stored=True)), err=True)
    click.echo(
        f"To accept it: somebody other than {by} looks at this receipt and runs "
        f"'onrecord accept {store} {return_id} --by NAME'.",
        err=True,
    )
    click.echo(return_id)
    if receipt_file:
        # Last: whatever becomes of this file, the return is stored and its id is printed.
        actions.write_receipt(receipt, receipt_file)


def _is_given(name: str) -> bool:
    """Whether an option of this command was written, rather than left to its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _files_or_zero(files: Sequence[Path], zero: bool, agencies: Sequence[str], about_files: bool) -> None:
    """Files, or the word that there are none: never both, never neither."""
    if zero and (files or about_files):
        raise WrongWords("--zero says that there is nothing: leave out the files, --as-at and --mapping, or --zero.")
    if not zero and not files:
        raise WrongWords("Name the files to receive. If there was nothing in the period, say --zero and --agency.")
    if not zero and agencies:
        raise WrongWords("--agency goes with --zero alone: files say themselves which agencies they speak for.")


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
    what = f"{entry.accepted:,} {entry.counted_row}s" if entry.accepted else "a zero return"
    click.echo(f"{entry.id} accepted by {entry.accepted_by}: {what} from {entry.sender}, {entry.period}.")


@cli.command()
@STORE
@click.argument("return_id", metavar="RETURN")
@click.option("--rule", metavar="CODE", help="The rule that asks. Without it, the queries of RETURN are listed.")
@click.option("--reason", metavar="REASON", help="A code of 'onrecord standard show answer_reasons'.")
@click.option("--by", metavar="WHO", help="Who says so. Names are declared, not proven.")
@click.option("--key", default="", metavar="KEY", help="Answer for this row alone: its identifiers, joined by /.")
@click.option("--format", "form", type=click.Choice([TABLE, JSON]), default=TABLE, help="How to print the queries.")
def answer(
    store: Path, return_id: str, rule: str | None, reason: str | None, by: str | None, key: str, form: str
) -> None:
    """Answer a query of RETURN: why it is right as it was sent. Without --rule, list its queries.

    An answer is carried to the sender's next returns, until the rule changes; a promise to mend is not.
    """
    from onrecord import actions

    if rule is None:
        if reason or by or key:
            raise WrongWords("Say which query is answered with --rule. Without --rule nothing else is needed.")
        found = actions.queries(store, return_id)
        click.echo(json.dumps(found.as_json(), indent=1)) if form == JSON else _show_queries(found)
        return
    if reason is None or by is None:
        raise WrongWords("An answer needs --rule, --reason and --by.")
    given, found = actions.answer(store, return_id, rule, reason, by, key)
    label = codelists.labels("answer_reasons", "code")[given.reason]
    what = f"row {given.key}" if given.key else "every finding"
    click.echo(f"{given.return_id}: {given.rule} answered for {what}: {label}. By {given.by}.")
    click.echo(f"{_open_and_answered(found.here)} in {given.return_id}.")


def _open_and_answered(count: dict[str, Any]) -> str:
    return f"{count['open']:,} {'query' if count['open'] == 1 else 'queries'} open, {count['answered']:,} answered"


def _show_queries(found: Queries) -> None:
    entry = found.entry
    if not found.rules:
        click.echo(f"{entry.id} ({entry.sender}, {entry.period}) has no queries.")
    else:
        words = codelists.labels("answer_reasons", "code")
        head = ["rule", "version", "queries", "open", "answered", "reasons", "first open rows"]
        body: list[list[object]] = [
            [
                rule["rule"],
                rule["rule_version"],
                rule["queries"],
                rule["open"],
                rule["answered"],
                "; ".join(_reason_in_words(given, words, entry.id) for given in rule["answers"]),
                ", ".join(rule["open_keys"][:KEYS_SHOWN]),
            ]
            for rule in found.rules
        ]
        print_table(f"Queries of {entry.id} ({entry.sender}, {entry.period})", head, body, "")
        click.echo(f"{_open_and_answered(found.here)} in {entry.id}.")
    every = found.of_sender
    if every["queries"]:
        click.echo(
            f"All returns of {entry.sender}: {every['answered']:,} of {every['queries']:,} queries answered "
            f"({every['answered_rate']:.0%})."
        )


def _reason_in_words(given: dict[str, Any], words: dict[str, str], return_id: str) -> str:
    where = "" if given["return_id"] == return_id else f", in {given['return_id']}"
    promised = "promised, and open again: " if given["promised"] else ""
    return f"{promised}{words.get(given['reason'], given['reason'])} ({given['findings']:,}{where})"


@cli.command()
@STORE
@click.option("--add", metavar="WHO", help="Expect returns of this sender from now on.")
@click.option("--remove", metavar="WHO", help="Expect none of this sender from now on.")
@click.option("--every", type=click.Choice(EVERY), help="How often, with --add.")
@click.option("--first", metavar="P", help="The first period, with --add: 2024-01, 2024-01..2024-03, 2024 or 2024/25.")
@click.option("--last", default="", metavar="P", help="The last period, with --add. Default: no end.")
@click.option("--due-days", type=int, default=28, show_default=True, help="Days after a period's end until it is due.")
@AGENCY
@click.option("--format", "form", type=click.Choice([TABLE, JSON, CSV]), default=TABLE, help="How to print them.")
def expected(
    store: Path,
    add: str | None,
    remove: str | None,
    every: str | None,
    first: str | None,
    last: str,
    due_days: int,
    agencies: Sequence[str],
    form: str,
) -> None:
    """Show which returns STORE expects and what came of each up to today; or change who is expected."""
    from onrecord import actions

    if add is None:
        _only_with_add()
    if add is not None and remove is not None:
        raise WrongWords("Give --add or --remove, not both.")
    if add is not None:
        if every is None or first is None:
            raise WrongWords("--add needs --every and --first.")
        made = actions.expect(store, add, every, first, last, due_days, agencies)
        until = f" to {made.last}" if made.last else ""
        click.echo(
            f"{made.sender} is expected every {made.every} from {made.first}{until}, "
            f"within {made.due_days} days of its end."
        )
    elif remove is not None:
        click.echo(f"{actions.expect_no_more(store, remove).sender} is expected no more.")
    else:
        _show_expected(*actions.expected(store), form=form)


def _only_with_add() -> None:
    options = {
        "every": "--every",
        "first": "--first",
        "last": "--last",
        "due_days": "--due-days",
        "agencies": "--agency",
    }
    given = [option for name, option in options.items() if _is_given(name)]
    if given:
        raise WrongWords(f"{', '.join(given)}: only with --add.")


def _show_expected(rows: list[dict[str, Any]], next_step: str, form: str) -> None:
    head = ["sender", "period", "state", "due", "days_overdue", "lacking", "returns", "coverage"]
    flat = [{**row, "lacking": " ".join(row["lacking"]), "returns": " ".join(row["returns"])} for row in rows]
    if form == JSON:
        click.echo(json.dumps(rows, indent=1))
    elif form == CSV:
        print_csv(flat, head)
    elif rows:
        body = [[row[name] for name in head] for row in flat]
        print_table("Expected returns", head, body, "coverage: what a ledger says of these months")
    else:
        click.echo("Nobody is expected, and nothing came. 'onrecord expected STORE --add WHO ...' begins.")
    click.echo(next_step, err=form != TABLE)


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
    print_table(
        "Returns",
        shown,
        [[entry[name] for name in shown] for entry in found],
        "received = accepted + held + out of scope, in rows",
    )
    if waiting := actions.waiting_for_recheck(store):
        click.echo(
            f"Other rules than today's judged {', '.join(waiting)}: 'onrecord recheck {store} --by WHO' judges them "
            "again. What was accepted stays as it was.",
            err=True,
        )


@cli.command()
@STORE
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write the site into.")
def publish(store: Path, out: Path) -> None:
    """Write the public site of STORE: published figures, and its ledgers after disclosure control."""
    from onrecord import actions

    with telling() as tell:
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

    with telling() as tell:
        made, files = actions.demo(examples, out, tell=tell)
    show_ledgers(made, TABLE)
    click.echo(
        f"\nThe store: {out / 'store'}\nThe site:  {files[0]}\n"
        f"Next: open the site in a browser, or ask for one force: onrecord ledger {out / 'store'} --by area "
        "--offence 'Violence and sexual offences' --period 2018-11..2019-01"
    )


@cli.group("mapping")
def mapping_group() -> None:
    """Begin or test a mapping file, which says how another layout becomes the standard's."""


@mapping_group.command("begin")
@FILES
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="M.yaml", help="The file to write.")
def mapping_begin(files: Sequence[Path], out: Path) -> None:
    """Write the first draft of a mapping from the headers of FILES; nothing is overwritten."""
    from onrecord import actions

    made = actions.mapping_begin(files, out)
    click.echo(f"{made} written. Fill it in, then run: onrecord mapping test {made} {' '.join(map(str, files))}")


@mapping_group.command("test")
@click.argument("mapping", type=click.Path(path_type=Path), metavar="M.yaml")
@FILES
def mapping_test(mapping: Path, files: Sequence[Path]) -> None:
    """Say what the mapping M.yaml finds in FILES, without running the rules."""
    from onrecord import actions

    click.echo("\n".join(actions.mapping_test(mapping, files)))


@cli.group()
def standard() -> None:
    """Show the standard (records, fields, code lists, changes), or write it in a form that others read."""


@standard.command()
@click.argument("name", required=False, metavar="[RECORD|CODE LIST]")
@VERSION
def show(name: str | None, version: str) -> None:
    """Show one record with its fields, or one code list; without a name, what there is."""
    if name is None:
        _show_what_there_is(version)
    elif name in {table.name for table in tables_at(version)}:
        _show_record(table_at(version, name))
    elif name in codelists.names(version):
        rows = codelists.load(name, version)
        body = [list(row.values()) for row in rows]
        longest = min(KEY_WIDTH, max(len(row[0]) for row in body))
        print_table(f"Code list {name}", list(rows[0]), body, "", least=longest)
    else:
        raise WrongWords(
            f"The standard has no record and no code list {name!r}. 'onrecord standard show' names those there are."
        )


@standard.command("changes")
@click.argument("version", type=click.Choice(VERSIONS), default=STANDARD_VERSION)
def show_changes(version: str) -> None:
    """Show what VERSION changed in the one before, with the reasons; without one, the newest."""
    found = versions.version(version)
    click.echo(f"Version {found.number}, {found.day.isoformat()}. {found.says}")
    if not found.changes:
        return
    rows = [[change.id, change.kind, change.about, change.reason, change.asked_by] for change in found.changes]
    print_table(f"Changes of {found.number}", ["change", "kind", "what", "why", "who asked"], rows, "")


@standard.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(export.FORMS),
    default=export.JSON_SCHEMA,
    show_default=True,
    help="JSON Schemas, a Frictionless data package, CSV templates, a template workbook, one reference page, or pages "
    "to be opened in a browser.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("onrecord-standard"),
    show_default=True,
    help="The folder to write to. Nothing in it is overwritten.",
)
@VERSION
def export_standard(form: str, out: Path, version: str) -> None:
    """Write the standard to a folder. The same version gives the same bytes."""
    from onrecord import actions

    for path in actions.standard_export(form, out, version):
        click.echo(path)


@standard.command()
@click.option("--to", "body", required=True, metavar="BODY", help="The police force or council that is asked.")
@click.option("--period", required=True, metavar="P", help="The months asked for: 2023, 2023/24 or 2022-01..2024-12.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The folder to write to; nothing is overwritten."
)
def letter(body: str, period: str, out: Path) -> None:
    """Write the letter that asks BODY for the ledger return, with the sheet to answer in (Excel and CSV)."""
    from onrecord import actions

    for path in actions.standard_letter(body, period, out):
        click.echo(path)


@standard.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("onrecord-conformance"),
    show_default=True,
    help="The folder to write to. Nothing in it is overwritten.",
)
def kit(out: Path) -> None:
    """Write the conformance kit: small returns, each with the receipt that every implementation must give."""
    from onrecord import actions

    with telling() as tell:
        files = actions.standard_kit(out, tell=tell)
    click.echo(f"{len(files):,} files written. Begin with {files[0]}")


def _show_what_there_is(version: str) -> None:
    records = [[table.name, len(table.fields), table.description] for table in tables_at(version)]
    print_table(f"Records of the standard, version {version}", ["record", "fields", "a row is"], records, "")
    lists = [[name, len(codelists.load(name, version)), _use_of(name, version)] for name in codelists.names(version)]
    print_table("Code lists", ["code list", "codes", "used by, or for"], lists, "")


def _use_of(name: str, version: str) -> str:
    used = [f"{table.name}.{field.name}" for table, field in export.users_of(name, version)]
    return ", ".join(used) or codelists.FREE_STANDING.get(name, "")


def _show_record(record: Record) -> None:
    fields = [
        [field.name, field.type, "yes" if field.required else "", export.values_in_words(field), field.description]
        for field in record.fields
    ]
    print_table(record.name, ["field", "type", "required", "values", "what it means"], fields, record.description)
    labels = codelists.labels("crosswalk_sources", "code")
    crosswalk = [
        [field.name, *(export.crossing_in_words(found.can, found.says) for found in record.crossings(field))]
        for field in record.fields
    ]
    head = ["field", *(labels[source] for source in record.cannot)]
    print_table(f"Where {record.name} can be read from today", head, crosswalk, "")


for command in (*COUNTING, *ACTING, *KEEPING, *FOLLOWING, synthesise):
    cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> None:
    """The entry point. Ends the process with the exit code of the command."""
    # Statements are put together from many small objects that live as long as the command: to look through them
    # for garbage again and again takes a sixth of the time, and finds none.
    gc.set_threshold(GARBAGE_AFTER)
    cli.main(args=list(argv) if argv is not None else None, prog_name="onrecord")


if __name__ == "__main__":
    main()
