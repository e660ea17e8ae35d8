"""The Children in Need census of the Department for Education (England), 2020-21 to 2024-25: assessments and children.

**What is counted.** The census is a tree: child, episode (``CINdetails``), modules. The counted row is the module:
an assessment, a section 47 enquiry, a child in need plan, a child protection plan, the first conference of an
episode; and, so that nothing is left uncounted, an episode with no module at all (a referral) and a child with no
episode. Each is accepted, held or out of scope, with its reason.

**Scope.** Every assessment is accepted, whatever it found. Child sexual exploitation is factor 11A, which is known
only when an assessment has ended, and a change in 11A means nothing without all assessments beside it: figures
filter by ``factors``. A referral without an assessment is out of scope: the census gives assessments, never
reports received.

**How modules are laid on assessments.** The record ``assessment`` has room for one enquiry, one conference and one
plan of each kind; the census ties each to the episode alone. A module is laid on the latest assessment of its
episode that began on or before the day the module did, or else on the first that began after it. Of several of one
kind on the same assessment the earliest stays; the others are out of scope as *further*. An enquiry's own conference
goes with it; that of the episode is laid like a module, and is *further* where the assessment has a conference of
another day. A module whose episode has no assessment is out of scope (*without assessment*): it says that a plan
was running, and the record has no row for that. A module of which the only assessments are held is held with them.

**What is held.** A module with a fault of its own, of its episode or of its child: an identifier, a day, a code, an
authority that cannot be read. Codes are judged against the whole list, not by the day: a code of another year is a
question for the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine, empty_text_table, table_of
from onrecord.errors import FileRefused
from onrecord.intake.accounts import HELD_SHOWN, Placed, account_of
from onrecord.intake.adapters.cin_xml import CONFERENCE, LEFT_IN_FILE, NO_EPISODE, REFERRAL, Heading, Walked, walk
from onrecord.intake.read import Source
from onrecord.intake.rows import Adapter, Held, Rows
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.periods import Period, months_between, parse_period
from onrecord.standard.records import ASSESSMENT, PERSON
from onrecord.standard.schema import Table

XML_ENDINGS = (".xml", ".xml.gz")
KNOWN_YEARS = range(2021, 2026)
YEAR_WRITTEN = re.compile(r"20\d\d")
DAY_WRITTEN = r"^(19|20)\d\d-\d\d-\d\d($|T|Z$|[+-]\d\d:\d\d$)"
NUMBER_WRITTEN = r"^\d{1,6}$"
YES, NO = ("1", "true"), ("0", "false")
GENDERS = {"1": "M", "2": "F", "9": "I"}
SEXES = {"M": "M", "F": "F"}
NOT_YET, NOT_ASKED = "not yet recorded", "not asked"
ASSESSED, ENQUIRY = "assessment", "enquiry"
NEED_PLAN, PROTECTION_PLAN = "need_plan", "protection_plan"
# Kind of module to the reason why it is out of scope: without an assessment, or after another of its kind.
WITHOUT = {
    ENQUIRY: "enquiry_without_assessment",
    CONFERENCE: "conference_without_assessment",
    NEED_PLAN: "need_plan_without_assessment",
    PROTECTION_PLAN: "protection_plan_without_assessment",
}
FURTHER = {
    ENQUIRY: "further_enquiry",
    CONFERENCE: "further_conference",
    NEED_PLAN: "further_need_plan",
    PROTECTION_PLAN: "further_protection_plan",
}
LAID = tuple(WITHOUT)
NOTES = (
    "A counted row (module) is an assessment, a section 47 enquiry, a conference, a plan, or a referral without any of "
    "them. Enquiries, conferences and plans are laid on the assessment of their episode that they follow.",
    "Assessments count episodes, not children. All are taken in: child sexual exploitation is factor 11A, known only "
    "once an assessment has ended.",
    "The child's identifier at the authority (LAchildID) stands in person_id, with the authority's code; a store keeps "
    "a keyed pseudonym of it instead.",
    "No identity rows are made: the pupil numbers and the day of birth stay in the original file, which a store seals.",
    f"Items without a field in these records stay in the original file alone: {', '.join(LEFT_IN_FILE)}.",
    "The census does not ask for nationality: it stands as 'not asked'.",
    "A held row is named by the line of the file on which its element begins; far down (past line 65,535) by that of "
    "the first item in it.",
)


@dataclass(frozen=True)
class _Census:
    """One census year of one authority or more: the files' content, the year, and the day it speaks for."""

    walked: Walked
    year: Period
    as_at: date
    as_at_says: str


