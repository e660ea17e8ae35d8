"""What an attacker can deduce from tables small enough to be checked by hand."""

import numpy as np
import pytest
from scipy import sparse

from onrecord.disclosure.attack import Relations, attacker_intervals, extremes, unknowns_of

INFINITY = float("inf")


def with_totals(inner):
    rows = np.vstack([inner, np.sum(inner, axis=0)])
    return np.column_stack([rows, rows.sum(axis=1)]).astype(float)


def hide(table, *cells):
    mask = np.zeros(table.shape, dtype=bool)
    for cell in cells:
        mask[cell] = True
    return mask.ravel()


def attack(table, gaps, asked, **known):
    relations = Relations.two_way(table.shape[0] - 1, table.shape[1] - 1)
    among = [int(np.ravel_multi_index(cell, table.shape)) for cell in asked]
    return attacker_intervals(table.ravel(), relations, hide(table, *gaps), among, **known).tolist()


def test_two_way_relations_hold_for_every_table_and_count_every_line():
    relations = Relations.two_way(2, 3)
    table = with_totals([[1, 2, 3], [4, 5, 6]])
    assert relations.matrix.shape == (3 + 4, 12)
    assert not (relations.matrix @ table.ravel()).any()
    for cell in range(12):
        spoilt = table.ravel().copy()
        spoilt[cell] += 1
        assert np.count_nonzero(relations.matrix @ spoilt) == 2  # its row and its column


def test_one_gap_in_a_line_is_no_secret():
    assert attack(with_totals([[3, 8], [9, 7]]), [(0, 0)], [(0, 0)]) == [[3, 3]]


def test_a_square_of_gaps_leaves_what_non_negative_counts_leave():
    table = with_totals([[3, 8], [9, 7]])
    square = [(0, 0), (0, 1), (1, 0), (1, 1)]
    # One number decides: 3 + t, 8 - t, 9 - t, 7 + t. None is negative, so t lies between -3 and 8.
    assert attack(table, square, square) == [[0, 11], [0, 11], [1, 12], [4, 15]]


def test_two_gaps_in_each_line_is_not_enough():
    # Rows 0 and 1 share gaps in columns 0 and 1, rows 2 and 3 in columns 2 and 3; (0, 2) joins them.
    table = with_totals([[30, 20, 5, 9], [40, 10, 6, 7], [8, 4, 25, 15], [9, 6, 35, 45]])
    joined = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 2), (2, 3), (3, 2), (3, 3)]
    gaps = hide(table, *joined).reshape(table.shape)[:4, :4]
    assert (gaps.sum(axis=0) >= 2).all()
    assert (gaps.sum(axis=1) >= 2).all()
    # Rows 0 and 1 less columns 0 and 1 leave exactly the joining cell.
    assert attack(table, joined, [(0, 2)]) == [[5, 5]]
    # A second joining cell gives way: (0, 2) less (2, 1) is 1. At 35, column 1 has nothing left above row 2.
    repaired = [*joined, (2, 1)]
    assert attack(table, repaired, [(0, 2)]) == [[1, 35]]


