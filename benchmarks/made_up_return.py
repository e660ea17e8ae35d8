"""A made-up return in the standard's own layout, of any size, from a seed: nobody in it exists.

DuckDB makes it, a row from hashes of its number. Sound rows break no rule: with no faults asked for, nothing is found.
A share of the rows has one fault each, of a kind drawn for the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.records import table_named
from onrecord.standard.schema import Field

SEED = 20231231
AGENCIES = 300
EVENTS_A_REPORT = 2.4
SPREAD = 7919
PEOPLE_A_REPORT = 0.6
# Received early enough for what follows to fall in the year as well.
YEAR, DAYS = "2023", 300
FIRST_DAY = "DATE '2023-01-01'"
LAST_DAY = "2023-12-31"
RETURN = {
    "return_id": "RET-1", "sender": "example-police", "period": YEAR, "sent_date": "2024-02-15", "as_at": LAST_DAY,
    "standard_version": STANDARD_VERSION, "tables": "report;event", "zero_return": "false",
    "sharing_agreement": "EXAMPLE-1",
}  # fmt: skip
# The share of rows that leave a field empty; the others are always given.
EMPTY = {
    "received_time": 0.5, "source": 0.1, "area_code": 0.2, "criteria": 0.3, "settings": 0.6, "contexts": 0.6,
    "occurred_from": 0.4, "occurred_to": 0.4, "occurred_precision": 0.4, "offence": 0.5, "duplicate_of": 0.98,
    "transferred_from": 0.97, "transferred_to": 0.97, "transfer_acknowledged_date": 0.97, "agency_id": 0.8,
    "recorded_date": 0.3, "age_date": 0.7, "birth_month": 0.3, "ethnicity_basis": 0.4,
    "age_at_the_time_not_known": 0.95, "age_not_known": 0.97, "relationship": 0.4, "relationship_to": 0.4,
}  # fmt: skip
SCHEMES = {"outcome_scheme": "home-office", "ethnicity_scheme": "self-defined-18plus1"}
# What happened to a report, event by event, by the share of reports in percent; the others have quiet events alone.
STORIES = {
    "charged": (3, ("outcome/1", "hearing", "court result")),
    "closed and reopened": (3, ("outcome/18", "reopened", "outcome/22")),
    "sent on": (2, ("transferred", "transfer acknowledged", "contact")),
    "charge withdrawn": (1, ("outcome/1", "charge withdrawn", "contact")),
    "outcome withdrawn": (1, ("outcome/14", "outcome withdrawn", "outcome/9")),
    "closed": (40, ("interview", "outcome/18", "flag")),
}
QUIET = (
    "contact", "interview", "strategy discussion", "file to prosecutor", "advice", "under investigation",
    "status unavailable", "correction", "flag", "reassignment", "automatic entry",
)  # fmt: skip
OF_SOMEBODY = ("arrest", "bail")
WEEK = 7
# Criteria and definition that go with a concern; the first of each is that of exploitation.
GOES_WITH_CSE = {"criteria": ("CSE", "FAM;CSE", "CSE;INST"), "definition_version": ("CSE-2017-ENG",)}
GOES_WITH_OTHERS = {"criteria": ("FAM", "INST", "FAM;OTH", "UNK"), "definition_version": ("CSA",)}
# Fields that are left empty together.
TOGETHER = {
    "occurred_to": "occurred_from", "occurred_precision": "occurred_from",
    "transfer_acknowledged_date": "transferred_to", "relationship_to": "relationship",
}  # fmt: skip
WRONG = {
    "date": ("'2023-02-30'", "'31/12/2023'", "'soon'"),
    "time": ("'25:61'", "'9.30'"),
    "month": ("'2023-13'",),
    "period": ("'the spring'",),
    "integer": ("'three'", "'-1'"),
    "boolean": ("'perhaps'",),
    "string": ("'no such code'", "NULL"),
}


@dataclass(frozen=True)
class Made:
    """How much is made.

    Attributes:
        reports: how many reports; events and people follow.
        faulty: the share of rows with a fault.
        people: whether the return holds person and involvement as well.
        seed: another gives other rows.
    """

    reports: int
    faulty: float = 0.015
    people: bool = False
    seed: int = SEED
    rows: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        rows = {"report": self.reports, "event": int(self.reports * EVENTS_A_REPORT)}
        if self.people:
            rows |= {"person": int(self.reports * PEOPLE_A_REPORT), "involvement": self.reports}
        object.__setattr__(self, "rows", rows)


def write_return(folder: Path, made: Made, ending: str) -> list[Path]:
    """Write the return into a folder as .csv or .parquet files; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    as_text = {"csv": "(HEADER, DELIMITER ',')", "parquet": "(FORMAT parquet)"}[ending]
    written = [folder / f"return.{ending}"]
    with duckdb.connect() as con:
        texts = ", ".join(f"'{text}' AS {name}" for name, text in RETURN.items())
        con.execute(f"COPY (SELECT {texts}) TO '{written[0]}' {as_text}")
        for record, count in made.rows.items():
            written.append(folder / f"{record}.{ending}")
            con.execute(f"COPY ({_select(record, count, made)}) TO '{written[-1]}' {as_text}")
    return written