def read(engine: Engine, sources: Sequence[Source], as_at: date | None, settings: Settings) -> Rows:
    """Census files of one year to standard rows.

    Raises:
        FileRefused: a file is no census, names no year, or two are of one authority or of two years.
    """
    chosen, passed_over = _xml_files(sources)
    census = _dated(walk(chosen, settings), as_at)
    authorities = _authorities(census.walked.headings)
    raw = engine.create_table("cin_modules", census.walked.modules, temp=True)
    children = engine.create_table("cin_children", _children(engine, census, authorities), temp=True)
    episodes = engine.create_table("cin_episodes", _episodes(engine, census), temp=True)
    judged = engine.create_table("cin_judged", _judged(raw, children, episodes, census.as_at), temp=True)
    laid = engine.create_table("cin_laid", _laid(judged), temp=True)
    placed = engine.create_table("cin_placed", _placed(judged, laid), temp=True)
    account, _ = account_of(placed, raw)
    accepted = engine.create_table("cin_accepted", _accepted(placed, laid), temp=True)
    return Rows(
        tables={
            "assessment": engine.create_table("cin_assessment", _assessments(accepted), temp=True),
            "person": engine.create_table("cin_person", _persons(children, accepted), temp=True),
        },
        agencies=_agencies(authorities),
        coverage=_coverage(authorities, census),
        account=account,
        held=_held(placed, census.walked.headings),
        unit="assessment",
        counted_row="module",
        first_day=census.year.first_day if account.accepted else None,
        last_day=min(census.year.last_day, census.as_at) if account.accepted else None,
        as_at=census.as_at,
        as_at_says=census.as_at_says,
        notes=(*NOTES, *_further_notes(census), *passed_over),
        addresses=_addresses(accepted, census.walked.headings),
    )


def _xml_files(sources: Sequence[Source]) -> tuple[list[Source], tuple[str, ...]]:
    chosen = [source for source in sources if source.name.endswith(XML_ENDINGS)]
    if not chosen:
        raise FileRefused(
            f"{sources[0].shown}: this is no XML file. Give the Children in Need census as it was made for the "
            "Department for Education, an .xml file."
        )
    others = [source.name for source in sources if source not in chosen]
    return chosen, tuple(f"Passed over, not an XML file: {name}." for name in others)


# ---------------------------------------------------------------- which year, which authority


def _dated(walked: Walked, declared: date | None) -> _Census:
    years = {_year_of(heading): heading.source.shown for heading in walked.headings}
    if len(years) > 1:
        one, other, *_ = years.values()
        raise FileRefused(f"{one} and {other} are of two census years. Give one year at a time.")
    number = next(iter(years))
    year = parse_period(f"{number - 1}/{number % 100:02}")
    if declared is not None:
        return _Census(walked, year, declared, "declared by the sender")
    within = [day for day in map(_reference_day, walked.headings) if day is not None and day in year]
    if within:
        return _Census(walked, year, min(within), "the reference date of the census")
    return _Census(walked, year, year.last_day, "the last day of the census year")


def _year_of(heading: Heading) -> int:
    if heading.year is None or not YEAR_WRITTEN.fullmatch(heading.year):
        raise FileRefused(
            f"{heading.source.shown}: its header does not say of which year the census is. Give the file with its "
            "header, whole."
        )
    return int(heading.year)


def _reference_day(heading: Heading) -> date | None:
    try:
        return date.fromisoformat(heading.reference_date or "")
    except ValueError:
        return None


