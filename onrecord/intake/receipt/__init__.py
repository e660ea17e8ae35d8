"""The receipt: what became of the rows that were sent, as a record and as text, JSON, a page and a workbook.

In every form the order is one: the verdict and the counts; what moves a published figure, and by how much; every
failed rule with its findings and what to do; what was not run, and why; then notes, answers and what is covered.
A receipt quotes what was sent, so that it is for the sender alone.
"""

from __future__ import annotations

from onrecord.intake.receipt.data import (
    ACCEPTABLE,
    ACCEPTABLE_WITH_HELD,
    FINDINGS_A_RULE,
    NOT_JUDGED,
    NOTHING_ACCEPTED,
    VERDICTS,
    ZERO_RETURN,
    Answered,
    Covered,
    Moved,
    Receipt,
    receipt_of,
)
from onrecord.intake.receipt.forms import FORMS, HTML, JSON, TEXT, XLSX, form_of, receipt_as

__all__ = [
    "ACCEPTABLE",
    "ACCEPTABLE_WITH_HELD",
    "FINDINGS_A_RULE",
    "FORMS",
    "HTML",
    "JSON",
    "NOTHING_ACCEPTED",
    "NOT_JUDGED",
    "TEXT",
    "VERDICTS",
    "XLSX",
    "ZERO_RETURN",
    "Answered",
    "Covered",
    "Moved",
    "Receipt",
    "form_of",
    "receipt_as",
    "receipt_of",
]
