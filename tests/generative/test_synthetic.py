"""Whatever is drawn, the engine finds each report where it is known to stand, and for the reason that is known."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.engine import arrow_table, empty_table
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_standings
from onrecord.standard import codelists
from onrecord.standard.records import EVENT, table_named
from onrecord.synthetic.courses import courses
from onrecord.synthetic.known import KEYS, REASONS, truth
from onrecord.synthetic.police import Force, police_rows
from onrecord.synthetic.received import received
from onrecord.synthetic.scenario import WantedNation, agency_name, scenario

WINDOW = scenario()["window_days"]
SEEDS = st.integers(0, 2**32)
MONTHS = st.sampled_from([("2021-04", "2021-09"), ("2022-01", "2024-12"), ("2024-03", "2024-03")])


def typed(name: str, rows: pa.Table | None) -> Any:
    """A record as the store has it: every column of the standard, of its type."""
    if rows is None:
        return None
    table = arrow_table(rows)
    return table.mutate(
        **{
            column: table[column].try_cast("boolean" if kind == "boolean" else kind)
            for column, kind in table_named(name).types.items()
            if column in table.columns
        }
    )


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, months=MONTHS, reports=st.integers(1, 250), forces=st.integers(1, 2))
def test_the_engine_finds_what_is_known(seed: int, months: tuple[str, str], reports: int, forces: int) -> None:
    wanted = WantedNation(seed, reports, forces, 0, *months)
    force = Force(told := received(1, wanted), courses(told, wanted), wanted)
    known = truth(told, force.taken, force.last_day, follows_neighbour=forces > 1)
    rows = police_rows(force)
    report = typed("report", rows["report"])
    report = report.mutate(as_at=wanted.period.last_day)
    covered = arrow_table(pa.table({"agency_id": [agency_name("force", number + 1) for number in range(forces)]}))
    parts = {name: typed(name, rows.get(name)) for name in ("crime", "involvement", "event")}
    # Of one report there may be no event at all.
    event = parts["event"] if parts["event"] is not None else empty_table(EVENT.types)
    found = report_standings(History(report, parts["crime"], parts["involvement"], event, covered), WINDOW)
    stands = {
        row["report_id"]: (next(key for key in codelists.standing_keys() if row[f"is_{key}"]), row["reason"])
        for row in found.to_pyarrow().to_pylist()
    }
    expected = {
        report_id: (KEYS[rank], REASONS[reason] if reason < len(REASONS) else None)
        for report_id, rank, reason in zip(
            rows["report"].column("report_id").to_pylist(), known.rank.tolist(), known.reason.tolist(), strict=True
        )
        if rank
    }
    assert stands == expected