def _authorities(headings: Sequence[Heading]) -> list[dict[str, Any]]:
    """A row a file: its place, the authority's code as it stands, and the authority, where the code is known."""
    listed = {row["dfe_code"]: row for row in codelists.load("local_authorities")}
    seen: dict[str, str] = {}
    rows = []
    for place, heading in enumerate(headings):
        code = heading.authority
        if code is not None and code in seen:
            raise FileRefused(
                f"{heading.source.shown} and {seen[code]} are of one authority. Give one census of each authority."
            )
        if code is not None:
            seen[code] = heading.source.shown
        rows.append({"file": place, **listed.get(code or "", {})})
    return rows


def _agencies(authorities: Sequence[Mapping[str, Any]]) -> ir.Table:
    columns = ("agency_id", "agency", "area_code", "area", "nation", "level")
    rows = [
        {**{column: row[column] for column in columns}, "carries_outcomes": False}
        for row in authorities
        if "agency_id" in row
    ]
    return table_of(rows) if rows else empty_text_table(*columns).mutate(carries_outcomes=ibis.literal(False))


def _coverage(authorities: Sequence[Mapping[str, Any]], census: _Census) -> ir.Table:
    """The months of the census year, up to the day it speaks for: one return reports them all."""
    months = months_between(census.year.first_day, min(census.year.last_day, census.as_at))
    rows = [
        {"agency_id": row["agency_id"], "month": month, "state": "reported"}
        for row in authorities
        if "agency_id" in row
        for month in months
    ]
    return table_of(rows) if rows else empty_text_table("agency_id", "month", "state")


def _further_notes(census: _Census) -> list[str]:
    notes = []
    if census.year.last_day.year not in KNOWN_YEARS:
        notes.append(
            "The layout of this census year is not known here (2020-21 to 2024-25 are); it was read as the nearest."
        )
    if unknown := census.walked.unknown:
        notes.append(
            f"{unknown:,} elements are not of the census's layout, or stand in the wrong place; they are in the "
            "original file alone."
        )
    return notes


# ---------------------------------------------------------------- children and episodes


def _children(engine: Engine, census: _Census, authorities: Sequence[Mapping[str, Any]]) -> ir.Table:
    """One row a child: the fields of ``person``, its agency, and ``child_fault``, null where there is none."""
    raw = engine.create_table("cin_children_raw", census.walked.children, temp=True)
    columns = ("dfe_code", "agency_id", "agency")
    known = table_of([{"file": row["file"], **{name: row.get(name, "") for name in columns}} for row in authorities])
    joined = raw.left_join(known, "file")
    born = _day(joined.birth_date)
    sex = ibis.ifelse(
        joined.sex.notnull(), _sex(joined.sex, SEXES, "cin-sex"), _sex(joined.gender, GENDERS, "cin-gender")
    )
    ethnicity = _ethnicity(joined.ethnicity)
    given = joined.mutate(
        person_id=joined.dfe_code.nullif("") + "/" + joined.la_child_id,
        agency_id=joined.agency_id.nullif(""),
        agency=joined.agency.nullif(""),
        birth_month=born.strftime("%Y-%m"),
        sex_read=sex,
        ethnicity_read=ethnicity,
    )
    times = given.count().over(ibis.window(group_by="person_id"))
    fault = ibis.cases(
        (given.repeated.fill_null(False), "repeated_item"),
        (given.la_child_id.isnull(), "no_key"),
        (given.agency_id.isnull(), "unknown_agency"),
        (given.person_id.notnull() & (times > 1), "repeated_key"),
        (_unreadable(given.birth_date, given.birth_month), "no_date"),
        (_unreadable(ibis.coalesce(given.sex, given.gender), given.sex_read), "unknown_code"),
        (_unreadable(given.ethnicity, given.ethnicity_read), "unknown_code"),
        (_not_of(given.disability, codelists.codes("disabilities")), "unknown_code"),
        else_=None,
    )
    return given.select(
        "child",
        "file",
        "person_id",
        "agency_id",
        "agency",
        "birth_month",
        sex=ibis.coalesce(given.sex_read, NOT_YET),
        ethnicity=ibis.coalesce(given.ethnicity_read, NOT_YET),
        disability=ibis.coalesce(given.disability, NOT_YET),
        child_line=given.line,
        child_fault=fault,
    )


