"""A Children in Need census to standard rows, beside the parsing of the same file by lxml alone.

    python -m benchmarks.cin_census [CHILDREN]

The census is made up, from a seed: no child in it is anybody. Each measurement is a process of its own, so that
memory is its own too; they take turns, and medians are printed. Aim: at most ten times the parsing alone.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

ROUNDS = 3
CHILDREN = 33_200
SEED = 20240331
MOST = 10.0
YEAR_START = date(2023, 4, 1)
FACTORS = ("1B", "2A", "3B", "4A", "4B", "10A", "11A", "13A", "15A", "16A", "17A", "18C", "19C", "24A")
ETHNICITIES = ("WBRI", "APKN", "ABAN", "BAFR", "MWBC", "WOTH", "REFU", "NOBT")
HEADER = (
    "<Message>\n  <Header>\n    <CollectionDetails>\n      <Collection>CIN</Collection>\n      <Year>2024</Year>\n"
    "      <ReferenceDate>2024-03-31</ReferenceDate>\n    </CollectionDetails>\n    <Source>\n"
    "      <SourceLevel>L</SourceLevel>\n      <LEA>372</LEA>\n    </Source>\n  </Header>\n  <Children>\n"
)


def write_census(path: Path, children: int, seed: int = SEED) -> None:
    """Write a census in the layout of 2023-24, indented as authorities' systems write it."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        for number in range(children):
            out.write(_child(chance, number))
        out.write("  </Children>\n</Message>\n")


def _lines(indent: int, name: str, inside: Sequence[str]) -> list[str]:
    pad = " " * indent
    return [f"{pad}<{name}>", *inside, f"{pad}</{name}>"]


def _items(indent: int, **items: object) -> list[str]:
    return [f"{' ' * indent}<{name}>{text}</{name}>" for name, text in items.items() if text is not None]


def _child(chance: random.Random, number: int) -> str:
    born = date(2006, 1, 1) + timedelta(chance.randrange(6000))
    identifiers = _items(
        8,
        LAchildID=f"X{number:09}",
        UPN=f"A{chance.randrange(10**12):012}",
        PersonBirthDate=born,
        GenderCurrent=chance.choice("1209"),
    )
    disabilities = [f"          <Disability>{code}</Disability>" for code in chance.sample(("LD", "AUT", "BEH"), 1)]
    characteristics = _items(8, Ethnicity=chance.choice(ETHNICITIES)) + _lines(8, "Disabilities", disabilities)
    # A second episode follows the first: two of one day would be one assessment twice.
    episodes = [line for part in range(chance.choice((1, 1, 1, 2))) for line in _episode(chance, 150 * part)]
    inside = [
        *_lines(6, "ChildIdentifiers", identifiers),
        *_lines(6, "ChildCharacteristics", characteristics),
        *episodes,
    ]
    return "\n".join(_lines(4, "Child", inside)) + "\n"


def _episode(chance: random.Random, after: int) -> list[str]:
    referred = YEAR_START + timedelta(after + chance.randrange(120))
    inside = _items(8, CINreferralDate=referred, ReferralSource=chance.choice(("6", "1A", "2A")), PrimaryNeedCode="N1")
    if chance.random() < 0.15:
        return _lines(6, "CINdetails", inside + _items(8, ReferralNFA="true"))
    for step in range(chance.choice((1, 1, 2))):
        inside += _assessment(chance, referred + timedelta(1 + 25 * step))
    if chance.random() < 0.5:
        inside += _lines(8, "CINPlanDates", _items(10, CINPlanStartDate=referred + timedelta(30)))
    if chance.random() < 0.35:
        inside += _enquiry(referred + timedelta(3))
    inside += _items(8, ReferralNFA="false")
    if chance.random() < 0.15:
        inside += _protection_plan(chance, referred + timedelta(20))
    return _lines(6, "CINdetails", inside)


def _assessment(chance: random.Random, start: date) -> list[str]:
    factors = [f"            <AssessmentFactors>{code}</AssessmentFactors>" for code in chance.sample(FACTORS, 3)]
    days = _items(
        10,
        AssessmentActualStartDate=start,
        AssessmentInternalReviewDate=start + timedelta(10),
        AssessmentAuthorisationDate=start + timedelta(20),
    )
    return _lines(8, "Assessments", days + _lines(10, "FactorsIdentifiedAtAssessment", factors))


def _enquiry(start: date) -> list[str]:
    conference = start + timedelta(14)
    items = _items(
        10,
        S47ActualStartDate=start,
        InitialCPCtarget=start + timedelta(21),
        DateOfInitialCPC=conference,
        ICPCnotRequired="false",
    )
    return _lines(8, "Section47", items)


def _protection_plan(chance: random.Random, start: date) -> list[str]:
    category = chance.choice(("NEG", "PHY", "SAB", "EMO"))
    items = _items(
        10, CPPstartDate=start, InitialCategoryOfAbuse=category, LatestCategoryOfAbuse=category, NumberOfPreviousCPP=0
    )
    reviews = _items(12, CPPreviewDate=start + timedelta(90))
    return _lines(8, "ChildProtectionPlans", items + _lines(10, "Reviews", reviews))


def to_standard_rows(path: str) -> float:
    """Our path: the file to standard rows, every row accounted for, and the tables made."""
    from onrecord.engine import open_engine
    from onrecord.intake.adapters.cin_census import CIN_CENSUS
    from onrecord.intake.read import gather
    from onrecord.settings import from_environment

    settings = from_environment()
    begin = time.perf_counter()
    with open_engine(settings) as engine:
        rows = CIN_CENSUS.read(engine, gather([Path(path)]), None, settings)
        made = {name: table.to_pyarrow().num_rows for name, table in rows.tables.items()}
        seconds = time.perf_counter() - begin
        print(f"{rows.account.received:,} rows received, {rows.account.accepted:,} accepted; {made}", file=sys.stderr)
    return seconds


def parse_alone(path: str) -> float:
    """Lxml makes its tree of the file, and nothing else."""
    from lxml import etree

    begin = time.perf_counter()
    etree.parse(path)
    return time.perf_counter() - begin


WAYS: dict[str, Callable[[str], float]] = {
    "onrecord, to standard rows": to_standard_rows,
    "lxml.etree.parse alone": parse_alone,
}


def _child_process(way: str, path: str) -> None:
    seconds = WAYS[way](path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory}))


def _measure(way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.cin_census", "--child", way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str]) -> None:
    """Make a census, take turns, print medians and the ratio; end with 1 where the aim is missed."""
    children = int(arguments[0]) if arguments else CHILDREN
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "census.xml"
        write_census(path, children)
        size = path.stat().st_size / 1e6
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS + 1):
            for way in WAYS:
                runs[way].append(_measure(way, path))
    print(f"{children:,} children, {size:.0f} MB; median of {ROUNDS} rounds after one for warming up")
    seconds = {way: statistics.median(run["seconds"] for run in found[1:]) for way, found in runs.items()}
    for way, found in runs.items():
        memory = statistics.median(run["memory"] for run in found[1:])
        print(f"{way:28} {seconds[way]:7.2f} s  {memory:6.0f} MB at most")
    ours, alone = seconds.values()
    print(f"ratio {ours / alone:.1f} (at most {MOST:.0f})")
    sys.exit(ours > MOST * alone)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child_process(sys.argv[2], sys.argv[3])
    else:
        main(sys.argv[1:])
