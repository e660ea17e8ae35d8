"""What a reader can work out about the hidden cells of a table of counts.

The attacker knows every shown cell, every way in which the cells add up, and that no count is
negative; perhaps also bounds, such as "a cell marked c is 1 to 5". By linear reasoning the attacker
then knows an interval for each hidden cell, and no better. Its two ends are two linear programmes.

Method: M. Fischetti and J. J. Salazar-González (2001), "Solving the cell suppression problem on tabular
data with linear constraints", Management Science 47(7):1008-1027.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

# A count is a whole number, so a millionth is far below anything that matters and above the solver's noise.
TOLERANCE = 1e-6
# Programmes are solved some at a time, as a call costs more than a small programme; more gains nothing.
_PROGRAMMES_IN_ONE_CALL = 16
_SOLVED, _INFEASIBLE, _UNBOUNDED = 0, 2, 3


@dataclass(frozen=True, eq=False)
class Relations:
    """How the cells of a table add up.

    `matrix` is (relations x cells), a numpy array or any scipy sparse array; matrix @ values == 0 for every
    true table, totals being cells like any other. It is kept as a sparse array of floats. Raises ValueError
    if it is not two-dimensional or holds a number that is not finite.
    """

    matrix: Any

    def __post_init__(self) -> None:
        """Keep the matrix in one form, whatever form it came in."""
        matrix = sparse.csr_array(self.matrix, dtype=np.float64)
        if matrix.ndim != 2 or not np.isfinite(matrix.data).all():  # noqa: PLR2004 - a matrix has two dimensions
            raise ValueError("relations must be a matrix (relations x cells) of finite numbers")
        object.__setattr__(self, "matrix", matrix)

    @property
    def cells(self) -> int:
        """The number of cells that the relations speak of, totals included."""
        return int(self.matrix.shape[1])

    @classmethod
    def two_way(cls, rows: int, columns: int) -> Relations:
        """Relations of a rows x columns table with both margins and the grand total.

        Cells are numbered row by row in a (rows + 1) x (columns + 1) grid whose last row and last column
        are totals. Raises ValueError unless there is at least one row and one column.
        """
        if rows < 1 or columns < 1:
            raise ValueError("a table needs at least one row and one column")
        add_up_rows = sparse.kron(sparse.eye_array(rows + 1), _parts_less_total(columns))
        add_up_columns = sparse.kron(_parts_less_total(rows), sparse.eye_array(columns + 1))
        return cls(sparse.vstack([add_up_rows, add_up_columns], format="csr"))


def _parts_less_total(parts: int) -> Any:
    return sparse.csr_array(np.append(np.ones(parts), -1.0)[np.newaxis, :])


def attacker_intervals(
    values: npt.ArrayLike,
    relations: Relations,
    hidden: npt.ArrayLike,
    among: Sequence[int] | IntArray,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return the smallest and the largest value an attacker can deduce for each cell in `among`.

    Let n be the number of cells. `values` (n,) are counts; what it holds in hidden cells is not looked at
    and may be NaN. `hidden` (n,) is a mask. `among` are cell numbers. `lower` and `upper` (n,) or single
    numbers are what the attacker knows about hidden cells beforehand: 0 and infinity unless said otherwise.

    Returns (len(among), 2) in the unit of `values`; a shown cell has its own value twice; the upper end may
    be infinite. Ends are rounded to six decimals. Raises ValueError if shapes differ, or if no table agrees
    with what is shown and known. Source: Fischetti and Salazar-González 2001, the attacker's subproblems.
    """
    cells = cell_numbers(among, relations.cells)
    unknowns = unknowns_of(values, relations, hidden, lower, upper)
    shown = as_numbers(values, relations.cells, "values")
    intervals = np.repeat(shown[cells, np.newaxis], 2, axis=1)
    asked = np.flatnonzero(np.isin(cells, unknowns.cells))
    positions = np.searchsorted(unknowns.cells, cells[asked])
    for end, sign in enumerate((-1.0, 1.0)):
        signs = np.full(len(asked), sign)
        intervals[asked, end] = sign * extremes(unknowns, positions, signs).reach
    return np.round(intervals, 6) + 0.0  # adding nothing turns -0.0 into 0.0


@dataclass(frozen=True, eq=False)
class Unknowns:
    """The h hidden cells y of a table, and all that is known of them.

    It is known that matrix @ y == right_side and lower <= y <= upper. `cells` (h,) are their numbers in
    the table, ascending; `rows` (m,) the numbers of the relations that touch them.
    """

    cells: IntArray
    rows: IntArray
    matrix: Any
    right_side: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class Extremes:
    """Answers to q questions "how large can sign * y[position] be?".

    `reach` (q,) is that largest number, `points` (q, h) a table that reaches it, `multipliers` (q, m) what
    one unit more on the right side of each relation would add (the dual). Where the reach is infinite the
    other two are NaN.
    """

    reach: FloatArray
    points: FloatArray
    multipliers: FloatArray


