"""Drawing: a stream for each agency and purpose, weighted choices, lags, and rows that belong to other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Weights = Mapping[Any, float]
Mixture = Sequence[Mapping[str, float]]
# A day number after every other: lags may be added to it, and it stays so.
NEVER = 10_000_000
FORCE, COUNCIL = "force", "council"
# The order is part of what a seed means: new purposes go to the end.
PURPOSES = ("size", "transfers", "reports", "children", "suspects", "crimes", "courses", "lines", "actions", "court",
            "operations", "details", "assessments", "faults", "arrests",
            "ages", "protective actions")  # fmt: skip


def stream(seed: int, kind: str, number: int, purpose: str) -> np.random.Generator:
    """The generator of one agency and purpose: the same whatever else is drawn, and in whatever order."""
    key = ((FORCE, COUNCIL).index(kind), number, PURPOSES.index(purpose))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def happens(draw: np.random.Generator, share: float, count: int) -> Column:
    """Whether something happens, ``count`` times over."""
    return draw.random(count) < share


def places(draw: np.random.Generator, weights: Sequence[float] | Column, count: int) -> Column:
    """The places of ``count`` weighted choices."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    found: Column = np.searchsorted(cumulative / cumulative[-1], draw.random(count), side="right").astype(np.int16)
    return found


def fitting(draw: np.random.Generator, weights: Column) -> Column:
    """One place for each column of ``weights``, whose rows are the places: a weight of 0 never comes."""
    cumulative = np.cumsum(weights, axis=0)
    reached: Column = (cumulative <= draw.random(weights.shape[1]) * cumulative[-1]).sum(axis=0)
    found: Column = np.minimum(reached, len(weights) - 1)
    return found


def chosen(draw: np.random.Generator, weights: Weights, count: int) -> Column:
    """``count`` weighted choices among the keys of ``weights``, as their places in it."""
    return places(draw, list(weights.values()), count)


def between(draw: np.random.Generator, least: int, most: int, count: int) -> Column:
    """Whole numbers from ``least`` to ``most``, both included."""
    return draw.integers(least, most + 1, count, dtype=np.int32)


def ranged(draw: np.random.Generator, span: Sequence[int], count: int) -> Column:
    """Whole numbers from the first to the last of ``span``, both included."""
    return between(draw, span[0], span[1], count)


def lags(draw: np.random.Generator, mixture: Mixture, count: int) -> Column:
    """Whole days, from 0, of a mixture of lognormals: share, median (days) and spread of each."""
    which = places(draw, [part["share"] for part in mixture], count)
    median = np.log([part["median"] for part in mixture])[which]
    spread = np.array([part["spread"] for part in mixture])[which]
    # Nothing takes longer than a life; whole days are rounded down.
    return np.minimum(np.exp(median + spread * draw.standard_normal(count)), 36500).astype(np.int32)


def owners(counts: Column) -> Column:
    """The place of the owner of each row, where owner ``i`` has ``counts[i]`` rows, one after the other."""
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def within(counts: Column) -> Column:
    """The place of each row among those of its owner, from 0."""
    starts = np.cumsum(counts) - counts
    place: Column = (np.arange(int(counts.sum())) - np.repeat(starts, counts)).astype(np.int32)
    return place


def roots(earlier: Column) -> Column:
    """Where each chain begins: ``earlier[i]`` is a place before ``i``, or ``i`` itself where a chain begins."""
    found = earlier
    while not np.array_equal(found, further := found[found]):
        found = further
    return found


def latest(count: int, owner: Column, day: Column, otherwise: Column) -> Column:
    """The latest of each owner's days, and of ``otherwise``."""
    found = otherwise.copy()
    np.maximum.at(found, owner, day)
    return found
