"""What the site says beside its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from onrecord import actions
from onrecord.actions.publishing import SENT_ON
from tests.standard_files import a_return, agreed, covered, report
from tests.unit.factories import SETTINGS

EACH = 20


@pytest.mark.parametrize("came_on", [True, False])
def test_where_reports_were_sent_on_the_site_says_that_sums_count_them_twice(tmp_path: Path, came_on: bool) -> None:
    from_north = {"transferred_from": "lancashire"} if came_on else {}
    rows = [report(f"N-{number}", agency="lancashire") for number in range(EACH)]
    rows += [report(f"S-{number}", agency="merseyside", **from_north) for number in range(EACH)]
    sent = a_return(
        tmp_path / "sent", report=rows, coverage=[*covered(agency="lancashire"), *covered(agency="merseyside")]
    )
    store = agreed(tmp_path / "store", SETTINGS)
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    files = actions.publish(store, tmp_path / "site", SETTINGS)
    [page] = [file for file in files if file.name == "ledgers.html"]
    assert (SENT_ON in page.read_text(encoding="utf-8")) == came_on
