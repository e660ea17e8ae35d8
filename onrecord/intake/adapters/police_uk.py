"""data.police.uk street files: a crime a row, a month's precision, the last outcome as published.

Unit: Crime ID. Publisher's notes: https://data.police.uk/about/. The file has no flag for a child or for a
sexual offence, and no date for an outcome: each is dated to the month of the crime, the earliest it can be from,
so that a figure judged before the day of another force's download loses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine, table_of
from onrecord.intake.accounts import Placed, account_of, held_addresses, last_day_of_month, not_accepted
from onrecord.intake.read import Source, csv_files, load
from onrecord.intake.rows import Adapter, Rows
from onrecord.settings import Settings
from onrecord.standard import codelists

SCHEME = "police-uk"
STREET_ENDINGS = ("-street.csv", "-street.csv.gz")
WANTED = {
    "crime_id": "Crime ID",
    "month": "Month",
    "reported_by": "Reported by",
    "crime_type": "Crime type",
    "category": "Last outcome category",
}
OUT_OF_SCOPE_TYPE = "Anti-social behaviour"
NOTES = (
    "The source has no flag for a child or for child sexual exploitation: all ages and all recorded crime are in it.",
    "The category is the last outcome as it stood at the download. The file dates no outcome: each is taken to hold "
    "from the month of the crime, so that a figure for an earlier day shows outcomes that may have come later.",
)


def read(engine: Engine, sources: Sequence[Source], as_at: date | None, settings: Settings) -> Rows:
    """Street files to standard rows. Raises FileRefused when a file is not a street file."""
    chosen, passed_over = _street_files(csv_files(sources))
    raw, said = load(engine, "police_uk_raw", chosen, WANTED, settings)
    placed = engine.create_table("police_uk_placed", _place(raw), temp=True)
    account, days = account_of(placed, raw)
    speaks_for = as_at or days.last or settings.now.date()
    accepted = placed.filter(placed.place == Placed.ACCEPTED, placed.agency_id.notnull(), placed.carries_outcomes)
    crimes = engine.create_table("police_uk_crimes", _crimes(accepted), temp=True)
    return Rows(
        tables={
            "report": _reports(crimes),
            "crime": _recorded(crimes),
            "event": _events(accepted),
        },
        agencies=_agencies(placed),
        coverage=_coverage(placed),
        account=account,
        held=held_addresses(placed, raw),
        unit="crime",
        counted_row="row",
        first_day=days.first,
        last_day=days.last,
        as_at=speaks_for,
        as_at_says="declared by the sender"
        if as_at
        else "the last day of the last month in the files, which do "
        "not say when they were downloaded; declare the day with --as-at if you know it",
        notes=(*NOTES, *passed_over, *said),
        not_accepted=not_accepted(placed, raw),
    )


def _street_files(sources: Sequence[Source]) -> tuple[list[Source], tuple[str, ...]]:
    """Street files alone when they are named as such; otherwise all, so that a renamed file still reads."""
    named = [source for source in sources if source.name.endswith(STREET_ENDINGS)]
    if not named:
        return list(sources), ()
    others = [source.name for source in sources if source not in named]
    return named, tuple(f"Passed over, not a street file: {name}." for name in others)


def _place(raw: ir.Table) -> ir.Table:
    """Every row with its agency, day of receipt and outcome, and the one place where it goes."""
    forces = _forces()
    joined = raw.left_join(forces.select("agency_id", "agency", "carries_outcomes"), raw.reported_by == forces.agency)
    known = _categories()
    joined = joined.left_join(known, joined.category == known.published)
    day = last_day_of_month(joined.month)
    unknown = joined.category.notnull() & joined.kind.isnull()
    place = ibis.cases(
        (joined.crime_type == OUT_OF_SCOPE_TYPE, Placed.OUT_OF_SCOPE),
        (day.isnull() | joined.crime_id.isnull() | joined.agency_id.isnull() | unknown, Placed.HELD),
        else_=Placed.ACCEPTED,
    )
    reason = ibis.cases(
        (joined.crime_type == OUT_OF_SCOPE_TYPE, "anti_social_behaviour"),
        (joined.crime_id.isnull(), "no_key"),
        (day.isnull(), "no_date"),
        (joined.agency_id.isnull(), "unknown_agency"),
        (unknown, "unknown_outcome"),
        (~joined.carries_outcomes, "not_reported"),
        else_="",
    )
    return joined.select(
        "row",
        "crime_id",
        "crime_type",
        "agency_id",
        "agency",
        "carries_outcomes",
        "kind",
        "code",
        received_date=day,
        place=place,
        reason=reason,
    )


def _forces() -> ir.Table:
    columns = ("agency_id", "agency", "area_code", "area", "nation", "level")
    rows = [
        {**{column: row[column] for column in columns}, "carries_outcomes": row["carries_outcomes"] == "1"}
        for row in codelists.load("police_forces")
    ]
    return table_of(rows)


def _categories() -> ir.Table:
    """Published category to event kind and outcome code; an alias is a second label of the same code."""
    outcomes = {row["code"]: "outcome" for row in codelists.load("outcomes") if row["scheme"] == SCHEME}
    statuses = {row["code"]: row["kind"] for row in codelists.load("status_labels") if row["scheme"] == SCHEME}
    rows = [
        {"published": code, "kind": kind, "code": code if kind == "outcome" else ""}
        for code, kind in {**outcomes, **statuses}.items()
    ]
    rows += [
        {"published": row["alias"], "kind": "outcome", "code": row["code"]}
        for row in codelists.load("outcome_aliases")
        if row["scheme"] == SCHEME
    ]
    return table_of(rows)


def _crimes(accepted: ir.Table) -> ir.Table:
    """One crime a Crime ID: the file repeats an id where one crime has several outcomes."""
    return accepted.group_by("crime_id").agg(
        agency_id=accepted.agency_id.min(),
        received_date=accepted.received_date.min(),
        offence=accepted.crime_type.min(),
    )


def _reports(crimes: ir.Table) -> ir.Table:
    return crimes.select(
        report_id=crimes.crime_id,
        agency_id=crimes.agency_id,
        received_date=crimes.received_date,
        received_precision=ibis.literal("month"),
        concern=ibis.literal("not known"),
        offence=crimes.offence,
        duplicate_of=ibis.null("string"),
        carries_activity=ibis.literal(True),
        vanished=ibis.literal(False),
    )


def _recorded(crimes: ir.Table) -> ir.Table:
    return crimes.select(
        crime_id=crimes.crime_id,
        report_id=crimes.crime_id,
        offence_code=crimes.offence,
        offence_scheme=ibis.literal(SCHEME),
    )


def _events(accepted: ir.Table) -> ir.Table:
    stated = accepted.filter(accepted.kind.notnull())
    return stated.select(
        event_id=stated.row.cast("string"),
        report_id=stated.crime_id,
        crime_id=stated.crime_id,
        person_id=ibis.null("string"),
        kind=stated.kind,
        event_date=stated.received_date,
        recorded_date=ibis.null("date"),
        outcome_scheme=ibis.literal(SCHEME),
        outcome_code=stated.code.nullif(""),
        counterpart=ibis.null("string"),
    )


def _agencies(placed: ir.Table) -> ir.Table:
    return _forces().semi_join(placed.select("agency_id").distinct(), "agency_id")


def _coverage(placed: ir.Table) -> ir.Table:
    """A month with rows was reported. The files cannot say whether a month without rows was."""
    present = placed.filter(placed.agency_id.notnull(), placed.received_date.notnull())
    months = present.select("agency_id", "carries_outcomes", "received_date").distinct()
    state = ibis.ifelse(months.carries_outcomes, "reported", "not reported")
    return months.select("agency_id", month=months.received_date.strftime("%Y-%m"), state=state)


POLICE_UK = Adapter(
    "police-uk", "data.police.uk street-level crime files, with last outcome category", read, published=True
)
