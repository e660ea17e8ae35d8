"""The Children in Need census beside a count of the same file by another hand: the standard library's own XML reader.

Witness: xml.etree.ElementTree over the sample returns of data-to-insight/CIN-validator (MIT), invented children.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as Witness

import pytest

from benchmarks.cin_census import write_census
from onrecord.errors import FileRefused
from tests.unit.censuses import CensusRead, read_census

SAMPLES = (
    "CIN_Census_2021",
    "CIN_Census_2021_no_assessment_factors",
    "CIN_header_issues_100",
    "CIN_la_issues_2887Q",
    "fake_CIN_data",
)
MODULES = ("Assessments", "Section47", "CINPlanDates", "ChildProtectionPlans")


def counted(path: Path) -> int:
    """How many rows are to be found again, counted element by element."""
    count = 0
    for child in Witness.parse(path).getroot().iter("Child"):
        episodes = child.findall("CINdetails")
        count += not episodes
        for episode in episodes:
            modules = [part for part in episode if part.tag in MODULES]
            count += len(modules) or 1
            count += bool(modules) and episode.find("DateOfInitialCPC") is not None
    return count


def days(path: Path, element: str) -> Counter[date]:
    return Counter(date.fromisoformat(str(found.text)) for found in Witness.parse(path).getroot().iter(element))


def compare(path: Path, found: CensusRead) -> None:
    account = found.account
    assert account.received == counted(path)
    assert account.received == account.accepted + sum(account.held.values()) + sum(account.out_of_scope.values())
    root = Witness.parse(path).getroot()
    assert Counter(row["start_date"] for row in found.assessment) == days(path, "AssessmentActualStartDate")
    assert Counter(row["end_date"] for row in found.assessment if row["end_date"]) == days(
        path, "AssessmentAuthorisationDate"
    )
    factors = Counter(code for row in found.assessment for code in (row["factors"] or "").split(";") if code)
    assert factors == Counter(str(factor.text) for factor in root.iter("AssessmentFactors"))
    assessed = {
        child.findtext("ChildIdentifiers/LAchildID")
        for child in root.iter("Child")
        if child.find("CINdetails/Assessments") is not None
    }
    assert {row["person_id"].partition("/")[2] for row in found.person} == assessed


def test_the_one_child_is_read_as_it_stands() -> None:
    path = Path(__file__).parent / "data" / "cin_one_child.xml"
    found = read_census(path)
    compare(path, found)
    [row] = found.assessment
    for column, element in {
        "section_47_date": "S47ActualStartDate",
        "conference_target_date": "InitialCPCtarget",
        "need_plan_start": "CINPlanStartDate",
        "need_plan_end": "CINPlanEndDate",
        "protection_plan_start": "CPPstartDate",
        "protection_plan_end": "CPPendDate",
        "closed_date": "CINclosureDate",
        "referral_date": "CINreferralDate",
    }.items():
        assert [row[column]] == list(days(path, element)), column
    # The file names a conference twice, at the episode and at the enquiry; rule 2884 of the census forbids it.
    assert row["conference_date"] == date(1970, 6, 17)
    assert found.account.out_of_scope == {"further_conference": 1}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_counted_alike(shared: Path, name: str) -> None:
    path = shared / "data" / "validator-cin-census" / f"{name}.xml"
    compare(path, read_census(path))


def test_the_sample_of_referrals_alone_is_out_of_scope(shared: Path) -> None:
    found = read_census(shared / "data" / "validator-cin-census" / "fake_CIN_data.xml")
    assert found.account.out_of_scope == {"referral_without_assessment": 402}
    assert found.account.received == 402


def test_the_census_of_the_benchmark_is_counted_alike(tmp_path: Path) -> None:
    path = tmp_path / "census.xml"
    write_census(path, 1_500)
    found = read_census(path)
    root = Witness.parse(path).getroot()
    compare(path, found)
    assert found.account.held == {}
    for element, column in {
        "CPPstartDate": "protection_plan_start",
        "CINPlanStartDate": "need_plan_start",
        "S47ActualStartDate": "section_47_date",
        "DateOfInitialCPC": "conference_date",
    }.items():
        assert Counter(row[column] for row in found.assessment if row[column]) == days(path, element), column
    assert len(root.findall("Children/Child")) == 1_500


def test_other_xml_is_refused(shared: Path) -> None:
    with pytest.raises(FileRefused, match="no Children in Need census"):
        read_census(shared / "data" / "nibrs-interop" / "nibrs_GroupAIncident_Sample.xml")