def test_a_gap_whose_totals_are_all_hidden_has_no_upper_end():
    table = with_totals([[3, 8], [9, 7]])
    gaps = [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert attack(table, gaps, [(0, 0), (2, 2)]) == [[0, INFINITY], [24, INFINITY]]


def test_bounded_and_unbounded_cells_may_be_asked_together():
    table = with_totals([[3, 8, 2], [9, 7, 6]])
    gaps = [(0, 0), (0, 3), (2, 0), (2, 3), (1, 1), (1, 2)]
    assert attack(table, gaps, [(1, 1), (0, 0), (1, 2)]) == [[7, 7], [0, INFINITY], [6, 6]]


def test_known_bounds_narrow_the_interval():
    table = with_totals([[3, 8], [9, 7]])
    square = [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert attack(table, square, [(0, 0)], lower=1) == [[1, 10]]
    upper = np.full(table.size, INFINITY)
    upper[0] = 5
    assert attack(table, square, [(0, 0), (0, 1)], upper=upper) == [[0, 5], [6, 11]]


def test_shown_cells_answer_with_themselves_in_the_order_asked():
    table = with_totals([[3, 8], [9, 7]])
    assert attack(table, [(0, 0)], [(2, 2), (0, 0), (0, 1)]) == [[27, 27], [3, 3], [8, 8]]


def test_what_hidden_cells_hold_is_not_looked_at():
    table = with_totals([[3, 8], [9, 7]])
    square = [(0, 0), (0, 1), (1, 0), (1, 1)]
    unseen = table.copy()
    unseen[:2, :2] = np.nan
    assert attack(unseen, square, square) == attack(table, square, square)


def test_dense_and_sparse_relations_say_the_same():
    line = np.array([[1, 1, 1, -1]], dtype=np.int8)
    values, hidden = [2.0, 4.0, 9.0, 15.0], np.array([True, True, False, False])
    for matrix in (line, sparse.csc_array(line), sparse.coo_array(line)):
        assert attacker_intervals(values, Relations(matrix), hidden, [0, 1]).tolist() == [[0, 6], [0, 6]]


def test_no_cells_asked_no_answers():
    table = with_totals([[3, 8], [9, 7]])
    assert attack(table, [(0, 0)], []) == []


def test_many_questions_are_answered_in_order():
    # More cells than are solved in one call.
    table = with_totals(np.arange(1, 37).reshape(6, 6))
    gaps = [(row, column) for row in range(6) for column in range(6)]
    together = attack(table, gaps, gaps)
    assert together == [attack(table, gaps, [gap])[0] for gap in gaps]


def test_multipliers_prove_the_reach():
    # Strong duality: with counts of 0 or more and nothing else known, the right sides weighed by the
    # multipliers are the reach itself, and no hidden cell could give more than the multipliers charge for it.
    table = with_totals([[3, 8, 20], [9, 7, 4], [6, 30, 2]])
    hidden = hide(table, *[(row, column) for row in range(3) for column in range(3)])
    unknowns = unknowns_of(table.ravel(), Relations.two_way(3, 3), hidden)
    positions, signs = np.arange(9).repeat(2), np.tile([1.0, -1.0], 9)
    answer = extremes(unknowns, positions, signs)
    np.testing.assert_allclose(answer.multipliers @ unknowns.right_side, answer.reach, atol=1e-9)
    gain = np.zeros((18, 9))
    gain[np.arange(18), positions] = signs
    assert (answer.multipliers @ unknowns.matrix.toarray() >= gain - 1e-9).all()
    np.testing.assert_allclose(answer.points @ unknowns.matrix.T.toarray(), np.tile(unknowns.right_side, (18, 1)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hidden": [0, 1, 0, 0]}, "mask of 4 booleans"),
        ({"hidden": np.zeros(3, dtype=bool)}, "mask of 4 booleans"),
        ({"values": [1.0, 2.0]}, "values must be 4 numbers"),
        ({"values": [2.0, 4.0, np.nan, 15.0]}, "every shown cell"),
        ({"values": [2.0, 4.0, 9.0, 8.0]}, "no table agrees"),
        ({"hidden": np.zeros(4, dtype=bool), "values": [2.0, 4.0, 9.0, 16.0]}, "do not add up"),
        ({"among": [4]}, "cell numbers from 0 to 3"),
        ({"among": [-1]}, "cell numbers from 0 to 3"),
        ({"among": np.array([True, False, False, False])}, "cell numbers"),
        ({"lower": 7}, "no table agrees"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(change, sentence):
    usual = {
        "values": [2.0, 4.0, 9.0, 15.0],
        "relations": Relations(np.array([[1, 1, 1, -1]])),
        "hidden": np.array([True, True, False, False]),
        "among": [0],
    }
    with pytest.raises(ValueError, match=sentence):
        attacker_intervals(**(usual | change))


@pytest.mark.parametrize("matrix", [np.array([1, 1, -1]), np.array([[1, np.nan]])])
def test_relations_must_be_a_matrix_of_numbers(matrix):
    with pytest.raises(ValueError, match="must be a matrix"):
        Relations(matrix)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0)])
def test_a_table_has_rows_and_columns(rows, columns):
    with pytest.raises(ValueError, match="at least one"):
        Relations.two_way(rows, columns)
