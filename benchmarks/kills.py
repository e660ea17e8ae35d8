"""Kill -9 at every step of receive, accept, supersede, withdraw, erase: what was accepted stays, nothing is half there.

    python -m benchmarks.kills [--kills N] [--seed N]

Each kill is a process of its own, which does one thing to a copy of a small sealed store and kills itself: either at a
step drawn from those that touch the disk (every file opened, made, renamed or removed in the store, every statement to
the catalogue; in turn through all of them), or, one time in four, at a moment drawn by chance. Another process then
looks at what is left: the store says what it found and did, is whole, holds what was accepted before, and stands either
as before or as after; the same thing can then be done again. Ends with 1 where anything else comes of one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from onrecord import actions
from onrecord.settings import Settings

KILLS, SEED = 500, 11
BY_CHANCE = 4
LONGEST = 1.2
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
KEYS = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
WATCHED = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "sqlite3.connect", "os.truncate")
FAULT = "FAULT"


def _settings(minute: int = 0, said: list[str] | None = None) -> Settings:
    notice: Callable[[str], None] = (lambda _: None) if said is None else said.append
    return Settings(now=NOW + timedelta(minutes=minute), threads=1, keys=KEYS, who="kills", notice=notice)


def _write_returns(folder: Path) -> None:
    """Two made-up returns of one sender: nobody in them exists."""
    for name, day in (("first", "10"), ("second", "11")):
        place = folder / name
        place.mkdir(parents=True)
        (place / "return.csv").write_text(
            "return_id,sender,period,sent_date,as_at,standard_version,tables,zero_return,sharing_agreement\n"
            "RET-1,North,2024-01,2024-02-15,2024-01-31,1.0.0,report;involvement;person,false,EX-1\n"
        )
        (place / "report.csv").write_text(
            "report_id,agency_id,received_date,received_precision,concern,area_code,carries_activity,vanished\n"
            + "".join(f"REP-{each},north,2024-01-{day},day,not known,E23000013,true,false\n" for each in range(4))
        )
        (place / "person.csv").write_text(
            "person_id,birth_month,sex,ethnicity,nationality,disability\n"
            + "".join(f"PER-{each},2009-04,F,not asked,not asked,not asked\n" for each in range(4))
        )
        (place / "involvement.csv").write_text(
            "report_id,person_id,role,age_at_the_time\n"
            + "".join(f"REP-{each},PER-{each},child,14\n" for each in range(4))
        )


def _begin(folder: Path) -> None:
    """The store before each kill: one return counts, one waits to take its place."""
    store, now = folder / "store", _settings()
    actions.agree(store, "EX-1", ["A"], ["count"], "2020-01-01", "2099-01-01", "Ann", settings=now)
    words = ("standard", "North", "Ann", "2024-01")
    actions.receive(store, [folder / "first"], *words, settings=now)
    actions.accept(store, "R0001", "Bob", now)
    actions.receive(store, [folder / "second"], *words, settings=now, supersedes="R0001")
    actions.receive(store, [folder / "second"], *words, settings=now)


DEEDS: dict[str, Callable[[Path, Path, Settings], object]] = {
    "receive": lambda store, sent, now: actions.receive(
        store, [sent / "second"], "standard", "North", "Ann", "2024-01", settings=now
    ),
    "accept": lambda store, _, now: actions.accept(store, "R0003", "Bob", now),
    "supersede": lambda store, _, now: actions.accept(store, "R0002", "Bob", now),
    "withdraw": lambda store, _, now: actions.withdraw(store, "R0001", "Ann", "test", now),
    "erase a return": lambda store, _, now: actions.erase_return(store, "R0001", "Ann", "Bob", "x", now),
    "erase a person": lambda store, _, now: actions.erase_person(store, "North", "PER-1", "Ann", "Bob", "x", now),
}


class Steps:
    """Counts the steps that touch the store, and kills the process at one of them."""

    def __init__(self, store: Path, at: int) -> None:
        self.store, self.at, self.count = str(store), at, 0

    def step(self) -> None:
        """One more step."""
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """From now on, every step of this process is counted."""
        sys.addaudithook(self._hook)
        connect = sqlite3.connect

        def connected(*words: Any, **named: Any) -> sqlite3.Connection:
            made = connect(*words, **named)
            made.set_trace_callback(lambda _: self.step())
            return made

        sqlite3.connect = connected  # type: ignore[assignment]

    def _hook(self, event: str, told: tuple[Any, ...]) -> None:
        if event in WATCHED and told and str(told[0]).startswith(self.store):
            self.step()


def _in_a_process(work: Callable[[], Any], kill_after: float | None = None) -> tuple[int, Any]:
    """Do something in a process of its own; returns how it ended and what it gave."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 1
        try:
            with os.fdopen(write, "w") as out:
                json.dump(work(), out)
            code = 0
        except BaseException:  # the parent is told by the exit code
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read) as given:
        text = given.read()
    _, status = os.waitpid(child, 0)
    return status, json.loads(text) if text.strip() else None


