"""The standard, handed out: its forms, the letter that asks for counts, and the conformance kit with its answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from onrecord.actions.examining import examined, read_before
from onrecord.actions.words import Tell, tell_nobody
from onrecord.engine import open_engine
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake import kit
from onrecord.intake.examine import STANDARD, Said
from onrecord.intake.kit_reading import reading_cases
from onrecord.intake.read import gather
from onrecord.intake.receipt import receipt_of
from onrecord.publish.standard_pages import standard_pages
from onrecord.settings import Settings, from_environment
from onrecord.standard import STANDARD_VERSION, VERSIONS, export
from onrecord.standard.letter import letter_files


def standard_letter(body: str, period: str, out: Path) -> list[Path]:
    """Write the letter that asks a body for the ledger return, and the sheet to answer in.

    Args:
        body: the force or council.
        period: the months asked for.
        out: the folder to write to; a file that is there already is not overwritten.

    Raises:
        WrongWords: a word makes no sense, or a file is there already.
    """
    made = letter_files(body, period)
    if there := [name for name in made if (out / name).exists()]:
        raise WrongWords(f"{out / there[0]}: it is there already. Name another folder.")
    return [_written(out / name, content) for name, content in made.items()]


def standard_kit(out: Path, settings: Settings | None = None, tell: Tell = tell_nobody) -> list[Path]:
    """Write the conformance kit: small returns, each with the receipt that every implementation must give.

    Args:
        out: the folder to write to; nothing in it is overwritten.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The files written.

    Raises:
        WrongWords: the folder holds something already.
    """
    settings = settings or from_environment()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongWords(f"{out}: there is something already. Name a new folder.")
    cases = [*kit.rule_cases(), *reading_cases()]
    written = [
        _written(out / kit.CASES_FILE, kit.cases_as_json(cases)),
        _written(out / kit.RULES_FILE, kit.rules_as_json()),
        *(_written(out / name, export.text_file(name)) for name in kit.TEXTS),
    ]
    for number, case in enumerate(cases, 1):
        tell(f"Case {number:,} of {len(cases):,}: {case.name}")
        folder = out / kit.CASES / case.name
        written += [_written(folder / name, content) for name, content in {**case.files, **case.before}.items()]
        given = kit.expected_as_text(kit_answer(folder, case.files, case.before, settings))
        written.append(_written(folder / kit.EXPECTED_FILE, given))
    return written


def kit_answer(
    folder: Path, files: Iterable[str], before: Iterable[str], settings: Settings | None = None
) -> dict[str, Any]:
    """What onrecord gives for one case of the kit.

    Args:
        folder: the case's folder.
        files: the names of the files that are sent.
        before: the names of the files of the return before.
        settings: the choices of this run.
    """
    settings = settings or from_environment()
    sent, earlier = ([folder / name for name in sorted(names)] for names in (files, before))
    try:
        with open_engine(settings) as engine:
            said = Said(None, None, *read_before(engine, STANDARD, earlier, None, settings))
            return kit.expected(receipt_of(examined(engine, gather(sent), STANDARD, said, settings, tell_nobody)))
    except FileRefused as error:
        return kit.refused(error)


def _written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def standard_export(form: str, out: Path, version: str = STANDARD_VERSION) -> list[Path]:
    """Write the standard in a form that others read.

    A file that is there and holds something else is left alone: it may be a template that somebody has filled in.

    Args:
        form: ``jsonschema``, ``datapackage``, ``csv`` or ``xlsx`` (templates), ``markdown`` or ``html``.
        out: the folder; made when it is missing.
        version: the version of the standard.

    Returns:
        The files, in the order of the standard.

    Raises:
        WrongWords: there is no such form or version, ``out`` is no folder or cannot be written to, or a file in it
            would be overwritten.
    """
    if form not in export.FORMS:
        raise WrongWords(f"There is no form {form!r}. There are: {', '.join(export.FORMS)}.")
    if version not in VERSIONS:
        raise WrongWords(f"There is no version {version!r} of the standard. There are: {', '.join(VERSIONS)}.")
    files = standard_pages(version) if form == export.HTML else export.exported(form, version)
    made = {out / name: content for name, content in files.items()}
    if out.exists() and not out.is_dir():
        raise WrongWords(f"{out}: this is a file. Give a folder.")
    for path, content in made.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != content):
            raise WrongWords(f"{path}: there is something else under this name already. Give a new folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise WrongWords(f"{out}: cannot be written to ({error.strerror}). Give another folder.") from error
    return list(made)
