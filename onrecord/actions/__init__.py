"""The verbs: check, receive, receive_zero, accept, withdraw, returns, queries, answer, expect, expect_no_more,
expected, agree, agreements, ledger, measure, publish, demo, worklist, refer, contacts, name_contact, lineage,
made_again, trail, verify_trail, unseal, erase_return, erase_person, recheck, doctor, backup, new_keys, rotate_keys,
mapping_begin, mapping_test, standard_export, standard_letter, standard_kit, cohorts, synthesise.

Everything that changes or shows something goes through here: the command line and notebooks speak to this
room alone, and this room alone opens the store.

The verbs and their words stand in the stub beside this file. Each loads the modules it needs when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
