"""Which cells are hidden, on tables small enough to be checked by hand."""

import numpy as np
import pytest

from onrecord.disclosure import suppress
from onrecord.disclosure.attack import Relations
from onrecord.disclosure.suppress import find_suppression, is_possible
from onrecord.errors import NotSafe


def with_totals(inner):
    rows = np.vstack([inner, np.sum(inner, axis=0)])
    return np.column_stack([rows, rows.sum(axis=1)]).astype(float)


def question(inner, always_shown=()):
    """The usual policy: 1 to 5 is small, hiding costs the count."""
    table = with_totals(inner)
    shown = np.zeros(table.shape, dtype=bool)
    for cell in always_shown:
        shown[cell] = True
    values = table.ravel()
    return {
        "values": values,
        "relations": Relations.two_way(table.shape[0] - 1, table.shape[1] - 1),
        "primary": (values >= 1) & (values <= 5),
        "always_shown": shown.ravel(),
        "weights": values,
    }


def without_weights(asked):
    return {key: value for key, value in asked.items() if key != "weights"}


ALL_TOTALS = [(0, 3), (1, 3), (2, 3), (3, 0), (3, 1), (3, 2), (3, 3)]


def test_a_table_without_small_cells_is_left_alone():
    pattern = find_suppression(**question([[10, 20], [30, 40]]))
    assert not pattern.hidden.any()
    assert pattern.cost == 0
    assert pattern.intervals.shape == (0, 2)


def test_the_cheapest_rectangle_is_hidden():
    pattern = find_suppression(**question([[3, 50, 20], [10, 60, 70], [40, 30, 9]], ALL_TOTALS))
    # Rectangles through (0, 0): with (1, 1) 120, (1, 2) 100, (2, 1) 120, (2, 2) 69.
    assert np.flatnonzero(pattern.secondary).tolist() == [2, 8, 10]
    assert np.flatnonzero(pattern.hidden).tolist() == [0, 2, 8, 10]
    assert pattern.cost == 20 + 40 + 9
    assert pattern.intervals.tolist() == [[0, 23]]


def test_a_rectangle_too_small_to_reach_five_is_passed_over():
    # The cheapest rectangle has a corner that could rise by 1 only if 6 fell: (0, 0) = 1 needs 4 more.
    table = [[1, 6, 90], [6, 9, 90], [90, 90, 90]]
    assert find_suppression(**question(table, ALL_TOTALS)).cost == 6 + 6 + 9
    wide = find_suppression(**question(table, ALL_TOTALS), protect=(0, 8))
    assert wide.cost > 21
    assert wide.intervals[0, 1] >= 8


def test_two_small_cells_do_not_hide_each_other_if_together_they_are_too_few():
    # 1 + 2 in each row, 1 + 1 and 2 + 2 in the columns: none could be 5, so each line needs one gap more.
    pattern = find_suppression(**question([[1, 2, 30], [1, 2, 30], [40, 50, 60]], ALL_TOTALS))
    assert pattern.cost == 30 + 30 + 40 + 50
    assert (pattern.intervals[:, 0] <= 1).all()
    assert (pattern.intervals[:, 1] >= 5).all()


def test_a_total_is_hidden_where_zeros_leave_nothing_else():
    pattern = find_suppression(**question([[3, 0], [60, 70]]))
    assert pattern.hidden[2]  # the total of row 0, whose only other cell is a zero
    assert not pattern.hidden[1]


def test_not_safe_says_what_to_do_and_quotes_no_value():
    asked = question([[3, 0, 0], [60, 70, 80], [61, 71, 81]], ALL_TOTALS)
    asked["always_shown"][3] = True
    asked["primary"][3] = False
    assert not is_possible(**without_weights(asked))
    with pytest.raises(NotSafe, match=r"Merge categories, or let a total be hidden") as refused:
        find_suppression(**asked)
    assert str(refused.value).startswith("1 of the 1 small cells cannot be protected")
    assert "3" not in str(refused.value)


def test_possible_is_the_same_question_as_found():
    asked = question([[3, 8], [9, 7]], [(2, 2)])
    assert is_possible(**without_weights(asked))
    assert find_suppression(**asked).hidden.any()
    assert not is_possible(**without_weights(asked), protect=(1, 500), upper=400)


