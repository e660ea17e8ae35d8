"""SafeFigures: the only figures that may leave the house, and the two ways in which they come about.

Figures made from records are protected under a policy (:func:`protect`), public micro-data too. Figures that
were published before, and that ``sources`` marked so, pass as they are (:func:`already_public`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from onrecord.disclosure.attack import Relations
from onrecord.disclosure.policy import Policy
from onrecord.disclosure.suppress import Pattern, find_suppression
from onrecord.errors import NotSafe
from onrecord.figures import About, Figures
from onrecord.standard import codelists

_MADE_HERE = object()
MERGES = ("", "merge_1", "merge_2")
TOGETHER = "other agencies, together"


@dataclass(frozen=True)
class SafeFigures:
    """A table that may be published. Only this file can make one.

    Attributes:
        about: what the table says of itself.
        keys: names of the columns that say what a row is about.
        total: the total's column.
        parts: the parts' columns, merged standings among them.
        rows: one dictionary a row; a count of None is suppressed.
        sum_row: the row of totals over all rows, or None where the rows do not add.
        policy: the policy it was made under, or "already public".
        says: what was done to it, in sentences.
    """

    about: About
    keys: tuple[str, ...]
    total: str
    parts: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    sum_row: Mapping[str, Any] | None
    policy: str
    says: tuple[str, ...]
    made_by: object = None

    def __post_init__(self) -> None:
        if self.made_by is not _MADE_HERE:
            raise TypeError("SafeFigures are made by disclosure control alone: call protect() or already_public()")

    @property
    def suppressed(self) -> int:
        """How many counts are hidden."""
        every = [*self.rows, *([self.sum_row] if self.sum_row else [])]
        return sum(row[name] is None for row in every for name in (self.total, *self.parts))


def already_public(figures: Figures) -> SafeFigures:
    """Figures that somebody published before, as they are. Raises NotSafe for any others."""
    if figures.about.origin != "public":
        raise NotSafe("These figures were made from records and were never published: they must be protected first.")
    return SafeFigures(
        figures.about,
        figures.keys,
        figures.total,
        figures.parts,
        tuple(figures.rows()),
        None,
        "already public",
        (),
        _MADE_HERE,
    )


@dataclass(frozen=True)
class _Grid:
    """One table with its margins: values[i, j] for rows and columns, the last of each being totals."""

    rows: list[dict[str, Any]]
    levels: list[str]
    columns: list[str]
    values: np.ndarray[Any, np.dtype[np.int64]]


def protect(figures: Figures, policy: Policy, sum_level: str, sum_labels: Mapping[str, str]) -> SafeFigures:
    """Protect one table made from records: small counts are hidden, and what would give them away.

    The rows must be parts of one whole (the agencies of one nation at one day). Standings are merged, along
    the merge tree, before a total that is not itself small is hidden.

    Args:
        figures: the table; its keys hold ``level``.
        policy: the rules.
        sum_level: the level of the row of totals (nation).
        sum_labels: what the row of totals says in the key columns.

    Raises:
        NotSafe: no pattern of suppression protects the table.
    """
    rows = _together(figures, policy)
    for totals_may_go, merge in product((False, True), MERGES):
        grid = _grid(figures, rows, merge, policy, sum_level)
        try:
            pattern = _pattern(grid, policy, totals_may_go)
        except NotSafe:
            continue
        return _safe(figures, grid, pattern, policy, sum_labels, merge)
    raise NotSafe(
        f"The table of {len(rows)} rows cannot be protected under the policy '{policy.name}': even with "
        "standings merged and totals hidden a small count can be worked out. Publish it for a larger area "
        "or a longer period."
    )


def _together(figures: Figures, policy: Policy) -> list[dict[str, Any]]:
    """Rows of the smallest agencies as one row, where there are at least two and together they are enough."""
    rows = figures.rows()
    small = [row for row in rows if row[figures.total] < policy.together_below.get(row["level"], 0)]
    counts = (figures.total, *figures.parts)
    least = max(policy.together_below.values(), default=0)
    if len(small) < 2 or sum(row[figures.total] for row in small) < least:  # noqa: PLR2004 - one row is not together
        return rows
    joined = {**small[0], **{name: sum(row[name] for row in small) for name in counts}}
    joined |= {key: None for key in ("agency_id", "area_code", "period", "coverage") if key in joined}
    joined |= {"agency": f"{len(small)} {TOGETHER}"}
    return [row for row in rows if row not in small] + [joined]


def _grid(figures: Figures, rows: Sequence[dict[str, Any]], merge: str, policy: Policy, sum_level: str) -> _Grid:
    """The counts with margins, the standings merged along one level of the merge tree."""
    levels = [*(row["level"] for row in rows), sum_level]
    kept = {name for level in levels for name in policy.always_shown.get(level, ())}
    members = _merged(figures.parts, merge, kept)
    columns = [*members, figures.total]
    counts = [[sum(row[part] for part in members[name]) for name in members] for row in rows]
    inner = np.array(counts, dtype=np.int64)
    with_totals = np.hstack([inner, inner.sum(axis=1, keepdims=True)])
    return _Grid(list(rows), levels, columns, np.vstack([with_totals, with_totals.sum(axis=0, keepdims=True)]))


def _merged(parts: Sequence[str], merge: str, kept: set[str]) -> dict[str, list[str]]:
    """Merged standing to its members, in rank order; a standing that is always shown is never merged."""
    names = {
        standing.key: getattr(standing, merge) if merge and standing.key not in kept else standing.key
        for standing in codelists.standings()
    }
    members: dict[str, list[str]] = {}
    for part in parts:
        members.setdefault(names[part], []).append(part)
    # A group of one is no merger: it keeps the standing's own name.
    return {(group[0] if len(group) == 1 else name): group for name, group in members.items()}


def _pattern(grid: _Grid, policy: Policy, totals_may_go: bool) -> Pattern:
    rows, columns = len(grid.rows), len(grid.columns) - 1
    shown = np.zeros(grid.values.shape, dtype=bool)
    for place, level in enumerate(grid.levels):
        for name in policy.always_shown.get(level, ()):
            if name in grid.columns:
                shown[place, grid.columns.index(name)] = True
    small = (grid.values >= policy.suppress_from) & (grid.values <= policy.suppress_to) & ~shown
    if not totals_may_go:
        margins = np.zeros_like(shown)
        margins[-1, :], margins[:, -1] = True, True
        shown |= margins & ~small
    values = grid.values.ravel()
    return find_suppression(
        values,
        Relations.two_way(rows, columns),
        small.ravel(),
        shown.ravel(),
        values,
        (policy.suppress_from, policy.suppress_to),
        lower=1,
    )


def _safe(
    figures: Figures, grid: _Grid, pattern: Pattern, policy: Policy, sum_labels: Mapping[str, str], merge: str
) -> SafeFigures:
    hidden = pattern.hidden.reshape(grid.values.shape)

    def shown(place: int) -> dict[str, int | None]:
        counts = zip(grid.columns, grid.values[place], hidden[place], strict=True)
        return {name: None if is_hidden else int(count) for name, count, is_hidden in counts}

    rows = tuple({**{key: row[key] for key in figures.keys}, **shown(place)} for place, row in enumerate(grid.rows))
    sum_row = {**_shared(figures, grid.rows), "level": grid.levels[-1], **sum_labels, **shown(len(grid.rows))}
    return SafeFigures(
        figures.about,
        figures.keys,
        figures.total,
        tuple(grid.columns[:-1]),
        rows,
        sum_row,
        policy.name,
        _says(policy, pattern, merge),
        _MADE_HERE,
    )


def _shared(figures: Figures, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The key columns whose value all rows share: period, day, coverage. The others are blank."""
    return {key: rows[0][key] if len({row[key] for row in rows}) == 1 else None for key in figures.keys}


