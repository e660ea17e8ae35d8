"""The FBI's public incident-level files, one table a CSV, a state and a year in a zip or a folder.

Three styles are known, and each differs in names, dates and code tables: 2016 (lower case, ISO timestamps),
2018 to 2020 (upper case, ``21-APR-19``) and 2021 on (ISO dates, offence codes in place of ids). Columns are
matched without regard to case, and what a style lacks is looked for where another style keeps it.

Source: FBI, Crime Data Explorer, state tables, and the README that lies in each download.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine, empty_text_table, table_of
from onrecord.errors import FileRefused
from onrecord.intake.accounts import Placed, account_of, held_addresses, not_accepted, published_date
from onrecord.intake.read import Source, csv_files, header, load
from onrecord.intake.rows import Adapter, Rows
from onrecord.settings import Settings
from onrecord.standard import codelists

SCHEME = "nibrs"
ADULT_AGE = 18
UNKNOWN_AGE = "00"
REQUIRED = (
    "nibrs_incident",
    "nibrs_offense",
    "nibrs_victim",
    "nibrs_victim_offense",
    "nibrs_arrestee",
    "nibrs_cleared_except",
)
AGENCY_TABLES = ("agencies", "cde_agencies")
MONTH_STATES = {"I": "reported", "Z": "zero return", "U": "not reported"}
EXCEPTIONAL = ("A", "B", "C", "D", "E")
NOTES = (
    "Sexual offences against children by the offence code and the victim's age. Whether an incident is child "
    "sexual exploitation is not known from this source.",
    "The file ends at arrest: it holds no charge and no court result. Cleared by arrest is shown as prosecuted, "
    "with that detail.",
    "The day of receipt is the day of the incident, which is all the source publishes.",
)


@dataclass(frozen=True)
class _Files:
    """The tables of one release, by lower-case name without ending, and what is needed to read one."""

    engine: Engine
    sources: Mapping[str, Source]
    settings: Settings
    loaded: dict[tuple[str, ...], ir.Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def has(self, table: str, column: str) -> bool:
        """Whether ``table`` is there and has ``column``, letter case aside."""
        return table in self.sources and column in {name.lower() for name in header(self.sources[table])}

    def table(self, table: str, *columns: str) -> ir.Table:
        """The named columns of ``table``, as text; read once however often it is asked for."""
        asked = (table, *columns)
        if asked not in self.loaded:
            name = f"nibrs_raw_{len(self.loaded)}_{table}"
            wanted = {column: column for column in columns}
            self.loaded[asked], notes = load(self.engine, name, [self.sources[table]], wanted, self.settings)
            self.notes.extend(note for note in notes if note not in self.notes)
        return self.loaded[asked]

    def incidents(self) -> ir.Table:
        """The incidents, whose rows are the ones counted."""
        return self.table(
            "nibrs_incident",
            "agency_id",
            "incident_id",
            "incident_date",
            "submission_date",
            "cleared_except_id",
            "cleared_except_date",
        )


def read(engine: Engine, sources: Sequence[Source], as_at: date | None, settings: Settings) -> Rows:
    """One release (a state and a year) to standard rows.

    Raises:
        FileRefused: a table or column is missing, or two releases are given at once.
    """
    files = _Files(engine, _by_table(csv_files(sources)), settings)
    agencies = engine.create_table("nibrs_agencies", _agencies(files), temp=True)
    offences = _listed_offences(files)
    placed = engine.create_table("nibrs_placed", _place(files, agencies, offences), temp=True)
    account, days = account_of(placed, files.incidents())
    accepted = placed.filter(placed.place == Placed.ACCEPTED)
    arrests = engine.create_table("nibrs_arrests", _arrests(files), temp=True)
    speaks_for = as_at or _last_date(placed, arrests) or settings.now.date()
    coverage, coverage_note = _coverage(files, agencies)
    return Rows(
        tables={
            "report": _reports(accepted),
            "crime": _crimes(accepted, offences),
            "event": _events(accepted, arrests, speaks_for),
        },
        agencies=agencies.drop("agency_key"),
        coverage=coverage,
        account=account,
        held=held_addresses(placed, files.incidents()),
        unit="report",
        counted_row="incident",
        first_day=days.first,
        last_day=days.last,
        as_at=speaks_for,
        as_at_says="declared by the sender" if as_at else "the last event or submission date in the files",
        notes=(*NOTES, *coverage_note, *files.notes),
        not_accepted=not_accepted(placed, files.incidents()),
    )


def _by_table(sources: Sequence[Source]) -> dict[str, Source]:
    """Table name to file. Some downloads prefix nothing, some nest a folder: the bare name decides."""
    tables: dict[str, Source] = {}
    for source in sources:
        name = source.name.removesuffix(".gz").removesuffix(".csv")
        if name in tables and name in REQUIRED:
            raise FileRefused(
                f"{source.shown} and {tables[name].shown} are the same table twice. "
                "Give one state and one year at a time."
            )
        tables[name] = source
    missing = [name for name in REQUIRED if name not in tables]
    if not set(AGENCY_TABLES) & set(tables):
        missing.append(" or ".join(AGENCY_TABLES))
    if missing:
        place = sources[0].path if sources[0].member or len(sources) == 1 else sources[0].path.parent
        raise FileRefused(
            f"{place}: these tables of an FBI incident-level release are missing: {', '.join(missing)}. "
            f"Found {len(tables)}: {', '.join(sorted(tables)[:8])}. Give the whole release as downloaded."
        )
    return tables


def _agencies(files: _Files) -> ir.Table:
    """One row an agency: its ORI is its key, since names repeat ("State Police:")."""
    if "agencies" in files.sources:
        raw = files.table("agencies", "agency_id", "ori", "pub_agency_name", "pub_agency_unit", "state_name")
        name = (raw.pub_agency_name + ibis.ifelse(raw.pub_agency_unit.isnull(), "", " " + raw.pub_agency_unit)).strip()
        state = raw.state_name
    else:
        raw = files.table("cde_agencies", "agency_id", "ori", "agency_name", "state_abbr")
        name, state = raw.agency_name, raw.state_abbr
        if files.has("ref_state", "state_name"):
            states = files.table("ref_state", "state_abbr", "state_name")
            raw = raw.left_join(states.select("state_abbr", "state_name"), "state_abbr")
            name, state = raw.agency_name, ibis.coalesce(raw.state_name, raw.state_abbr)
    known = raw.select(
        agency_key=raw.agency_id,
        agency_id=raw.ori,
        agency=name,
        area_code=raw.ori.substr(0, 2),
        area=state,
        nation=state,
    )
    known = known.filter(known.agency_key.notnull(), known.agency_id.notnull()).distinct(on="agency_key")
    return known.mutate(level=ibis.literal("agency"), carries_outcomes=ibis.literal(True))


def _listed_offences(files: _Files) -> ir.Table:
    """The offences the standard counts: offence_id, incident_id, code."""
    listed = [row["code"] for row in codelists.load("nibrs_child_offences")]
    if files.has("nibrs_offense", "offense_code"):
        offences = files.table("nibrs_offense", "offense_id", "incident_id", "offense_code")
    else:
        raw = files.table("nibrs_offense", "offense_id", "incident_id", "offense_type_id")
        types = files.table("nibrs_offense_type", "offense_type_id", "offense_code")
        offences = raw.inner_join(types.select("offense_type_id", "offense_code"), "offense_type_id")
    offences = offences.filter(offences.offense_code.isin(listed))
    return offences.select("offense_id", "incident_id", "offense_code")


def _victims(files: _Files, offences: ir.Table) -> ir.Table:
    """For each incident with a listed offence: is any victim of it a child, of unknown age, or there at all."""
    links = files.table("nibrs_victim_offense", "victim_id", "offense_id")
    victims = _ages(files, files.table("nibrs_victim", "victim_id", "age_id", "age_num"))
    named = offences.left_join(links.select("victim_id", "offense_id"), "offense_id").drop("offense_id_right")
    named = named.left_join(victims, "victim_id").drop("victim_id_right")
    child = named.is_child.fill_null(False)
    unknown = named.age_known.notnull() & ~named.age_known
    return named.group_by("incident_id").agg(
        any_child=child.any(),
        any_unknown=unknown.fill_null(False).any(),
        any_victim=named.age_known.notnull().any(),
    )


def _ages(files: _Files, victims: ir.Table) -> ir.Table:
    """A victim is a child by age in years, or by a code for babies, in the age column or in the age table."""
    babies = [row["code"] for row in codelists.load("nibrs_baby_ages")]
    codes = (
        files.table("nibrs_age", "age_id", "age_code").select("age_id", "age_code")
        if "nibrs_age" in files.sources
        else table_of([{"age_id": "", "age_code": ""}])
    )
    joined = victims.left_join(codes, "age_id")
    years = ibis.coalesce(_years(joined.age_num), _years(joined.age_code))
    baby = joined.age_num.isin(babies).fill_null(False) | joined.age_code.isin(babies).fill_null(False)
    return joined.select(
        "victim_id", is_child=(years < ADULT_AGE).fill_null(False) | baby, age_known=years.notnull() | baby
    )


def _years(text: ir.StringValue) -> ir.IntegerValue:
    """An age in years, in the age column or as a code (``99``: over 98); the code for unknown is no age."""
    return text.nullif(UNKNOWN_AGE).try_cast("int32")


def _place(files: _Files, agencies: ir.Table, offences: ir.Table) -> ir.Table:
    """Every incident with its agency, dates and clearance, and the one place where it goes."""
    raw = files.incidents()
    repeated = raw.group_by("incident_id").agg(times=raw.count())
    cleared = files.table("nibrs_cleared_except", "cleared_except_id", "cleared_except_code")
    joined = (
        raw.rename(agency_key="agency_id")
        .left_join(agencies, "agency_key")
        .drop("agency_key_right")
        .left_join(_victims(files, offences), "incident_id")
        .drop("incident_id_right")
        .left_join(repeated, "incident_id")
        .drop("incident_id_right")
        .left_join(
            cleared.select("cleared_except_id", "cleared_except_code").distinct(on="cleared_except_id"),
            "cleared_except_id",
        )
    )
    day = published_date(joined.incident_date)
    reason = ibis.cases(
        (joined.incident_id.isnull(), "no_key"),
        (joined.times > 1, "repeated_key"),
        (joined.any_child.isnull(), "not_listed_offence"),
        (~joined.any_victim, "no_person_victim"),
        (~joined.any_child & joined.any_unknown, "unknown_age"),
        (~joined.any_child, "adult_victims"),
        (day.isnull(), "no_date"),
        (joined.agency_id.isnull(), "unknown_agency"),
        else_="",
    )
    held = [row["key"] for row in codelists.load("held_reasons")]
    place = ibis.cases((reason == "", Placed.ACCEPTED), (reason.isin(held), Placed.HELD), else_=Placed.OUT_OF_SCOPE)
    return joined.select(
        "incident_id",
        "agency_id",
        "agency",
        "row",
        "cleared_except_code",
        received_date=day,
        submission_date=published_date(joined.submission_date),
        cleared_date=published_date(joined.cleared_except_date),
        reason=reason,
        place=place,
    )


def _arrests(files: _Files) -> ir.Table:
    """One row an arrest: arrestee_id, incident_id, arrest_date, and whether it was for a listed offence."""
    listed = [row["code"] for row in codelists.load("nibrs_child_offences")]
    columns = ("arrestee_id", "incident_id", "arrest_date")
    if files.has("nibrs_arrestee", "offense_code"):
        arrests = files.table("nibrs_arrestee", *columns, "offense_code")
    else:
        raw = files.table("nibrs_arrestee", *columns, "offense_type_id")
        types = files.table("nibrs_offense_type", "offense_type_id", "offense_code")
        arrests = raw.left_join(types.select("offense_type_id", "offense_code"), "offense_type_id")
    return arrests.select(
        "arrestee_id",
        "incident_id",
        arrest_date=published_date(arrests.arrest_date),
        for_listed=arrests.offense_code.isin(listed).fill_null(False),
    )


def _last_date(placed: ir.Table, arrests: ir.Table) -> date | None:
    dates = (
        placed.agg(
            received=placed.received_date.max(),
            sent=placed.submission_date.max(),
            cleared=placed.cleared_date.max(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    arrested = arrests.arrest_date.max().to_pyarrow().as_py()
    return max((day for day in (*dates.values(), arrested) if day is not None), default=None)


def _report_id(rows: ir.Table) -> ir.StringValue:
    """Incident ids are the FBI's own and unique in a release; the ORI in front keeps releases apart."""
    return rows.agency_id + "-" + rows.incident_id


