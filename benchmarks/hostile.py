"""Ten thousand hostile files: every reader and the checker end each with a sentence or with a receipt that balances.

    python -m benchmarks.hostile [--files N] [--first N] [--seed N] [--workers N] [--keep FOLDER]

Each file is made from its number and the seed: a good return in the standard's layout (CSV, Excel, XML, Parquet, zip),
harmed once or several times, or bytes that are nothing. Workers check them, each within thirty seconds and four
gibibytes. Ends with 1 where anything else comes of one: another exception, a hang, a receipt that does not balance, a
rule that could not be run. ``--keep`` keeps the files of which something else came.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

FILES, SEED, WORKERS = 10_000, 7, 2
SECONDS, BYTES = 30.0, 4 * 2**30
RECORDS = ("report", "event", "crime", "person", "involvement", "assessment", "return", "coverage", "identity")
REFUSED, FAULT, HANG = "refused with a sentence", "FAULT", "FAULT: no end within the time"
Rows = list[dict[str, str]]
Return = dict[str, Rows]

# ---------------------------------------------------------------- cells and rows that mean harm

CELLS = (
    "", " ", "\t", '"', "'", ",", ";", "|", "\\", "\\N", "NULL", "null", "None", "NaN", "inf", "-inf", "#REF!", "#N/A",
    "=1+1",
    '=HYPERLINK("http://a")', "@SUM(1)", "+1", "-1", "%s", "{}", "{value}", "{0}", "${HOME}", "../../etc/passwd",
    "'; DROP TABLE report; --", "<b>", "&amp;", "]]>", "a\nb", "a\r\nb", "\r", "a\x0bb", "\u2028", "\ufeff", "\u200b",
    "\u202e", "\x7f", "\x1b[31m", "\x85", "\xa0", "é", "e\u0301", "ß", "İ", "😀", "👩‍👩‍👧‍👦", "ﷺ", "𝟙", "٣", "½",
    "0000-00-00", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-2024-01-01", "2024-02-30", "2023-02-29",
    "2024-02-29", "2024-13-01", "31/12/2024", "12/31/2024", "2024-1-1", "20240101", "2024-01-01T00:00:00Z", "infinity",
    "epoch", "today", "1e400", "1e-400", "1e5", "99999999999999999999", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "0x10", "1_000", "1.5", "1.", ".5", "+3", "007", "true", "TRUE", "1", "0", "25:61", "24:00",
    "2024", "2023/24", "2023/25", "2024-01..2023-01", "2024..", "..", "2023/25..2023/24", "0000", "9999", "9999/00",
    "a;b", ";", ";;", "1A;;1B", "unknown", "refused", "1.0.0", "1.1.0", "9.9.9", "CSE", "home-office",
)  # fmt: skip


def _cell(chance: random.Random) -> str:
    draw = chance.random()
    if draw < 0.75:
        return chance.choice(CELLS)
    if draw < 0.9:
        return "".join(
            chr(chance.choice((chance.randrange(1, 128), chance.randrange(1, 0xD800))))
            for _ in range(chance.randrange(12))
        )
    if draw < 0.99:
        return chance.choice("aé\n, ;") * chance.choice((101, 1000, 40_000))
    return "a" * 2_100_000


@cache
def _sound() -> Return:
    from onrecord.standard.rules import sound_example

    return {record: [dict(row) for row in rows] for record, rows in sound_example().rows.items()}


def _return(chance: random.Random) -> Return:
    """Some records of a sound return, some of their cells and columns harmed."""
    records = chance.sample(RECORDS, chance.choice((1, 1, 2, 3)))
    chosen = {record: [dict(row) for row in _sound()[record]] for record in records}
    for rows in chosen.values():
        rows.extend(rows * (chance.choice((1, 1, 1, 3, 40)) - 1))
        columns = list(dict.fromkeys(name for row in rows for name in row))
        for _ in range(chance.choice((0, 1, 3, 10))):
            _harm(chance, rows, columns)
    return chosen


def _harm(chance: random.Random, rows: Rows, columns: list[str]) -> None:
    name, row = chance.choice(columns), chance.randrange(len(rows))
    draw = chance.random()
    if draw < 0.7:
        rows[row] = {**rows[row], name: _cell(chance)}
    elif draw < 0.8:
        for number, each in enumerate(rows):
            rows[number] = {key: text for key, text in each.items() if key != name}
    elif draw < 0.85:
        rows[:] = [{**each, name: _cell(chance)} for each in rows]
    elif draw < 0.9:
        rows[:] = [
            {(_cell(chance)[:40] or "x") if key == name else key: text for key, text in each.items()}
            for each in rows[:2]
        ]
    elif draw < 0.95:
        rows.insert(row, {key: key for key in columns})
    else:
        rows[:] = rows[:1]


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


# ---------------------------------------------------------------- files of every kind


def _csv(chance: random.Random, rows: Rows) -> bytes:
    text = io.StringIO()
    end = chance.choice(("\n", "\r\n", "\r", "\n", "\n"))
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(text, delimiter=chance.choice(",,,;\t|"), lineterminator=end, quoting=quoting)
    columns = _columns(rows)
    if chance.random() < 0.05:
        columns = columns + chance.sample(columns, 1)
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        writer.writerow(cells[: chance.randrange(len(cells) + 1)] if chance.random() < 0.01 else cells)
    encoding = chance.choice(("utf-8",) * 6 + ("utf-8-sig", "utf-16", "cp1252", "utf-16-le", "utf-7", "utf-32"))
    content = text.getvalue().encode(encoding, chance.choice(("replace", "ignore", "xmlcharrefreplace")))
    return b"\xef\xbb\xbf" * chance.choice((0, 0, 0, 0, 0, 0, 2)) + content


def _workbook(chance: random.Random, chosen: Return) -> bytes:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook()
    book.remove(book.active)
    for record, rows in chosen.items():
        title = chance.choice(
            (record, record, record, f"{record} 2", "Sheet1", record.upper(), f"#{record}", "a's (b) & <c>")
        )
        sheet = book.create_sheet(title)
        for _ in range(chance.choice((0, 0, 0, 1, 5))):
            sheet.append([])
        columns = _columns(rows)
        for line in [columns, *[[row.get(name, "") for name in columns] for row in rows]]:
            sheet.append([_typed(chance, ILLEGAL_CHARACTERS_RE.sub("", text)[:32_000]) for text in line])
        if chance.random() < 0.05:
            sheet.cell(chance.choice((2, 1_048_576)), chance.choice((60, 16_384)), "far away")
        if chance.random() < 0.1:
            sheet.merge_cells("A1:B2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(chance: random.Random, text: str) -> Any:
    from datetime import datetime, time, timedelta

    odd: tuple[Any, ...] = (
        "=1/0", "=A1", True, 1e300, -0.0, 123456789012345678, datetime(1900, 1, 1),  # noqa: DTZ001
        datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
        time(9, 30), timedelta(days=2), 45000, 45000.5, None,
    )  # fmt: skip
    return chance.choice(odd) if chance.random() < 0.03 else text


def _xml(chance: random.Random, chosen: Return) -> bytes:
    from lxml import etree

    root = etree.Element(chance.choice(("return", "Message", "r")), nsmap=chance.choice(({}, {None: "urn:a"})))
    for record, rows in chosen.items():
        for row in rows:
            made = etree.SubElement(root, record)
            for name, text in row.items():
                try:
                    etree.SubElement(made, name).text = text
                except ValueError:
                    continue
    content: bytes = etree.tostring(
        root, xml_declaration=True, encoding=chance.choice(("utf-8", "utf-16", "iso-8859-1"))
    )
    return chance.choice(XML_HARMS)(content)


BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(9))
    + b"]><r><report><report_id>&a8;</report_id></report></r>"
)
XML_HARMS: Sequence[Callable[[bytes], bytes]] = (
    *[lambda content: content] * 6,
    lambda content: BOMB,
    lambda content: (
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><report><report_id>&x;</report_id></report></r>'
    ),
    lambda content: b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/a.dtd"><r><report><report_id>1</report_id></report></r>',
    lambda content: b"<a>" * 100_000,
    lambda content: b"<r>" + b"<report><report_id>1</report_id></report>" * 20_000 + b"</r>",
    lambda content: b"<r><report " + b"".join(b'a%d="1" ' % n for n in range(50_000)) + b"/></r>",
    lambda content: b"<r><report><report_id><![CDATA[" + b"x" * 3_000_000 + b"]]></report_id></report></r>",
    lambda content: b"<r>" + b"".join(b"<t%d/>" % n for n in range(300)) + b"</r>",
    lambda content: content.replace(b"report_id", b"report:id"),
    lambda content: content + content,
    lambda content: b"\n\n" + content,
)


def _parquet(chance: random.Random, rows: Rows) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {}
    for name in _columns(rows):
        texts = [row.get(name) for row in rows]
        columns[name] = chance.choice(
            (*[_as_text] * 12, _as_numbers, _as_days, _as_bytes, _as_lists, _as_words, _as_floats)
        )(texts)
    codec = chance.choice(("snappy", "zstd", "none", "gzip"))
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression=codec)
    return out.getvalue()


def _as_text(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.string())


def _as_numbers(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array([None if text is None else len(text) * 2**40 for text in texts], pa.int64())


def _as_floats(texts: list[str | None]) -> Any:
    import pyarrow as pa

    odd = (float("nan"), float("inf"), -0.0, 1e308, 2.0, 5e-324)
    return pa.array([None if text is None else odd[len(text) % 6] for text in texts])


def _as_days(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array(
        [None if text is None else len(text) * 86_400_000_000 - 10**16 for text in texts], pa.timestamp("us", "UTC")
    )


def _as_bytes(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array([None if text is None else text.encode("utf-16", "replace") for text in texts], pa.binary())


def _as_lists(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array([None if text is None else [text, None] for text in texts])


def _as_words(texts: list[str | None]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.string()).dictionary_encode()


def _one(chance: random.Random, chosen: Return) -> Rows:
    return chosen[next(iter(chosen))]


def _name(chance: random.Random, chosen: Return, ending: str) -> str:
    record = next(iter(chosen))
    stem = chance.choice(
        (record,) * 8
        + (f"{record}s", record.upper(), "data", "a*b", "a[1]", "a?b", "a'b", 'a"b', "a b", "é", "..a", "a,b")
    )
    return stem + ending


def _file(chance: random.Random) -> tuple[str, bytes]:
    """A file name and its bytes, as good as its return is."""
    chosen = _return(chance)
    kind = chance.choice(("csv",) * 5 + ("xlsx",) * 3 + ("xml",) * 3 + ("parquet",) * 3 + ("gz", "zip", "zip", "noise"))
    if kind == "csv":
        return _name(chance, chosen, chance.choice((".csv", ".csv", ".txt", ".tsv", ".CSV"))), _csv(
            chance, _one(chance, chosen)
        )
    if kind == "xlsx":
        return _name(chance, chosen, chance.choice((".xlsx", ".xlsx", ".xlsm"))), _workbook(chance, chosen)
    if kind == "xml":
        return _name(chance, chosen, ".xml"), _xml(chance, chosen)
    if kind == "parquet":
        return _name(chance, chosen, ".parquet"), _parquet(chance, _one(chance, chosen))
    if kind == "gz":
        return _name(chance, chosen, ".csv.gz"), gzip.compress(_csv(chance, _one(chance, chosen)), mtime=0)
    if kind == "zip":
        return _name(chance, chosen, ".zip"), _zip(chance, chosen)
    ending = chance.choice((".csv", ".xlsx", ".xml", ".parquet", ".zip", ".csv.gz", ".xls", ".txt"))
    return _name(chance, chosen, ending), chance.randbytes(chance.choice((1, 10, 300, 5000)))


def _zip(chance: random.Random, chosen: Return) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for record, rows in chosen.items():
            kind = chance.choice(("csv", "csv", "xlsx", "xml", "parquet", "zip"))
            name = chance.choice(
                (record, f"../{record}", f"/{record}", f"a/b/{record}", f"__MACOSX/{record}", f"{record}\n")
            )
            content = {
                "csv": lambda rows=rows: _csv(chance, rows),
                "xlsx": lambda: _workbook(chance, chosen),
                "xml": lambda: _xml(chance, chosen),
                "parquet": lambda rows=rows: _parquet(chance, rows),
                "zip": lambda: b"PK\x05\x06" + bytes(18),
            }[kind]()
            archive.writestr(f"{name}.{kind}", content)
        if chance.random() < 0.05:
            archive.writestr("bomb.csv", b"report_id,agency_id\n" + b"0," * 30_000_000)
        if chance.random() < 0.05:
            archive.writestr("wide.csv", ",".join(f"c{n}" for n in range(5000)))
    return out.getvalue()


# ---------------------------------------------------------------- bytes harmed

Harm = Callable[[random.Random, bytes], bytes]


def _place(chance: random.Random, content: bytes) -> int:
    return chance.randrange(len(content) + 1)


def _flip(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 4, 30))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _insert(chance: random.Random, content: bytes) -> bytes:
    odd = (
        b"\0", b"\0\0\0\0", b'"', b"'", b"\r", b"\n", b"\r\n\n\r", b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xc3",
        b"\xef\xbb\xbf", b"\x1a", b",,,,,,", b'"""', b"<", b"]]>", b"&x;", b"PK\x03\x04", b"PAR1", b"\x80" * 50,
    )  # fmt: skip
    place = _place(chance, content)
    return content[:place] + chance.choice(odd) + content[place:]


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: _place(chance, content)]


