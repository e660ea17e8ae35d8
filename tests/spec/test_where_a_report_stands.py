"""Where a report stands: every rule in plain English, with its example. Each is tried on engine and oracle."""

from __future__ import annotations

from tests.spec.drawn import Follow


def test_one_report_one_outcome(follow: Follow) -> None:
    """A report stands where its last deciding event puts it, however long ago that was."""
    follow(
        """
        report | day        | what
        1      | 2012-01-10 | received
        1      | 2012-02-03 | charged
        2      | 2012-01-10 | received
        2      | 2012-02-03 | taken into consideration
        3      | 2012-01-10 | received
        3      | 2012-02-03 | cautioned
        4      | 2012-01-10 | received
        4      | 2012-02-03 | community resolution
        5      | 2012-01-10 | received
        5      | 2012-02-03 | diverted
        6      | 2012-01-10 | received
        6      | 2012-02-03 | evidence not enough
        7      | 2012-01-10 | received
        7      | 2012-02-03 | no suspect identified
        8      | 2012-01-10 | received
        8      | 2012-02-03 | cancelled as no crime
        9      | 2012-01-10 | received
        9      | 2012-02-03 | belongs to another force
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing          | reason | lines still open
        1      | prosecuted        |        | no
        2      | prosecuted        |        | no
        3      | out_of_court      |        | no
        4      | out_of_court      |        | no
        5      | diverted          |        | no
        6      | no_further_action |        | no
        7      | no_further_action |        | no
        8      | not_a_crime       |        | no
        9      | transferred       |        | no
        """
    )


def test_silent_beyond_the_window(follow: Follow) -> None:
    """A report on which nothing is decided, and nothing was done within the window, is unaccounted."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-02-03 | interview
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason
        unaccounted | silent
        """
    )


def test_the_ninetieth_day(follow: Follow) -> None:
    """Ninety days after the last activity a report is live still; on the ninety-first day it is unaccounted."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-04-01 | interview
        2      | 2014-01-10 | received
        2      | 2014-03-31 | interview
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | live        |
        2      | unaccounted | silent
        """
    )


def test_receipt_is_activity(follow: Follow) -> None:
    """Receipt is the first activity: a report younger than the window is live though nobody has acted on it."""
    follow(
        """
        report | day        | what
        1      | 2014-04-01 | received
        2      | 2014-03-31 | received
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | live        |
        2      | unaccounted | never_acted_on
        """
    )


def test_the_window_is_a_choice(follow: Follow) -> None:
    """The window is 90 days unless another is printed."""
    story = """
        day        | what
        2014-04-01 | received
        """
    follow(story, as_at="2014-05-01", window_days=30).shows(
        """
        standing
        live
        """
    )
    follow(story, as_at="2014-05-02", window_days=30).shows(
        """
        standing
        unaccounted
        """
    )


def test_paperwork_is_not_activity(follow: Follow) -> None:
    """Corrections, flags, reassignments and automatic entries show that a file was touched, not a report followed."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-06-01 | correction
        2014-06-02 | flag
        2014-06-03 | reassignment
        2014-06-04 | automatic entry
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason
        unaccounted | never_acted_on
        """
    )


def test_the_future_does_not_exist(follow: Follow) -> None:
    """Only what happened by the as-at counts; a report received after it is not there yet."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-06-30 | cautioned
        1      | 2014-07-01 | charged
        2      | 2014-07-01 | received
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | out_of_court
        """
    )


def test_caution_then_charge(follow: Follow) -> None:
    """Of two decisions the later one holds."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-02-03 | cautioned
        2014-03-04 | charged
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing
        prosecuted
        """
    )


def test_a_charge_stays(follow: Follow) -> None:
    """Once prosecuted, a line is moved by nothing but an opening: what a court decides is a detail of it."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        1      | 2014-03-04 | evidence not enough
        2      | 2014-01-10 | received
        2      | 2014-02-03 | charged
        2      | 2014-03-04 | court result
        3      | 2014-01-10 | received
        3      | 2014-02-03 | charged
        3      | 2014-03-04 | closed
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | prosecuted
        2      | prosecuted
        3      | prosecuted
        """
    )