def _select(record: str, count: int, made: Made) -> str:
    """Every cell a text. A fault goes to one field of the row, so that few rows have two."""
    fields = [each for each in table_named(record).fields if record != "event" or each.name != "crime_id"]
    cells = [_cell(record, each, place, made) for place, each in enumerate(fields)]
    is_bad = f"hash(i, {made.seed}, 'bad') % 100000 < {int(made.faulty * 100_000)}"
    fault = f"CASE WHEN {is_bad} THEN hash(i, 'fault') % {len(fields)} ELSE -1 END"
    return f"SELECT {', '.join(cells)} FROM (SELECT i, {fault} AS fault FROM range({count}) t(i))"


def _cell(record: str, each: Field, place: int, made: Made) -> str:
    name = each.name
    sound = f"CAST({_sound(record, each, made)} AS VARCHAR)"
    if share := 0.0 if each.required else EMPTY.get(name, 0.0):
        whose = TOGETHER.get(name, name)
        sound = f"CASE WHEN hash(i, '{whose} is empty') % 1000 < {int(share * 1000)} THEN NULL ELSE {sound} END"
    wrong = WRONG[each.type] if name not in table_named(record).key and not each.refers_to else ("'EVE-0'", "NULL")
    return f"CASE WHEN fault = {place} THEN {_one_of(wrong, name)} ELSE {sound} END AS {name}"


def _drawn(salt: str, below: int) -> str:
    return f"CAST(hash(i, '{salt}') % {below} AS BIGINT)"


def _one_of(choices: Sequence[str], salt: str) -> str:
    return f"([{', '.join(choices)}])[1 + {_drawn(salt + ' of', len(choices))}]"


