"""The parameters of the made-up nation, read from ``scenario.yaml``, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from onrecord.errors import WrongWords
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.yaml_text import typed_yaml

SEED = 20140201
REPORTS, FORCES, COUNCILS = 1000, 4, 4
FIRST, LAST = "2022-01", "2024-12"
MOST_AGENCIES, MOST_REPORTS, MOST_FAULTS = 999, 10_000_000, 0.2
EPOCH = date(1970, 1, 1)
NAMES = {"force": "Made-up Force", "council": "Made-up Council"}
ELSEWHERE = "Made-up Body Elsewhere"


@cache
def scenario() -> Mapping[str, Any]:
    """The parameters, by the names of ``scenario.yaml``."""
    text = (files("onrecord.synthetic") / "scenario.yaml").read_text(encoding="utf-8")
    return dict(typed_yaml(text))


def day_number(day: date) -> int:
    """Days since 1970, as NumPy and Arrow count them."""
    return (day - EPOCH).days


def agency_name(kind: str, number: int) -> str:
    """What a made-up agency is called, in rows and in words."""
    return f"{NAMES[kind]} {number:02}"


def neighbour(force: int) -> int:
    """The force that a force sends reports on to: they stand in pairs, whether or not both are made."""
    return force + 1 if force % 2 else force - 1


@dataclass(frozen=True)
class WantedNation:
    """What is to be made.

    Attributes:
        seed: another seed gives other rows.
        reports: how many reports a force of average size receives in the period.
        forces, councils: how many of each.
        first, last: the first and the last month, as 2022-01.
        faults: the share of rows in which a fault is planted.
        one_return: one return of all agencies together, in place of one of each.
    """

    seed: int = SEED
    reports: int = REPORTS
    forces: int = FORCES
    councils: int = COUNCILS
    first: str = FIRST
    last: str = LAST
    faults: float = 0.0
    one_return: bool = False

    @property
    def period(self) -> Period:
        """The period of receipt. Raises WrongWords where it is none."""
        return parse_period(f"{self.first}..{self.last}")

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day of the period, as numbers. The returns speak for the last."""
        return day_number(self.period.first_day), day_number(self.period.last_day)

    def must_make_sense(self) -> None:
        """Raise WrongWords, in one sentence, where something cannot be made."""
        for option, value, least, most in (
            ("--seed", self.seed, 0, 2**63),
            ("--reports", self.reports, 1, MOST_REPORTS),
            ("--forces", self.forces, 0, MOST_AGENCIES),
            ("--councils", self.councils, 0, MOST_AGENCIES),
        ):
            if not least <= value <= most:
                raise WrongWords(f"{option} is {value:,}. Write a whole number from {least:,} to {most:,}.")
        if not self.forces + self.councils:
            raise WrongWords("--forces and --councils are both 0: nothing would be made. Write at least one agency.")
        if not 0 <= self.faults <= MOST_FAULTS:
            raise WrongWords(f"--faults is {self.faults:g}. Write a share of rows from 0 to {MOST_FAULTS:g}.")
        earliest = parse_period(scenario()["earliest"])
        if self.period.first_day < earliest.first_day:
            raise WrongWords(
                f"--from is {self.first}: not every code of the scenario was in force then. Write {earliest.label} or "
                "a later month."
            )


def as_days(numbers: Any) -> Any:
    """Day numbers as NumPy dates."""
    return np.asarray(numbers).astype("datetime64[D]")
