"""The Children in Need census: every module is found again, and stands on the assessment it belongs to."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake.adapters.cin_xml import BATCH
from onrecord.settings import from_environment
from onrecord.standard.records import table_named
from onrecord.standard.schema import Table
from tests.standard_files import agreed
from tests.unit.censuses import (
    NAMESPACE,
    CensusRead,
    Node,
    assessment,
    census,
    census_xml,
    child,
    enquiry,
    episode,
    need_plan,
    of,
    protection_plan,
    read_census,
    text_of,
)
from tests.unit.factories import CANARY, SETTINGS, street_csv, street_row, zip_of
from tests.unit.standard.plain_schema import faults


def read(folder: Path, *children: Node, **header: Any) -> CensusRead:
    return read_census(census_xml(folder, *children, **header))


def as_json(record: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: a date is written, several codes are a list."""
    many = {field.name for field in record.fields if field.many}
    return {
        name: value.isoformat() if isinstance(value, date) else value.split(";") if value and name in many else value
        for name, value in row.items()
    }


def only(folder: Path, *modules: Node, **changed: str | None) -> dict[str, Any]:
    """The one assessment of one episode."""
    [row] = read(folder, child("C1", episode(*modules, **changed))).assessment
    return row


STREET_CATEGORIES = ("Suspect charged", "Under investigation", "Unable to prosecute suspect")
FULL = child(
    "C1",
    episode(
        assessment(),
        enquiry(conference="2023-05-30"),
        need_plan(end="2023-12-01"),
        protection_plan(CPPendDate="2024-02-01"),
        CINclosureDate="2024-03-01",
        ReasonForClosure="RC7",
    ),
    disabilities=("LD", "AUT"),
)


def test_an_assessment_says_all_that_the_census_can(tmp_path: Path) -> None:
    found = read(tmp_path, FULL)
    assert found.assessment == [
        {
            "assessment_id": "372/C1/2023-05-01/2023-05-02",
            "agency_id": "la-372",
            "person_id": "372/C1",
            "report_id": None,
            "referral_date": date(2023, 5, 1),
            "referral_source": "6",
            "referral_no_further_action": False,
            "primary_need": "N1",
            "start_date": date(2023, 5, 2),
            "end_date": date(2023, 6, 1),
            "factors": "11A;4A",
            "section_47_date": date(2023, 5, 10),
            "conference_target_date": date(2023, 5, 31),
            "conference_date": date(2023, 5, 30),
            "conference_not_required": False,
            "need_plan_start": date(2023, 6, 2),
            "need_plan_end": date(2023, 12, 1),
            "protection_plan_start": date(2023, 6, 5),
            "protection_plan_end": date(2024, 2, 1),
            "first_category": "SAB",
            "latest_category": "SAB",
            "earlier_protection_plans": 0,
            "closed_date": date(2024, 3, 1),
            "closed_reason": "RC7",
        }
    ]
    assert (found.account.received, found.account.accepted) == (4, 4)
    assert (found.rows.unit, found.rows.counted_row) == ("assessment", "module")


def test_a_child_says_what_is_known_and_why_the_rest_is_not(tmp_path: Path) -> None:
    assert read(tmp_path, FULL).person == [
        {
            "person_id": "372/C1",
            "birth_month": "2009-02",
            "age": None,
            "age_date": None,
            "age_not_known": None,
            "sex": "F",
            "ethnicity": "APKN",
            "ethnicity_scheme": "dfe",
            "ethnicity_basis": "not stated",
            "nationality": "not asked",
            "disability": "LD;AUT",
        }
    ]


def test_the_rows_are_what_the_standard_declares(tmp_path: Path) -> None:
    unborn = child("C2", episode(assessment(end=None, factors=())), PersonBirthDate=None, GenderCurrent="0")
    found = read(tmp_path, FULL, unborn)
    for name, rows in {"assessment": found.assessment, "person": found.person}.items():
        assert len(rows) == 2
        assert list(rows[0]) == list(table_named(name).columns)
        written = [as_json(table_named(name), row) for row in rows]
        assert [fault for row in written for fault in faults(table_named(name), row)] == []