def _sound(record: str, each: Field, made: Made) -> str:
    name = each.name
    report = _report_of(record, made)
    received = f"({FIRST_DAY} + CAST(hash({report}, 'received') % {DAYS} AS INTEGER))"
    known: dict[str, str] = {
        "report_id": f"'REP-' || {report}",
        "event_id": "'EVE-' || i",
        "person_id": _suspect(made) if record == "event" else f"'PER-' || {_person(record, made)}",
        # What is repeated is no repetition itself.
        "duplicate_of": f"CASE WHEN i % 2 = 1 THEN 'REP-' || (2 * {_drawn('twin', made.reports // 2)}) END",
        "relationship_to": f"'PER-' || {_drawn('to', int(made.reports * PEOPLE_A_REPORT))}",
        "received_date": received,
        "concern_date": f"{received} + {_drawn('concern', 5)}::INTEGER",
        "occurred_from": f"{received} - 30 - {_drawn('from', 300)}::INTEGER",
        "occurred_to": f"{received} - {_drawn('to', 30)}::INTEGER",
        "transfer_acknowledged_date": f"{received} + {_drawn('acknowledged', 9)}::INTEGER",
        "event_date": f"{received} + CAST({_turn(made)} * {WEEK} + {_drawn('event', WEEK)} AS INTEGER)",
        "recorded_date": f"{received} + 20 + {_drawn('recorded', 9)}::INTEGER",
        "age_date": received,
        "received_time": f"printf('%02d:%02d', {_drawn('hour', 24)}, {_drawn('minute', 60)})",
        "received_precision": "'day'",
        "occurred_precision": _one_of(("'day'", "'estimate'"), name),
        "carries_activity": "true",
        "vanished": "false",
        "birth_month": f"printf('20%02d-%02d', 5 + {_drawn('year', 10)}, 1 + {_drawn('month', 12)})",
        "age": f"11 + {_drawn('age', 7)}",
        "age_at_the_time": f"11 + {_drawn('age', 7)}",
        "area_code": f"printf('E230%05d', {_drawn('area', 43)})",
        "agency_id": f"'agency-' || {_drawn('agency', AGENCIES)}",
        "transferred_from": f"'agency-' || {_drawn('of', AGENCIES)}",
        "transferred_to": f"'agency-' || {_drawn('for', AGENCIES)}",
        "counterpart": f"CASE WHEN {_step(made)} = 'transferred' THEN 'agency-' || {_drawn('for', AGENCIES)} END",
        "kind": f"split_part({_step(made)}, '/', 1)",
        "outcome_code": f"nullif(split_part({_step(made)}, '/', 2), '')",
        "outcome_scheme": f"CASE WHEN {_step(made)} LIKE '%/%' THEN 'home-office' END",
        **{name: f"'{scheme}'" for name, scheme in SCHEMES.items() if name != "outcome_scheme"},
        "offence": _one_of(("'Sexual offences'", "'Rape of a child under 13, by a man'"), name),
    }
    if name in GOES_WITH_CSE:
        with_cse, with_others = (
            _one_of([f"'{word}'" for word in words[name]], name) for words in (GOES_WITH_CSE, GOES_WITH_OTHERS)
        )
        return f"CASE WHEN {_code(_field(record, 'concern'))} = 'CSE' THEN {with_cse} ELSE {with_others} END"
    if name in known:
        return known[name]
    if each.code_list:
        return _code(each)
    if each.type == "boolean":
        return f"{_drawn(name, 20)} < 1"
    raise ValueError(f"no values are made up for {record}.{name}")


def _field(record: str, name: str) -> Field:
    return table_named(record).field_named(name)


def _report_of(record: str, made: Made) -> str:
    """The number of a row's report; the events of one report lie far apart, as they may in a real extract."""
    if record == "report":
        return "i"
    return f"((i * {SPREAD}) % {made.reports})" if record == "event" else _drawn("report", made.reports)


def _turn(made: Made) -> str:
    """Which of its report's events this is, from 0."""
    return f"(i // {made.reports})"


def _step(made: Made) -> str:
    """What happens in this event: the turn of its report's story, or a quiet step."""
    drawn = f"hash({_report_of('event', made)}, 'story') % 100"
    quiet = [f"'{kind}'" for kind in (QUIET if made.people else (*QUIET, *OF_SOMEBODY))]
    told, below = [], 0
    for share, steps in STORIES.values():
        below += share
        listed = ", ".join(f"'{step}'" for step in steps)
        told.append(f"WHEN {drawn} < {below} THEN [{listed}][1 + {_turn(made)}]")
    return f"(CASE {' '.join(told)} ELSE {_one_of(quiet, 'quiet')} END)"


def _suspect(made: Made) -> str:
    """Whom an event is of; where the return says who was a suspect in what, events of nobody are enough."""
    somebody = ", ".join(f"'{kind}'" for kind in OF_SOMEBODY)
    return f"CASE WHEN {_step(made)} IN ({somebody}) THEN 'PER-' || {_drawn('suspect', made.reports)} END"


def _person(record: str, made: Made) -> str:
    # A person twice with one role in one report is rare, but not made up for it.
    return "i" if record == "person" else _drawn("person", int(made.reports * PEOPLE_A_REPORT))


def _code(each: Field) -> str:
    """A code in force in the year; in some rows two of them, where the field may hold several."""
    assert each.code_list
    key = codelists.key_column(each.code_list)
    rows = [
        row
        for row in codelists.load(each.code_list)
        if (row.get("valid_from") or "") <= f"{YEAR}-01-01" and (row.get("valid_to") or LAST_DAY) >= LAST_DAY
    ]
    scheme = each.scheme or SCHEMES.get(each.scheme_field, "")
    codes = [f"'{row[key]}'" for row in rows if not scheme or row.get("scheme") == scheme]
    one = _one_of(codes, each.name)
    if not each.many:
        return one
    another = _one_of(codes, each.name + " 2")
    return f"{one} || CASE WHEN {_drawn(each.name + ' many', 3)} = 0 THEN ';' || {another} ELSE '' END"