def _reports(accepted: ir.Table) -> ir.Table:
    return accepted.select(
        report_id=_report_id(accepted),
        agency_id=accepted.agency_id,
        received_date=accepted.received_date,
        received_precision=ibis.literal("incident"),
        concern=ibis.literal("not known"),
        offence=ibis.null("string"),
        duplicate_of=ibis.null("string"),
        carries_activity=ibis.literal(False),
        vanished=ibis.literal(False),
    )


def _crimes(accepted: ir.Table, offences: ir.Table) -> ir.Table:
    named = offences.inner_join(accepted.select("incident_id", "agency_id"), "incident_id")
    return named.select(
        crime_id=named.offense_id,
        report_id=_report_id(named),
        offence_code=named.offense_code,
        offence_scheme=ibis.literal(SCHEME),
    )


def _events(accepted: ir.Table, arrests: ir.Table, as_at: date) -> ir.Table:
    """Arrests and exceptional clearances. An arrest belongs to the incident, so it names no crime.

    An undated event is dated to the day the release speaks for: by then it had happened.
    """
    arrested = arrests.inner_join(accepted.select("incident_id", "agency_id"), "incident_id")
    listed = arrested.for_listed.any().over(ibis.window(group_by="incident_id"))
    by_arrest = arrested.select(
        event_id="arrest-" + arrested.arrestee_id,
        report_id=_report_id(arrested),
        event_date=ibis.coalesce(arrested.arrest_date, as_at),
        outcome_code=ibis.ifelse(listed, "arrest", "arrest_other"),
    )
    cleared = accepted.filter(accepted.cleared_except_code.isin(EXCEPTIONAL))
    exceptionally = cleared.select(
        event_id="clearance-" + cleared.incident_id,
        report_id=_report_id(cleared),
        event_date=ibis.coalesce(cleared.cleared_date, as_at),
        outcome_code=cleared.cleared_except_code,
    )
    both = by_arrest.union(exceptionally)
    return both.select(
        event_id=both.event_id,
        report_id=both.report_id,
        crime_id=ibis.null("string"),
        person_id=ibis.null("string"),
        kind=ibis.literal("outcome"),
        event_date=both.event_date,
        recorded_date=ibis.null("date"),
        outcome_scheme=ibis.literal(SCHEME),
        outcome_code=both.outcome_code,
        counterpart=ibis.null("string"),
    )


