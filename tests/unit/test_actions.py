"""The verbs, called from Python: what the command line and notebooks get."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import onrecord
from onrecord import actions
from onrecord.actions import Asked
from onrecord.errors import NotCovered, StoreRefused, WrongWords
from onrecord.standard.codelists import standing_keys
from tests.unit.factories import SETTINGS, Incident, nibrs_zip, street_csv, street_row

ROWS = (
    street_row("c1", month="2018-10", category="Suspect charged"),
    street_row("c2", month="2018-11", category="Unable to prosecute suspect"),
    street_row("c3", month="2018-11", category="Status update unavailable"),
    street_row("c4", month="2018-11", crime_type="Burglary", category="Under investigation"),
    street_row("c5", month="2018-11", reported_by="South Yorkshire Police", category="Local resolution"),
    street_row("c6", month="2018-11", reported_by="British Transport Police", category=""),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two accepted returns of two countries, and one that waits."""
    folder = tmp_path_factory.mktemp("verbs")
    store = folder / "store"
    given = [
        (street_csv(folder, *ROWS), "police-uk", "2018-10..2018-11"),
        (nibrs_zip(folder, Incident("1", arrests=("13B",)), Incident("2")), "nibrs", "2019"),
        (street_csv(folder, street_row("late"), name="late-street.csv"), "police-uk", "2018-11"),
    ]
    for file, adapter, period in given:
        actions.receive(store, [file], adapter, "somebody", "Ann", period, settings=SETTINGS)
    for number in ("R0001", "R0002"):
        actions.accept(store, number, "Bob", SETTINGS)
    return store


def rows(store: Path, **asked: object) -> list[dict[str, object]]:
    return actions.ledger(store, Asked(**asked), SETTINGS).rows()  # type: ignore[arg-type]


def test_the_verbs_are_offered_by_the_package() -> None:
    for name in onrecord.__all__:
        assert getattr(onrecord, name) is not None
        assert name in dir(onrecord)
    for name in actions.__all__:
        assert getattr(actions, name) is not None
    with pytest.raises(AttributeError, match="hire"):
        onrecord.hire  # noqa: B018 - asking is the test


def test_check_stores_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    receipt = actions.check([street_csv(tmp_path)], "police-uk", settings=SETTINGS, tell=told.append)
    assert (receipt.verdict, receipt.received) == ("acceptable", 1)
    assert told == ["Reading 1 file", "Running the rules", "Writing the receipt"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unknown_adapter_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match=r"'excel'.*nibrs, police-uk"):
        actions.check([street_csv(tmp_path)], "excel")


def test_days_outside_the_period_are_kept_and_said(tmp_path: Path) -> None:
    file = street_csv(tmp_path, street_row("c1"), street_row("c2", month="2018-12"))
    _, receipt = actions.receive(tmp_path / "s", [file], "police-uk", "x", "Ann", "2018-11", settings=SETTINGS)
    assert receipt.accepted == 2
    assert any("outside the period 2018-11" in note for note in receipt.notes)


def test_a_period_that_is_none_is_refused_before_a_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="not a period"):
        actions.receive(tmp_path / "s", [tmp_path / "absent.csv"], "police-uk", "x", "Ann", "last year")


def test_each_nation_and_unit_has_its_own_ledger(store: Path) -> None:
    found = {row["area"]: row for row in rows(store)}
    assert set(found) == {"England and Wales", "Louisiana"}
    assert (found["England and Wales"]["unit"], found["Louisiana"]["unit"]) == ("crime", "report")
    assert (found["England and Wales"]["received"], found["Louisiana"]["received"]) == (5, 2)


def test_a_return_that_waits_does_not_count(store: Path) -> None:
    assert sum(int(str(row["received"])) for row in rows(store, by="month") if row["period"] == "2018-11") == 4


@pytest.mark.parametrize("by", ["nation", "area", "agency", "month"])
def test_every_ledger_balances_however_it_is_cut(store: Path, by: str) -> None:
    found = rows(store, by=by)
    assert sum(int(str(row["received"])) for row in found) == 7
    for row in found:
        assert row["received"] == sum(int(str(row[key])) for key in standing_keys())
        assert sum(row["unaccounted_because"].values()) == row["unaccounted"]  # type: ignore[attr-defined]


