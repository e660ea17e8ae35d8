"""What each measure counts, the ledger aside: the rules in plain English, with their examples."""

from __future__ import annotations

from tests.spec.drawn import Follow


def test_no_stage_holds_more_than_the_one_before(measured: Follow) -> None:
    """A report has reached a stage when that stage, or a later one, is recorded of it."""
    measured(
        "attrition",
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-01 | arrest
        1      | 2014-02-03 | charged
        1      | 2014-06-03 | convicted
        2      | 2014-01-10 | received
        2      | 2014-02-03 | charged
        3      | 2014-01-10 | received
        3      | 2014-02-03 | arrest
        4      | 2014-01-10 | received
        """,
        as_at="2014-06-30",
        crimes="X of 1, X of 2, X of 3",
    ).shows(
        """
        received | recorded_as_crime | suspect_identified | arrested | charged | convicted
        4        | 3                 | 3                  | 3        | 2       | 1
        """
    )


def test_beside_each_stage_stands_who_records_that_very_stage(measured: Follow) -> None:
    """Somebody charged by post was never arrested: that can be read off."""
    measured(
        "attrition",
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        2      | 2014-01-10 | received
        """,
        as_at="2014-06-30",
        suspects="A of 2",
    ).shows(
        """
        recorded_as_crime | with_crime | suspect_identified | with_suspect | arrested | with_arrest | with_charge
        2                 | 0          | 2                  | 2            | 1        | 0           | 1
        """
    )


def test_what_happened_later_was_not_reached_yet(measured: Follow) -> None:
    """Only what is dated up to the day counts; a duplicate and a report of a later day do not."""
    measured(
        "attrition",
        """
        report | day        | what     | repeats
        1      | 2014-01-10 | received |
        1      | 2014-05-01 | charged  |
        2      | 2014-01-11 | received | 1
        3      | 2014-05-01 | received |
        """,
        as_at="2014-04-30",
    ).shows(
        """
        received | charged
        1        | 0
        """
    )


def test_a_stage_once_reached_stays_reached(measured: Follow) -> None:
    """A charge that was withdrawn was made; where the report stands now is the ledger."""
    measured(
        "attrition",
        """
        day        | what
        2014-01-10 | received
        2014-02-03 | charged
        2014-02-10 | charge withdrawn
        """,
        as_at="2014-06-30",
    ).shows(
        """
        received | charged
        1        | 1
        """
    )


def test_a_child_of_two_reports_counts_once_at_the_furthest_stage(measured: Follow) -> None:
    """Anna is in both reports, Bea in the second alone."""
    measured(
        "attrition",
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        2      | 2014-03-10 | received
        """,
        as_at="2014-06-30",
        unit="child",
        children="Anna, Bea of 2",
    ).shows(
        """
        received | charged | records
        2        | 1       | 3
        """
    )


def test_what_was_done_to_another_child_says_nothing_of_this_one(measured: Follow) -> None:
    """The charge is for the crime done to Anna."""
    measured(
        "attrition",
        """
        day        | what     | crime
        2014-01-10 | received |
        2014-02-03 | charged  | X
        2014-02-04 | arrest   |
        """,
        as_at="2014-06-30",
        unit="child",
        crimes="X to Anna, Y to Bea",
    ).shows(
        """
        received | recorded_as_crime | arrested | charged
        2        | 2                 | 2        | 1
        """
    )


def test_who_still_waits_is_counted_with_those_who_do_not(measured: Follow) -> None:
    """Three of four were followed for 90 days; one of these was charged within them. The fourth is young."""
    measured(
        "timeliness",
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-01-20 | charged
        2      | 2014-01-10 | received
        2      | 2014-06-01 | interview
        3      | 2014-01-10 | received
        3      | 2014-03-01 | no suspect identified
        4      | 2014-06-20 | received
        4      | 2014-06-21 | charged
        """,
        as_at="2014-06-30",
    ).shows(
        """
        step                          | n | with_step | still_open | within_7 | followed_7 | within_90 | followed_90
        received to recorded as crime | 4 | 0         | 1          | 0        | 4          | 0         | 3
        received to first activity    | 4 | 4         | 0          | 1        | 4          | 2         | 3
        received to arrest            | 4 | 0         | 1          | 0        | 4          | 0         | 3
        received to outcome           | 4 | 3         | 1          | 1        | 4          | 2         | 3
        charge to court result        | 2 | 0         | 0          | 0        | 2          | 0         | 1
        """
    )