def _coverage(files: _Files, agencies: ir.Table) -> tuple[ir.Table, tuple[str, ...]]:
    """Agency and month, as the month table says; not stated where it cannot say.

    A month table with a row an incident holds no month without one, so silence and none look alike in it.
    """
    empty = empty_text_table("agency_id", "month", "state")
    not_stated = (
        "Coverage is not stated: the month table of this release cannot tell a month without incidents "
        "from a month that was not sent.",
    )
    if not (files.has("nibrs_month", "month_num") and files.has("nibrs_month", "reported_status")):
        return empty, not_stated
    raw = files.table("nibrs_month", "agency_id", "month_num", "reported_status", "data_year")
    counts = raw.agg(rows=raw.count(), months=(raw.agency_id + "/" + raw.data_year + "/" + raw.month_num).nunique())
    found = counts.to_pyarrow().to_pylist()[0]
    if not found["rows"] or found["rows"] != found["months"]:
        return empty, not_stated
    named = raw.rename(agency_key="agency_id").inner_join(agencies.select("agency_key", "agency_id"), "agency_key")
    return named.select(
        agency_id=named.agency_id,
        month=named.data_year + "-" + named.month_num.lpad(2, "0"),
        state=named.reported_status.cases(*MONTH_STATES.items(), else_="not stated"),
    ), ()


NIBRS = Adapter(
    "nibrs",
    "FBI incident-level public files (a state and a year), 2016, 2018 to 2020 and 2021 on",
    read,
    published=True,
)