def test_where_the_rows_stand(store: Path) -> None:
    (row,) = rows(store, place="lancashire")
    shown = {key: row[key] for key in standing_keys() if row[key]}
    assert shown == {"prosecuted": 1, "live": 1, "unaccounted": 1, "no_further_action": 1}
    assert row["unaccounted_because"] == {"status_unavailable": 1}


def test_an_arrest_for_another_offence_stands_beside(store: Path) -> None:
    (row,) = rows(store, place="Louisiana")
    assert (row["prosecuted"], row["of_which"]["arrest_for_another_offence"]) == (1, 1)  # type: ignore[index]
    assert row["unaccounted_because"] == {"no_activity_carried": 1}


@pytest.mark.parametrize("place", ["E23000003", "lancashire", "LANCASHIRE", "Lancashire"])
def test_a_place_is_asked_for_by_name_or_code(store: Path, place: str) -> None:
    assert [row["received"] for row in rows(store, place=place)] == [4]


def test_the_offence_and_the_period_can_be_asked_for(store: Path) -> None:
    assert [row["received"] for row in rows(store, offence="burglary", place="Lancashire")] == [1]
    assert [row["received"] for row in rows(store, period="2018-11", place="Lancashire")] == [3]


def test_bodies_without_outcomes_are_named_and_have_no_ledger(store: Path) -> None:
    made = actions.ledger(store, settings=SETTINGS)
    assert made.not_reported == {"British Transport Police": ("British Transport Police",)}


def test_what_cannot_be_asked_is_refused(store: Path) -> None:
    with pytest.raises(WrongWords, match="Atlantis"):
        rows(store, place="Atlantis")
    with pytest.raises(WrongWords, match="'moon'"):
        rows(store, by="moon")


def test_a_day_after_the_last_day_covered_is_refused(store: Path) -> None:
    with pytest.raises(NotCovered, match="2018-11-30"):
        rows(store, as_at=date(2018, 12, 1), place="England and Wales")
    assert rows(store, as_at=date(2018, 11, 30), place="England and Wales")[0]["as_at"] == "2018-11-30"


def test_an_earlier_day_sees_what_was_received_by_then(store: Path) -> None:
    (row,) = rows(store, as_at=date(2018, 10, 31), place="Lancashire")
    assert row["received"] == 1


def test_a_day_after_the_day_of_knowledge_is_refused(store: Path) -> None:
    early = replace(SETTINGS, now=datetime(2018, 11, 1, tzinfo=UTC))
    with pytest.raises(NotCovered, match="2018-11-15"):
        actions.ledger(store, Asked(as_at=date(2018, 11, 15), place="Lancashire"), early)


def test_an_empty_store_has_no_ledger(tmp_path: Path) -> None:
    actions.receive(tmp_path / "s", [street_csv(tmp_path)], "police-uk", "x", "Ann", "2018-11", settings=SETTINGS)
    assert actions.ledger(tmp_path / "s", settings=SETTINGS).rows() == []


def received(store: Path, name: str, *rows: str, sender: str = "Force", period: str = "2018-11") -> None:
    """A return of one sender, received and accepted; the files speak for a day long after."""
    file = street_csv(store.parent, *rows, name=f"{name}-street.csv")
    number, _ = actions.receive(
        store, [file], "police-uk", sender, "Ann", period, as_at=date(2019, 12, 31), settings=SETTINGS
    )
    actions.accept(store, number, "Bob", SETTINGS)


@pytest.mark.parametrize(
    ("sender", "period", "reason"),
    [
        ("Force", "2018-11", "vanished"),
        ("Force", "2018-10..2018-12", "vanished"),
        ("Another force", "2018-11", "never_acted_on"),
    ],
)
def test_a_report_that_a_later_return_of_its_period_lacks_has_vanished(
    tmp_path: Path, sender: str, period: str, reason: str
) -> None:
    store = tmp_path / "store"
    received(store, "first", street_row("stays", category=""), street_row("goes", category=""))
    received(store, "second", street_row("stays", category=""), sender=sender, period=period)
    [row] = rows(store)
    assert row["received"] == 2
    stays = {"never_acted_on": 1} if reason == "vanished" else {"never_acted_on": 2}
    assert row["unaccounted_because"] == ({reason: 1} | stays)