def _behead(chance: random.Random, content: bytes) -> bytes:
    return content[_place(chance, content) :]


def _twice(chance: random.Random, content: bytes) -> bytes:
    first, last = sorted((_place(chance, content), _place(chance, content)))
    return content[:last] + content[first:last] + content[last:]


def _lose(chance: random.Random, content: bytes) -> bytes:
    first, last = sorted((_place(chance, content), _place(chance, content)))
    return content[:first] + content[min(last, first + 40) :]


HARMS: Sequence[Harm] = (_flip, _flip, _insert, _insert, _cut, _behead, _twice, _lose)


@dataclass(frozen=True)
class Case:
    """One hostile file: its name, its bytes, and how it is checked."""

    name: str
    content: bytes
    adapter: str
    findings: str


def made(seed: int, number: int) -> Case:
    """The file of a number: the same for ever."""
    chance = random.Random(f"{seed} {number}")
    name, content = _file(chance)
    for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 1, 2, 5))):
        content = chance.choice(HARMS)(chance, content)
    if chance.random() < 0.04:
        name = Path(name).stem + chance.choice((".csv", ".xlsx", ".xml", ".parquet", ".zip", ".csv.gz", ".docx", ""))
    adapter = chance.choice(("standard",) * 12 + ("nibrs", "police-uk", "cin-census"))
    return Case(name, content, adapter, chance.choice(("", "", ".csv", ".parquet")))