def _episodes(engine: Engine, census: _Census) -> ir.Table:
    """One row an episode, with ``episode_fault``, null where there is none."""
    raw = engine.create_table("cin_episodes_raw", census.walked.episodes, temp=True)
    referred, closed = _day(raw.referral_date), _day(raw.closed_date)
    fault = ibis.cases(
        (raw.repeated.fill_null(False), "repeated_item"),
        (referred.isnull() | _unreadable(raw.closed_date, closed), "no_date"),
        (_not_of(raw.referral_source, codelists.codes("report_sources")), "unknown_code"),
        (_not_of(raw.primary_need, codelists.codes("primary_needs")), "unknown_code"),
        (_not_of(raw.closed_reason, codelists.codes("closure_reasons")), "unknown_code"),
        (_unreadable(raw.no_further_action, _yes_or_no(raw.no_further_action)), "unreadable_value"),
        else_=None,
    )
    return raw.select(
        "episode",
        "referral_source",
        "primary_need",
        "closed_reason",
        referral_date=referred,
        closed_date=closed,
        referral_no_further_action=_yes_or_no(raw.no_further_action),
        episode_fault=fault,
    )


# ---------------------------------------------------------------- modules


def _judged(raw: ir.Table, children: ir.Table, episodes: ir.Table, as_at: date) -> ir.Table:
    """Every counted row, its values read, with ``reason``: why it is held or out of scope by itself, or null."""
    joined = raw.left_join(children.drop("sex", "ethnicity", "disability", "birth_month"), "child").drop("child_right")
    joined = joined.left_join(episodes, "episode").drop("episode_right")
    assessed = joined.kind == ASSESSED
    of_episode = ibis.window(group_by="episode")
    values = joined.mutate(
        start_date=_day(joined.start),
        end_date=_day(joined.end),
        target_date=_day(joined.target),
        conference_date=_day(joined.conference),
        conference_not_required=_yes_or_no(joined.not_required),
        earlier_plans=ibis.ifelse(joined.earlier.re_search(NUMBER_WRITTEN), joined.earlier, None).try_cast("int64"),
        has_assessment=assessed.any().over(of_episode),
    )
    key = (
        values.person_id
        + "/"
        + values.referral_date.strftime("%Y-%m-%d")
        + "/"
        + values.start_date.strftime("%Y-%m-%d")
    )
    found = values.mutate(
        assessment_id=ibis.ifelse(values.kind == ASSESSED, key, None),
        fault=ibis.coalesce(values.child_fault, values.episode_fault, _own_fault(values, as_at)),
    )
    times = found.count().over(ibis.window(group_by=["kind", "assessment_id"]))
    repeated = found.fault.isnull() & found.assessment_id.notnull() & (times > 1)
    return found.mutate(reason=ibis.coalesce(_scope(found), found.fault, ibis.ifelse(repeated, "repeated_key", None)))


def _scope(rows: ir.Table) -> ir.StringValue:
    """Out of scope by its place in the tree alone. Faults do not matter where nothing would be counted anyhow."""
    alone = ~rows.has_assessment.fill_null(False)
    return ibis.cases(
        (rows.kind == NO_EPISODE, "child_without_referral"),
        (rows.kind == REFERRAL, "referral_without_assessment"),
        *[((rows.kind == kind) & alone, reason) for kind, reason in WITHOUT.items()],
        else_=None,
    )


def _own_fault(rows: ir.Table, as_at: date) -> ir.StringValue:
    categories = codelists.codes("abuse_categories")
    return ibis.cases(
        (rows.repeated.fill_null(False), "repeated_item"),
        (rows.start_date.isnull() | _unreadable(rows.end, rows.end_date), "no_date"),
        (_unreadable(rows.target, rows.target_date) | _unreadable(rows.conference, rows.conference_date), "no_date"),
        (_not_of(rows.factors, codelists.codes("factors")), "unknown_code"),
        (_not_of(rows.first_category, categories) | _not_of(rows.latest_category, categories), "unknown_code"),
        (_unreadable(rows.not_required, rows.conference_not_required), "unreadable_value"),
        (_unreadable(rows.earlier, rows.earlier_plans), "unreadable_value"),
        (rows.start_date > as_at, "after_as_at"),
        else_=None,
    )


