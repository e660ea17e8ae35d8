"""The verbs: check, receive, receive_zero, accept, withdraw, returns, queries, answer, expect, expect_no_more,
expected, agree, agreements, ledger, measure, publish, demo, worklist, refer, contacts, name_contact, lineage,
made_again, trail, verify_trail, unseal, erase_return, erase_person, recheck, doctor, backup, new_keys, rotate_keys,
mapping_begin, mapping_test, standard_export, standard_letter, standard_kit, cohorts, synthesise.

Everything that changes or shows something goes through here: the command line and notebooks speak to this
room alone, and this room alone opens the store.
"""

from __future__ import annotations

from onrecord.actions.acting import COLUMNS as WORKLIST_COLUMNS
from onrecord.actions.acting import Referred, Worklist, contacts, name_contact, refer, whom_to_call, worklist
from onrecord.actions.agreeing import agree, agreements
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
from onrecord.actions.counting import Ledgers, ledger
from onrecord.actions.demonstration import EXAMPLES, Example, demo
from onrecord.actions.erasing import erase_person, erase_return
from onrecord.actions.expecting import expect, expect_no_more, expected
from onrecord.actions.following import Cohorts, Wanted, cohorts
from onrecord.actions.keeping import backup, doctor, new_keys, recheck, rotate_keys, waiting_for_recheck
from onrecord.actions.measuring import Measured, measure
from onrecord.actions.opening import WITHOUT_LEDGER, Asked
from onrecord.actions.publishing import publish
from onrecord.actions.receiving import WITHDRAWAL_REASONS, accept, receive, receive_zero, returns, withdraw
from onrecord.actions.standards import kit_answer, standard_export, standard_kit, standard_letter
from onrecord.actions.synthesising import synthesise
from onrecord.actions.tracing import lineage, made_again, trail, unseal, verify_trail
from onrecord.actions.words import Tell
from onrecord.measures.outcomes_by_time import Shares
from onrecord.synthetic import WantedNation

__all__ = [
    "EXAMPLES",
    "PRINTED",
    "WITHDRAWAL_REASONS",
    "WITHOUT_LEDGER",
    "WORKLIST_COLUMNS",
    "Asked",
    "Cohorts",
    "Example",
    "Ledgers",
    "Measured",
    "Queries",
    "Referred",
    "Shares",
    "Tell",
    "Wanted",
    "WantedNation",
    "Worklist",
    "accept",
    "agree",
    "agreements",
    "answer",
    "backup",
    "check",
    "cohorts",
    "contacts",
    "demo",
    "doctor",
    "erase_person",
    "erase_return",
    "expect",
    "expect_no_more",
    "expected",
    "kit_answer",
    "ledger",
    "lineage",
    "made_again",
    "mapping_begin",
    "mapping_test",
    "measure",
    "name_contact",
    "new_keys",
    "printed_receipt",
    "publish",
    "queries",
    "receipt_form",
    "receive",
    "receive_zero",
    "recheck",
    "refer",
    "returns",
    "rotate_keys",
    "standard_export",
    "standard_kit",
    "standard_letter",
    "synthesise",
    "trail",
    "unseal",
    "verify_trail",
    "waiting_for_recheck",
    "whom_to_call",
    "withdraw",
    "worklist",
    "write_receipt",
]
