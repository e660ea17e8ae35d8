"""How onrecord looks: templates and charts. Plain values in, HTML and SVG out; no kind of data of its own.

Nothing here runs a script in the reader's browser, asks another server for anything, or writes a style
attribute. `environment` renders pages, `charts` draws, and `static_files` are copied beside the pages.
"""

from onrecord.look.charts import (
    LOOKS,
    Look,
    Operation,
    Part,
    Squares,
    ledger_squares,
    legend,
    stacked_bar,
    swatch,
    timeline,
)
from onrecord.look.pages import environment, static_files

__all__ = [
    "LOOKS",
    "Look",
    "Operation",
    "Part",
    "Squares",
    "environment",
    "ledger_squares",
    "legend",
    "stacked_bar",
    "static_files",
    "swatch",
    "timeline",
]
