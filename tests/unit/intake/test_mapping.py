"""Mapping files: each word of the language does what it says; each fault is a sentence with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from onrecord import actions
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake.mapping import mapping_from
from onrecord.intake.mapping.days import day_format, is_format
from onrecord.intake.mapping.plain_yaml import LARGEST
from onrecord.intake.receipt import ACCEPTABLE
from onrecord.settings import from_environment
from onrecord.standard import codelists
from onrecord.store.returns import Store
from tests.unit.intake.mappings import HEAD, field, lay_out, table, try_it, write

REPORT = "records:\n  report:\n    report_id: Ref\n"


def values(folder: Path, recipe: str, *cells: str, name: str = "report_id", record: str = "report") -> list[str | None]:
    """What one recipe makes of the column C; a second column keeps empty cells from being no rows."""
    content = "C,D\n" + "".join(f'"{cell}",x\n' for cell in cells)
    return lay_out(folder, field(recipe, name, record), crimes=content).column(record, name)


# ---------------------------------------------------------------- fields


class TestFields:
    def test_a_bare_name_is_a_column_letter_case_and_blanks_aside(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, field("crime REF"), crimes=" Crime Ref ,B\n a ,1\nb,2\n")
        assert laid.rows("report") == [{"report_id": "a"}, {"report_id": "b"}]
        assert laid.headers[("report", "report_id")] == "crime REF"

    @pytest.mark.parametrize(
        ("recipe", "made"),
        [
            ("{column: C, prefix: R-}", ["R-a", None]),
            ("{column: C, suffix: /24}", ["a/24", None]),
            ("{column: C, prefix: R-, empty: none}", ["R-a", "none"]),
            ("{constant: example-force}", ["example-force", "example-force"]),
            ("{join: [C, D, {constant: z}], with: '/'}", ["a/x/z", None]),
            ("{join: [C, D]}", ["ax", None]),
            ("{first: [C, D]}", ["a", "x"]),
            ("{column: D, when: {column: C, given: true}}", ["x", None]),
            ("{column: D, when: {column: C, given: false}, empty: full}", ["full", "x"]),
        ],
    )
    def test_what_a_field_is_made_of(self, tmp_path: Path, recipe: str, made: list[str | None]) -> None:
        assert values(tmp_path, recipe, "a", "") == made

    def test_codes_go_by_the_word_letter_case_aside_and_the_rest_is_kept_for_the_rules(self, tmp_path: Path) -> None:
        recipe = "{column: C, codes: {Phone: 1D, Police: '6', N/A: ''}}"
        assert values(tmp_path, recipe, "PHONE", "police", "n/a", "Fax", "", name="source") == [
            "1D", "6", None, "Fax", None,
        ]  # fmt: skip

    def test_a_code_table_may_say_what_the_rest_and_an_empty_cell_become(self, tmp_path: Path) -> None:
        recipe = "{column: C, codes: {Phone: 1D}, otherwise: unknown, empty: not asked}"
        assert values(tmp_path, recipe, "Phone", "Fax", "", name="source") == ["1D", "unknown", "not asked"]

    def test_code_tables_have_names_or_lie_beside_the_mapping(self, tmp_path: Path) -> None:
        (tmp_path / "sources.csv").write_text("ours,standard\nPhone,1D\nÉcole,2A\n", encoding="utf-8")
        assert values(tmp_path, "{column: C, codes: sources.csv}", "phone", "école", name="source") == ["1D", "2A"]
        named = table("records:\n  person:\n    sex: {column: C, codes: sexes}\n").replace(
            "tables:\n", "code_tables:\n  sexes: {Girl: F}\ntables:\n", 1
        )
        assert lay_out(tmp_path, named, crimes="C,D\nGIRL,1\n").column("person", "sex") == ["F"]

    def test_yes_and_no(self, tmp_path: Path) -> None:
        cells = ("Y", "no", "TRUE", "0", "perhaps", "")
        assert values(tmp_path, "{column: C, yes_no: true, empty: 'false'}", *cells, name="carries_activity") == [
            "true", "false", "true", "false", "perhaps", "false",
        ]  # fmt: skip

    def test_several_columns_become_one_list_each_code_once(self, tmp_path: Path) -> None:
        mapping = field(
            "{list: [{constant: technology, when: {column: Online, is: [Y, yes]}}, "
            "{constant: missing, when: {column: Missing, is: Y}}, {column: Other, codes: {web: technology}}], "
            "empty: unknown}",
            "contexts",
        )
        laid = lay_out(tmp_path, mapping, crimes="Online,Missing,Other\nyes,Y,\nN,N,\n,Y,web\nY,,WEB\n")
        assert laid.column("report", "contexts") == [
            "missing;technology",
            "unknown",
            "missing;technology",
            "technology",
        ]

    def test_several_values_in_a_cell_become_one_list(self, tmp_path: Path) -> None:
        recipe = "{column: C, split: ',', codes: {CSE: 11A, Missing: 10A}}"
        cells = ("CSE, Missing", "missing", " , ", "", "CSE,CSE,else")
        made = values(tmp_path, recipe, *cells, name="factors", record="assessment")
        assert made == ["10A;11A", "10A", None, None, "11A;else"]


# ---------------------------------------------------------------- days and times


class TestDays:
    @pytest.mark.parametrize(
        ("format_", "days"),
        [
            (
                "DD/MM/YYYY",
                {
                    "31/01/2024": "2024-01-31",
                    "1/2/2024": "2024-02-01",
                    "31/01/2024 23:10:05": "2024-01-31",
                    "31/01/2024 11:10 pm": "2024-01-31",
                    "30/02/2024": "30/02/2024",
                    "01/02/2024 to 03/02/2024": "01/02/2024 to 03/02/2024",
                    "01/02/2024 03/02/2024": "01/02/2024 03/02/2024",
                    "2024-01-31": "2024-01-31",
                    "soon": "soon",
                },
            ),
            ("D/M/YY", {"1/2/24": "2024-02-01", "1/2/70": "1970-02-01", "1/2/69": "2069-02-01"}),
            ("MM/DD/YYYY", {"02/01/2024": "2024-02-01"}),
            ("YYYYMMDD", {"20240131": "2024-01-31", "2024131": "2024131"}),
            ("DD-MMM-YY", {"21-APR-19": "2019-04-21"}),
            ("D MMMM YYYY", {"1 September 2024": "2024-09-01", "1 Maybe 2024": "1 Maybe 2024"}),
            ("iso", {"2024-01-31T10:00:00Z": "2024-01-31", "2024-01-31 10:00:00": "2024-01-31"}),
            ("MM/YYYY", {"02/2024": "2024-02-29"}),
            ("MMM-YY", {"Feb-23": "2023-02-28"}),
            ("excel", {"45322": "2024-01-31", "45322.75": "2024-01-31", "60": "60", "9999999": "9999999"}),
            ("DD.MM.YYYY", {"31x01x2024": "31x01x2024"}),
        ],
    )
    def test_a_day_is_read_or_left_as_it_was_written(self, tmp_path: Path, format_: str, days: dict[str, str]) -> None:
        made = values(tmp_path, f"{{column: C, date: {format_}}}", *days, name="received_date")
        assert dict(zip(days, made, strict=True)) == days

    def test_several_formats_are_tried_in_turn_and_the_precision_follows(self, tmp_path: Path) -> None:
        cells = ("31/01/2024", "02/2024", "soon", "")
        assert values(tmp_path, "{column: C, date: [DD/MM/YYYY, MM/YYYY]}", *cells, name="received_date") == [
            "2024-01-31", "2024-02-29", "soon", None,
        ]  # fmt: skip
        assert values(tmp_path, "{column: C, precision: [DD/MM/YYYY, MM/YYYY]}", *cells, name="received_precision") == [
            "day", "month", None, None,
        ]  # fmt: skip

    def test_the_month_of_a_day(self, tmp_path: Path) -> None:
        made = values(
            tmp_path, "{column: C, month: DD/MM/YYYY}", "31/01/2010", "?", name="birth_month", record="person"
        )
        assert made == ["2010-01", "?"]

    @pytest.mark.parametrize(
        ("format_", "days"),
        [
            (
                '"HH:MM"',
                {
                    "31/01/2024 7:05": "07:05",
                    "23:59:59": "23:59",
                    "2024-01-31T08:30:00Z": "08:30",
                    "12:10 AM": "00:10",
                    "1:10 p.m.": "13:10",
                    "13:10 pm": "13:10 pm",
                    "late": "late",
                },
            ),
            ("HHMM", {"0710": "07:10"}),
            ("excel", {"45322.75": "18:00", "45322": "45322"}),
        ],
    )
    def test_a_time_is_taken_out_of_a_day_or_left_as_it_was_written(
        self, tmp_path: Path, format_: str, days: dict[str, str]
    ) -> None:
        made = values(tmp_path, f"{{column: C, time: {format_}}}", *days, name="received_time")
        assert dict(zip(days, made, strict=True)) == days

    @pytest.mark.parametrize("text", ["", "DD/MM", "DDD/MM/YYYY", "day", "YYYY-MM-DD-DD", "DD/MM/YYY", "HH:MM"])
    def test_what_is_no_format(self, text: str) -> None:
        assert day_format(text) is None
        assert not is_format("date", text)

    def test_a_year_of_two_signs_is_told(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, field("{column: C, date: D/M/YY}", "received_date"), crimes="C,D\n1/2/24,x\n")
        assert any("2000 to 2069" in note for note in laid.notes)


# ---------------------------------------------------------------- rows


class TestRows:
    def test_every_row_keeps_its_address(self, tmp_path: Path) -> None:
        mapping = table(REPORT).replace("from: crimes", "from: [crimes*, more]")
        laid = lay_out(tmp_path, mapping, crimes_1="Ref,B\na,1\nb,2\n", crimes_2="B,Ref\n1,c\n", more="Ref,B\nd,1\n")
        assert laid.column("report", "report_id") == ["a", "b", "c", "d"]
        assert laid.lines("report") == [2, 3, 2, 2]
        named = [Path(laid.sheets["report"][place]).name for place in laid.column("report", "sheet_no")]
        assert named == ["crimes_1.csv", "crimes_1.csv", "crimes_2.csv", "more.csv"]

    def test_a_row_makes_several_records_and_several_of_one_kind(self, tmp_path: Path) -> None:
        mapping = table(
            """
            records:
              report: {report_id: Ref}
              involvement:
                - {report_id: Ref, person_id: Child, role: {constant: child}}
                - {report_id: Ref, person_id: Suspect, role: {constant: suspect}, when: {column: Suspect, given: true}}
            """
        )
        laid = lay_out(tmp_path, mapping, crimes="Ref,Child,Suspect\n1,c,s\n2,d,\n")
        assert [(row["report_id"], row["person_id"], row["role"]) for row in laid.rows("involvement")] == [
            ("1", "c", "child"), ("1", "s", "suspect"), ("2", "d", "child"),
        ]  # fmt: skip
        assert laid.lines("involvement") == [2, 2, 3]
        assert laid.headers[("involvement", "person_id")] == "Child or Suspect"
        assert laid.headers[("involvement", "role")] == "role (constant of the mapping)"

    def test_a_cell_with_several_values_makes_several_rows(self, tmp_path: Path) -> None:
        mapping = table(
            """
            records:
              involvement:
                split: {columns: [Suspects, Ages], by: ";"}
                report_id: Ref
                person_id: {join: [Ref, {part_number: true}, Suspects], with: "-"}
                age_at_the_time: Ages
            """
        )
        laid = lay_out(tmp_path, mapping, crimes='Ref,Suspects,Ages\n1,"A; B",30;40\n2,,\n3,"C;;D",50\n4,";",""\n')
        assert [(row["person_id"], row.get("age_at_the_time")) for row in laid.rows("involvement")] == [
            ("1-1-A", "30"), ("1-2-B", "40"), ("3-1-C", "50"), ("3-3-D", None),
        ]  # fmt: skip
        assert laid.left_out == {"makes_no_record": 2}
        assert any("different numbers of parts on 2 rows" in note for note in laid.notes)

    def test_a_cell_may_hold_lines(self, tmp_path: Path) -> None:
        mapping = table('records: {person: {person_id: P, split: {column: P, by: "\\n"}}}')
        assert lay_out(tmp_path, mapping, crimes='P,x\n"a\nb",1\n').column("person", "person_id") == ["a", "b"]

    def test_a_person_on_many_rows_stands_once_and_another_story_stands_beside_it(self, tmp_path: Path) -> None:
        mapping = table("records:\n  person: {distinct: true, person_id: Child, sex: Sex}\n  report: {report_id: Ref}")
        laid = lay_out(tmp_path, mapping, crimes="Ref,Child,Sex\n1,c,F\n2,c,F\n3,c,M\n4,d,\n5,d,\n")
        assert laid.rows("person") == [
            {"person_id": "c", "sex": "F"}, {"person_id": "c", "sex": "M"}, {"person_id": "d"},
        ]  # fmt: skip
        assert laid.lines("person") == [2, 4, 5]
        assert any("person: rows merged because they repeat another word for word: 2." in note for note in laid.notes)

    def test_a_person_of_two_tables_stands_once(self, tmp_path: Path) -> None:
        one = "    records: {person: {distinct: true, person_id: P}}\n"
        mapping = f"{HEAD}tables:\n  - from: crimes\n{one}  - from: more\n{one}"
        laid = lay_out(tmp_path, mapping, crimes="P,x\n1,\n2,\n", more="x,P\n,2\n")
        assert laid.column("person", "person_id") == ["1", "2"]

    @pytest.mark.parametrize(
        ("condition", "left"),
        [
            ("{column: K, is: asb}", 1),
            ("{column: K, is: [ASB, other]}", 2),
            ("{column: K, is: ''}", 1),
            ("{column: K, is_not: ASB}", 3),
            ("{column: K, contains: th}", 2),
            ("{column: K, given: false}", 1),
            ("[{column: K, contains: th}, {column: Ref, is: '3'}]", 1),
            ("{any: [{column: K, is: asb}, {column: K, given: false}]}", 2),
            ("{not: {column: K, is: asb}}", 3),
            ("{all: [{column: K, given: true}, {not: [{column: K, contains: th}]}]}", 1),
        ],
    )
    def test_rows_are_left_out_by_condition_with_a_reason(self, tmp_path: Path, condition: str, left: int) -> None:
        mapping = table(f"leave_out: {{when: {condition}, reason: anti_social_behaviour}}\n{REPORT}")
        laid = lay_out(tmp_path, mapping, crimes="Ref,K\n1,ASB\n2,Theft\n3,Other\n4,\n")
        assert laid.left_out == {"anti_social_behaviour": left}
        assert len(laid.rows("report")) == 4 - left

    def test_the_first_reason_counts_and_without_one_it_is_the_mappings(self, tmp_path: Path) -> None:
        mapping = table(
            "leave_out:\n  - {when: {column: K, is: a}}\n"
            f"  - {{when: {{column: K, is: [a, b]}}, reason: adult_victims}}\n{REPORT}"
        )
        laid = lay_out(tmp_path, mapping, crimes="Ref,K\n1,a\n2,b\n3,c\n")
        assert laid.left_out == {"left_out_by_mapping": 1, "adult_victims": 1}

    def test_a_row_that_makes_nothing_is_counted(self, tmp_path: Path) -> None:
        mapping = table("records: {report: {report_id: Ref, when: {column: K, is: crime}}}")
        laid = lay_out(tmp_path, mapping, crimes="Ref,K\n1,crime\n2,note\n3,\n")
        assert laid.left_out == {"makes_no_record": 2}
        assert any("3 rows read; 1 made records, 2 were left out" in note for note in laid.notes)

    def test_a_table_the_mapping_does_not_know_is_counted_and_told(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, table(REPORT), crimes="Ref,K\n1,a\n", staff="Name,K\nx,1\ny,2\n")
        assert laid.left_out == {"not_of_the_standard": 2}
        assert any("staff.csv: no table of the mapping example fits its name" in note for note in laid.notes)

    def test_a_column_that_may_be_missing_is_empty_then(self, tmp_path: Path) -> None:
        mapping = table("may_lack: [Extra]\nrecords: {report: {report_id: Ref, source: Extra}}")
        assert lay_out(tmp_path, mapping, crimes="Ref,K\n1,a\n").rows("report") == [{"report_id": "1"}]

    def test_a_mapping_without_any_column_still_reads_the_rows(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, field("{constant: x}"), crimes="A,B\n1,2\n3,4\n")
        assert laid.column("report", "report_id") == ["x", "x"]

    def test_an_optional_table_may_be_missing(self, tmp_path: Path) -> None:
        more = "  - from: more\n    optional: true\n    records: {person: {person_id: P}}\n"
        laid = lay_out(tmp_path, table(REPORT) + more, crimes="Ref,K\n1,a\n")
        assert list(laid.all) == ["report"]

    def test_sheets_go_by_their_names(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.title = "Crimes April"
        book.active.append(["Ref", "Day"])
        book.active.append(["1", date(2024, 4, 30)])
        book.save(tmp_path / "x.xlsx")
        mapping = tmp_path / "m.yaml"
        text = table("records: {report: {report_id: Ref, received_date: {column: Day, date: iso}}}")
        mapping.write_text(text.replace("from: crimes", "from: crimes *"), encoding="utf-8")
        receipt = actions.check([tmp_path / "x.xlsx"], mapping=mapping)
        assert receipt.received == 1
        assert {finding.address.sheet for finding in receipt.findings} == {"Crimes April"}
        assert sum(receipt.held.values()) == 1


# ---------------------------------------------------------------- what is told before the rules


class TestNotes:
    CODED = field("{column: C, codes: {Phone: 1D, N/A: ''}}", "source")

    def test_values_outside_a_code_table_are_counted_and_not_quoted(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, self.CODED, crimes="C,D\nPhone,1\nSecret,1\nSecret,2\nFax,3\nn/a,4\n")
        notes = "\n".join(laid.notes)
        assert "Column 'C', read into report: 2 different values on 3 rows stand in no code table" in notes
        assert "1 different value on 1 row are left empty" in notes
        assert "Secret" not in notes

    def test_a_trial_quotes_them_for_the_sender(self, tmp_path: Path) -> None:
        shown = "\n".join(try_it(tmp_path, self.CODED, crimes="C,D\nFax,1\nFax,1\nTelex,1\n"))
        assert "They are: 'Fax' (2), 'Telex' (1)." in shown
        assert "not read: D" in shown
        assert "makes 3 report rows" in shown

    def test_what_the_standard_requires_and_the_mapping_lacks_is_named(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, table("records: {person: {person_id: P}}"), crimes="P,x\n1,\n")
        (note,) = [note for note in laid.notes if "requires" in note]
        assert "m.yaml, line 6" in note
        assert "sex, ethnicity, nationality, disability, birth_month or age or age_not_known" in note

    def test_the_name_and_version_stand_in_the_record(self, tmp_path: Path) -> None:
        laid = lay_out(tmp_path, table(REPORT), crimes="Ref,x\n1,\n")
        assert laid.notes[0].startswith(
            "Laid out by the mapping example, version 1, made to the standard 1.1.0 (SHA-256"
        )

    def test_reasons_are_in_the_list(self) -> None:
        known = codelists.codes("out_of_scope_reasons")
        assert {"left_out_by_mapping", "makes_no_record", "not_of_the_standard"} <= set(known)


# ---------------------------------------------------------------- faults


FAULTS = {
    "empty": ("", "m.yaml: it is empty. 'onrecord mapping begin' writes a first draft."),
    "no YAML": ("mapping: x\ntables: [a", "this is not YAML"),
    "tab": ("mapping: x\n\ttables:\n", "line 2: this is not YAML"),
    "twice": ("mapping: x\nversion: 1\nversion: 2\n", "line 3: 'version' stands here for the second time (line 2)"),
    "alias": ("mapping: &a x\nversion: *a\n", "line 1: anchors (&) and aliases (*) are not read"),
    "tag": ("mapping: !!python/name:os.system x\n", "line 1: tags (!) are not read"),
    "two documents": ("mapping: x\n---\nmapping: y\n", "a second document begins here"),
    "deep": ("a: " + "[" * 40 + "]" * 40, "nested more than 24 deep"),
    "list as key": ("? [a]\n: b\n", "where a name should"),
    "no mapping": ("just words", "a mapping is written as entries"),
    "sign": ("mapping: \x01", "this is not YAML"),
    "name": ("mapping: a/b\ntables: []\n", "the name of a mapping is up to 60 letters"),
    "taken name": ("mapping: nibrs\ntables: []\n", "none of standard, "),
    "own version": (f"{HEAD}tables: []\n".replace(": 1\n", ": one or two\n"), "the version of a mapping is a number"),
    "unseen sign": ('mapping: "a\\x07"\n', "a sign that cannot be seen"),
    "nameless": ("tables: []\n", "the mapping has no name"),
    "version": (f"{HEAD}tables: []\n".replace("1.1.0", "1.1.9"), "the standard has no version '1.1.9'. Did you mean"),
    "top": (f"{HEAD}tabels: []\n", "line 4: a mapping has no 'tabels'. Did you mean 'tables'?"),
    "no from": (f"{HEAD}tables:\n  - records: {{report: {{report_id: A}}}}\n", "the table has no 'from'"),
    "no records": (f"{HEAD}tables:\n  - from: a\n", "the table makes no records"),
    "record": (table("records: {reports: {report_id: A}}"), "records has no 'reports'. Did you mean 'report'?"),
    "field": (table("records: {report: {recieved_date: A}}"), "no 'recieved_date'. Did you mean 'received_date'?"),
    "no fields": (table("records: {report: {distinct: true}}"), "the report has no fields"),
    "word": (field("{colum: A}"), "line 8: a field has no 'colum'. Did you mean 'column'?"),
    "two sources": (field("{column: A, constant: b}"), "a field is made of one of: column, constant"),
    "two readings": (field("{column: A, date: iso, yes_no: true}"), "a field is read in one way"),
    "nothing": (field(""), "no column is named here"),
    "list of a field": (field("[A, B]"), "a field is written as entries"),
    "empty column": (field("{column: ''}"), "'column' is empty here"),
    "column of entries": (field("{column: {a: b}}"), "column is one word or text"),
    "format": (field("{column: A, date: DD/MM}"), "'DD/MM' is no format of a day. Write it with D, DD"),
    "time": (field("{column: A, time: H.M}"), "'H.M' is no format of a time. Known: HH:MM, HHMM, excel."),
    "part number": (field("{join: [A, {part_number: true}]}"), "there is no split"),
    "flag": (field("{column: A, yes_no: perhaps}", "vanished"), "yes_no is true or false"),
    "otherwise": (field("{column: A, otherwise: keep}"), "there is no 'codes'"),
    "coded list": (field("{list: [A], codes: {a: b}}", "contexts"), "stands with each part of a list"),
    "code": (field("{column: A, codes: {x: 1Z}}", "source"), "'1Z' is none of the values of report.source"),
    "otherwise code": (field("{column: A, codes: {x: 1A}, otherwise: unknwon}", "source"), "Did you mean 'unknown'?"),
    "empty code": (field("{column: A, empty: none}", "source"), "'none' is none of the values"),
    "constant": (field("{constant: cse}", "concern"), "'cse' is none of the values of report.concern"),
    "list code": (field("{list: [{constant: web}]}", "contexts"), "'web' is none of the values of report.contexts"),
    "constant day": (field("{constant: 1/2/2024}", "received_date"), "'1/2/2024' is no date as the standard writes it"),
    "constant yes": (field("{constant: 'yes'}", "vanished"), "'yes' is no boolean"),
    "constant number": (field("{constant: ten}", "age", "person"), "'ten' is no integer"),
    "split one": (field("{column: A, split: ','}", "source"), "report.source takes one value. Split the record"),
    "code table": (field("{column: A, codes: none}", "source"), "there is no code table 'none'"),
    "code file": (field("{column: A, codes: no.csv}", "source"), "no.csv: it cannot be read"),
    "code file elsewhere": (field("{column: A, codes: ../no.csv}", "source"), "lies beside the mapping"),
    "two codes": (field("{column: A, codes: {x: 1A, X: 1B}}", "source"), "two codes for 'X'"),
    "condition": (table(f"leave_out: {{when: {{column: A}}}}\n{REPORT}"), "a condition asks one of: given, is"),
    "condition column": (table(f"leave_out: {{when: {{is: A}}}}\n{REPORT}"), "the condition names no column"),
    "condition word": (
        table(f"leave_out: {{when: {{column: A, equals: b}}}}\n{REPORT}"),
        "a condition has no 'equals'",
    ),
    "no when": (table(f"leave_out: {{reason: adult_victims}}\n{REPORT}"), "leave_out says under 'when'"),
    "reason": (
        table(f"leave_out: {{when: {{column: A, is: b}}, reason: adult_victim}}\n{REPORT}"),
        "'adult_victim' is no reason of the standard. Did you mean 'adult_victims'?",
    ),
    "split": (table("records: {report: {report_id: A, split: {by: ';'}}}"), "split names the column"),
    "code tables": (f"{HEAD}code_tables: x\ntables: []\n", "code_tables is written as entries"),
}


class TestFaults:
    @pytest.mark.parametrize(("text", "sentence"), FAULTS.values(), ids=FAULTS)
    def test_each_has_its_sentence(self, tmp_path: Path, text: str, sentence: str) -> None:
        path, _ = write(tmp_path, text)
        with pytest.raises(WrongWords) as caught:
            mapping_from(path)
        assert sentence in str(caught.value)
        assert "m.yaml" in str(caught.value)

    def test_all_are_told_at_once(self, tmp_path: Path) -> None:
        path, _ = write(tmp_path, table("frm: x\nrecords:\n  report: {rept: A, source: {colum: B}}\n  perso: {a: b}"))
        with pytest.raises(WrongWords) as caught:
            mapping_from(path)
        assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
            "m.yaml, line 6", "m.yaml, line 8", "m.yaml, line 8", "m.yaml, line 9",
        ]  # fmt: skip

    def test_a_file_that_is_missing_too_long_or_in_another_encoding(self, tmp_path: Path) -> None:
        with pytest.raises(WrongWords, match="cannot be read"):
            mapping_from(tmp_path / "none.yaml")
        path = tmp_path / "m.yaml"
        path.write_bytes(b"#" * (LARGEST + 1))
        with pytest.raises(WrongWords, match="longer than 1,000,000 bytes"):
            mapping_from(path)
        path.write_bytes("mapping: café".encode("cp1252"))
        with pytest.raises(WrongWords, match="not written in UTF-8"):
            mapping_from(path)
        path.write_text("mapping: x\nversion: [" + "1," * 60_000 + "]")
        with pytest.raises(WrongWords, match="more than 50,000 values"):
            mapping_from(path)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("ours,standard\nA,1A,x\n", "line 2 has not two columns"),
            ("ours,standard\n", "it holds no code"),
            ('ours,standard\n"a"b,1A\n', "it is not CSV"),
        ],
    )
    def test_a_code_file_that_is_none(self, tmp_path: Path, content: str, sentence: str) -> None:
        (tmp_path / "codes.csv").write_text(content, encoding="utf-8")
        path, _ = write(tmp_path, field("{column: A, codes: codes.csv}", "source"))
        with pytest.raises(WrongWords, match=sentence):
            mapping_from(path)

    def test_a_table_or_column_that_the_files_lack(self, tmp_path: Path) -> None:
        with pytest.raises(FileRefused, match=r"m\.yaml, line 5: no table named 'crimes' is in the files.*other\.csv"):
            lay_out(tmp_path, table(REPORT), other="Ref,K\n1,2\n")
        with pytest.raises(FileRefused) as caught:
            lay_out(tmp_path, field("Crime ref"), crimes="Crime reff,Day\n1,2\n")
        assert "has no column 'Crime ref', which m.yaml reads (the table of line 5)" in str(caught.value)
        assert "Did you mean 'Crime reff'? Columns found: Crime reff, Day." in str(caught.value)

    def test_a_file_that_fits_two_tables(self, tmp_path: Path) -> None:
        twice = table(REPORT) + table(REPORT).split("tables:\n")[1]
        with pytest.raises(FileRefused, match=r"two tables of m\.yaml fit its name \(lines 5 and 9\)"):
            lay_out(tmp_path, twice, crimes="Ref,K\n1,2\n")


# ---------------------------------------------------------------- the verbs


class TestVerbs:
    def test_a_finding_points_at_the_senders_column(self, tmp_path: Path) -> None:
        mapping = table("records: {report: {report_id: Ref, received_date: {column: Day in, date: DD/MM/YYYY}}}")
        path, files = write(tmp_path, mapping, crimes="Ref,Day in\n1,01/02/2024\n2,soon\n")
        receipt = actions.check(files, mapping=path)
        found = [finding for finding in receipt.findings if finding.value == "soon"]
        assert [(finding.address.column, finding.address.row) for finding in found] == [("Day in", 3)]

    def test_a_draft_can_be_read_and_names_every_column(self, tmp_path: Path) -> None:
        _, files = write(tmp_path, "", crimes='Report ID,"Day: in","x#y"\n1,01/02/2024,z\n')
        out = actions.mapping_begin(files, tmp_path / "draft.yaml")
        assert mapping_from(out).name == "draft"
        text = out.read_text(encoding="utf-8")
        assert "report_id: Report ID" in text
        assert '"Day: in"' in text
        assert actions.mapping_test(out, files)[0].endswith("1 columns are read.")
        with pytest.raises(WrongWords, match="something under this name"):
            actions.mapping_begin(files, out)
        with pytest.raises(WrongWords, match="cannot be written"):
            actions.mapping_begin(files, tmp_path / "none" / "draft.yaml")

    def test_received_under_the_mappings_name_with_the_mapping_kept(self, tmp_path: Path, examples: Path) -> None:
        folder = examples / "mapping" / "force"
        files = sorted(folder.glob("*2024-04.csv"))
        given = ("Example", "A", "2024-04")
        mapping = folder / "mapping.yaml"
        with pytest.raises(WrongWords, match="under which sharing agreement"):
            actions.receive(tmp_path / "s", files, "standard", *given, mapping=mapping)
        actions.receive(tmp_path / "s", files, "standard", *given, mapping=mapping, agreement="EX-1")
        (entry,) = actions.returns(tmp_path / "s")
        assert (entry.adapter, entry.agreement) == ("example-force", "EX-1")
        kept = {name for name, _ in Store.open(tmp_path / "s", from_environment()).originals(entry)}
        assert {"mapping.yaml", "sources.csv", "results.csv"} <= kept


@pytest.mark.parametrize("name", ["force", "council"])
def test_the_examples_are_acceptable(examples: Path, name: str) -> None:
    folder = examples / "mapping" / name
    files = [*folder.glob("*2024-04.csv"), *folder.glob("*.xlsx")]
    receipt = actions.check(files, mapping=folder / "mapping.yaml")
    assert receipt.verdict == ACCEPTABLE
    assert not receipt.held
    assert not any("code table" in note for note in receipt.notes)