SEXES: list[tuple[dict[str, str | None], str]] = [
    ({"GenderCurrent": "1"}, "M"),
    ({"GenderCurrent": "9"}, "I"),
    ({"GenderCurrent": "0"}, "not yet recorded"),
    ({"GenderCurrent": None}, "not yet recorded"),
    ({"GenderCurrent": None, "Sex": "M"}, "M"),
    ({"GenderCurrent": None, "Sex": "U"}, "unknown"),
    ({"GenderCurrent": "1", "Sex": "F"}, "F"),
]


def test_gender_before_and_sex_after_are_read_as_sex(tmp_path: Path) -> None:
    children = [child(f"C{place}", episode(assessment()), **items) for place, (items, _) in enumerate(SEXES)]
    assert [person["sex"] for person in read(tmp_path, *children).person] == [sex for _, sex in SEXES]


def test_a_missing_ethnicity_is_one_of_the_four_words(tmp_path: Path) -> None:
    written = {"WBRI": "WBRI", "REFU": "refused", "NOBT": "not yet recorded", None: "not yet recorded"}
    children = [child(f"C{place}", episode(assessment()), ethnicity=code) for place, code in enumerate(written)]
    assert [person["ethnicity"] for person in read(tmp_path, *children).person] == list(written.values())


def test_a_child_without_a_day_of_birth_says_so(tmp_path: Path) -> None:
    [person] = read(tmp_path, child("C1", episode(assessment()), PersonBirthDate=None)).person
    assert (person["birth_month"], person["age_not_known"]) == (None, "not yet recorded")


def test_every_assessment_is_taken_in_whatever_it_found(tmp_path: Path) -> None:
    modules = [assessment("2023-05-02"), assessment("2023-07-01", factors=("1B",)), assessment("2023-09-01", None, ())]
    found = read(tmp_path, child("C1", episode(*modules)))
    assert [row["factors"] for row in found.assessment] == ["11A;4A", "1B", None]
    assert found.account.accepted == 3


def test_a_namespace_changes_nothing(tmp_path: Path) -> None:
    plain, named = read(tmp_path, FULL), read(tmp_path, FULL, namespace=NAMESPACE, name="named.xml")
    assert (plain.assessment, plain.person, plain.account) == (named.assessment, named.person, named.account)


def test_a_zip_a_folder_and_a_compressed_file_read_alike(tmp_path: Path) -> None:
    plain = census_xml(tmp_path, FULL)
    (tmp_path / "folder").mkdir()
    packed = tmp_path / "folder" / "census.xml.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    archive = zip_of(tmp_path / "a.zip", {"inside/census.xml": plain.read_bytes()})
    expected = read_census(plain)
    for path in (archive, packed, packed.parent):
        assert read_census(path).assessment == expected.assessment


# ---------------------------------------------------------------- where modules stand


def test_a_module_stands_on_the_last_assessment_begun_before_it(tmp_path: Path) -> None:
    modules = [
        assessment("2023-05-02"),
        assessment("2023-08-01"),
        need_plan("2023-07-31"),
        enquiry("2023-08-01"),
        protection_plan("2024-01-01"),
    ]
    first, second = read(tmp_path, child("C1", episode(*modules))).assessment
    assert (first["need_plan_start"], first["section_47_date"], first["protection_plan_start"]) == (
        date(2023, 7, 31),
        None,
        None,
    )
    assert (second["section_47_date"], second["protection_plan_start"]) == (date(2023, 8, 1), date(2024, 1, 1))


def test_a_module_before_every_assessment_stands_on_the_first(tmp_path: Path) -> None:
    modules = [assessment("2023-08-01"), enquiry("2023-05-02"), assessment("2023-06-01")]
    first, second = read(tmp_path, child("C1", episode(*modules))).assessment
    assert (first["start_date"], first["section_47_date"]) == (date(2023, 6, 1), date(2023, 5, 2))
    assert second["section_47_date"] is None


