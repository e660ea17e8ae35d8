"""Checking: rules as data, run inside the engine on the rows that were sent."""

from __future__ import annotations

from onrecord.intake.check.judge import (
    ERRORED,
    FAILED,
    NOT_APPLICABLE,
    PASSED,
    SKIPPED,
    STATES,
    Judgement,
    Outcome,
    judge,
    no_findings,
)
from onrecord.intake.check.values import Sent, View

__all__ = [
    "ERRORED",
    "FAILED",
    "NOT_APPLICABLE",
    "PASSED",
    "SKIPPED",
    "STATES",
    "Judgement",
    "Outcome",
    "Sent",
    "View",
    "judge",
    "no_findings",
]
