"""Every way in which onrecord stops, and the exit code that says which.

::

    OnrecordError                 1   the base: catch this to catch them all
    ├── WrongWords                2   an argument or option makes no sense (click uses 2 too)
    ├── FileRefused               3   a file cannot be read as what it was said to be; nothing was stored
    ├── StoreRefused              4   the store is missing, foreign, damaged or busy; or holds no such return
    ├── NotPermitted              5   this person may not do this now (the receiver may not accept)
    ├── NotCovered                6   a date is asked for that the returns do not cover
    ├── DoesNotBalance            7   a ledger does not add up: a fault in onrecord, never hidden
    ├── NotSafe                   8   a table cannot be released under its disclosure policy
    ├── RuleErrored               9   a rule could not be run: a fault in onrecord, so nothing can be accepted
    ├── KeyRefused               10   a sealed store, and no key, or another one
    └── Interrupted             130   somebody pressed Ctrl-C while the engine was at work

A message is a letter to the person at the keyboard: where, what, why, what to do. It never quotes a
value from a record.
"""

from __future__ import annotations


class OnrecordError(Exception):
    """Anything onrecord stops for and can explain."""

    exit_code = 1


class WrongWords(OnrecordError):
    """An argument or option makes no sense."""

    exit_code = 2


class FileRefused(OnrecordError):
    """A file cannot be read as what it was said to be. Nothing was stored."""

    exit_code = 3


class StoreRefused(OnrecordError):
    """The store is missing, foreign, damaged or busy, or holds no such return."""

    exit_code = 4


class NotPermitted(OnrecordError):
    """This person may not do this now."""

    exit_code = 5


class NotCovered(OnrecordError):
    """A date is asked for that the returns do not cover."""

    exit_code = 6


class DoesNotBalance(OnrecordError):
    """A ledger does not add up. This is a fault in onrecord and is never hidden."""

    exit_code = 7


class NotSafe(OnrecordError):
    """A table cannot be released under its disclosure policy."""

    exit_code = 8


class RuleErrored(OnrecordError):
    """A rule could not be run. This is a fault in the rule, never in what was sent."""

    exit_code = 9


class KeyRefused(OnrecordError):
    """The store is sealed, and the key is missing or is another one. Nothing was read and nothing was changed."""

    exit_code = 10


class Interrupted(OnrecordError):
    """Somebody pressed Ctrl-C while the engine was at work."""

    exit_code = 130