def test_the_earliest_of_several_stays_and_the_others_are_counted(tmp_path: Path) -> None:
    modules = [
        assessment(),
        need_plan("2023-09-01"),
        need_plan("2023-06-01"),
        enquiry("2023-05-11"),
        enquiry("2023-05-10"),
        protection_plan("2023-06-05"),
        protection_plan("2023-12-05"),
        protection_plan("2024-01-05"),
    ]
    found = read(tmp_path, child("C1", episode(*modules)))
    assert found.account.out_of_scope == {"further_need_plan": 1, "further_enquiry": 1, "further_protection_plan": 2}
    [row] = found.assessment
    assert (row["need_plan_start"], row["section_47_date"], row["protection_plan_start"]) == (
        date(2023, 6, 1),
        date(2023, 5, 10),
        date(2023, 6, 5),
    )


@pytest.mark.parametrize(
    ("of_enquiry", "of_episode", "stands", "further"),
    [
        (None, "2023-05-20", date(2023, 5, 20), {}),
        ("2023-05-30", None, date(2023, 5, 30), {}),
        ("2023-05-30", "2023-05-20", date(2023, 5, 30), {"further_conference": 1}),
        ("2023-05-30", "2023-05-30", date(2023, 5, 30), {}),
    ],
)
def test_a_conference_of_the_episode_gives_way_to_one_of_the_enquiry(
    tmp_path: Path, of_enquiry: str | None, of_episode: str | None, stands: date, further: dict[str, int]
) -> None:
    found = read(
        tmp_path, child("C1", episode(assessment(), enquiry(conference=of_enquiry), DateOfInitialCPC=of_episode))
    )
    assert found.assessment[0]["conference_date"] == stands
    assert found.account.out_of_scope == further
    assert found.account.received == 2 + (of_episode is not None)


def test_modules_do_not_cross_from_one_episode_to_another(tmp_path: Path) -> None:
    other = episode(assessment("2023-11-02"), CINreferralDate="2023-11-01")
    found = read(tmp_path, child("C1", episode(assessment(), need_plan("2023-12-01")), other))
    assert [row["need_plan_start"] for row in found.assessment] == [date(2023, 12, 1), None]


def test_what_has_no_assessment_is_out_of_scope_with_its_reason(tmp_path: Path) -> None:
    bare = episode(enquiry(), need_plan(), protection_plan(), DateOfInitialCPC="2023-05-30")
    referral = episode(DateOfInitialCPC="2023-05-30", CINreferralDate="2023-09-01")
    found = read(tmp_path, child("C1", bare, referral), child("C2"))
    assert found.account.received == 6
    assert found.account.out_of_scope == {
        "child_without_referral": 1,
        "conference_without_assessment": 1,
        "enquiry_without_assessment": 1,
        "need_plan_without_assessment": 1,
        "protection_plan_without_assessment": 1,
        "referral_without_assessment": 1,
    }
    assert found.person == []


# ---------------------------------------------------------------- what is held


