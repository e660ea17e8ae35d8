"""Examining what was sent: files in, checked rows out, by whichever layout they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.intake.checked import Checked, check_adapted, check_written
from onrecord.intake.read import Source
from onrecord.intake.rows import Adapter
from onrecord.intake.written import Written, in_the_standards_layout
from onrecord.settings import Settings
from onrecord.standard.periods import Period


@dataclass(frozen=True)
class Layout:
    """A layout in which files are read as they were written, before the rules decide.

    Attributes:
        name: what the user writes after ``--as``.
        title: what it is, in a line.
        lay_out: files to records of text; the last argument names their tables in the engine.
        files: the files that describe it, to be kept with what was sent.
    """

    name: str
    title: str
    lay_out: Callable[[Engine, Sequence[Source], Settings, str], Written]
    files: tuple[Path, ...] = ()


STANDARD = Layout("standard", "the standard's own layout: a file, sheet or element a record", in_the_standards_layout)


@dataclass(frozen=True)
class Said:
    """What is said of the files from outside.

    Attributes:
        as_at: the day they speak for, if it was declared.
        period: the period they were sent for, if it was declared.
        previous: the tables of the sender's return before, or None.
        previous_period: its period.
    """

    as_at: date | None = None
    period: Period | None = None
    previous: Mapping[str, ir.Table] | None = None
    previous_period: Period | None = None


def examine(
    engine: Engine,
    sources: Sequence[Source],
    layout: Layout | Adapter,
    said: Said,
    settings: Settings,
    tell: Callable[[str], None],
) -> Checked:
    """Read files in a layout, run the rules, and give every row its one place.

    Raises:
        FileRefused: a file cannot be read as what it was said to be.
    """
    if isinstance(layout, Adapter):
        rows = layout.read(engine, sources, said.as_at, settings)
        tell("Running the rules")
        return check_adapted(engine, rows, said.period)
    written = layout.lay_out(engine, sources, settings, "sent")
    tell("Running the rules")
    return check_written(engine, written, said.as_at, said.period, said.previous, said.previous_period, settings)