def _laid(judged: ir.Table) -> ir.Table:
    """Each module beside the assessment it belongs to, with ``turn``: only the first of its kind can stay there.

    A day is compared by how far it lies from the assessment's: the nearest that had begun, else the nearest to come.
    """
    assessments = judged.filter(judged.kind == ASSESSED, judged.reason.isnull()).select(
        "episode", assessment="row", began="start_date"
    )
    modules = judged.filter(judged.kind.isin(LAID), judged.reason.isnull())
    pairs = modules.inner_join(assessments, "episode")
    apart = pairs.start_date.delta(pairs.began, unit="day")
    nearest = ibis.row_number().over(
        ibis.window(group_by="row", order_by=[pairs.began > pairs.start_date, apart.abs(), pairs.assessment])
    )
    chosen = pairs.mutate(nearest=nearest)
    chosen = chosen.filter(chosen.nearest == 0)
    turn = ibis.row_number().over(
        ibis.window(group_by=["assessment", "kind"], order_by=[chosen.start_date, chosen.row])
    )
    chosen = chosen.mutate(turn=turn)
    own = ibis.ifelse((chosen.kind == ENQUIRY) & (chosen.turn == 0), chosen.conference_date, None)
    chosen = chosen.mutate(of_enquiry=own.max().over(ibis.window(group_by="assessment")))
    taken = (chosen.kind == CONFERENCE) & (chosen.of_enquiry != chosen.start_date).fill_null(False)
    return chosen.mutate(stays=(chosen.turn == 0) & ~taken)


def _placed(judged: ir.Table, laid: ir.Table) -> ir.Table:
    """Every counted row in its one place."""
    joined = judged.left_join(laid.select("row", "stays"), "row").drop("row_right")
    reason = ibis.coalesce(
        joined.reason,
        ibis.cases(
            (joined.kind == ASSESSED, ""),
            (joined.stays.isnull(), "assessment_held"),
            (joined.stays, ""),
            *[(joined.kind == kind, reason) for kind, reason in FURTHER.items()],
            else_=None,
        ),
    )
    held = [row["key"] for row in codelists.load("held_reasons")]
    place = ibis.cases((reason == "", Placed.ACCEPTED), (reason.isin(held), Placed.HELD), else_=Placed.OUT_OF_SCOPE)
    return joined.mutate(reason=reason, place=place, received_date=joined.start_date)


def _accepted(placed: ir.Table, laid: ir.Table) -> ir.Table:
    """The accepted assessments, each with what was laid on it."""
    stays = laid.filter(laid.stays)

    def of(column: str, *kinds: str) -> ir.Value:
        return stays[column].max(where=stays.kind.isin(kinds))

    beside = stays.group_by("assessment").agg(
        section_47_date=of("start_date", ENQUIRY),
        conference_target_date=of("target_date", ENQUIRY),
        enquiry_conference=of("conference_date", ENQUIRY),
        episode_conference=of("start_date", CONFERENCE),
        enquiry_not_required=of("conference_not_required", ENQUIRY),
        need_plan_start=of("start_date", NEED_PLAN),
        need_plan_end=of("end_date", NEED_PLAN),
        protection_plan_start=of("start_date", PROTECTION_PLAN),
        protection_plan_end=of("end_date", PROTECTION_PLAN),
        plan_first_category=of("first_category", PROTECTION_PLAN),
        plan_latest_category=of("latest_category", PROTECTION_PLAN),
        earlier_protection_plans=of("earlier_plans", PROTECTION_PLAN),
    )
    assessments = placed.filter(placed.kind == ASSESSED, placed.place == Placed.ACCEPTED)
    return assessments.left_join(beside, assessments.row == beside.assessment)


# ---------------------------------------------------------------- standard rows