def _make_ready(sent: Path) -> None:
    """Do everything once, in stores that are thrown away: statements are put together before the processes part."""
    with tempfile.TemporaryDirectory(prefix="onrecord-kill-") as place:
        begun = Path(place) / "begun"
        shutil.copytree(sent, begun)
        _begin(begun)
        for name, deed in DEEDS.items():
            folder = Path(place) / name
            shutil.copytree(begun, folder)
            deed(folder / "store", folder, _settings(1))
            _stands(folder, 2)


def _do(name: str, folder: Path, at: int) -> int:
    """One deed, counted; killed at a step where ``at`` says so."""
    steps = Steps(folder / "store", at)
    steps.watch()
    DEEDS[name](folder / "store", folder, _settings(1))
    return steps.count


def _stands(folder: Path, minute: int) -> dict[str, Any]:
    """Where a store stands: its returns, its figures, its faults; and what it said when it was opened."""
    said: list[str] = []
    now, store = _settings(minute, said), folder / "store"
    returns = {entry.id: (entry.state, entry.generation) for entry in actions.returns(store, now)}
    figures = [row["received"] for row in actions.ledger(store, settings=now).rows()]
    _, faults = actions.doctor(store, now)
    left = [path.name for path in (store / "incoming").iterdir()] if (store / "incoming").is_dir() else []
    return {"returns": returns, "figures": figures, "faults": faults, "left": left, "said": said}


def _again(name: str, folder: Path) -> str:
    """The same thing once more: it is done, or it was done already and that is said."""
    from onrecord.errors import OnrecordError

    try:
        DEEDS[name](folder / "store", folder, _settings(3))
    except OnrecordError as refused:
        return str(refused)
    return ""


def one_kill(name: str, origin: Path, at: int | None, after: float | None, known: dict[str, Any]) -> tuple[str, str]:
    """Kill one deed; returns what came of it, and why where that is a fault."""
    with tempfile.TemporaryDirectory(prefix="onrecord-kill-") as place:
        folder = Path(place) / "here"
        shutil.copytree(origin, folder)
        status, _ = _in_a_process(lambda: _do(name, folder, at or 0), after)
        ended = "killed" if os.WIFSIGNALED(status) else "done before the kill"
        code, stands = _in_a_process(lambda: _stands(folder, 2))
        if code or stands is None:
            return FAULT, "it could not be looked at"
        before, after_it = known["before"], known[name]
        wrong = [*stands["faults"], *[f"left in incoming: {name}" for name in stands["left"]]]
        here = {"returns": stands["returns"], "figures": stands["figures"]}
        if here not in (before, after_it):
            wrong.append(f"it stands neither as before nor as after: {here}")
        if wrong:
            return FAULT, "; ".join(wrong)
        code, refusal = _in_a_process(lambda: _again(name, folder))
        if code or refusal is None:
            return FAULT, "it could not be done again"
        stood = "as after" if here == after_it and here != before else "as before"
        told = ", and said what it cleared away" if stands["said"] else ""
        return f"{name}: {ended}; stands {stood}{told}", ""


def run(kills: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Kill ``kills`` deeds; returns what came of them, and the faults."""
    chance = random.Random(seed)
    _write_returns(folder)
    _make_ready(folder)
    code, _ = _in_a_process(lambda: _begin(folder))
    assert code == 0, "the store to begin with could not be made"
    known: dict[str, Any] = {}
    steps: dict[str, int] = {}
    for name in DEEDS:
        place = folder.parent / f"whole-{len(known)}"
        shutil.copytree(folder, place)
        if not known:
            _, stands = _in_a_process(lambda place=place: _stands(place, 2))  # type: ignore[misc]
            known["before"] = {"returns": stands["returns"], "figures": stands["figures"]}
        _, counted = _in_a_process(lambda name=name, place=place: _do(name, place, 0))  # type: ignore[misc]
        _, stands = _in_a_process(lambda place=place: _stands(place, 2))  # type: ignore[misc]
        steps[name], known[name] = counted, {"returns": stands["returns"], "figures": stands["figures"]}
    came: Counter[str] = Counter()
    faults = []
    plan = [(name, at) for name in DEEDS for at in range(1, steps[name] + 1)]
    chance.shuffle(plan)
    for number in range(kills):
        name, at = plan[number % len(plan)]
        by_chance = number % BY_CHANCE == BY_CHANCE - 1
        after = chance.uniform(0.0, LONGEST) if by_chance else None
        outcome, why = one_kill(name, folder, None if by_chance else at, after, known)
        came[outcome] += 1
        if why:
            faults.append(f"kill {number} ({name}, step {at}, by chance {by_chance}): {why}")
    came["steps that touch the store, in all"] = sum(steps.values())
    return came, faults


def main() -> None:
    """Kill, look, count; end with 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        came, faults = run(asked.kills, asked.seed, Path(place) / "origin")
    for outcome, count in sorted(came.items()):
        print(f"{count:6,}  {outcome}")
    for fault in faults:
        print(fault)
    print(f"{asked.kills:,} kills, seed {asked.seed}, {len(faults):,} faults, {time.perf_counter() - begin:.0f} s")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
