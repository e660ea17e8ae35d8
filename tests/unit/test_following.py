"""Cohorts from a file, by verb and by command: every row is used or named, every wrong row gets a sentence."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import onrecord
from onrecord.__main__ import cli
from onrecord.actions import Cohorts, Wanted, cohorts
from onrecord.commands import following
from onrecord.errors import FileRefused, OnrecordError, WrongWords
from onrecord.incidence.curves import MINIMUM
from onrecord.incidence.intervals import FORMS
from onrecord.measures.cohorts import EVERY
from tests.unit.factories import SETTINGS

AS_AT = date(2023, 12, 31)
DAYS = """received,settled,outcome,area
2021-03-31,2021-05-01,charged,North
2021-04-01,2022-01-10,charged,North
2021-12-31,,,South
2022-02-01,2022-02-01,closed,
2022-06-01,2024-01-05,charged,South
2023-01-31,2023-02-28,closed,North
2024-01-01,,,North
"""


def written(folder: Path, text: str, name: str = "durations.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


def followed(folder: Path, text: str, **wanted: object) -> Cohorts:
    return cohorts(written(folder, text), Wanted(**wanted), SETTINGS)  # type: ignore[arg-type]


def refused(folder: Path, text: str, **wanted: object) -> str:
    with pytest.raises(OnrecordError) as stopped:
        followed(folder, text, **wanted)
    return str(stopped.value).removeprefix(f"{folder}/")


def lines(*rows: str, head: str = "exit,outcome,area") -> str:
    return "\n".join([head, *rows]) + "\n"


TEN = lines(*[f"{day},{'charged' if day % 3 else ''},{'North' if day % 2 else 'South'}" for day in range(1, 21)])


def run(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# ---------------------------------------------------------------- durations


def test_groups_by_no_column_by_one_and_by_several(tmp_path: Path) -> None:
    assert {row["group"] for row in followed(tmp_path, TEN).rows()} == {"all"}
    assert {row["group"] for row in followed(tmp_path, TEN, by=("AREA",)).rows()} == {"North", "South"}
    text = lines(
        *["5,charged,North,x", "6,charged,North,x"] * 6,
        *["5,charged,,x", "6,charged,,x"] * 6,
        head="exit,outcome,area,kind",
    )
    found = followed(tmp_path, text, by=("area", "kind"))
    assert [row["group"] for row in found.rows()[::3]] == ["North / x", "not stated / x"]
    assert found.tests[0].statistic == pytest.approx(0)


def test_columns_may_stand_in_any_order_and_case_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    text = lines(*["North,Charged, 7 ,free words"] * 5, head="Area,Outcome,EXIT,note")
    found = followed(tmp_path, text, at=(7.0,))
    assert [(row["outcome"], row["estimate"], row["at_risk"]) for row in found.rows()] == [("Charged", 1.0, 5)]
    assert (found.read, found.used) == (5, 5)


def test_a_case_that_leaves_as_it_enters_is_set_aside_aloud(tmp_path: Path) -> None:
    text = lines(*["0,9,charged"] * 6, "9,9,charged", "0,0,closed", head="entry,exit,outcome")
    found = followed(tmp_path, text, at=(0.0, 9.0))
    assert (found.read, found.used) == (8, 7)
    assert found.set_aside == {"entered at the very time of its exit, so never at risk": 1}
    assert [row["estimate"] for row in found.rows()] == pytest.approx([0, 6 / 7, 1 / 7, 1 / 7])


def test_nothing_but_live_cases(tmp_path: Path) -> None:
    found = followed(tmp_path, lines(*["9,,North"] * 6))
    assert (found.rows(), found.tests, found.used) == ([], (), 6)
    said = run("cohorts", written(tmp_path, lines(*["9,,North"] * 6)))
    assert "Every case is live: nothing has ended yet." in said.stdout
    assert run("cohorts", tmp_path / "durations.csv", "--format", "svg").exit_code == 2


FAULTY = [
    ("x,charged,North", "exit is not a number. Write it as 12 or 12.5."),
    ("NaN,charged,North", "exit is not a number."),
    ("inf,charged,North", "exit is not a number."),
    (",charged,North", "there is no exit. Write how long the case was followed"),
    ("-1,charged,North", "exit lies below 0"),
    ('"1,5",charged,North', "exit is not a number."),
]


@pytest.mark.parametrize(("row", "said"), FAULTY)
def test_an_exit_that_makes_no_sense(tmp_path: Path, row: str, said: str) -> None:
    sentence = refused(tmp_path, lines("5,charged,North", row))
    assert sentence.startswith(f"durations.csv, row 3: {said}")
    assert sentence.endswith("Nothing was counted, so that no row is lost: mend them and try again.")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,5,charged", "entry is not a number. Write it as 12 or 12.5, or leave it empty."),
        ("-2,5,charged", "entry lies below 0."),
        ("6,5,charged", "exit lies before entry. Look at its days."),
    ],
)
def test_an_entry_that_makes_no_sense(tmp_path: Path, row: str, said: str) -> None:
    sentence = refused(tmp_path, lines("0,5,charged", row, head="entry,exit,outcome"))
    assert sentence.startswith(f"durations.csv, row 3: {said}")


def test_every_kind_of_fault_is_said_at_once_and_how_often(tmp_path: Path) -> None:
    sentences = refused(tmp_path, lines("x,a,N", "-1,a,N", "y,a,N", "1,a,N", "z,a,N")).splitlines()
    assert sentences[0] == (
        "durations.csv, row 2: exit is not a number. Write it as 12 or 12.5. (3 rows are so; this is the first)"
    )
    assert sentences[1].startswith(f"{tmp_path}/durations.csv, row 3: exit lies below 0")
    assert len(sentences) == 3


def test_no_sentence_quotes_a_value(tmp_path: Path) -> None:
    assert "CANARY" not in refused(tmp_path, lines("CANARY,charged,North"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("exit,outcome\n", "it has a header and no rows. Give a row for each case."),
        ("outcome,area\ncharged,North\n", "it has no column exit."),
        ("start,end\n1,2\n", "it has no column exit and no column outcome."),
        ("received,settled\n2020-01-01,\n", "it has no column outcome."),
        ("exit,outcome\n5,charged,more\n", "more columns"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileRefused, match=r"durations\.csv") as stopped:
        followed(tmp_path, text)
    assert said in str(stopped.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no such file"):
        cohorts(tmp_path / "nowhere.csv", settings=SETTINGS)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"by": ("region",)}, "--by region: .* has no such column; it has area."),
        ({"by": ("outcome",)}, "--by outcome: this column says when and how a case ends."),
        ({"by": ("period",)}, "--by period: .* has no such column"),
        ({"at": ()}, "--at takes times from 0 on"),
        ({"at": (-1.0,)}, "--at takes times from 0 on"),
        ({"at": (float("nan"),)}, "--at takes times from 0 on"),
        ({"minimum": 0}, "at least 1"),
        ({"form": "wald"}, "Ask for one of: log-log, complementary."),
        ({"every": "week"}, "Ask for one of: year, financial-year, month."),
        ({"as_at": AS_AT}, "has durations, which know no day"),
        ({"as_at": date(2030, 1, 1)}, "lies in the future"),
        ({"level": 95.0}, "between 0 and 1"),
    ],
)
def test_words_that_make_no_sense(tmp_path: Path, wanted: dict[str, object], said: str) -> None:
    with pytest.raises(WrongWords, match=said):
        followed(tmp_path, TEN, **wanted)


# ---------------------------------------------------------------- days


def test_days_become_durations_as_they_stood_at_a_day(tmp_path: Path) -> None:
    found = followed(tmp_path, DAYS, as_at=AS_AT, at=(0.0, 31.0, 365.0), minimum=1)
    assert (found.read, found.used) == (7, 6)
    assert found.set_aside == {"received after 2023-12-31": 1}
    shares = {(row["group"], row["outcome"], row["time"]): row["estimate"] for row in found.rows()}
    # Settled on its day of receipt: at time 0. Settled after the day judged at: live then.
    assert shares["2022", "closed", 0] == 0.5
    assert shares["2022", "charged", 365] == 0
    assert shares["2021", "charged", 31] == pytest.approx(1 / 3)


def test_the_flow_takes_what_is_dated_in_a_period(tmp_path: Path) -> None:
    found = followed(tmp_path, DAYS, as_at=AS_AT, minimum=1)
    assert found.periods is not None
    charged = {row["period"]: row for row in found.periods.rows() if row["outcome"] == "charged"}
    assert [(charged[year]["received"], charged[year]["dated_in_period"]) for year in ("2021", "2022", "2023")] == [
        (3, 1),
        (2, 1),
        (1, 0),
    ]
    assert charged["2021"]["still_open"] == 1
    assert any("p r / (r + g)" in note for note in found.notes())


def test_financial_years_and_months(tmp_path: Path) -> None:
    def groups(every: str) -> list[str]:
        return list(dict.fromkeys(row["group"] for row in followed(tmp_path, DAYS, as_at=AS_AT, every=every).rows()))

    assert groups("financial-year") == ["2020/21", "2021/22", "2022/23"]
    assert groups("month")[:2] == ["2021-03", "2021-04"]
    periods = followed(tmp_path, DAYS, as_at=AS_AT, by=("area",), at=(31.0,), minimum=1).period_rows()
    cohort = {(row["period"], row["outcome"]): row["cohort"] for row in periods}
    # Whatever the groups are, the cohorts beside the ratio are those of its periods.
    assert cohort["2021", "charged"][0]["estimate"] == pytest.approx(1 / 3)
    by_both = followed(tmp_path, DAYS, as_at=AS_AT, by=("area", "period"))
    assert "South / 2022" in {row["group"] for row in by_both.rows()}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",2021-05-01,charged,", "there is no day of receipt."),
        ("01/02/2021,2021-05-01,charged,", "received is not a day. Write it as 2024-01-31."),
        ("2021-02-30,2021-05-01,charged,", "received is not a day."),
        ("2021-02-03,soon,charged,", "settled is not a day."),
        ("2021-02-03,2021-02-02,charged,", "settled lies before received."),
        ("2021-02-03,2021-02-04,,", "it is settled, and there is no outcome."),
        ("2021-02-03,,charged,", "there is an outcome, and no day for it."),
    ],
)
def test_days_that_make_no_sense(tmp_path: Path, row: str, said: str) -> None:
    sentence = refused(tmp_path, lines(row, head="received,settled,outcome,area"), as_at=AS_AT)
    assert sentence.startswith(f"durations.csv, row 2: {said}")


def test_days_need_a_day_to_be_judged_at(tmp_path: Path) -> None:
    assert "Say which day its open cases are judged at: --as-at" in refused(tmp_path, DAYS)
    assert "Ask for a later --as-at." in refused(tmp_path, DAYS, as_at=date(2020, 1, 1))


# ---------------------------------------------------------------- the command

ROW = {
    "group", "outcome", "time", "estimate", "std_error", "low", "high", "at_risk", "interval", "reason", "since",
}  # fmt: skip


def test_json_has_the_keys_of_its_table(tmp_path: Path) -> None:
    result = run("cohorts", written(tmp_path, TEN), "--by", "area", "--at", "5,10", "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert set(found) == {
        "rows", "gray", "groups", "basis", "interval", "level", "minimum_risk_set", "rows_read", "rows_used",
        "set_aside", "notes",
    }  # fmt: skip
    assert all(set(row) == ROW for row in found["rows"])
    assert len(found["rows"]) == 4
    assert found["gray"][0].keys() == {"outcome", "statistic", "df", "p", "since", "left_out", "reason"}
    assert (found["basis"], found["interval"], found["rows_read"]) == ("cohort", "log-log", 20)
    assert "NaN" not in result.stdout


def test_csv_has_the_same_rows(tmp_path: Path) -> None:
    file = written(tmp_path, TEN)
    as_csv = run("cohorts", file, "--at", "5,30", "--interval", "complementary", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    found = cohorts(file, Wanted(at=(5, 30), form="complementary"), SETTINGS).rows()
    assert set(rows[0]) == ROW
    assert [row["estimate"] for row in rows] == [
        "" if row["estimate"] is None else str(row["estimate"]) for row in found
    ]
    assert [row["interval"] for row in rows] == ["complementary log-log", ""]


def test_the_table_says_shares_numbers_at_risk_tests_and_rows(tmp_path: Path) -> None:
    said = run("cohorts", written(tmp_path, TEN), "--by", "area", "--at", "5,10").stdout
    for words in ("charged", "North", "at risk", "Gray's test", "20 rows read, 20 used.", "Basis: cohort", "log-log"):
        assert words in said
    delayed = lines(*["3,9,charged,N", "3,12,charged,S"] * 6, head="entry,exit,outcome,area")
    said = run("cohorts", written(tmp_path, delayed), "--by", "area", "--at", "2,9").stdout
    assert "still open at time 3" in said
    assert "before the curve" in said


def test_the_table_of_days_has_the_period_ratio_beside_it(tmp_path: Path) -> None:
    said = run("cohorts", written(tmp_path, DAYS), "--as-at", "2023-12-31", "--minimum", "1", "--at", "730").stdout
    for words in ("period ratio", "basis: flow", "7 rows read, 6 used; 1 received after 2023-12-31.", "too early"):
        assert words in said


def test_the_table_fits_into_eighty_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.commands.printing.width", lambda: 80)
    monkeypatch.setattr(following, "width", lambda: 80)
    file = written(tmp_path, DAYS)
    said = run("cohorts", file, "--as-at", "2023-12-31", "--minimum", "1", "--at", "30,90,180,365,730").stdout
    assert max(len(line) for line in said.splitlines() if line[:1] in set("┏┃┡│└")) <= 80
    assert "by 730" in said


def test_a_drawing_is_written_and_says_what_it_shows(tmp_path: Path) -> None:
    file, out = written(tmp_path, TEN), tmp_path / "curves.svg"
    said = run("cohorts", file, "--by", "area", "--at", "5,10", "--format", "svg", "--out", out)
    assert said.stdout == f"Written: {out}. 20 rows read, 20 used.\n"
    root = ElementTree.fromstring(out.read_text("utf-8"))
    title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert "charged: North" in str(description.text)


def test_too_many_groups_are_not_drawn(tmp_path: Path) -> None:
    text = lines(*[f"5,charged,{area}" for area in "ABCDEFG" for _ in range(5)])
    result = run("cohorts", written(tmp_path, text), "--by", "area", "--format", "svg")
    assert result.exit_code == WrongWords.exit_code
    assert "7 groups are too many lines to tell apart: at most 6 are drawn." in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--at", "90;180"), 2, "write times with commas between them"),
        (("--out", "table.txt"), 2, "To write a file, ask for --format"),
        (("--by", "region"), 2, "has no such column"),
        (("--interval", "wald"), 2, "wald"),
    ],
)
def test_the_command_explains_itself(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    result = run("cohorts", written(tmp_path, TEN), *words)
    assert (result.exit_code, said in result.stderr) == (code, True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = run("cohorts", written(tmp_path, TEN), "--format", "csv", "--out", tmp_path / "no" / "rows.csv")
    assert result.exit_code == 4
    assert "it cannot be read or written" in result.stderr


def test_the_words_offered_are_those_there_are() -> None:
    assert tuple(FORMS) == following.FORMS
    assert tuple(EVERY) == following.EVERY
    defaults = {parameter.name: parameter.default for parameter in cli.commands["cohorts"].params}
    wanted = Wanted()
    assert defaults["minimum"] == wanted.minimum == MINIMUM
    assert tuple(float(time) for time in str(defaults["at"]).split(",")) == wanted.at
    assert defaults["level"] / 100 == wanted.level
    assert (defaults["interval"], defaults["every"]) == (wanted.form, wanted.every)
    assert set(following.COLUMNS) == ROW


def test_the_verb_is_offered_by_the_package(tmp_path: Path) -> None:
    assert onrecord.cohorts is cohorts
