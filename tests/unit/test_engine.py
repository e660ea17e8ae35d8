"""The engine: calls that break with other pins, and what must not happen behind anyone's back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import fsspec
import ibis
import ibis.expr.types as ir
import pytest

from onrecord.engine import (
    CsvFault,
    Engine,
    Marked,
    append_csv,
    hold_in_memory,
    new_text_table,
    open_engine,
    table_of,
)
from onrecord.errors import OnrecordError
from tests.unit.factories import SETTINGS, nibrs_zip, read_as, street_csv


def test_the_calls_that_other_pins_break() -> None:
    """duckdb 2 breaks Ibis 12; sqlglot 30.18 and later break the way it drops tables."""
    with open_engine(SETTINGS) as engine:
        table = engine.create_table("numbers", table_of([{"n": 1}, {"n": 2}, {"n": 3}]), temp=True)
        assert "numbers" in engine.list_tables()
        assert engine.con.sql("SELECT sum(n) FROM numbers").fetchall() == [(6,)]
        doubled = table.agg(all=table.n.collect().map(lambda n: n * 2))
        assert sorted(doubled.to_pyarrow().to_pylist()[0]["all"]) == [2, 4, 6]
        batches = list(table.order_by("n").to_pyarrow_batches(chunk_size=2))
        assert [row["n"] for batch in batches for row in batch.to_pylist()] == [1, 2, 3]
        engine.create_view("seen", table)
        engine.drop_view("seen")
        engine.drop_table("numbers")
        assert "numbers" not in engine.list_tables()


def read_csv(
    engine: Engine, files: list[str], columns: list[str], wanted: dict[str, str], controls: bool = True
) -> ir.Table:
    new_text_table(engine, "t", list(wanted))
    places = {new: columns.index(old) for new, old in wanted.items()}
    append_csv(
        engine,
        "t",
        files,
        width=len(columns),
        delimiter=",",
        gzip=False,
        places=places,
        first_sheet=0,
        row_bytes=20,
        controls=controls,
    )
    table = engine.table("t")
    return table.mutate(row=table.rowid())


def loaded(engine: ibis.backends.duckdb.Backend) -> set[str]:
    rows = engine.con.sql("SELECT extension_name FROM duckdb_extensions() WHERE loaded").fetchall()
    return {name for (name,) in rows}


def test_no_extension_is_loaded_by_itself(tmp_path: Path) -> None:
    with open_engine(SETTINGS) as engine:
        before = loaded(engine)
        for setting in ("autoload_known_extensions", "autoinstall_known_extensions"):
            assert engine.con.sql(f"SELECT current_setting('{setting}')").fetchall() == [(False,)]
        with pytest.raises(duckdb.Error):
            engine.con.sql(f"SELECT * FROM read_xlsx('{tmp_path / 'a.xlsx'}')").fetchall()
        with pytest.raises(duckdb.Error):
            engine.con.sql("SELECT * FROM 'https://localhost:1/a.parquet'").fetchall()
        assert loaded(engine) == before
        built_in = engine.con.sql(
            "SELECT extension_name FROM duckdb_extensions() WHERE install_mode = 'STATICALLY_LINKED'"
        ).fetchall()
        assert before <= {name for (name,) in built_in}


def test_the_limits_reach_the_engine() -> None:
    with open_engine(replace(SETTINGS, memory_limit="123MiB", threads=1)) as engine:
        found = engine.con.sql("SELECT current_setting('memory_limit'), current_setting('threads')").fetchall()
    assert found == [("123.0 MiB", 1)]


def test_spills_go_to_a_folder_that_is_removed() -> None:
    with open_engine(SETTINGS) as engine:
        ((spill,),) = engine.con.sql("SELECT current_setting('temp_directory')").fetchall()
        assert Path(spill).is_dir()
        assert not Path(spill).is_relative_to(Path.cwd())
    assert not Path(spill).exists()


def test_memory_files_do_not_outlive_the_engine(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    with open_engine(SETTINGS) as engine:
        hold_in_memory(engine, "a zip.zip: b[1].csv", b"a,b\n1,2\n")
        assert len(memory.store) == 1
    assert len(memory.store) == 0
    read_as("nibrs", nibrs_zip(tmp_path))
    assert len(memory.store) == 0


def test_two_engines_do_not_clear_each_others_files() -> None:
    with open_engine(SETTINGS) as one:
        address = hold_in_memory(one, "a.csv", b"a\n1\n")
        with open_engine(SETTINGS) as other:
            hold_in_memory(other, "a.csv", b"a\n2\n")
        assert read_csv(one, [address], ["a"], {"a": "a"}).a.to_pyarrow().to_pylist() == ["1"]


def test_memory_files_go_when_the_action_fails() -> None:
    def fail() -> None:
        with open_engine(SETTINGS) as engine:
            hold_in_memory(engine, "a", b"a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(fsspec.filesystem("memory").store) == 0


@pytest.mark.parametrize("name", ["a.csv", "/tmp/a b/x.zip: d[1]/*.csv", "C:\\x.zip: a?.csv", "é%20.csv"])
def test_a_name_in_memory_is_found_again(name: str) -> None:
    with open_engine(SETTINGS) as engine:
        address = hold_in_memory(engine, name, b"a,b\n1,2\n")
        table = read_csv(engine, [address], ["a", "b"], {"x": "b"}).drop("line")
        rows = table.to_pyarrow().to_pylist()
    assert rows == [{"x": "2", "sheet_no": 0, "row": 0}]


def test_rows_are_numbered_in_the_order_of_the_files(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.csv", "a.csv")]
    for start, path in enumerate(paths):
        path.write_text("n\n" + "".join(f"{start * 5000 + number}\n" for number in range(5000)))
    with open_engine(SETTINGS) as engine:
        table = read_csv(engine, [str(path) for path in paths], ["n"], {"n": "n"})
        assert table.filter(table.n.cast("int64") != table.row).count().to_pyarrow().as_py() == 0
        assert table.count().to_pyarrow().as_py() == 10_000


def test_a_fault_names_the_file_and_the_line_and_nothing_else(tmp_path: Path) -> None:
    good, bad = street_csv(tmp_path, name="a.csv"), tmp_path / "b.csv"
    bad.write_text(good.read_text() + "SECRET,2\n")
    with open_engine(SETTINGS) as engine, pytest.raises(CsvFault) as fault:
        read_csv(engine, [str(good), str(bad)], list("abcdefghijkl"), {"x": "a"})
    assert (fault.value.file, fault.value.line) == (str(bad), 3)
    assert "SECRET" not in str(fault.value)


def test_importing_onrecord_loads_no_engine() -> None:
    code = (
        "import sys, onrecord, onrecord.__main__; "
        "sys.exit(str([name for name in ('duckdb', 'ibis', 'pyarrow', 'numpy') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("limit", ["much", "2XB"])
def test_a_memory_limit_that_makes_no_sense_is_explained(limit: str) -> None:
    with (
        pytest.raises(OnrecordError, match="ONRECORD_MEMORY_LIMIT"),
        open_engine(replace(SETTINGS, memory_limit=limit)),
    ):
        pass


@pytest.mark.parametrize("controls", [False, True])
def test_rows_of_several_pieces_keep_their_order(tmp_path: Path, controls: bool) -> None:
    """Pieces of some megabytes are read side by side; a row's number is its place in the file."""
    path, count = tmp_path / "long.csv", 400_000
    path.write_text("a,b\n" + "".join(f"{number},{'x' * 40}\n" for number in range(count)))
    with open_engine(SETTINGS) as engine:
        table = read_csv(engine, [str(path)], ["a", "b"], {"a": "a"}, controls)
        wrong = table.filter(table.a != table.row.cast("string"))
        assert (table.count().to_pyarrow().as_py(), wrong.count().to_pyarrow().as_py()) == (count, 0)


def test_marked_rows_are_counted_together_and_keep_their_numbers_where_a_mark_tells() -> None:
    marked = Marked("marks", "mark_", {7: 1, 8: 61})
    made = "SELECT range AS no, 1 + 2 * (range % 2) AS mark_0, 2 * (range // 3)::BIGINT AS mark_1 FROM range(4)"
    with open_engine(SETTINGS) as engine:
        marked.put_down(engine, made, "no")
        assert marked.counted(engine, {5: 0, 7: 1, 8: 61}) == {5: 4, 7: 2, 8: 1}
        laid_out = engine.raw_sql(f"SELECT rule, row FROM ({marked.laid_out})").fetchall()
        assert sorted(laid_out) == [(7, 1), (7, 3), (8, 3)]
        assert engine.raw_sql("SELECT sum(alike), count(row) FROM marks").fetchall() == [(4, 2)]
        # What is set for such statements is set for no other.
        assert engine.raw_sql("SELECT current_setting('disabled_optimizers')").fetchall() == [("",)]
