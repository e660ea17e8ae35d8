"""onrecord: every report of child sexual exploitation, on record and followed to its outcome.

The verbs of :mod:`onrecord.actions` are offered here and loaded only when one is first used, so that
``import onrecord`` opens no engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onrecord.actions import (
        accept,
        agree,
        agreements,
        answer,
        backup,
        check,
        cohorts,
        contacts,
        demo,
        doctor,
        erase_person,
        erase_return,
        expect,
        expect_no_more,
        expected,
        ledger,
        lineage,
        made_again,
        mapping_begin,
        mapping_test,
        measure,
        name_contact,
        new_keys,
        publish,
        queries,
        receive,
        receive_zero,
        recheck,
        refer,
        returns,
        rotate_keys,
        standard_export,
        standard_kit,
        standard_letter,
        synthesise,
        unseal,
        verify_trail,
        withdraw,
        worklist,
    )

__version__ = "0.1.0"
__all__ = [
    "__version__",
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
    "ledger",
    "lineage",
    "made_again",
    "mapping_begin",
    "mapping_test",
    "measure",
    "name_contact",
    "new_keys",
    "publish",
    "queries",
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
    "unseal",
    "verify_trail",
    "withdraw",
    "worklist",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("onrecord.actions"), name)
    raise AttributeError(f"onrecord has no {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
