"""Suppression on tables of any shape, against a slow attacker and enumeration written here and nowhere else.

Seeds: Hypothesis runs derandomised, so the examples are fixed by the tests' own source.
"""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from onrecord.disclosure.attack import Relations, attacker_intervals
from onrecord.disclosure.suppress import find_suppression, is_possible
from onrecord.errors import NotSafe

LOW, HIGH = 1, 5
COUNTS = st.one_of(st.just(0), st.integers(1, 5), st.integers(6, 12), st.integers(13, 200))


@st.composite
def tables(draw, most_rows, most_columns):
    """A table with totals, which of its cells must be shown, and what hiding a cell costs."""
    rows, columns = draw(st.integers(1, most_rows)), draw(st.integers(1, most_columns))
    inner = np.array(draw(st.lists(COUNTS, min_size=rows * columns, max_size=rows * columns)))
    inner = inner.reshape(rows, columns)
    grid = np.zeros((rows + 1, columns + 1))
    grid[:rows, :columns] = inner
    grid[rows, :columns] = inner.sum(axis=0)
    grid[:, columns] = grid[:, :columns].sum(axis=1)
    shown = np.zeros(grid.shape, dtype=bool)
    shown[rows, columns] = draw(st.booleans())
    shown[rows, :columns] = draw(st.booleans())
    shown[:rows, columns] = draw(st.booleans())
    small = (grid >= LOW) & (grid <= HIGH)
    dear = st.sampled_from(["value", "one", "mixed"])
    kind = draw(dear)
    mixed = 1 + np.arange(grid.size) * 7 % 10
    weights = {"value": grid.ravel(), "one": np.ones(grid.size), "mixed": mixed.astype(float)}[kind]
    return grid, small & ~shown, shown, weights


def plain_relations(grid):
    """The same lines as Relations.two_way, written out one by one."""
    rows, columns = grid.shape
    lines = []
    for row in range(rows):
        line = np.zeros(grid.shape)
        line[row, :] = 1
        line[row, columns - 1] = -1
        lines.append(line.ravel())
    for column in range(columns):
        line = np.zeros(grid.shape)
        line[:, column] = 1
        line[rows - 1, column] = -1
        lines.append(line.ravel())
    return np.array(lines)


def slow_interval(grid, lines, hidden, cell, least=0):
    """Two dense programmes over ALL cells, presolved, one cell at a time: nothing shared with onrecord."""
    bounds = [(least, None) if gap else (v, v) for gap, v in zip(hidden, grid.ravel(), strict=True)]
    ends = []
    for sign in (1, -1):
        loss = np.zeros(grid.size)
        loss[cell] = sign
        answer = linprog(loss, A_eq=lines, b_eq=np.zeros(len(lines)), bounds=bounds, method="highs-ds")
        ends.append(sign * answer.fun if answer.status == 0 else sign * -np.inf)
    return ends


def slow_is_safe(grid, lines, hidden, primary, least=0):
    intervals = (slow_interval(grid, lines, hidden, cell, least) for cell in np.flatnonzero(primary))
    return all(low <= LOW + 1e-6 and high >= HIGH - 1e-6 for low, high in intervals)


def found_or_none(grid, primary, shown, weights, **known):
    relations = Relations.two_way(grid.shape[0] - 1, grid.shape[1] - 1)
    asked = (grid.ravel(), relations, primary.ravel(), shown.ravel())
    try:
        pattern = find_suppression(*asked, weights, (LOW, HIGH), **known)
    except NotSafe:
        assert not is_possible(*asked, (LOW, HIGH), **known)
        return None
    assert is_possible(*asked, (LOW, HIGH), **known)
    return pattern


@settings(derandomize=True, deadline=None, max_examples=120)
@given(tables(5, 5), st.integers(0, 1))
def test_what_is_found_is_safe_and_hides_only_what_may_be_hidden(asked, least):
    grid, primary, shown, weights = asked
    pattern = found_or_none(grid, primary, shown, weights, lower=least)
    lines = plain_relations(grid)
    may_hide = (grid.ravel() > 0) & ~shown.ravel()
    if pattern is None:
        assert not slow_is_safe(grid, lines, may_hide, primary.ravel(), least)
        return
    assert slow_is_safe(grid, lines, pattern.hidden, primary.ravel(), least)
    assert not (pattern.hidden & ~may_hide).any()
    assert (pattern.hidden == (primary.ravel() | pattern.secondary)).all()
    assert not (primary.ravel() & pattern.secondary).any()
    assert pattern.cost == weights[pattern.secondary].sum()


@settings(derandomize=True, deadline=None, max_examples=80)
@given(tables(3, 3), st.data())
def test_intervals_are_those_of_the_slow_attacker(asked, data):
    grid, _, _, _ = asked
    gaps = data.draw(st.lists(st.booleans(), min_size=grid.size, max_size=grid.size))
    hidden = np.array(gaps)
    relations = Relations.two_way(grid.shape[0] - 1, grid.shape[1] - 1)
    found = attacker_intervals(grid.ravel(), relations, hidden, np.arange(grid.size))
    lines = plain_relations(grid)
    slow = [slow_interval(grid, lines, hidden, cell) for cell in range(grid.size)]
    np.testing.assert_allclose(found, slow, atol=1e-6)


def cheapest_by_enumeration(grid, primary, shown, weights):
    """Try every set of secondary cells, cheapest first; None if none is safe."""
    lines = plain_relations(grid)
    small = primary.ravel()
    free = np.flatnonzero((grid.ravel() > 0) & ~shown.ravel() & ~small)
    choices = itertools.chain.from_iterable(itertools.combinations(free, k) for k in range(len(free) + 1))
    for choice in sorted(choices, key=lambda cells: weights[list(cells)].sum()):
        hidden = small.copy()
        hidden[list(choice)] = True
        if slow_is_safe(grid, lines, hidden, small):
            return weights[list(choice)].sum()
    return None


@settings(derandomize=True, deadline=None, max_examples=60)
@given(tables(2, 3))
def test_no_pattern_is_cheaper(asked):
    pattern = found_or_none(*asked)
    assert (None if pattern is None else pattern.cost) == cheapest_by_enumeration(*asked)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(tables(4, 4))
def test_the_same_question_has_the_same_answer(asked):
    first, second = found_or_none(*asked), found_or_none(*asked)
    if first is None or second is None:
        assert first is second
    else:
        assert (first.hidden == second.hidden).all()
