"""The demonstration: the main job on real public data, from the files to the site."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from onrecord.actions.counting import Ledgers, ledger
from onrecord.actions.publishing import publish
from onrecord.actions.receiving import accept, receive
from onrecord.actions.words import Tell, tell_nobody
from onrecord.errors import WrongWords
from onrecord.settings import Settings, from_environment


@dataclass(frozen=True)
class Example:
    """One return of the demonstration: the files, and what is said of them.

    Attributes:
        files: a pattern under the folder of examples.
        adapter, sender, period: as for :func:`receive`.
        as_at: the day the files speak for, where they cannot say.
    """

    files: str
    adapter: str
    sender: str
    period: str
    as_at: date | None = None


# The street files were downloaded for a public snapshot of 22 December 2021; they do not say so themselves.
EXAMPLES = (
    Example("nibrs/AZ-2016.zip", "nibrs", "FBI", "2016"),
    Example("nibrs/LA-2019.zip", "nibrs", "FBI", "2019"),
    Example("nibrs/VT-2024.zip", "nibrs", "FBI", "2024"),
    Example(
        "police-uk/*-south-yorkshire-street.csv.gz",
        "police-uk",
        "South Yorkshire Police",
        "2018-10..2019-01",
        date(2021, 12, 22),
    ),
    Example(
        "police-uk/*-lancashire-street.csv.gz",
        "police-uk",
        "Lancashire Constabulary",
        "2018-11..2019-01",
        date(2021, 12, 22),
    ),
)


def demo(
    examples: Path, out: Path, settings: Settings | None = None, tell: Tell = tell_nobody
) -> tuple[Ledgers, list[Path]]:
    """The main job on the real public data in ``examples``: receive, accept, count, publish.

    Args:
        examples: the folder with the example files.
        out: a folder for the store and the site; missing, empty, or one made by an earlier run.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The ledgers, and the site's files, the front page first.

    Raises:
        WrongWords: the examples are not there, or ``out`` holds something else.
    """
    settings = settings or from_environment()
    store, site = out / "store", out / "site"
    chosen = {example: sorted(examples.glob(example.files)) for example in EXAMPLES}
    for example, files in chosen.items():
        if not files:
            raise WrongWords(
                f"{examples / example.files}: the example files are not there. Run this from a clone of the "
                "repository, or name the folder with --examples."
            )
    _make_way(out, store)
    for example, files in chosen.items():
        tell(f"Receiving {example.sender}, {example.period}")
        return_id, _ = receive(
            store,
            files,
            example.adapter,
            example.sender,
            "the demonstration, as receiver",
            example.period,
            example.as_at,
            settings,
        )
        accept(store, return_id, "the demonstration, as second person", settings)
    made = ledger(store, settings=settings, tell=tell)
    return made, publish(store, site, settings, tell)


def _make_way(out: Path, store: Path) -> None:
    """Remove the store of an earlier demonstration; touch nothing else."""
    marker = out / "made-by-onrecord-demo.txt"
    if out.exists() and any(out.iterdir()) and not marker.is_file():
        raise WrongWords(f"{out}: this folder is not empty and was not made by 'onrecord demo'. Give a new folder.")
    shutil.rmtree(store, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by 'onrecord demo': the next run replaces the store and the site in here.\n")