def test_a_decided_report_that_vanished_stands_where_it_was_decided(tmp_path: Path) -> None:
    store = tmp_path / "store"
    received(store, "first", street_row("stays", category=""), street_row("goes", category="Suspect charged"))
    received(store, "second", street_row("stays", category=""))
    [row] = rows(store)
    assert (row["prosecuted"], row["unaccounted"]) == (1, 1)


def test_every_ledger_says_what_a_reader_must_know_of_its_source(store: Path) -> None:
    for row in rows(store):
        assert any("child sexual exploitation" in note for note in row["notes"])  # type: ignore[attr-defined]


def test_a_return_of_another_agency_makes_nothing_vanish(tmp_path: Path) -> None:
    """One sender may send for many agencies, one after the other."""
    store = tmp_path / "store"
    received(store, "first", street_row("one", category=""))
    received(store, "second", street_row("two", reported_by="South Yorkshire Police", category=""))
    [row] = rows(store)
    assert (row["received"], row["unaccounted_because"]) == (2, {"never_acted_on": 2})


def test_a_force_that_speaks_for_an_earlier_day_takes_nothing_from_another(tmp_path: Path) -> None:
    """The figure is judged at the earlier day; outcomes that their file does not date are not lost by it."""
    store = tmp_path / "store"
    later = street_csv(tmp_path, street_row("one", category="Suspect charged"), name="a-street.csv")
    earlier = street_csv(
        tmp_path,
        street_row("two", reported_by="South Yorkshire Police", category="Status update unavailable"),
        name="b-street.csv",
    )
    for file, as_at in ((later, date(2021, 12, 22)), (earlier, None)):
        number, _ = actions.receive(store, [file], "police-uk", "x", "Ann", "2018-11", as_at=as_at, settings=SETTINGS)
        actions.accept(store, number, "Bob", SETTINGS)
    [row] = rows(store)
    assert (row["as_at"], row["prosecuted"], row["unaccounted"], row["live"]) == ("2018-11-30", 1, 1, 0)


def test_each_area_has_its_own_period_and_a_month_nobody_sent_is_seen(tmp_path: Path) -> None:
    store = tmp_path / "store"
    both = [street_row("a", month="2018-10"), street_row("b", month="2018-11")]
    one = street_row("c", month="2018-11", reported_by="South Yorkshire Police")
    received(store, "all", *both, one, period="2018-10..2018-11")
    [nation] = rows(store)
    assert (nation["period"], nation["coverage"]) == (
        "2018-10..2018-11",
        "2 agencies, 3 of 4 agency-months reported",
    )
    assert {row["area"]: (row["period"], row["coverage"]) for row in rows(store, by="area")} == {
        "Lancashire": ("2018-10..2018-11", "1 agency, 2 of 2 agency-months reported"),
        "South Yorkshire": ("2018-11", "1 agency, 1 of 1 agency-months reported"),
    }


def test_a_period_that_holds_no_report_of_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="No report in the files was received in 1999"):
        actions.receive(tmp_path / "s", [street_csv(tmp_path)], "police-uk", "x", "Ann", "1999", settings=SETTINGS)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("harm", ["missing", "cut short", "altered"])
@pytest.mark.parametrize("table", ["report", "event", "agencies", "coverage"])
def test_a_damaged_store_gives_no_ledger(tmp_path: Path, table: str, harm: str) -> None:
    store = tmp_path / "store"
    received(store, "one", street_row("a"))
    path = store / "returns" / "R0001" / "1" / "rows" / f"{table}.parquet.sealed"
    content = path.read_bytes()
    harmed = {
        "missing": None,
        "cut short": content[:-9],
        "altered": content[:40] + bytes([content[40] ^ 1]) + content[41:],
    }[harm]
    path.unlink() if harmed is None else path.write_bytes(harmed)
    with pytest.raises(StoreRefused, match=r"R0001 is (missing|damaged or was altered)"):
        rows(store)
