"""Made-up censuses of any shape are accounted for wholly."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.censuses import (
    Node,
    assessment,
    census_xml,
    child,
    enquiry,
    episode,
    need_plan,
    protection_plan,
    read_census,
)

DAYS = st.sampled_from(["2023-05-02", "2023-06-01", "2023-06-02", "2023-09-30", "2024-02-29", "2025-01-01", "?", None])
CODES = st.sampled_from(["11A", "4A", "99Z"])
SPACE = ("Assessments", "Section47", "CINPlanDates", "ChildProtectionPlans")
assessments = st.builds(assessment, DAYS, DAYS, st.lists(CODES, max_size=2))
modules = st.one_of(
    assessments,
    assessments,
    st.builds(enquiry, DAYS, DAYS),
    st.builds(need_plan, DAYS, DAYS),
    st.builds(protection_plan, DAYS, InitialCategoryOfAbuse=st.sampled_from(["SAB", "CSE"])),
)
episodes = st.lists(modules, max_size=6).flatmap(
    lambda inside: st.builds(
        lambda referred, held: episode(*inside, CINreferralDate=referred, DateOfInitialCPC=held), DAYS, DAYS
    )
)
children = st.lists(episodes, max_size=3).flatmap(
    lambda inside: st.builds(
        lambda key, sex: child(key, *inside, GenderCurrent=sex),
        st.sampled_from(["C1", "C2", "C3", "C4", None]),
        st.sampled_from(["1", "2", "7"]),
    )
)


def inside(node: Node, *names: str) -> list[Node]:
    assert not isinstance(node[1], str)
    return [part for part in node[1] if part[0] in names]


def counted(made: list[Node]) -> Counter[str]:
    """What is to be found again, by kind of element."""
    found: Counter[str] = Counter()
    for one in made:
        own = inside(one, "CINdetails")
        found["Child"] += not own
        for chapter in own:
            parts = inside(chapter, *SPACE)
            found.update(part[0] for part in parts)
            found["CINdetails"] += not parts
            found["DateOfInitialCPC"] += bool(parts) and bool(inside(chapter, "DateOfInitialCPC"))
    return found


@given(st.lists(children, min_size=1, max_size=6))
@settings(
    derandomize=True,
    deadline=None,
    max_examples=12,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_module_of_any_census_is_found_again(made: list[Node]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read_census(census_xml(Path(folder), *made))
    expected, account = counted(made), found.account
    assert account.received == sum(expected.values())
    assert account.received == account.accepted + sum(account.held.values()) + sum(account.out_of_scope.values())
    assert len(found.held) == sum(account.held.values())
    assert account.out_of_scope.get("referral_without_assessment", 0) == expected["CINdetails"]
    assert account.out_of_scope.get("child_without_referral", 0) == expected["Child"]
    # What was accepted stands in the rows: assessments, and what was laid on them.
    columns = ("section_47_date", "need_plan_start", "protection_plan_start")
    laid = sum(row[column] is not None for row in found.assessment for column in columns)
    assert len(found.assessment) + laid <= account.accepted
    conferences = account.accepted - len(found.assessment) - laid
    assert conferences <= sum(row["conference_date"] is not None for row in found.assessment)
    assert len({row["assessment_id"] for row in found.assessment}) == len(found.assessment)
    assert {row["person_id"] for row in found.person} == {row["person_id"] for row in found.assessment}
    assert len(found.person) == len({row["person_id"] for row in found.person})
