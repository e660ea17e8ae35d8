"""From files to a judged return and its receipt: the way that check, receive and the kit share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis.expr.types as ir

from onrecord.actions.words import Tell
from onrecord.engine import Engine
from onrecord.errors import WrongWords
from onrecord.intake.adapters import adapter_named
from onrecord.intake.checked import Checked, period_of
from onrecord.intake.examine import Layout, Said, examine
from onrecord.intake.findings import touched_of
from onrecord.intake.mapping import mapping_from
from onrecord.intake.read import Source, gather, passed_over
from onrecord.intake.receipt import Answered, Moved, Receipt, receipt_of
from onrecord.intake.rows import Adapter, Rows
from onrecord.intake.zero import means_what_it_says
from onrecord.measures.effect import FOLLOWED, effect_of_held
from onrecord.settings import Settings
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import RETURN

# How many files are named in one note.
NAMED = 8


def layout_for(adapter: str, mapping: Path | None) -> Layout | Adapter:
    """The layout that files are in: what a mapping file describes, else an adapter."""
    return adapter_named(adapter) if mapping is None else mapping_from(mapping)


def read_before(
    engine: Engine, layout: Layout | Adapter, files: Sequence[Path], period: str | None, settings: Settings
) -> tuple[Mapping[str, ir.Table] | None, Period | None]:
    """The return before, read from files, and its period."""
    if not files:
        return None, None
    if isinstance(layout, Adapter):
        raise WrongWords(
            f"Returns made with '{layout.name}' are not compared with the one before. Leave out --previous."
        )
    written = layout.lay_out(engine, gather(files), settings, "before")
    return written.records, parse_period(period) if period else period_of(written)


def examined(
    engine: Engine,
    sources: Sequence[Source],
    layout: Layout | Adapter,
    said: Said,
    settings: Settings,
    tell: Tell,
) -> Checked:
    """Files, read and judged; a zero return among them means what it says."""
    tell(f"Reading {len(sources):,} {'file' if len(sources) == 1 else 'files'}")
    checked = examine(engine, sources, layout, said, settings, tell)
    means_what_it_says(checked)
    return checked


def full_receipt(
    checked: Checked,
    sources: Sequence[Source],
    settings: Settings,
    tell: Tell,
    given: Sequence[Path],
    notes: Sequence[str] = (),
    answered: Sequence[Answered] = (),
    refused: Sequence[str] = (),
) -> Receipt:
    """The receipt, with what moves a published figure and by how much, and why it would not be received."""
    tell("Writing the receipt")
    files = list(dict.fromkeys(str(source.path) for source in sources))
    notes = [*_about_the_files(given, checked), *notes]
    touched, moved = touched_of(checked), _moved(checked, settings)
    return receipt_of(checked, notes, touched, moved, answered, refused, files=files, made_at=settings.now)


def _about_the_files(given: Sequence[Path], checked: Checked) -> list[str]:
    """What a sender must know of the files given: which were not read, and that none says whose return it is."""
    if checked.written is None:
        return []
    notes = []
    if over := passed_over(given):
        more = f" and {len(over) - NAMED:,} more" if len(over) > NAMED else ""
        notes.append(
            f"Not read, for no table can be read from files of their kind: {', '.join(over[:NAMED])}{more}. If one of "
            "them belongs to the return, save it as .csv or .xlsx and send the whole return again."
        )
    if RETURN.name not in checked.written.records:
        notes.append(
            f"The files hold no table {RETURN.name}, so they do not say themselves who sends them, for which period, "
            "under which agreement and with which tables; no rule could look whether a table is missing."
        )
    return notes


def _moved(checked: Checked, settings: Settings) -> list[Moved]:
    """The lines of the ledger that held rows move. None where nothing that a ledger is made of is held."""
    if "report" not in checked.views or "report_id" not in checked.views["report"].carried:
        return []
    views = {name: view for name, view in checked.views.items() if name in FOLLOWED and "report_id" in view.carried}
    held = {name: rows for name, rows in checked.held.items() if name in views}
    if not held:
        return []
    effect = effect_of_held(
        {name: view.typed for name, view in views.items()},
        held,
        checked.rows.tables["report"],
        checked.rows.as_at,
        settings.window_days,
    )
    return [Moved("ledger", line, without, with_held) for line, (without, with_held) in effect.items()]


def outside(rows: Rows, period: Period) -> list[str]:
    """A note when receipt days lie outside the period the return was sent for."""
    if rows.first_day is None or rows.last_day is None or (rows.first_day in period and rows.last_day in period):
        return []
    if rows.last_day < period.first_day or rows.first_day > period.last_day:
        raise WrongWords(
            f"No report in the files was received in {period.label}: they run from {rows.first_day} to "
            f"{rows.last_day}. Write the period they were sent for."
        )
    return [
        f"Some reports were received outside the period {period.label} "
        f"(they run from {rows.first_day} to {rows.last_day}). They were kept."
    ]


def speaks_for_its_rows(rows: Rows) -> None:
    """Files that speak for a day before their own last report would leave it out of every ledger.

    Raises:
        WrongWords: these do.
    """
    if rows.last_day is not None and rows.as_at < rows.last_day:
        raise WrongWords(
            f"--as-at {rows.as_at.isoformat()} lies before the last report in the files ({rows.last_day.isoformat()}). "
            "Write the day the files speak for."
        )