def unknowns_of(
    values: npt.ArrayLike,
    relations: Relations,
    hidden: npt.ArrayLike,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
) -> Unknowns:
    """Return the system reduced to the hidden cells. Shapes and errors as in `attacker_intervals`."""
    mask = as_mask(hidden, relations.cells, "hidden")
    numbers = as_numbers(values, relations.cells, "values")
    shown = np.where(mask, 0.0, numbers)
    if not np.isfinite(shown).all():
        raise ValueError("every shown cell must hold a finite number")
    right_side = -(relations.matrix @ shown)
    matrix = relations.matrix[:, np.flatnonzero(mask)]
    touched = np.diff(matrix.indptr) > 0
    if (np.abs(right_side[~touched]) > TOLERANCE).any():
        raise ValueError("the shown cells do not add up")
    rows = np.flatnonzero(touched)
    low = as_numbers(0.0 if lower is None else lower, relations.cells, "lower")
    high = as_numbers(np.inf if upper is None else upper, relations.cells, "upper")
    return Unknowns(np.flatnonzero(mask), rows, matrix[rows], right_side[rows], low[mask], high[mask])


def extremes(unknowns: Unknowns, positions: IntArray, signs: FloatArray, caps: FloatArray | None = None) -> Extremes:
    """Ask, for each question, how large sign * y[position] can be.

    `positions` (q,) point into `unknowns.cells`; `signs` (q,) are 1.0 or -1.0; `caps` (q,), if given, are
    values of y at which asking further is of no interest. Raises ValueError if no table agrees with what is
    shown and known.
    """
    asked = len(positions)
    answer = Extremes(
        np.empty(asked),
        np.full((asked, len(unknowns.cells)), np.nan),
        np.full((asked, len(unknowns.rows)), np.nan),
    )
    for start in range(0, asked, _PROGRAMMES_IN_ONE_CALL):
        chunk = np.arange(start, min(start + _PROGRAMMES_IN_ONE_CALL, asked))
        _answer(unknowns, positions, signs, caps, chunk, answer)
    return answer


def _answer(
    unknowns: Unknowns,
    positions: IntArray,
    signs: FloatArray,
    caps: FloatArray | None,
    chunk: IntArray,
    answer: Extremes,
) -> None:
    """Fill in the answers of one chunk, as one programme of separate blocks."""
    result = _solve(unknowns, positions[chunk], signs[chunk], None if caps is None else caps[chunk])
    if result.status == _SOLVED:
        answer.points[chunk] = result.x.reshape(len(chunk), -1)
        answer.reach[chunk] = signs[chunk] * answer.points[chunk, positions[chunk]]
        # linprog minimises the negative, so its marginals bear the other sign.
        answer.multipliers[chunk] = -result.eqlin.marginals.reshape(len(chunk), -1)
    elif len(chunk) > 1:
        # One unbounded block hides the others' answers: halve until it stands alone.
        for half in np.array_split(chunk, 2):
            _answer(unknowns, positions, signs, caps, half, answer)
    elif result.status == _UNBOUNDED:
        answer.reach[chunk] = np.inf
    elif result.status == _INFEASIBLE:
        raise ValueError("no table agrees with what is shown and known")
    else:
        raise RuntimeError(f"the linear programme was not solved: {result.message}")


def _solve(unknowns: Unknowns, positions: IntArray, signs: FloatArray, caps: FloatArray | None) -> Any:
    blocks = np.arange(len(positions))
    shape = (len(positions), len(unknowns.cells))
    gain = np.zeros(shape)
    gain[blocks, positions] = -signs
    lower = np.broadcast_to(unknowns.lower, shape).copy()
    upper = np.broadcast_to(unknowns.upper, shape).copy()
    if caps is not None:
        up = signs > 0
        upper[blocks[up], positions[up]] = caps[up]
        lower[blocks[~up], positions[~up]] = caps[~up]
    return least_loss(
        sparse.block_diag([unknowns.matrix] * len(positions), format="csr"),
        np.tile(unknowns.right_side, len(positions)),
        gain.ravel(),
        np.column_stack([lower.ravel(), upper.ravel()]),
    )


def least_loss(matrix: Any, right_side: FloatArray, loss: FloatArray, bounds: FloatArray) -> Any:
    """Return scipy's answer to: minimise loss @ y where matrix @ y == right_side, within bounds (h, 2)."""
    # Loaded here: it takes a quarter of a second, and most commands protect no table.
    from scipy.optimize import linprog

    programme: Any = linprog  # the stubs do not know that A_eq may be sparse
    # Without presolve small programmes are faster, and "unbounded" is told apart from "infeasible".
    options = {"presolve": False}
    return programme(loss, A_eq=matrix, b_eq=right_side, bounds=bounds, method="highs", options=options)


def as_mask(given: npt.ArrayLike, cells: int, name: str) -> BoolArray:
    """Return `given` as a mask of one boolean a cell. Raises ValueError if it is anything else."""
    mask = np.asarray(given)
    if mask.dtype != np.bool_ or mask.shape != (cells,):
        raise ValueError(f"{name} must be a mask of {cells} booleans, one a cell")
    return mask


def as_numbers(given: npt.ArrayLike, cells: int, name: str) -> FloatArray:
    """Return `given`, one number a cell or one for all, as (cells,) floats. Else raises ValueError."""
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.shape not in {(), (cells,)}:
        raise ValueError(f"{name} must be {cells} numbers, one a cell")
    return np.broadcast_to(numbers, (cells,))


def cell_numbers(among: Sequence[int] | IntArray, cells: int) -> IntArray:
    """Return `among` as cell numbers. Raises ValueError if one is no whole number from 0 to cells - 1."""
    numbers = np.asarray(among)
    if numbers.size == 0:
        return np.empty(0, dtype=np.intp)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= cells:
        raise ValueError(f"among must be a list of cell numbers from 0 to {cells - 1}")
    return numbers.astype(np.intp)
