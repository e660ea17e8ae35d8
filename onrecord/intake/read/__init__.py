"""Reading: what the user named (files, folders, zips) becomes text tables of the engine.

Nothing is unpacked to disk: members of a zip are held in memory, within a limit. ``gather`` finds the files,
``sheets`` says which tables they hold, ``text_of`` reads chosen tables as one table of text. Python touches
the cells of Excel and XML alone; CSV and Parquet are read by the engine.
"""

from __future__ import annotations

from onrecord.intake.read.gathering import Source, csv_files, gather, held_in_memory, listed, passed_over
from onrecord.intake.read.limits import Unpacked
from onrecord.intake.read.tables import Sheet, header, load, sheets, text_of
from onrecord.intake.read.xml_rows import SAFE, safe_xml

__all__ = [
    "SAFE",
    "Sheet",
    "Source",
    "Unpacked",
    "csv_files",
    "gather",
    "header",
    "held_in_memory",
    "listed",
    "load",
    "passed_over",
    "safe_xml",
    "sheets",
    "text_of",
]