# ---------------------------------------------------------------- what comes of it


def outcome_of(case: Case, folder: Path) -> str:
    """What comes of checking a file, in a few words; FAULT where it should not."""
    from onrecord import actions
    from onrecord.errors import DoesNotBalance, OnrecordError
    from onrecord.settings import from_environment

    path = folder / case.name
    path.write_bytes(case.content)
    findings = folder / f"findings{case.findings}" if case.findings else None
    try:
        receipt = actions.check([path], case.adapter, settings=from_environment(), findings=findings)
        return _judged(receipt)
    except DoesNotBalance:
        return f"{FAULT}: it does not balance"
    except OnrecordError as error:
        letter = str(error)
        well_formed = letter.endswith(".") and letter.isprintable()
        return REFUSED if well_formed else f"{FAULT}: a sentence that is none: {letter[:100]!r}"
    except BaseException as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if "onrecord" in frame.filename]
        where = f"{Path(own[-1].filename).name}:{own[-1].name}" if own else "nowhere"
        return f"{FAULT}: {type(error).__name__} in {where}: {str(error)[:160]!r}"


def _judged(receipt: Any) -> str:
    told = receipt.as_json()
    json.dumps(told)
    "\n".join(receipt.sentences()).encode()
    if receipt.received != receipt.accepted + sum(receipt.held.values()) + sum(receipt.out_of_scope.values()):
        return f"{FAULT}: the receipt does not balance"
    if sum(receipt.states.values()) != len(receipt.outcomes):
        return f"{FAULT}: a rule has no state"
    if receipt.errored:
        return f"{FAULT}: errored: {receipt.errored[0].rule.code}, {receipt.errored[0].why}"
    return f"receipt: {receipt.verdict}"