BAD: list[tuple[Node, str]] = [
    (child(None, episode(assessment())), "no_key"),
    (child("  ", episode(assessment())), "no_key"),
    (child("B2", episode(assessment()), PersonBirthDate="03/02/2009"), "no_date"),
    (child("B3", episode(assessment()), GenderCurrent="X"), "unknown_code"),
    (child("B4", episode(assessment()), Sex="I"), "unknown_code"),
    (child("B5", episode(assessment()), ethnicity="wbri"), "unknown_code"),
    (child("B6", episode(assessment()), disabilities=("LD", "SAD")), "unknown_code"),
    (child("B7", episode(assessment(), CINreferralDate=None)), "no_date"),
    (child("B8", episode(assessment(), CINreferralDate="2023-02-30")), "no_date"),
    (child("B9", episode(assessment(), CINclosureDate="soon")), "no_date"),
    (child("B10", episode(assessment(), ReferralSource="6A")), "unknown_code"),
    (child("B11", episode(assessment(), PrimaryNeedCode="N11")), "unknown_code"),
    (child("B12", episode(assessment(), ReasonForClosure="RC")), "unknown_code"),
    (child("B13", episode(assessment(), ReferralNFA="perhaps")), "unreadable_value"),
    (child("B14", episode(assessment(None))), "no_date"),
    (child("B15", episode(assessment("2.5.2023"))), "no_date"),
    (child("B16", episode(assessment("infinity"))), "no_date"),
    (child("B17", episode(assessment(end="5000000-01-01"))), "no_date"),
    (child("B18", episode(assessment(factors=("11A", "11B")))), "unknown_code"),
    (child("B19", episode(assessment("2024-04-01"))), "after_as_at"),
]
BAD_MODULES: list[tuple[Node, str]] = [
    (need_plan("no day"), "no_date"),
    (need_plan(end="no day"), "no_date"),
    (enquiry(conference="no day"), "no_date"),
    (enquiry(InitialCPCtarget="no day"), "no_date"),
    (enquiry(ICPCnotRequired="2"), "unreadable_value"),
    (protection_plan(InitialCategoryOfAbuse="CSE"), "unknown_code"),
    (protection_plan(LatestCategoryOfAbuse="CSE"), "unknown_code"),
    (protection_plan(NumberOfPreviousCPP="two"), "unreadable_value"),
    (protection_plan("2025-01-01"), "after_as_at"),
]


def test_an_assessment_that_cannot_be_used_is_held(tmp_path: Path) -> None:
    found = read(tmp_path, *[bad for bad, _ in BAD], child("good", episode(assessment())))
    assert [held.reason for held in found.held] == [reason for _, reason in BAD]
    assert [row["person_id"] for row in found.assessment] == ["372/good"]
    assert [row["person_id"] for row in found.person] == ["372/good"]


def test_a_module_that_cannot_be_used_is_held_and_its_assessment_is_not(tmp_path: Path) -> None:
    children = [child(f"C{place}", episode(assessment(), bad)) for place, (bad, _) in enumerate(BAD_MODULES)]
    found = read(tmp_path, *children)
    assert [held.reason for held in found.held] == [reason for _, reason in BAD_MODULES]
    assert found.account.accepted == len(found.assessment) == len(BAD_MODULES)


def test_a_conference_without_a_day_is_held_alone(tmp_path: Path) -> None:
    found = read(tmp_path, child("C1", episode(assessment(), DateOfInitialCPC="no day")))
    assert (found.account.held, found.account.accepted) == ({"no_date": 1}, 1)


def test_a_module_is_held_with_the_only_assessment_it_could_stand_on(tmp_path: Path) -> None:
    found = read(tmp_path, child("C1", episode(assessment(None), need_plan(), enquiry())))
    assert found.account.held == {"no_date": 1, "assessment_held": 2}


def test_what_stands_twice_is_held_every_time(tmp_path: Path) -> None:
    twice = [child("C1", episode(assessment())), child("C1", episode(assessment("2023-08-01")))]
    assert read(tmp_path, *twice, child("C2", episode(assessment()))).account.held == {"repeated_key": 2}
    same = child("C1", episode(assessment(), assessment(factors=())))
    assert read(tmp_path, same).account.held == {"repeated_key": 2}


def test_an_item_that_stands_twice_is_held(tmp_path: Path) -> None:
    double = ("CINdetails", [("CINreferralDate", "2023-05-01"), ("CINreferralDate", "2023-05-02"), assessment()])
    assert read(tmp_path, child("C1", double)).account.held == {"repeated_item": 1}


@pytest.mark.parametrize("lea", ["975", None])
def test_an_authority_that_is_not_known_holds_every_assessment(tmp_path: Path, lea: str | None) -> None:
    found = read(tmp_path, FULL, lea=lea)
    assert found.account.held == {"unknown_agency": 4}
    assert (found.agencies, found.coverage) == ([], [])