def test_what_became_of_a_cohort_counts_the_open_for_as_long_as_they_were_followed(measured: Follow) -> None:
    """By day 10 one of four is charged. The fourth is followed for 20 days: after it two are open, and one is closed.

    So no further action takes half of what is still open then: half of 3/4 = 0.375, and not one of four.
    """
    measured(
        "cohorts",
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-01-20 | charged
        2      | 2014-01-10 | received
        2      | 2014-06-01 | interview
        3      | 2014-01-10 | received
        3      | 2014-03-01 | no suspect identified
        4      | 2014-06-10 | received
        """,
        as_at="2014-06-30",
    ).shows(
        """
        outcome           | days | received | ended_so_far | still_open | at_risk | estimate | reason
        prosecuted        | 10   | 4        | 1            | 2          | 4       | 0.25     |
        prosecuted        | 90   | 4        | 1            | 2          | 1       | 0.25     |
        no_further_action | 10   | 4        | 1            | 2          | 4       | 0.0      |
        no_further_action | 90   | 4        | 1            | 2          | 1       | 0.375    |
        """
    )


def test_beside_a_cohort_stands_what_was_dated_in_its_period(measured: Follow) -> None:
    """Report 1 is of an earlier year: it is no part of the cohort, and its charge is of the period all the same."""
    measured(
        "cohorts",
        """
        report | day        | what
        1      | 2013-12-10 | received
        1      | 2014-01-20 | charged
        2      | 2014-01-10 | received
        2      | 2014-01-15 | charged
        3      | 2014-01-10 | received
        3      | 2014-06-01 | interview
        """,
        as_at="2014-06-30",
    ).shows(
        """
        outcome    | days | received | ended_so_far | estimate | dated_in_period | period_ratio
        prosecuted | 10   | 2        | 1            | 0.5      | 2               | 1.0
        prosecuted | 90   | 2        | 1            | 0.5      | 2               | 1.0
        """
    )


def test_an_outcome_dated_before_receipt_is_in_no_estimate_and_counted_apart(measured: Follow) -> None:
    """One of the two days is wrong, and nobody knows which."""
    measured(
        "cohorts",
        """
        report | day        | what
        1      | 2014-02-10 | received
        1      | 2014-02-01 | charged
        2      | 2014-01-10 | received
        2      | 2014-01-20 | charged
        """,
        as_at="2014-06-30",
    ).shows(
        """
        outcome    | days | received | day_in_doubt | ended_so_far | estimate
        prosecuted | 10   | 2        | 1            | 1            | 1.0
        prosecuted | 90   | 2        | 1            | 1            | 1.0
        """
    )


def test_where_nothing_has_ended_there_is_nothing_to_estimate(measured: Follow) -> None:
    """It is said, and the reports are counted."""
    measured(
        "cohorts",
        """
        report | day        | what
        1      | 2014-02-10 | received
        """,
        as_at="2014-06-30",
    ).shows(
        """
        outcome  | days | received | still_open | estimate | reason
        none yet | 10   | 1        | 1          |          | nothing has ended yet
        none yet | 90   | 1        | 1          |          | nothing has ended yet
        """
    )


def test_who_ended_otherwise_stays_below_the_line(measured: Follow) -> None:
    """Closed without an arrest: never arrested, and still one of those that could have been."""
    measured(
        "timeliness",
        """
        report | day        | what
        1      | 2014-01-01 | received
        1      | 2014-01-05 | arrest
        2      | 2014-01-01 | received
        2      | 2014-01-03 | no suspect identified
        """,
        as_at="2014-06-30",
    ).shows(
        """
        step                          | n | with_step | ended_otherwise | within_28 | followed_28
        received to recorded as crime | 2 | 0         | 1               | 0         | 2
        received to first activity    | 2 | 2         | 0               | 2         | 2
        received to arrest            | 2 | 1         | 1               | 1         | 2
        received to outcome           | 2 | 1         | 0               | 1         | 2
        """
    )


def test_a_step_before_its_start_is_counted_apart(measured: Follow) -> None:
    """An arrest the day before receipt is a wrong day, or belongs to an earlier report: it is in no share."""
    measured(
        "timeliness",
        """
        day        | what
        2014-01-10 | received
        2014-01-09 | arrest
        """,
        as_at="2014-06-30",
    ).shows(
        """
        step                          | n | with_step | before_start | followed_7
        received to recorded as crime | 1 | 0         | 0            | 1
        received to first activity    | 1 | 0         | 1            | 0
        received to arrest            | 1 | 0         | 1            | 0
        received to outcome           | 1 | 0         | 0            | 1
        """
    )


def test_half_is_half_of_all_that_were_followed_for_a_year(measured: Follow) -> None:
    """Two of four were charged, on the 10th and on the 100th day; of those that were not, nobody knows when."""
    measured(
        "timeliness",
        """
        report | day        | what
        1      | 2014-01-01 | received
        1      | 2014-01-11 | charged
        2      | 2014-01-01 | received
        2      | 2014-04-11 | charged
        3      | 2014-01-01 | received
        4      | 2014-01-01 | received
        """,
        as_at="2015-06-30",
    ).shows(
        """
        step                          | n | quarter_by | half_by
        received to recorded as crime | 4 |            |
        received to first activity    | 4 | 10         | 100
        received to arrest            | 4 |            |
        received to outcome           | 4 | 10         | 100
        charge to court result        | 2 |            |
        """
    )


FLOWING = """
    report | day        | what
    1      | 2013-11-10 | received
    1      | 2014-02-03 | charged
    2      | 2013-11-10 | received
    3      | 2013-11-10 | received
    3      | 2013-12-01 | no suspect identified
    3      | 2014-02-10 | reopened
    4      | 2014-01-10 | received
    4      | 2014-02-03 | no suspect identified
    5      | 2014-03-10 | received
    6      | 2013-11-10 | received
    6      | 2013-12-01 | no suspect identified
    """


def test_what_flows_in_flows_out_or_is_still_there(measured: Follow) -> None:
    """Open at start + received + reopened = settled + open at end, whenever they were received."""
    measured("flow", FLOWING, as_at="2014-06-30", period="2014-01..2014-03").shows(
        """
        first_day  | last_day   | open_at_start | received | reopened | at_stake | settled | open_at_end
        2014-01-01 | 2014-03-31 | 2             | 2        | 1        | 5        | 2       | 3
        """
    )


def test_the_end_of_one_month_is_the_start_of_the_next(measured: Follow) -> None:
    measured("flow", FLOWING, as_at="2014-06-30", period="2014-01..2014-03", by="month").shows(
        """
        month   | open_at_start | received | reopened | settled | open_at_end
        2014-01 | 2             | 1        | 0        | 0       | 3
        2014-02 | 3             | 0        | 1        | 2       | 2
        2014-03 | 2             | 1        | 0        | 0       | 3
        """
    )


def test_protective_actions_count_on_their_own_day(measured: Follow) -> None:
    """Two notices in the period, one of them on a report received long before; the third lies after it."""
    measured(
        "protective actions",
        """
        report | day        | what                           | suspect
        1      | 2012-01-10 | received                       |
        1      | 2014-02-01 | child abduction warning notice | A
        2      | 2014-01-10 | received                       |
        2      | 2014-02-01 | child abduction warning notice | B
        2      | 2014-02-02 | NRM referral                   |
        2      | 2015-01-02 | child abduction warning notice | B
        """,
        as_at="2015-06-30",
    ).shows(
        """
        kind                           | actions | notices | orders | referrals | reports | people
        NRM referral                   | 1       | 0       | 0      | 1         | 1       | 0
        child abduction warning notice | 2       | 2       | 0      | 0         | 2       | 2
        """
    )


def test_a_notice_moves_no_line(follow: Follow) -> None:
    """It is done, so the report is live; and it decides nothing."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-06-01 | child abduction warning notice
        2      | 2014-01-10 | received
        2      | 2014-02-03 | no suspect identified
        2      | 2014-06-01 | sexual risk order
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | live
        2      | no_further_action
        """
    )


ONE_OF_TWO = """
    report | day        | what
    1      | 2014-01-10 | received
    2      | 2014-01-10 | received
"""


def test_what_is_missing_is_missing_for_a_reason(measured: Follow) -> None:
    """Of three suspects one is known as he said himself, one as an officer saw him, and of one nobody asked."""
    measured(
        "completeness",
        ONE_OF_TWO,
        as_at="2014-06-30",
        suspects="A, B of 2, C of 2",
        people="""
        person_id | ethnicity | ethnicity_scheme | ethnicity_basis  | sex     | age | age_not_known
        A         | A1        | sde              | self-defined     | M       | 41  |
        B         | IC1       | ic               | officer-observed | unknown |     | refused
        C         | not asked |                  |                  |         |     |
        """,
    ).only(record="person: suspect").shows(
        """
        field       | ethnicity_basis  | rows | given | unknown | refused | not_asked | not_yet_recorded | empty
        age         |                  | 3    | 1     | 0       | 1       | 0         | 0                | 1
        disability  |                  | 3    | 0     | 0       | 0       | 0         | 0                | 3
        ethnicity   |                  | 3    | 2     | 0       | 0       | 1         | 0                | 0
        ethnicity   | no basis given   | 1    | 0     | 0       | 0       | 1         | 0                | 0
        ethnicity   | officer-observed | 1    | 1     | 0       | 0       | 0         | 0                | 0
        ethnicity   | self-defined     | 1    | 1     | 0       | 0       | 0         | 0                | 0
        nationality |                  | 3    | 0     | 0       | 0       | 0         | 0                | 3
        sex         |                  | 3    | 1     | 1       | 0       | 0         | 0                | 1
        """
    )


def test_of_what_ended_so_many_led_to_a_charge(measured: Follow) -> None:
    """Lantern ended with a charge, Harbour with none and two notices; Beacon runs, and is not judged."""
    measured(
        "operations",
        """
        report | day        | what                           | suspect
        1      | 2014-01-10 | received                       |
        1      | 2014-03-03 | charged                        | A
        2      | 2014-01-10 | received                       |
        2      | 2014-02-03 | child abduction warning notice | B
        2      | 2014-02-04 | child abduction warning notice | C
        3      | 2014-01-10 | received                       |
        3      | 2014-03-03 | charged                        |
        """,
        as_at="2014-06-30",
        suspects="A of 1, B of 2, C of 2",
        children="Anna, Bea of 2",
        named="""
        operation | began      | ended      | took in
        Lantern   | 2014-01-15 | 2014-05-01 | 1, 2
        Harbour   | 2014-01-15 | 2014-04-01 | 2
        Beacon    | 2014-01-15 | 2014-12-01 | 3
        Later     | 2014-07-15 |            |
        """,
    ).shows(
        """
        operation | ended | ended_with_charge | reports | children | suspects | protective_actions | with_charge
        Beacon    | 0     | 0                 | 1       | 1        | 0        | 0                  | 1
        Harbour   | 1     | 0                 | 1       | 2        | 2        | 2                  | 0
        Lantern   | 1     | 1                 | 2       | 2        | 3        | 2                  | 1
        """
    )


def test_what_was_done_for_the_child_stands_in_one_of_seven_places(measured: Follow) -> None:
    """One report a place, and one that repeats another: it is counted beside, and never again."""
    found = measured(
        "safeguarding",
        """
        report | day        | what            | repeats
        1      | 2014-01-10 | received        |
        2      | 2014-01-10 | received        |
        2      | 2014-01-20 | help given      |
        3      | 2014-06-01 | received        |
        4      | 2014-01-10 | received        |
        5      | 2014-01-10 | received        |
        5      | 2014-01-20 | referred on     |
        6      | 2014-01-10 | received        |
        7      | 2014-01-10 | received        |
        7      | 2014-01-20 | referral closed |
        8      | 2014-01-11 | received        | 1
        """,
        as_at="2014-06-30",
        children="Anna of 1, Bea of 6",
        assessments="""
        report | child | began      | ended      | plan       | closed     | why
        1      | Anna  | 2014-01-15 | 2014-02-15 | 2014-02-20 | 2014-05-01 | RC8
        6      | Bea   | 2014-01-15 | 2014-02-15 |            | 2014-02-16 | RC8
        """,
    )
    found.shows(
        """
        received | plan_made | helped_without_plan | live | unaccounted | referred_on | duplicates
        7        | 1         | 1                   | 1    | 1           | 1           | 1
        """
    )
    found.shows(
        """
        received | assessed_and_closed | not_assessed
        7        | 1                   | 1
        """
    )


def test_one_child_may_be_helped_while_nothing_is_known_of_the_other(measured: Follow) -> None:
    """A report stands by the child who was helped, its other line still open. The second names no child."""
    story = """
        report | day        | what
        1      | 2014-01-10 | received
        2      | 2014-01-10 | received
        """
    assessments = """
        report | child | began      | plan
        1      | Anna  | 2014-01-15 | 2014-02-20
        """
    told = {"as_at": "2014-06-30", "children": "Anna of 1, Bea of 1", "assessments": assessments}
    measured("safeguarding", story, **told).shows(
        """
        received | plan_made | unaccounted | still_open | reports_naming_none | because_nothing_for_the_child
        2        | 1         | 1           | 1          | 1                   | 1
        """
    )
    measured("safeguarding", story, unit="child", **told).shows(
        """
        received | plan_made | unaccounted | still_open | reports_naming_none | records
        2        | 1         | 1           | 0          | 1                   | 2
        """
    )


def test_a_child_whom_two_reports_name_stands_once(measured: Follow) -> None:
    """The assessment names no report: it falls on the last before it. Her other report hides nothing."""
    measured(
        "safeguarding",
        """
        report | day        | what
        1      | 2014-01-10 | received
        2      | 2014-02-10 | received
        """,
        as_at="2014-06-30",
        unit="child",
        children="Anna",
        assessments="""
        child | began      | plan
        Anna  | 2014-02-15 | 2014-02-20
        """,
    ).shows(
        """
        received | plan_made | unaccounted | records
        1        | 1         | 0           | 2
        """
    )


def test_an_assessment_of_a_later_report_is_none_of_an_earlier_one(measured: Follow) -> None:
    """The assessment follows the report of March. Nothing followed that of January."""
    measured(
        "safeguarding",
        """
        report | day        | what
        1      | 2014-01-10 | received
        2      | 2014-03-10 | received
        """,
        as_at="2014-06-30",
        period="2014-01",
        children="Anna",
        assessments="""
        child | began      | plan
        Anna  | 2014-03-15 | 2014-03-20
        """,
    ).shows(
        """
        received | plan_made | unaccounted
        1        | 0         | 1
        """
    )


def test_another_senders_pseudonym_is_nobody_here(measured: Follow) -> None:
    """The council's Anna may be anybody. It is heard where the report names no child; else it waits to be linked."""
    measured(
        "safeguarding",
        """
        report | day        | what
        1      | 2014-01-10 | received
        2      | 2014-01-10 | received
        """,
        as_at="2014-06-30",
        children="Anna of 1",
        assessments="""
        report | child | sender  | began      | plan
        1      | Anna  | council | 2014-01-15 | 2014-02-20
        2      | Anna  | council | 2014-01-15 | 2014-02-20
               | Anna  | council | 2014-01-15 | 2014-02-20
        """,
    ).shows(
        """
        received | plan_made | unaccounted | unmatched_assessments | because_no_safeguarding_carried
        2        | 1         | 1           | 1                     | 1
        """
    )
