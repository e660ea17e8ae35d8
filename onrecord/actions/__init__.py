"""The verbs: check, receive, receive_zero, accept, returns, queries, answer, expect, expect_no_more, expected,
ledger, publish, demo, mapping_begin, mapping_test, standard_export, standard_letter, standard_kit.

Everything that changes or shows something goes through here: the command line and notebooks speak to this
room alone, and this room alone opens the store.
"""

from __future__ import annotations

from onrecord.actions.answering import Queries, answer, queries
from onrecord.actions.checking import (
    PRINTED,
    check,
    mapping_begin,
    mapping_test,
    printed_receipt,
    receipt_form,
    write_receipt,
)
from onrecord.actions.counting import WITHOUT_LEDGER, Asked, Ledgers, ledger
from onrecord.actions.demonstration import EXAMPLES, Example, demo
from onrecord.actions.expecting import expect, expect_no_more, expected
from onrecord.actions.publishing import publish
from onrecord.actions.receiving import accept, receive, receive_zero, returns
from onrecord.actions.standards import kit_answer, standard_export, standard_kit, standard_letter
from onrecord.actions.words import Tell

__all__ = [
    "EXAMPLES",
    "PRINTED",
    "WITHOUT_LEDGER",
    "Asked",
    "Example",
    "Ledgers",
    "Queries",
    "Tell",
    "accept",
    "answer",
    "check",
    "demo",
    "expect",
    "expect_no_more",
    "expected",
    "kit_answer",
    "ledger",
    "mapping_begin",
    "mapping_test",
    "printed_receipt",
    "publish",
    "queries",
    "receipt_form",
    "receive",
    "receive_zero",
    "returns",
    "standard_export",
    "standard_kit",
    "standard_letter",
    "write_receipt",
]