def test_reopened(follow: Follow) -> None:
    """What is reopened stands where it would without the decision: live, and in time unaccounted."""
    story = """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | no suspect identified
        1      | 2014-06-01 | reopened
        2      | 2014-01-10 | received
        2      | 2014-02-03 | charged
        2      | 2014-06-01 | outcome withdrawn
        """
    follow(story, as_at="2014-06-30").shows(
        """
        report | standing | reason
        1      | live     |
        2      | live     |
        """
    )
    follow(story, as_at="2014-12-31").shows(
        """
        report | standing    | reason
        1      | unaccounted | silent
        2      | unaccounted | silent
        """
    )


def test_decided_again_after_reopening(follow: Follow) -> None:
    """A decision made before a reopening is gone for good; one made after it holds, a charge's too."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-02-03 | charged
        2014-03-04 | reopened
        2014-04-05 | evidence not enough
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing
        no_further_action
        """
    )


def test_on_one_day_a_decision_outlasts_a_reopening(follow: Follow) -> None:
    """On one day a decision outlasts a reopening, whichever was written down first."""
    follow(
        """
        report | day        | what      | recorded
        1      | 2014-01-10 | received  |
        1      | 2014-02-03 | cautioned |
        1      | 2014-02-03 | reopened  |
        2      | 2014-01-10 | received  |
        2      | 2014-02-03 | cautioned | 2014-02-03
        2      | 2014-02-03 | reopened  | 2014-02-09
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | out_of_court
        2      | out_of_court
        """
    )


def test_two_decisions_of_one_day(follow: Follow) -> None:
    """Of two decisions of one day the one recorded later holds; recorded on one day, the one of lower rank."""
    follow(
        """
        report | day        | what                  | recorded
        1      | 2014-01-10 | received              |
        1      | 2014-02-03 | cautioned             | 2014-02-03
        1      | 2014-02-03 | no suspect identified | 2014-02-04
        2      | 2014-01-10 | received              |
        2      | 2014-02-03 | cautioned             |
        2      | 2014-02-03 | no suspect identified |
        3      | 2014-01-10 | received              |
        3      | 2014-02-03 | cautioned             | 2014-02-04
        3      | 2014-02-03 | no suspect identified |
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | no_further_action
        2      | out_of_court
        3      | out_of_court
        """
    )


def test_a_withdrawn_charge(follow: Follow) -> None:
    """A charge withdrawn before the first hearing opens the line again; withdrawn after it, it does not."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        1      | 2014-06-01 | charge withdrawn
        2      | 2014-01-10 | received
        2      | 2014-02-03 | charged
        2      | 2014-03-04 | hearing
        2      | 2014-06-01 | charge withdrawn
        3      | 2014-01-10 | received
        3      | 2014-02-03 | charged
        3      | 2014-03-04 | court result
        3      | 2014-06-01 | charge withdrawn
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | live
        2      | prosecuted
        3      | prosecuted
        """
    )


def test_a_charge_withdrawn_that_was_never_made(follow: Follow) -> None:
    """A withdrawn charge opens nothing but a charge: a caution stays."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-02-03 | cautioned
        2014-03-04 | charge withdrawn
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing
        out_of_court
        """
    )


def test_charged_anew_after_a_withdrawn_charge(follow: Follow) -> None:
    """A hearing counts for the charge before it: a new charge awaits its own."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        1      | 2014-03-04 | charge withdrawn
        1      | 2014-04-05 | charged
        2      | 2014-01-10 | received
        2      | 2014-02-03 | charged
        2      | 2014-03-04 | hearing
        2      | 2014-04-05 | charged
        2      | 2014-06-01 | charge withdrawn
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | prosecuted
        2      | live
        """
    )


def test_two_suspects_one_charged_one_silent(follow: Follow) -> None:
    """A report stands at the lowest rank among its lines, and says beside it that a line is still open."""
    follow(
        """
        report | day        | what      | suspect
        1      | 2014-01-10 | received  |
        1      | 2014-02-03 | charged   | A
        2      | 2014-01-10 | received  |
        2      | 2014-02-03 | charged   | A
        2      | 2014-02-03 | cautioned | B
        """,
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        report | standing   | lines still open
        1      | prosecuted | yes
        2      | prosecuted | no
        """
    )


def test_a_silent_line_is_not_hidden_by_a_closed_one(follow: Follow) -> None:
    """What is still open ranks before what is closed: no suspect's silence is hidden by another's closed line."""
    follow(
        """
        day        | what                | crime | suspect
        2014-01-10 | received            |       |
        2014-02-03 | evidence not enough | rape  | A
        """,
        crimes="rape",
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason         | lines still open
        unaccounted | never_acted_on | no
        """
    )


