"""Made-up agencies with a known truth, written to a new folder: whole, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from onrecord.actions.words import Tell, tell_nobody
from onrecord.errors import WrongWords
from onrecord.settings import Settings, from_environment
from onrecord.synthetic import FORMS, Made, make
from onrecord.synthetic import WantedNation as WantedNation


def synthesise(
    out: Path,
    wanted: WantedNation | None = None,
    form: str = FORMS[0],
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
) -> Made:
    """Write the returns of a made-up nation, and beside them what is true of it.

    Args:
        out: a new or empty folder: ``returns/`` holds a folder for each return, ``truth/`` what is known.
        wanted: the seed, the size and the period; without it, those of :class:`onrecord.synthetic.WantedNation`.
        form: ``csv`` or ``parquet``.
        settings: the choices of this run; it is asked for the day alone.
        tell: told of each agency.

    Returns:
        What was made: the true ledger of each agency, the rows of each record, the faults that were planted.

    Raises:
        WrongWords: something cannot be made, or the folder is not empty. Nothing is left in it.
    """
    wanted = wanted or WantedNation()
    settings = settings or from_environment()
    wanted.must_make_sense()
    if wanted.period.last_day > settings.now.date():
        raise WrongWords(
            f"--to is {wanted.last}, which is not over: no return speaks for days to come. Write an earlier month."
        )
    if form not in FORMS:
        raise WrongWords(f"There is no form {form!r}. There are: {', '.join(FORMS)}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongWords(f"{out}: there is something already. Name a new folder.")
    was_there = out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        return make(wanted, out, form, tell)
    except BaseException as error:
        # Stopped, or out of space: half a nation would be taken for a whole one.
        _take_away(out, was_there)
        if isinstance(error, OSError):
            raise WrongWords(f"{out}: cannot be written to ({error.strerror}). Give another folder.") from error
        raise


def _take_away(out: Path, was_there: bool) -> None:
    for made in out.iterdir() if out.is_dir() else ():
        shutil.rmtree(made, ignore_errors=True)
    if not was_there and out.is_dir():
        out.rmdir()
