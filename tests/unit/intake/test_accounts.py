"""The account is checked against what came in, not against itself."""

from __future__ import annotations

import pytest

from onrecord.engine import open_engine, table_of
from onrecord.errors import DoesNotBalance
from onrecord.intake.accounts import account_of
from onrecord.intake.rows import Account
from tests.unit.factories import NOW, SETTINGS


@pytest.mark.parametrize("times", [0, 2])
def test_a_row_that_was_lost_or_doubled_is_seen(times: int) -> None:
    row = {"place": "accepted", "reason": "", "agency": "a", "received_date": NOW.date()}
    with open_engine(SETTINGS):
        placed, raw = table_of([row] * (times + 1)), table_of([{"n": 1}, {"n": 2}])
        with pytest.raises(DoesNotBalance, match="2 rows were received"):
            account_of(placed, raw)


@pytest.mark.parametrize(("accepted", "held", "out"), [(1, 1, 1), (3, 0, 0), (0, 1, 2)])
def test_an_account_that_adds_up_is_left_alone(accepted: int, held: int, out: int) -> None:
    Account(3, accepted, {"no_date": held}, {"adult_victims": out}).check()
    with pytest.raises(DoesNotBalance):
        Account(4, accepted, {"no_date": held}, {"adult_victims": out}).check()