def test_a_held_row_is_named_by_its_line(tmp_path: Path) -> None:
    path = census_xml(tmp_path, FULL, child("C2", episode(assessment(None))))
    [held] = read_census(path).held
    assert held.file == str(path)
    assert "<Assessments>" in path.read_text().splitlines()[held.row - 1]
    assert held.row > text_of(FULL).count("\n")


def test_far_down_the_line_is_that_of_the_first_item_inside(tmp_path: Path) -> None:
    path = census_xml(tmp_path, FULL, child("C2", episode(assessment(None))))
    path.write_text(path.read_text().replace("<Children>", "<Children>" + "\n" * 70_000))
    [held] = read_census(path).held
    assert "<Assessments>" in path.read_text().splitlines()[held.row - 2]


# ---------------------------------------------------------------- what the return covers


def test_the_authority_and_its_census_year_are_covered(tmp_path: Path) -> None:
    found = read(tmp_path, FULL)
    assert found.agencies == [
        {
            "agency_id": "la-372",
            "agency": "Rotherham",
            "area_code": "E08000018",
            "area": "Rotherham",
            "nation": "England",
            "level": "local authority",
            "carries_outcomes": False,
        }
    ]
    months = [row["month"] for row in found.coverage]
    assert (months[0], months[-1], len(months)) == ("2023-04", "2024-03", 12)
    assert {row["state"] for row in found.coverage} == {"reported"}
    assert (found.rows.first_day, found.rows.last_day) == (date(2023, 4, 1), date(2024, 3, 31))


@pytest.mark.parametrize(
    ("reference", "as_at", "says"),
    [
        ("2024-03-31", date(2024, 3, 31), "the reference date of the census"),
        ("2023-12-31", date(2023, 12, 31), "the reference date of the census"),
        ("2024-07-21", date(2024, 3, 31), "the last day of the census year"),
        (None, date(2024, 3, 31), "the last day of the census year"),
        ("spring", date(2024, 3, 31), "the last day of the census year"),
    ],
)
def test_the_day_it_speaks_for_is_the_reference_date(tmp_path: Path, reference: str, as_at: date, says: str) -> None:
    found = read(tmp_path, FULL, reference=reference)
    assert (found.rows.as_at, found.rows.as_at_says) == (as_at, says)
    assert found.rows.last_day == as_at


def test_a_declared_day_decides_what_lies_after_it(tmp_path: Path) -> None:
    found = read_census(census_xml(tmp_path, FULL), as_at=date(2023, 5, 31))
    assert found.account.held == {"after_as_at": 2}
    assert [row["month"] for row in found.coverage] == ["2023-04", "2023-05"]


def test_several_authorities_of_one_year_go_together(tmp_path: Path) -> None:
    one = census_xml(tmp_path, FULL, name="a.xml")
    other = census_xml(tmp_path, FULL, name="b.xml", lea="371")
    found = read_census(one, other)
    assert [row["person_id"] for row in found.assessment] == ["371/C1", "372/C1"]
    assert len(found.coverage) == 24


def test_what_is_not_of_the_layout_is_counted(tmp_path: Path) -> None:
    odd = child("C1", episode(assessment(), ("NewModule", [("Thing", "1")])), ("ReferralNFA", "1"))
    found = read(tmp_path, odd, ("Stranger", "x"))
    assert any("3 elements are not of the census's layout" in note for note in found.rows.notes)
    assert not any("layout, or stand" in note for note in read(tmp_path, FULL).rows.notes)


def test_a_year_of_another_layout_is_said(tmp_path: Path) -> None:
    assert any("2020-21 to 2024-25 are" in note for note in read(tmp_path, FULL, year="2019").rows.notes)


def test_no_identity_is_made_and_the_receipt_says_so(tmp_path: Path) -> None:
    receipt = actions.check([census_xml(tmp_path, FULL)], "cin-census", settings=SETTINGS)
    assert dict(receipt.records) == {"assessment": 1, "person": 1}
    said = " ".join(receipt.notes)
    assert "No identity rows" in said
    assert "keyed pseudonym" in said