def test_live_ranks_before_unaccounted(follow: Follow) -> None:
    """A report with one line live and one silent is live."""
    follow(
        """
        day        | what      | suspect
        2014-01-10 | received  |
        2014-06-01 | interview | A
        """,
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        standing | reason
        live     |
        """
    )


def test_an_outcome_that_names_no_suspect(follow: Follow) -> None:
    """An outcome that names no suspect falls on every line of its crime; with no crime, on every line of the report."""
    follow(
        """
        report | day        | what      | crime    | suspect
        1      | 2014-01-10 | received  |          |
        1      | 2014-02-03 | cautioned | rape     |
        2      | 2014-01-10 | received  |          |
        2      | 2014-02-03 | cautioned |          |
        3      | 2014-01-10 | received  |          |
        3      | 2014-02-03 | cautioned |          | A
        4      | 2014-01-10 | received  |          |
        4      | 2014-02-03 | cautioned | rape     |
        4      | 2014-02-03 | cautioned | grooming |
        """,
        crimes="rape, grooming",
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        report | standing     | lines still open
        1      | out_of_court | yes
        2      | out_of_court | no
        3      | out_of_court | yes
        4      | out_of_court | no
        """
    )


def test_what_names_a_stranger_falls_on_no_line(follow: Follow) -> None:
    """An event that names a crime or a suspect that the report does not have falls on no line."""
    follow(
        """
        report | day        | what      | crime   | suspect
        1      | 2014-01-10 | received  |         |
        1      | 2014-02-03 | charged   | robbery |
        2      | 2014-01-10 | received  |         |
        2      | 2014-06-01 | interview |         | Z
        """,
        crimes="rape",
        suspects="A",
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | unaccounted | never_acted_on
        2      | unaccounted | never_acted_on
        """
    )


def test_a_month_is_its_last_day(follow: Follow) -> None:
    """A date known only to the month is the month's last day: for receipt, for activity and for what is decided."""
    follow(
        """
        report | day        | what
        1      | 2014-03    | received
        2      | 2014-04    | received
        3      | 2014-01    | received
        3      | 2014-02-03 | charged
        3      | 2014-02    | outcome withdrawn
        3      | 2014-03-01 | cautioned
        4      | 2014-01    | received
        4      | 2014-06    | charged
        """,
        as_at="2014-06-29",
    ).shows(
        """
        report | standing
        1      | live
        2      | live
        3      | out_of_court
        4      | unaccounted
        """
    )
    follow(
        """
        day     | what
        2014-03 | received
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason
        unaccounted | never_acted_on
        """
    )


def test_a_transfer_out_of_the_coverage(follow: Follow) -> None:
    """A report sent to a body outside the coverage, or to one that is not named, is transferred at once."""
    follow(
        """
        report | day        | what                       | to
        1      | 2014-01-10 | received                   |
        1      | 2014-02-03 | transferred                | Elsewhere
        2      | 2014-01-10 | received                   |
        2      | 2014-02-03 | transferred                |
        3      | 2014-01-10 | received                   |
        3      | 2014-02-03 | responsibility transferred | Elsewhere
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | transferred
        2      | transferred
        3      | transferred
        """
    )


def test_a_transfer_inside_the_coverage_waits(follow: Follow) -> None:
    """A report sent to a body inside the coverage waits for it: live within the window, and then unaccounted."""
    story = """
        day        | what        | to
        2014-01-10 | received    |
        2014-04-01 | transferred | Southshire
        """
    follow(story, as_at="2014-06-30").shows(
        """
        standing | reason
        live     |
        """
    )
    follow(story, as_at="2014-07-01").shows(
        """
        standing    | reason
        unaccounted | transfer_not_acknowledged
        """
    )


def test_a_transfer_acknowledged(follow: Follow) -> None:
    """Acknowledged on its day or later, a transfer inside the coverage is decided; by the as-at, and not before it."""
    follow(
        """
        report | day        | what                  | to
        1      | 2014-01-10 | received              |
        1      | 2014-02-03 | transferred           | Southshire
        1      | 2014-02-03 | transfer acknowledged |
        2      | 2014-01-10 | received              |
        2      | 2014-02-02 | transfer acknowledged |
        2      | 2014-02-03 | transferred           | Southshire
        3      | 2014-01-10 | received              |
        3      | 2014-02-03 | transferred           | Southshire
        3      | 2014-07-01 | transfer acknowledged |
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | transferred |
        2      | unaccounted | transfer_not_acknowledged
        3      | unaccounted | transfer_not_acknowledged
        """
    )


def test_an_outcome_of_transfer_waits_too(follow: Follow) -> None:
    """A transfer written as an outcome (Home Office 20, or cancelled as another force's) is a transfer as well."""
    follow(
        """
        report | day        | what                       | to
        1      | 2014-01-10 | received                   |
        1      | 2014-02-03 | responsibility transferred | Southshire
        2      | 2014-01-10 | received                   |
        2      | 2014-02-03 | belongs to another force   | Southshire
        3      | 2014-01-10 | received                   |
        3      | 2014-02-03 | responsibility transferred | Southshire
        3      | 2014-02-09 | transfer acknowledged      |
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | unaccounted | transfer_not_acknowledged
        2      | unaccounted | transfer_not_acknowledged
        3      | transferred |
        """
    )


def test_an_acknowledgement_is_the_reports(follow: Follow) -> None:
    """Whoever acknowledges a report, by any suspect of it, acknowledges all of it; naming a stranger says nothing."""
    follow(
        """
        report | day        | what                  | to         | suspect
        1      | 2014-01-10 | received              |            |
        1      | 2014-02-03 | transferred           | Southshire | A
        1      | 2014-02-03 | transferred           | Southshire | B
        1      | 2014-02-09 | transfer acknowledged |            | A
        2      | 2014-01-10 | received              |            |
        2      | 2014-02-03 | transferred           | Southshire |
        2      | 2014-02-09 | transfer acknowledged |            | Z
        """,
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | transferred |
        2      | unaccounted | transfer_not_acknowledged
        """
    )


def test_a_duplicate_is_not_a_report(follow: Follow) -> None:
    """A report that repeats the allegation of another stands nowhere itself."""
    follow(
        """
        report | day        | what     | repeats
        1      | 2014-06-01 | received |
        2      | 2014-06-02 | received | 1
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing
        1      | live
        """
    )


def test_status_unavailable(follow: Follow) -> None:
    """When the source's last word is that the status is unavailable, nobody can call the report live."""
    follow(
        """
        report | day        | what
        1      | 2014-06-01 | received
        1      | 2014-06-10 | status unavailable
        2      | 2014-06-01 | received
        2      | 2014-06-10 | status unavailable
        2      | 2014-06-11 | interview
        3      | 2014-01-10 | received
        3      | 2014-02-03 | charged
        3      | 2014-06-10 | status unavailable
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | unaccounted | status_unavailable
        2      | live        |
        3      | prosecuted  |
        """
    )


def test_received_after_status_unavailable(follow: Follow) -> None:
    """Receipt is activity: what is received after the status was called unavailable is later word."""
    follow(
        """
        report | day        | what
        1      | 2014-06-10 | received
        1      | 2014-06-09 | status unavailable
        2      | 2014-06-10 | received
        2      | 2014-06-10 | status unavailable
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | live        |
        2      | unaccounted | status_unavailable
        """
    )


def test_sent_away_after_status_unavailable(follow: Follow) -> None:
    """A transfer under way is a later word than a status called unavailable before it."""
    follow(
        """
        day        | what               | to
        2014-06-01 | received           |
        2014-06-10 | status unavailable |
        2014-06-11 | transferred        | Southshire
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing | reason
        live     |
        """
    )


def test_a_step_that_is_not_in_the_table(follow: Follow) -> None:
    """A step that the table does not hold is a finding: it moves nothing and is no activity."""
    follow(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | cautioned
        1      | 2014-06-01 | a code nobody knows
        2      | 2014-01-10 | received
        2      | 2014-06-01 | a step nobody knows
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing     | reason
        1      | out_of_court |
        2      | unaccounted  | never_acted_on
        """
    )
