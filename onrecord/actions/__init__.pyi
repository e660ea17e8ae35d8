from .acting import WORKLIST_COLUMNS, Referred, Worklist, contacts, name_contact, refer, whom_to_call, worklist
from .agreeing import agree, agreements
from .answering import Queries, answer, queries
from .checking import (
    PRINTED,
    check,
    mapping_begin,
    mapping_test,
    printed_receipt,
    receipt_form,
    write_receipt,
)
from .counting import Ledgers, ledger
from .demonstration import EXAMPLES, Example, demo
from .erasing import erase_person, erase_return
from .expecting import expect, expect_no_more, expected
from .following import Cohorts, Wanted, cohorts
from .keeping import backup, doctor, new_keys, recheck, rotate_keys, waiting_for_recheck
from .measuring import Measured, Shares, measure
from .opening import WITHOUT_LEDGER, Asked
from .publishing import publish
from .receiving import WITHDRAWAL_REASONS, accept, receive, receive_zero, returns, withdraw
from .standards import kit_answer, standard_export, standard_kit, standard_letter
from .synthesising import WantedNation, synthesise
from .tracing import lineage, made_again, trail, unseal, verify_trail
from .words import Tell

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
