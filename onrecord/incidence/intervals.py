"""Intervals for a cumulative incidence: which transformation, and what stands where it has none.

Two things are called "log-log". Form (a), on F itself: F^exp(±w), w = z se / (F |ln F|) (Pintilie 2006; SAS,
tidycmprsk, scikit-survival, lifelines). Form (b), on 1 - F: 1 - (1 - F)^exp(±w), w = z se / ((1 - F) |ln(1 - F)|)
(etm). The form is named with every interval.

At F = 0 or 1 neither exists. There the bound is exact (Clopper and Pearson 1934, for 0 or all of m): 1 - (a/2)^(1/m)
above, (a/2)^(1/m) below, with a = 1 - level. m is the smallest number, over the time so far, of those at risk divided
by the share still open (Cutler and Ederer's effective sample size), rounded down: without censoring or delayed entry
the number of cases, with them no more than were watched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from onrecord.errors import WrongWords
from onrecord.incidence.counts import Numbers

ON_SHARE, ON_REST, EXACT = "log-log", "complementary log-log", "exact bound"
# How the two forms are asked for, the usual one first.
FORMS = {"log-log": ON_SHARE, "complementary": ON_REST}
LEVEL = 0.95
# A whole number that a division missed by a hair stays that number.
HAIR = 1e-9


@dataclass(frozen=True)
class Interval:
    """Pointwise intervals; all of one shape.

    Attributes:
        low: the lower ends.
        high: the upper ends.
        is_exact: where the transformation has no interval, and an exact bound stands.
    """

    low: Numbers
    high: Numbers
    is_exact: NDArray[np.bool_]


def interval(
    share: Numbers, std_error: Numbers, effective: Numbers, form: str = ON_SHARE, level: float = LEVEL
) -> Interval:
    """Intervals for shares, with their standard errors and effective numbers of cases; one shape.

    Raises:
        WrongWords: the form is unknown, or the level is no share between 0 and 1.
    """
    if form not in FORMS.values():
        raise WrongWords(f"There is no interval {form!r}. Ask for one of: {', '.join(FORMS)}.")
    if not 0 < level < 1:
        raise WrongWords(f"The level of an interval lies between 0 and 1, for instance {LEVEL}.")
    z = float(ndtri((1 + level) / 2))
    inside = (share > 0) & (share < 1)
    usable = np.where(inside, share, 0.5)
    low, high = _on_share(usable, z * std_error) if form == ON_SHARE else _on_rest(usable, z * std_error)
    cases = np.floor(effective + HAIR)
    bound = np.where(cases > 0, ((1 - level) / 2) ** (1 / np.maximum(cases, 1)), 0)
    low = np.where(inside, low, np.where(share > 0, bound, 0))
    high = np.where(inside, high, np.where(share > 0, 1, 1 - bound))
    return Interval(low, high, ~inside)


def _on_share(share: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    power = np.exp(spread / (share * np.abs(np.log(share))))
    return share**power, share ** (1 / power)


def _on_rest(share: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    low, high = _on_share(1 - share, spread)
    return 1 - high, 1 - low
