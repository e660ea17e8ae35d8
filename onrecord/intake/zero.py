"""A zero return without files: the sender says that there was nothing in the period. Silence says no such thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from onrecord.engine import table_of
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake.check import Judgement, no_findings
from onrecord.intake.checked import Checked
from onrecord.intake.rows import Account, Rows
from onrecord.standard.codelists import AGENCY_COLUMNS
from onrecord.standard.periods import Period, months_between
from onrecord.standard.records import RETURN

ZERO = "zero return"
UNITS = ("report", "assessment")


def nothing_received(agencies: Sequence[Mapping[str, str | None]], period: Period, unit: str, today: date) -> Checked:
    """What a zero return comes to: no row, and every month of every agency a true zero.

    Args:
        agencies: agency_id, agency, area_code, area, nation and level of each.
        period: the period in which there was nothing.
        unit: what the sender's returns are counted in.
        today: the day of the clock.

    Raises:
        WrongWords: the period is not over.
    """
    if period.last_day >= today:
        raise WrongWords(
            f"{period.label} is not over: nobody can say yet that there was nothing in it. Say so from "
            f"{(period.last_day + timedelta(days=1)).isoformat()} on."
        )
    columns = dict.fromkeys(AGENCY_COLUMNS, "string")
    named = table_of([{name: agency[name] for name in AGENCY_COLUMNS} for agency in agencies]).cast(columns)
    months = [
        {"agency_id": agency["agency_id"], "month": month, "state": ZERO}
        for agency in agencies
        for month in months_between(period.first_day, period.last_day)
    ]
    rows = Rows(
        tables={},
        agencies=named.mutate(carries_outcomes=True),
        coverage=table_of(months),
        account=Account(0, 0),
        held=(),
        unit=unit,
        counted_row="row",
        first_day=None,
        last_day=None,
        as_at=period.last_day,
        as_at_says="the last day of the period",
    )
    return Checked(rows, Judgement((), no_findings()), {}, zero_return=True)


def means_what_it_says(checked: Checked) -> None:
    """A return that says that there was nothing, and holds something, says two things at once.

    Where a rule has found it, its own row is held already and the receipt shows where: nothing needs to be refused.

    Raises:
        FileRefused: it holds something that no rule holds against it.
    """
    if checked.says_nothing and RETURN.name not in checked.held:
        found = {name: checked.by_record[name].received for name in UNITS if name in checked.by_record}
        if holding := {name: rows for name, rows in found.items() if rows}:
            listed = " and ".join(f"{rows:,} rows of {name}" for name, rows in holding.items())
            raise FileRefused(
                f"The return says that there was nothing (zero_return is true), and holds {listed}. Write zero_return "
                "as false, or leave those rows out."
            )


def names_its_agencies(checked: Checked) -> None:
    """A zero return is of agencies: where it names none, nobody's zero could be shown.

    Raises:
        FileRefused: it names none, or a month of it is said to be something else than a zero return.
    """
    if not checked.zero_return:
        return
    coverage = checked.rows.coverage
    states = coverage.agg(rows=coverage.count(), zero=(coverage.state == ZERO).sum()).to_pyarrow().to_pylist()[0]
    if not states["rows"] or states["zero"] != states["rows"]:
        raise FileRefused(
            "A zero return says of which agencies and months there was nothing. Write a row for each agency and month "
            f"into the table coverage, each with the state '{ZERO}' and no other."
        )