def test_weights_decide_and_the_cost_is_theirs():
    asked = question([[3, 50, 20], [10, 60, 70], [40, 30, 9]], ALL_TOTALS)
    asked["weights"] = np.ones(16)
    asked["weights"][[2, 8, 10]] = 10
    pattern = find_suppression(**asked)
    assert pattern.cost == 3
    assert np.flatnonzero(pattern.secondary).tolist() == [1, 4, 5]


def test_ties_lean_to_the_first_cells_and_repeat():
    asked = question([[3, 20, 20], [20, 20, 20], [20, 20, 20]], ALL_TOTALS)
    patterns = [np.flatnonzero(find_suppression(**asked).secondary).tolist() for _ in range(3)]
    assert patterns == [[1, 4, 5]] * 3


def test_cells_that_cost_nothing_are_not_hidden_needlessly():
    asked = question([[3, 20, 20], [20, 20, 20], [20, 20, 20]], ALL_TOTALS)
    asked["weights"] = np.zeros(16)
    assert find_suppression(**asked).secondary.sum() == 3


def test_an_attacker_who_knows_that_zeros_are_shown_needs_a_wider_pattern():
    # 2 and 3 in a line may be 0 and 5 if counts are 0 or more, but not if they are 1 or more: then each of
    # the four lines needs one gap more.
    asked = question([[2, 3, 50], [3, 2, 60], [70, 80, 90]], ALL_TOTALS)
    naive = find_suppression(**asked)
    wary = find_suppression(**asked, lower=1)
    assert naive.cost == 0
    assert wary.cost == 50 + 60 + 70 + 80
    assert (wary.intervals[:, 0] == 1).all()


def test_a_relation_beyond_rows_and_columns_is_obeyed():
    # Two lines of three, and a release that also tells the sum of their first cells.
    one, two = [1, 1, 1, -1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, -1, 0]
    lines = np.array([one, two, [1, 0, 0, 0, 1, 0, 0, 0, -1]])
    values = np.array([3, 9, 30, 42, 8, 12, 40, 60, 11])
    shown = np.isin(np.arange(9), [3, 7, 8])
    pattern = find_suppression(values, Relations(lines), values == 3, shown, values)
    assert np.flatnonzero(pattern.secondary).tolist() == [1, 4, 5]


def test_if_every_cut_is_blunt_something_more_is_hidden_all_the_same(monkeypatch):
    asked = question([[3, 50, 20], [10, 60, 70], [40, 30, 9]], ALL_TOTALS)
    monkeypatch.setattr(suppress, "_cuts", lambda problem, *_: np.empty((0, problem.relations.cells)))
    monkeypatch.setattr(suppress, "_line_cuts", lambda problem, _: np.eye(1, problem.relations.cells, 1))
    assert find_suppression(**asked).intervals[0, 1] >= 5


def test_a_pattern_that_does_not_protect_never_leaves(monkeypatch):
    monkeypatch.setattr(suppress, "_cheapest_safe", lambda problem, _: problem.primary)
    with pytest.raises(AssertionError, match="does not protect"):
        find_suppression(**question([[3, 50, 20], [10, 60, 70], [40, 30, 9]]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"always_shown": np.array([True] + [False] * 8)}, "zero or always shown"),
        ({"primary": np.array([False, True] + [False] * 7)}, "zero or always shown"),
        ({"primary": np.array([0])}, "primary must be a mask"),
        ({"values": np.arange(9.0)}, "does not add up"),
        ({"values": np.full(9, np.nan)}, "finite and not negative"),
        ({"weights": np.full(9, -1.0)}, "weights must be"),
        ({"weights": np.full(9, np.nan)}, "weights must be"),
        ({"protect": (5, 1)}, "low not above high"),
        ({"lower": 4}, "outside the bounds"),
        ({"upper": 60}, "outside the bounds"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        find_suppression(**(question([[3, 0], [60, 70]]) | change))


def test_fifty_areas_by_nine_standings_are_protected():
    # Seed 20; a quarter of the cells are small.
    inner = np.random.default_rng(20).negative_binomial(0.8, 0.05, (50, 9))
    asked = question(inner, [(50, 9)])
    assert asked["primary"].sum() > 80
    pattern = find_suppression(**asked)
    assert (pattern.intervals[:, 0] <= 1).all()
    assert (pattern.intervals[:, 1] >= 5).all()
