"""Any bytes at all: rows that balance, or an error that onrecord can explain."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from onrecord.errors import OnrecordError
from tests.unit.factories import STREET, Incident, Read, in_folder, read_as, release, street_row, street_text

QUICK = settings(
    derandomize=True,
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
FEWER = settings(QUICK, max_examples=6)
HEADER = ",".join(STREET.values()).encode() + b"\n"
CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "2018-11",
            "Lancashire Constabulary",
            "British Transport Police",
            "Suspect charged",
            "Anti-social behaviour",
            "c1",
            "2018-11-01",
            "infinity",
            '"',
            "a,b",
            "\n",
            "é",
            "99999-12",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
ROW = st.fixed_dictionaries({}, optional=dict.fromkeys(STREET, CELL))


def balanced(found: Read) -> None:
    account = found.account
    account.check()
    assert account.received == account.accepted + sum(account.held.values()) + sum(account.out_of_scope.values())
    assert len(found.held) == sum(account.held.values())
    assert len(found.report) <= account.accepted
    assert len({row["report_id"] for row in found.report}) == len(found.report)


def read_or_refused(adapter: str, path: Path) -> None:
    try:
        found = read_as(adapter, path)
    except OnrecordError as error:
        letter, code = str(error), error.exit_code
    else:
        balanced(found)
        return
    assert "\n" not in letter
    assert code > 1


@pytest.mark.parametrize("adapter", ["police-uk", "nibrs"])
@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes_as_a_csv(adapter: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2018-11-a-street.csv"
        path.write_bytes(content)
        read_or_refused(adapter, path)


@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes_below_the_header_of_a_street_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2018-11-a-street.csv"
        path.write_bytes(HEADER + content)
        read_or_refused("police-uk", path)


@FEWER
@given(table=st.sampled_from(sorted(release("2024"))), content=st.binary(max_size=120), below=st.booleans())
def test_any_bytes_as_a_table_of_a_release(table: str, content: bytes, below: bool) -> None:
    sheets = release("2024", [Incident("1", arrests=("11A",)), Incident("2", clearance="D")])
    with tempfile.TemporaryDirectory() as folder:
        path = in_folder(Path(folder), sheets) / table
        path.write_bytes((path.read_bytes() if below else b"") + content)
        read_or_refused("nibrs", Path(folder))


@QUICK
@given(rows=st.lists(ROW, min_size=1, max_size=6))
def test_the_account_of_any_street_rows_balances(rows: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2018-11-a-street.csv"
        text = street_text([street_row() | row for row in rows])
        path.write_bytes(text.encode())
        found = read_as("police-uk", path)
    assert found.account.received == len(rows)
    balanced(found)


@FEWER
@given(day=CELL, sent=CELL, arrested=CELL)
def test_the_account_of_any_incident_dates_balances(day: str, sent: str, arrested: str) -> None:
    one = Incident("1", day=day, sent_on=sent, arrested_on=arrested, arrests=("11A",))
    with tempfile.TemporaryDirectory() as folder:
        found = read_as("nibrs", in_folder(Path(folder), release("2024", [one, Incident("2")])))
    assert found.account.received == 2
    balanced(found)