def _says(policy: Policy, pattern: Pattern, merge: str) -> tuple[str, ...]:
    others = int(pattern.secondary.sum())
    small = int(pattern.hidden.sum()) - others
    hidden = f"Hidden here: {small} small counts, and {others} others that would give them away."
    said = [
        f"Policy {policy.name}: counts from {policy.suppress_from} to {policy.suppress_to} are suppressed, "
        "zeros are shown.",
        hidden if small else "Nothing had to be hidden here.",
    ]
    if merge:
        said.append("Some standings stand merged, so that totals could be kept.")
    return tuple(said)


def protect_bands(
    figures: Figures, policy: Policy, groups: Sequence[Sequence[str]], beside: Sequence[int]
) -> SafeFigures:
    """Protect one row whose parts are bands of time: neighbours are merged until no count is small; none is hidden.

    The total of each group must be published beside it (in the ledger), so that this table says no more of any cell
    of that one than is said there: the two share nothing but these totals.

    Args:
        figures: a table of one row. Its parts are the bands, named WORD_LOW_HIGH; others must be zero.
        policy: the rules.
        groups: bands that may be merged with their neighbours, in order of time.
        beside: what is published as the total of each group.

    Raises:
        NotSafe: even a whole group is small, or its total is not what is published beside it.
    """
    [row] = figures.rows()
    grouped = [name for group in groups for name in group]
    if any(row[name] for name in figures.parts if name not in grouped):
        raise NotSafe("Some reports lie in no band, for their outcome has no sound day. Nothing is shown of the times.")
    if [sum(row[name] for name in group) for group in groups] != list(beside):
        raise NotSafe("The totals are not those that are published beside this table, so it could give them away.")
    shown: dict[str, int] = {}
    for group in groups:
        shown |= _finest(row, group, policy)
    merged = len(shown) < len(grouped)
    says = f"Policy {policy.name}: counts from {policy.suppress_from} to {policy.suppress_to} are not shown."
    return SafeFigures(
        figures.about,
        figures.keys,
        figures.total,
        tuple(shown),
        ({**{key: row[key] for key in figures.keys}, figures.total: row[figures.total], **shown},),
        None,
        policy.name,
        (says, "Bands of days stand merged, so that none is so small." if merged else "No band is so small."),
        _MADE_HERE,
    )


def _finest(row: Mapping[str, Any], group: Sequence[str], policy: Policy) -> dict[str, int]:
    """The bands, as many as there can be with none small; of as many, those with the earliest apart."""
    cuts = sorted(
        product((True, False), repeat=len(group) - 1), key=lambda cut: (-sum(cut), [not each for each in cut])
    )
    for cut in cuts:
        bands: list[list[str]] = [[group[0]]]
        for name, apart in zip(group[1:], cut, strict=True):
            bands = [*bands, [name]] if apart else [*bands[:-1], [*bands[-1], name]]
        counts = {_band(names): sum(row[name] for name in names) for names in bands}
        if not any(policy.suppress_from <= count <= policy.suppress_to for count in counts.values()):
            return counts
    raise NotSafe("So few are in all bands together that none can be shown. Publish it for a larger area.")


def _band(names: Sequence[str]) -> str:
    """The name of merged bands: from the first day of the first to the last of the last."""
    return f"{names[0].rsplit('_', 1)[0]}_{names[-1].rsplit('_', 1)[1]}"