def _work(seed: int, orders: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    while (number := orders.recv()) is not None:
        case = made(seed, number)
        with tempfile.TemporaryDirectory() as folder:
            orders.send("made")
            orders.send(outcome_of(case, Path(folder)))


class Worker:
    """A process that checks one file after another, and is replaced when it hangs or dies."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.orders, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(self.seed, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def outcome(self, number: int) -> str:
        try:
            self.orders.send(number)
            self.orders.recv()
            if self.orders.poll(SECONDS):
                return str(self.orders.recv())
            self.process.kill()
            found = HANG
        except (EOFError, OSError):
            found = f"{FAULT}: the process died"
        self.process.join()
        self._start()
        return found

    def end(self) -> None:
        self.orders.send(None)
        self.process.join()


def _turns(worker: Worker, numbers: Sequence[int], outcomes: dict[int, str]) -> None:
    for number in numbers:
        outcomes[number] = worker.outcome(number)
        if outcomes[number].startswith(FAULT):
            print(f"{number}: {outcomes[number]}", flush=True)
    worker.end()


def _kind(name: str) -> str:
    return "".join(Path(name.lower()).suffixes[-2:]) if name.lower().endswith(".gz") else Path(name.lower()).suffix


def _table(seed: int, outcomes: Mapping[int, str]) -> None:
    counted = Counter(outcome.split(":")[0] if outcome.startswith(FAULT) else outcome for outcome in outcomes.values())
    by_kind: Counter[tuple[str, str]] = Counter()
    for number, outcome in outcomes.items():
        by_kind[_kind(made(seed, number).name), outcome.split(":")[0]] += 1
    for outcome, count in counted.most_common():
        print(f"{count:7,}  {outcome}")
    what = sorted({outcome for _, outcome in by_kind})
    print(f"{'kind':10}" + "".join(f"{each:>26}" for each in what))
    for kind in sorted({kind for kind, _ in by_kind}):
        print(f"{kind or '(none)':10}" + "".join(f"{by_kind[kind, each]:26,}" for each in what))


def main(arguments: Sequence[str]) -> None:
    """Check the files in turns, print what came of them; end with 1 where anything came that should not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args(arguments)
    begin = time.perf_counter()
    outcomes: dict[int, str] = {}
    numbers = range(asked.first, asked.first + asked.files)
    turns = [
        threading.Thread(target=_turns, args=(Worker(asked.seed), numbers[place :: asked.workers], outcomes))
        for place in range(asked.workers)
    ]
    for turn in turns:
        turn.start()
    for turn in turns:
        turn.join()
    print(f"{len(outcomes):,} files, seed {asked.seed}, {time.perf_counter() - begin:.0f} s")
    _table(asked.seed, outcomes)
    faults = [number for number, outcome in outcomes.items() if outcome.startswith(FAULT)]
    if asked.keep:
        for number in faults:
            place = asked.keep / str(number)
            place.mkdir(parents=True, exist_ok=True)
            (place / made(asked.seed, number).name).write_bytes(made(asked.seed, number).content)
    sys.exit(bool(faults) or len(outcomes) != asked.files)


if __name__ == "__main__":
    main(sys.argv[1:])
