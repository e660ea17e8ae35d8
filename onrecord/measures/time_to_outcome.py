"""How long until the first outcome, and how long those without one were followed: whole counts in bands of days.

Curves cannot be protected; counts can. Bands that add up to those received show the censoring beside what was
settled, and can be merged with their neighbours until none is small.
"""

from __future__ import annotations

import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.measures.timeliness import steps
from onrecord.pathways.durations import BEFORE_START, ENDED, OPEN, STEP, durations
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_places

NAME = "time to outcome"
# Days from receipt to the first outcome: first and last day of each band.
SETTLED = {f"settled_{low}_{high or 'on'}": (low, high) for low, high in
           ((0, 7), (8, 28), (29, 90), (91, 365), (366, None))}  # fmt: skip
# Days for which those without an outcome were followed, up to the as-at.
NOT_SETTLED = {f"open_{low}_{high or 'on'}": (low, high) for low, high in
               ((0, 6), (7, 27), (28, 89), (90, 364), (365, None))}  # fmt: skip
IN_DOUBT = "day_in_doubt"
NOTES = (
    "An open case is not a case without a result: it is not known yet what becomes of it. It is counted by how long it "
    "was followed, and no longer.",
)


def time_to_outcome(history: History, cut: Cut, window_days: int) -> Figures:
    """Count those received by days to their first outcome or, without one, by days followed up to the as-at.

    Args:
        history: the standard tables; ``report`` with ``as_at``.
        cut: what the figures are about.
        window_days: days without activity after which an open report is no longer live.

    Returns:
        Figures with total ``received``; its parts are the bands, and those whose outcome has no sound day.
    """
    rows = durations(history, report_places(history, window_days), dict(steps()["received to outcome"]))
    laid = cut.laid(rows)
    counts: dict[str, ir.IntegerScalar] = {"received": laid.count()}
    counts |= {name: _in_band(laid, STEP, "days", *ends) for name, ends in SETTLED.items()}
    counts |= {name: _in_band(laid, OPEN, "followed", *ends) for name, ends in NOT_SETTLED.items()}
    counts[IN_DOUBT] = laid.outcome.isin([BEFORE_START, ENDED]).sum()
    counted = cut.counted(laid, counts)
    about = cut.about(NAME, "cohort", sum(row["received"] for row in counted), NOTES)
    return cut.figures(about, counted, "received", (*SETTLED, *NOT_SETTLED, IN_DOUBT))


def _in_band(rows: ir.Table, outcome: str, column: str, low: int, high: int | None) -> ir.IntegerScalar:
    days = rows[column]
    inside = days >= low if high is None else days.between(low, high)
    return ((rows.outcome == outcome) & inside).sum()