def _assessments(accepted: ir.Table) -> ir.Table:
    values = accepted.mutate(
        conference_date=ibis.coalesce(accepted.enquiry_conference, accepted.episode_conference),
        conference_not_required=accepted.enquiry_not_required,
        first_category=accepted.plan_first_category,
        latest_category=accepted.plan_latest_category,
    )
    return _as_declared(values, ASSESSMENT)


def _persons(children: ir.Table, accepted: ir.Table) -> ir.Table:
    """The children with an accepted assessment; nothing is kept of the others."""
    chosen = children.semi_join(accepted, "person_id")
    values = chosen.mutate(
        age_not_known=ibis.ifelse(chosen.birth_month.isnull(), NOT_YET, None),
        ethnicity_scheme=ibis.literal("dfe"),
        ethnicity_basis=ibis.literal("not stated"),
        nationality=ibis.literal(NOT_ASKED),
    )
    return _as_declared(values, PERSON)


def _as_declared(values: ir.Table, record: Table) -> ir.Table:
    """The columns of a record, in order and by type; null where the census has no such item."""
    given = set(values.columns)
    return values.select(
        **{name: values[name].cast(kind) if name in given else ibis.null(kind) for name, kind in record.types.items()}
    )


def _addresses(accepted: ir.Table, headings: Sequence[Heading]) -> dict[str, ir.Table]:
    """Where the element of each assessment, and of each child, begins."""
    files = ibis.array([ibis.literal(heading.source.shown) for heading in headings])
    rows = accepted.mutate(file=files[accepted.file])
    return {
        ASSESSMENT.name: rows.select("assessment_id", "file", "line"),
        PERSON.name: rows.select("person_id", "file", line="child_line").distinct(),
    }


def _held(placed: ir.Table, headings: Sequence[Heading]) -> tuple[Held, ...]:
    """File, line and reason of the held rows, the first thousand."""
    held = placed.filter(placed.place == Placed.HELD).order_by("row").limit(HELD_SHOWN)
    rows = held.select("file", "line", "reason").to_pyarrow().to_pylist()
    return tuple(Held(headings[row["file"]].source.shown, row["line"], row["reason"]) for row in rows)


# ---------------------------------------------------------------- reading values


def _day(text: ir.StringValue) -> ir.DateValue:
    """A day as XML writes it, with or without a time or a zone; null where it is none, or not of 1900 to 2099."""
    return ibis.ifelse(text.re_search(DAY_WRITTEN), text.substr(0, 10), None).try_cast("date")


def _yes_or_no(text: ir.StringValue) -> ir.BooleanValue:
    written = text.lower()
    return ibis.cases((written.isin(YES), True), (written.isin(NO), False), else_=None)


def _sex(text: ir.StringValue, codes: Mapping[str, str], scheme: str) -> ir.StringValue:
    return text.cases(*{**codes, **_not_known(scheme)}.items(), else_=None)


def _ethnicity(text: ir.StringValue) -> ir.StringValue:
    known = codelists.codes("ethnicities", "dfe")
    return ibis.ifelse(text.isin(known), text, text.cases(*_not_known("dfe").items(), else_=None))


def _not_known(scheme: str) -> dict[str, str]:
    """What a source writes for a missing value, and which of the four words it is read as."""
    return {row["code"]: row["not_known"] for row in codelists.load("not_known_in_sources") if row["scheme"] == scheme}


def _unreadable(written: ir.StringValue, found: ir.Value) -> ir.BooleanValue:
    """Something is written, and nothing could be made of it."""
    return written.notnull() & found.isnull()


def _not_of(written: ir.StringValue, codes: Iterable[str]) -> ir.BooleanValue:
    """Something is written that is no code of a list, nor several with ``;`` between them."""
    code = "|".join(map(re.escape, codes))
    return written.notnull() & ~written.re_search(f"^({code})(;({code}))*$").fill_null(False)


CIN_CENSUS = Adapter(
    "cin-census",
    "Children in Need census of the Department for Education (England), XML, 2020-21 to 2024-25",
    read,
    names_people=True,
)