def test_more_children_than_a_batch_are_all_there(tmp_path: Path) -> None:
    children = [child(f"C{number}", episode(assessment())) for number in range(BATCH + 5)]
    assert read(tmp_path, *children).account.accepted == BATCH + 5


# ---------------------------------------------------------------- what is refused

GOOD = text_of(census(child(CANARY, episode(assessment()))))
BOMB = (
    '<!DOCTYPE Message [<!ENTITY a "' + CANARY + '">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)  # fmt: skip
REFUSED = {
    "cut short": (GOOD[:-30], "not whole, well-formed XML"),
    "cut at once": ("<Mess", "no Children in Need census"),
    "no XML": (f"hello, {CANARY}", "not whole, well-formed XML"),
    "white space": ("  \n ", "not whole, well-formed XML"),
    "an entity nobody declared": (GOOD.replace("APKN", "&who;"), "not whole, well-formed XML"),
    "a document type": ("<!DOCTYPE Message>" + GOOD, "DOCTYPE"),
    "an entity of its own": (f'<!DOCTYPE Message [<!ENTITY a "{CANARY}">]>' + GOOD.replace("APKN", "&a;"), "DOCTYPE"),
    "an entity from a file": ('<!DOCTYPE Message [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + GOOD, "DOCTYPE"),
    "a bomb": (BOMB + GOOD.replace("APKN", "&i;"), "DOCTYPE"),
    "other XML": (f"<{CANARY}><Child/></{CANARY}>", "no Children in Need census"),
    "another collection": (GOOD.replace("<Collection>CIN", f"<Collection>{CANARY}"), "another collection"),
    "no year": (GOOD.replace("<Year>2024", "<Year>"), "which year"),
    "a year that is none": (GOOD.replace("<Year>2024", f"<Year>{CANARY}"), "which year"),
    "no header": (f"<Message><Children><Child><a>{CANARY}</a></Child></Children></Message>", "which year"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_census_is_refused_in_a_sentence_that_quotes_nothing(tmp_path: Path, what: str) -> None:
    content, sentence = REFUSED[what]
    path = tmp_path / "census.xml"
    path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--as", "cin-census", str(path)])
    assert result.exit_code == FileRefused.exit_code, result.output
    assert result.stderr.startswith(f"onrecord: {path}")
    assert sentence in result.stderr
    assert CANARY not in result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr


def test_files_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    one = census_xml(tmp_path, FULL, name="a.xml")
    with pytest.raises(FileRefused, match="of one authority"):
        read_census(one, census_xml(tmp_path, FULL, name="b.xml"))
    with pytest.raises(FileRefused, match="two census years"):
        read_census(one, census_xml(tmp_path, FULL, name="c.xml", year="2023", lea="371"))
    with pytest.raises(FileRefused, match="no XML file"):
        read_census(street_csv(tmp_path))


def test_other_files_in_the_folder_are_passed_over_and_said(tmp_path: Path) -> None:
    census_xml(tmp_path, FULL)
    street_csv(tmp_path)
    assert any(note.startswith("Passed over, not an XML file") for note in read_census(tmp_path).rows.notes)


@pytest.mark.parametrize("name", ["census.zip", "census.xml.gz"])
def test_a_packed_file_that_is_damaged_or_too_large_is_refused(tmp_path: Path, name: str) -> None:
    content = census_xml(tmp_path, *[child(f"C{number}") for number in range(400)]).read_bytes()
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    else:
        zip_of(path, {"census.xml": content})
    with pytest.raises(FileRefused, match="unpacks to more than"):
        read_census(path, settings=SETTINGS.__class__(now=SETTINGS.now, largest_member=1000))
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(50) + whole[250:])
    with pytest.raises(FileRefused, match="damaged"):
        read_census(path)


# ---------------------------------------------------------------- from end to end


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_census_is_received_accepted_and_passed_over_by_the_ledger(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", from_environment())
    names = [
        "--as",
        "cin-census",
        "--from",
        "Rotherham MBC",
        "--by",
        "Ann",
        "--period",
        "2023/24",
        "--agreement",
        "EXAMPLE-AGREEMENT-1",
    ]
    assert run("check", "--as", "cin-census", census_xml(tmp_path, FULL)).exit_code == 0
    assert run("receive", store, census_xml(tmp_path, FULL), *names).exit_code == 0
    assert run("accept", store, "R0001", "--by", "Bob").exit_code == 0
    alone = run("ledger", store)
    assert alone.exit_code == 0
    assert "No ledger in the justice strand, because they hold assessments and no reports: R0001" in alone.stderr
    streets = ["--as", "police-uk", "--from", "Force", "--by", "Ann", "--period", "2018-11"]
    crimes = [street_row(f"c{place}", category=STREET_CATEGORIES[place % 3]) for place in range(60)]
    assert run("receive", store, street_csv(tmp_path, *crimes), *streets).exit_code == 0
    assert run("accept", store, "R0002", "--by", "Bob").exit_code == 0
    [row] = actions.ledger(store).rows()
    assert (row["unit"], row["received"]) == ("crime", 60)
    assert run("publish", store, "--out", tmp_path / "site").exit_code == 0


def test_a_store_of_censuses_alone_still_makes_a_site(tmp_path: Path) -> None:
    store, words = agreed(tmp_path / "store", SETTINGS), ("x", "Ann", "2023/24")
    file, under = census_xml(tmp_path, FULL), "EXAMPLE-AGREEMENT-1"
    actions.receive(store, [file], "cin-census", *words, settings=SETTINGS, agreement=under)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    assert actions.publish(store, tmp_path / "site", SETTINGS)


def test_a_census_of_another_year_than_it_was_sent_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="2021/22"):
        actions.receive(
            tmp_path / "s", [census_xml(tmp_path, FULL)], "cin-census", "x", "Ann", "2021/22", settings=SETTINGS
        )


def test_a_census_with_referrals_alone_has_nothing_to_store(tmp_path: Path) -> None:
    file = census_xml(tmp_path, child("C1", episode()))
    with pytest.raises(WrongWords, match="nothing"):
        actions.receive(tmp_path / "s", [file], "cin-census", "x", "Ann", "2023/24", settings=SETTINGS)


def test_comments_and_instructions_between_elements_do_no_harm(tmp_path: Path) -> None:
    path = census_xml(tmp_path, FULL)
    expected = read_census(path).assessment
    text = path.read_text().replace("<CINdetails>", "<!-- a --><?b c?><CINdetails>").replace("11A", "<!-- d -->11A")
    path.write_text(text)
    assert read_census(path).assessment == expected


def test_a_day_with_a_time_or_a_zone_is_a_day(tmp_path: Path) -> None:
    for written in ("2023-05-02Z", "2023-05-02+01:00", "2023-05-02T00:00:00"):
        assert only(tmp_path, assessment(written))["start_date"] == date(2023, 5, 2)


def test_a_plain_item_builder_leaves_out_what_is_none() -> None:
    assert of("a", b="1", c=None) == ("a", [("b", "1")])


def test_a_finding_has_the_file_and_line_of_its_assessment_or_child_and_counts_assessments(tmp_path: Path) -> None:
    late = child("C2", episode(assessment(start="2023-05-02"), CINreferralDate="2023-05-20"))
    path = census_xml(tmp_path, child("C1", episode(assessment())), late)
    receipt = actions.check([path], "cin-census", settings=SETTINGS)
    lines = path.read_text(encoding="utf-8").splitlines()
    [found] = receipt.findings_by("assessment.start_date.before_referral")
    assert found.address.file == str(path)
    assert found.address.row is not None
    assert "<Assessments>" in lines[found.address.row - 1]
    assert found.address.row > next(place for place, line in enumerate(lines) if ">C2<" in line)
    [touched] = [each for each in receipt.critical if each.rule == found.rule]
    assert (touched.reports, touched.unit) == (1, "assessment")
    assert not any("about 1 report" in line for line in receipt.sentences())
