"""What adapters share: placing rows, counting the places, and reading dates that publishers write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.intake.rows import Account, Held

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
HELD_SHOWN = 1000
MONTH_WRITTEN = r"^(19|20)\d\d-\d\d$"
DAY_WRITTEN = r"^(19|20)\d\d-\d\d-\d\d($|[ T])"
SHORT_DAY_WRITTEN = r"^\d\d-[A-Za-z]{3}-\d\d$"


class Placed:
    """The three places a received row can go."""

    ACCEPTED = "accepted"
    HELD = "held"
    OUT_OF_SCOPE = "out of scope"


@dataclass(frozen=True)
class Days:
    """The first and last day of receipt among accepted rows, or None."""

    first: date | None
    last: date | None


def account_of(placed: ir.Table, raw: ir.Table) -> tuple[Account, Days]:
    """Count the rows of ``placed`` (columns place, reason, agency, received_date) by place, in one pass.

    What was received is counted in ``raw``: a join that loses or doubles a row is then seen.

    Raises:
        DoesNotBalance: a row received stands in no place or in more than one.
    """
    reason = ibis.ifelse(placed.reason == "not_reported", placed.agency, placed.reason)
    counted = (
        placed.group_by(place=placed.place, not_reported=placed.reason == "not_reported", reason=reason)
        .agg(rows=placed.count(), first=placed.received_date.min(), last=placed.received_date.max())
        .order_by("place", "reason")
        .to_pyarrow()
        .to_pylist()
    )
    accepted = [row for row in counted if row["place"] == Placed.ACCEPTED]
    account = Account(
        received=int(raw.count().to_pyarrow().as_py()),
        accepted=sum(row["rows"] for row in accepted),
        held=_by_reason(counted, Placed.HELD),
        out_of_scope=_by_reason(counted, Placed.OUT_OF_SCOPE),
        not_reported={row["reason"]: row["rows"] for row in accepted if row["not_reported"]},
    )
    account.check()
    days = [row[end] for row in accepted for end in ("first", "last") if row[end] is not None]
    return account, Days(min(days, default=None), max(days, default=None))


def _by_reason(counted: list[dict[str, Any]], place: str) -> dict[str, int]:
    return {row["reason"]: row["rows"] for row in counted if row["place"] == place}


def held_addresses(placed: ir.Table, raw: ir.Table) -> tuple[Held, ...]:
    """File, row as the user sees it and reason of the held rows, the first thousand."""
    held = placed.filter(placed.place == Placed.HELD).select("row", "reason")
    shown = (
        held.inner_join(raw.select("row", "file", "line"), "row")
        .select("file", "reason", row="line")
        .order_by("file", "row")
        .limit(HELD_SHOWN)
    )
    return tuple(Held(**row) for row in shown.to_pyarrow().to_pylist())


def not_accepted(placed: ir.Table, raw: ir.Table) -> ir.Table:
    """File, line, place and reason of every row that is held or out of scope; their values stay in the file."""
    rows = placed.filter(placed.place != Placed.ACCEPTED).select("row", "place", "reason")
    return rows.inner_join(raw.select("row", "file", "line"), "row").select("file", "line", "place", "reason")


def last_day_of_month(month: ir.StringValue) -> ir.DateValue:
    """The last day of a month written ``2018-11``; null where it is not one, or is not of 1900 to 2099."""
    first = ibis.ifelse(month.re_search(MONTH_WRITTEN), month + "-01", None).try_cast("date")
    return (first + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")


def published_date(text: ir.StringValue) -> ir.DateValue:
    """A day as the FBI writes it: ``2016-01-27 00:00:00``, ``2024-02-06`` or ``21-APR-19``; else null.

    An engine reads far more as a date (``infinity``, the year 5,000,000) than Python can hold.
    """
    iso = ibis.ifelse(text.re_search(DAY_WRITTEN), text.substr(0, 10), None).try_cast("date")
    short = ibis.ifelse(text.re_search(SHORT_DAY_WRITTEN), text.upper(), None)
    month = short.substr(3, 3).cases(*((name, f"{number:02}") for number, name in enumerate(MONTHS, 1)), else_="")
    written = ibis.literal("20") + short.substr(7, 2) + "-" + month + "-" + short.substr(0, 2)
    return ibis.coalesce(iso, written.try_cast("date"))
