"""How the rows of an export become records of the standard: each example is a mapping, what was sent, what is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.spec.drawn import Answer, table
from tests.unit.intake.mappings import Laid, lay_out
from tests.unit.intake.mappings import table as mapping_of

Map = Callable[[str, str], Laid]


@pytest.fixture
def lay(tmp_path: Path) -> Map:
    """Lay out a drawn table, called ``crimes``, by what stands under a table of a mapping."""

    def laid(mapping: str, sent: str) -> Laid:
        rows = table(sent)
        lines = [",".join(f'"{cell}"' for cell in cells) for cells in ([*rows[0]], *(row.values() for row in rows))]
        return lay_out(tmp_path, mapping_of(mapping), crimes="\n".join(lines) + "\n")

    return laid


def records(laid: Laid, name: str) -> Answer:
    """The rows of one record, with the line of the source row that each comes from."""
    return Answer(
        [{field: "" if value is None else str(value) for field, value in row.items()} for row in laid.all[name]]
    )


def test_columns_are_renamed_days_are_read_and_codes_are_the_standards(lay: Map) -> None:
    laid = lay(
        """
        records:
          report:
            report_id: {column: Ref, prefix: R-}
            received_date: {column: Reported, date: DD/MM/YYYY}
            source: {column: How, codes: {Phone: 1D, Police: "6"}, empty: not yet recorded}
            concern: {constant: CSE}
        """,
        """
        Ref | Reported   | How
        7   | 31/01/2024 | Phone
        8   | 1/2/2024   |
        9   | in spring  | Fax
        """,
    )
    records(laid, "report").shows(
        """
        report_id | received_date | source           | concern | line
        R-7       | 2024-01-31    | 1D               | CSE     | 2
        R-8       | 2024-02-01    | not yet recorded | CSE     | 3
        R-9       | in spring     | Fax              | CSE     | 4
        """
    )


def test_one_row_makes_a_report_a_child_and_each_of_its_suspects(lay: Map) -> None:
    laid = lay(
        """
        records:
          report: {report_id: Ref}
          involvement:
            - {report_id: Ref, person_id: Child, role: {constant: child}}
            - {report_id: Ref, person_id: Suspects, role: {constant: suspect}, split: {column: Suspects, by: /}}
        """,
        """
        Ref | Child | Suspects
        7   | C1    | S1 / S2
        8   | C2    |
        """,
    )
    records(laid, "report").shows("report_id | line\n 7 | 2\n 8 | 3")
    records(laid, "involvement").shows(
        """
        report_id | person_id | role    | line
        7         | C1        | child   | 2
        7         | S1        | suspect | 2
        7         | S2        | suspect | 2
        8         | C2        | child   | 3
        """
    )


def test_a_child_of_two_reports_stands_once_and_a_contradiction_is_left_for_the_rules(lay: Map) -> None:
    laid = lay(
        """
        records:
          report: {report_id: Ref}
          person: {distinct: true, person_id: Child, sex: Sex}
        """,
        """
        Ref | Child | Sex
        7   | C1    | F
        8   | C1    | F
        9   | C1    | M
        """,
    )
    records(laid, "person").shows("person_id | sex | line\n C1 | F | 2\n C1 | M | 4")


def test_what_the_standard_does_not_count_is_left_out_with_its_reason_and_nothing_else_is(lay: Map) -> None:
    laid = lay(
        """
        leave_out:
          - {when: {column: Kind, is: anti-social behaviour}, reason: anti_social_behaviour}
          - {when: {column: Kind, contains: test}}
        records:
          report: {report_id: Ref, when: {column: Kind, given: true}}
        """,
        """
        Ref | Kind
        7   | Sexual offence
        8   | Anti-social behaviour
        9   | TEST RECORD
        10  |
        """,
    )
    records(laid, "report").shows("report_id | line\n 7 | 2")
    assert laid.left_out == {"anti_social_behaviour": 1, "left_out_by_mapping": 1, "makes_no_record": 1}


def test_yes_and_no_in_several_columns_become_one_list(lay: Map) -> None:
    laid = lay(
        """
        records:
          report:
            report_id: Ref
            contexts:
              list:
                - {constant: technology, when: {column: Online, is: [Y, yes]}}
                - {constant: missing, when: {column: Missing, is: [Y, yes]}}
              empty: unknown
            vanished: {column: Gone, yes_no: true, empty: "false"}
        """,
        """
        Ref | Online | Missing | Gone
        7   | Y      | yes     | N
        8   | N      |         |
        9   | yes    | N       | maybe
        """,
    )
    records(laid, "report").shows(
        """
        report_id | contexts           | vanished
        7         | missing;technology | false
        8         | unknown            | false
        9         | technology         | maybe
        """
    )


def test_a_day_known_to_the_month_is_its_last_and_says_so(lay: Map) -> None:
    laid = lay(
        """
        records:
          report:
            report_id: Ref
            received_date: {column: Reported, date: [D-MMM-YY, MM/YYYY]}
            received_precision: {column: Reported, precision: [D-MMM-YY, MM/YYYY]}
        """,
        """
        Ref | Reported
        7   | 21-APR-19
        8   | 02/2024
        """,
    )
    records(laid, "report").shows(
        """
        report_id | received_date | received_precision
        7         | 2019-04-21    | day
        8         | 2024-02-29    | month
        """
    )
