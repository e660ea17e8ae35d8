"""What would become of files, without a store: check them, write the receipt, begin and try a mapping.

Nothing here is kept. The receipt is the only thing that leaves, and the findings where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from onrecord.actions.examining import (
    examined,
    full_receipt,
    layout_for,
    outside,
    read_before,
    speaks_for_its_rows,
)
from onrecord.actions.words import Tell, no_future, tell_nobody
from onrecord.engine import open_engine
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake.checked import Checked
from onrecord.intake.examine import STANDARD, Said
from onrecord.intake.findings import write_findings
from onrecord.intake.mapping import begin, tried
from onrecord.intake.read import gather
from onrecord.intake.receipt import JSON, TEXT, Receipt, form_of, receipt_as
from onrecord.intake.zero import names_its_agencies
from onrecord.settings import Settings, from_environment

# The forms of a receipt that a terminal can show; without a word, text.
PRINTED = (None, TEXT, JSON)


def check(
    files: Sequence[Path],
    adapter: str = STANDARD.name,
    as_at: date | None = None,
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
    *,
    mapping: Path | None = None,
    previous: Sequence[Path] = (),
    previous_period: str | None = None,
    findings: Path | None = None,
) -> Receipt:
    """Read files and say what would become of every row, without a store.

    Args:
        files: files, folders or zips.
        adapter: the layout they are in, a name of ``onrecord.intake.adapters``.
        as_at: the day the files speak for, where they cannot say.
        settings: the choices of this run.
        tell: told of each step.
        mapping: a mapping file that lays them out, in place of an adapter.
        previous: files of the sender's return before, in the same layout, for the rules that look back.
        previous_period: the period of that return, where it does not say so itself.
        findings: a file to write every finding to (.csv or .parquet), or None.

    Raises:
        FileRefused: a file cannot be read as what it was said to be.
        WrongWords: there is no such adapter, or the words make no sense.
    """
    settings = settings or from_environment()
    no_future(as_at, settings)
    with open_engine(settings) as engine:
        layout = layout_for(adapter, mapping)
        said = Said(as_at, None, *read_before(engine, layout, previous, previous_period, settings))
        sources = gather(files)
        checked = examined(engine, sources, layout, said, settings, tell)
        if findings is not None:
            tell("Writing the findings")
            write_findings(checked, findings)
        notes, refused = _would_receive_say(checked)
        return full_receipt(checked, sources, settings, tell, files, notes, refused=refused)


def _would_receive_say(checked: Checked) -> tuple[list[str], list[str]]:
    """What ``receive`` would note of these rows, and why it would refuse them."""
    notes: list[str] = []
    refused: list[str] = []

    def outside_its_period() -> None:
        if checked.period is not None:
            notes.extend(outside(checked.rows, checked.period))

    looks: list[Callable[[], None]] = [
        lambda: names_its_agencies(checked),
        lambda: speaks_for_its_rows(checked.rows),
        outside_its_period,
    ]
    for look in looks:
        try:
            look()
        except (FileRefused, WrongWords) as refusal:
            refused.append(str(refusal))
    return notes, refused


def receipt_form(out: Path | None, form: str | None = None, files: Sequence[Path] = ()) -> str:
    """The form a receipt is wanted in, said by name or by the ending of the file it is written to.

    Args:
        out: the file, or None to print it.
        form: the form (text, json, xlsx, html), or None.
        files: what was sent, which no receipt may take the place of.

    Raises:
        WrongWords: a form that cannot be printed has no file; or the file's name does not fit.
    """
    if out is None:
        if form in PRINTED:
            return form or TEXT
        raise WrongWords(f"A receipt as {form} is a file. Say where to write it, for instance --out receipt.{form}.")
    if any(out.resolve() == file.resolve() for file in files):
        raise WrongWords(f"{out}: this is the file to be checked. Give the receipt another name.")
    return form_of(out, form)


def write_receipt(receipt: Receipt, out: Path, form: str | None = None) -> None:
    """Write a receipt to a file, in place of an earlier one.

    Raises:
        WrongWords: the file's name does not fit the form, or it cannot be written.
    """
    content = receipt_as(receipt, form_of(out, form))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongWords(
            f"{out}: the receipt cannot be written ({error.strerror}). Is it open in another program, or is the folder "
            "missing? Close it, or give another name."
        ) from error


def printed_receipt(receipt: Receipt, form: str = TEXT) -> str:
    """A receipt as text or JSON, to be printed."""
    return receipt_as(receipt, form).decode()


def mapping_begin(files: Sequence[Path], out: Path, settings: Settings | None = None) -> Path:
    """Write the first draft of a mapping from the headers of files.

    Args:
        files: files, folders or zips, as they are exported.
        out: the file to write; one that is there is left alone.
        settings: the choices of this run.

    Returns:
        The file.

    Raises:
        FileRefused: a file cannot be read, or holds no table.
        WrongWords: there is something under that name already, or it cannot be written.
    """
    settings = settings or from_environment()
    with open_engine(settings) as engine:
        draft = begin(engine, gather(files), settings, out.stem)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(draft)
    except FileExistsError:
        raise WrongWords(f"{out}: there is something under this name already. Give a new name.") from None
    except OSError as error:
        raise WrongWords(f"{out}: it cannot be written ({error.strerror}). Give another folder.") from None
    return out


def mapping_test(mapping: Path, files: Sequence[Path], settings: Settings | None = None) -> list[str]:
    """What a mapping finds in files, in lines, without running the rules.

    Raises:
        FileRefused: a file cannot be read, or lacks a table or column that the mapping reads.
        WrongWords: the mapping is none, or does not fit the standard.
    """
    settings = settings or from_environment()
    with open_engine(settings) as engine:
        return tried(mapping, engine, gather(files), settings)
