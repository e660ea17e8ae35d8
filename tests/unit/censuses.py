"""Made-up Children in Need censuses: elements as nested tuples, and what the adapter makes of them.

Nobody in here is anybody. Defaults are good: a child without changes has one episode with one finished assessment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from onrecord.engine import open_engine
from onrecord.intake.adapters import adapter_named
from onrecord.intake.read import gather
from onrecord.intake.rows import Account, Held, Rows
from onrecord.settings import Settings
from tests.unit.factories import SETTINGS

# An element: its name, and its text or the elements in it.
Node = tuple[str, "str | list[Node]"]
NAMESPACE = "http://example.org/cin"


def of(element: str, **items: str | None) -> Node:
    """An element of plain items; None leaves an item out."""
    return element, [(name, text) for name, text in items.items() if text is not None]


def assessment(
    start: str | None = "2023-05-02", end: str | None = "2023-06-01", factors: Sequence[str] = ("11A", "4A")
) -> Node:
    """An assessment with its factors."""
    name, items = of("Assessments", AssessmentActualStartDate=start, AssessmentAuthorisationDate=end)
    found: list[Node] = [("AssessmentFactors", factor) for factor in factors]
    assert isinstance(items, list)
    return name, [*items, ("FactorsIdentifiedAtAssessment", found)] if factors else items


def enquiry(start: str | None = "2023-05-10", conference: str | None = None, **items: str | None) -> Node:
    """A section 47 enquiry."""
    usual = {"InitialCPCtarget": "2023-05-31", "DateOfInitialCPC": conference, "ICPCnotRequired": "false"}
    return of("Section47", S47ActualStartDate=start, **{**usual, **items})


def need_plan(start: str | None = "2023-06-02", end: str | None = None) -> Node:
    """A child in need plan."""
    return of("CINPlanDates", CINPlanStartDate=start, CINPlanEndDate=end)


def protection_plan(start: str | None = "2023-06-05", **items: str | None) -> Node:
    """A child protection plan."""
    usual = {"InitialCategoryOfAbuse": "SAB", "LatestCategoryOfAbuse": "SAB", "NumberOfPreviousCPP": "0"}
    name, inside = of("ChildProtectionPlans", CPPstartDate=start, **{**usual, **items})
    assert isinstance(inside, list)
    return name, [*inside, ("Reviews", [("CPPreviewDate", "2023-09-01")])]


def episode(*modules: Node, **changed: str | None) -> Node:
    """An episode; without modules it is a referral."""
    usual = {
        "CINreferralDate": "2023-05-01",
        "ReferralSource": "6",
        "PrimaryNeedCode": "N1",
        "ReferralNFA": "false",
    }
    name, items = of("CINdetails", **{**usual, **changed})
    assert isinstance(items, list)
    return name, [*items, *modules]


def child(
    key: str | None = "C1",
    *episodes: Node,
    disabilities: Sequence[str] = (),
    ethnicity: str | None = "APKN",
    **changed: str | None,
) -> Node:
    """A child with its episodes."""
    usual = {"LAchildID": key, "UPN": "A123456789012", "PersonBirthDate": "2009-02-03", "GenderCurrent": "2"}
    listed: list[Node] = [("Disabilities", [("Disability", code) for code in disabilities])] if disabilities else []
    _, ethnic = of("ChildCharacteristics", Ethnicity=ethnicity)
    assert isinstance(ethnic, list)
    return "Child", [
        of("ChildIdentifiers", **{**usual, **changed}),
        ("ChildCharacteristics", ethnic + listed),
        *episodes,
    ]


def census(
    *children: Node,
    lea: str | None = "372",
    year: str | None = "2024",
    reference: str | None = "2024-03-31",
    collection: str | None = "CIN",
) -> Node:
    """A whole census. Without children: one good child."""
    details = of("CollectionDetails", Collection=collection, Year=year, ReferenceDate=reference)
    inside = list(children) or [child("C1", episode(assessment()))]
    return "Message", [("Header", [details, of("Source", SourceLevel="L", LEA=lea)]), ("Children", inside)]


def text_of(node: Node, namespace: str = "", indent: int = 0) -> str:
    """An element as XML, each on a line of its own."""
    name, inside = node
    pad, attribute = "  " * indent, f' xmlns="{namespace}"' if namespace else ""
    if isinstance(inside, str):
        return f"{pad}<{name}{attribute}>{escape(inside)}</{name}>\n"
    within = "".join(text_of(part, "", indent + 1) for part in inside)
    return f"{pad}<{name}{attribute}>\n{within}{pad}</{name}>\n"


def census_xml(folder: Path, *children: Node, name: str = "census.xml", namespace: str = "", **header: Any) -> Path:
    """Write a census as a file."""
    path = folder / name
    path.write_text(text_of(census(*children, **header), namespace), encoding="utf-8")
    return path


@dataclass(frozen=True)
class CensusRead:
    """What the adapter made of censuses, as plain values, every table in a steady order."""

    account: Account
    held: tuple[Held, ...]
    assessment: list[dict[str, Any]]
    person: list[dict[str, Any]]
    agencies: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    rows: Rows


def read_census(*paths: Path, as_at: date | None = None, settings: Settings = SETTINGS) -> CensusRead:
    """Read censuses into plain values."""
    with open_engine(settings) as engine:
        rows = adapter_named("cin-census").read(engine, gather(paths), as_at, settings)
        plain = {
            name: sorted(table.to_pyarrow().to_pylist(), key=str)
            for name, table in {**rows.tables, "agencies": rows.agencies, "coverage": rows.coverage}.items()
        }
        return CensusRead(rows.account, tuple(rows.held), **plain, rows=rows)
