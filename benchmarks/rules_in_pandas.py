"""The same rules as today's validators write them: in pandas, each its own pass over a deep copy of all tables.

    python benchmarks/rules_in_pandas.py RULES.json FOLDER FINDINGS.parquet

Runs in an environment with pandas and pyarrow alone; ``benchmarks.rules`` writes the rules and starts it. Prints how
long it took, its memory, how many rules it ran and what they found. A form that is not here is not run: that is a
gift to this side.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd

TYPED = {"date": "datetime", "integer": "number", "boolean": "boolean"}
Frames = dict[str, pd.DataFrame]


def read(folder: Path, types: Mapping[str, Mapping[str, str]]) -> Frames:
    """Every cell as text, and the value of days, numbers and yes-or-no fields beside it."""
    frames = {}
    for path in sorted(folder.iterdir()):
        record = path.stem
        if path.suffix == ".csv":
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        else:
            frame = pd.read_parquet(path)
        for name, kind in types[record].items():
            if name in frame:
                value = _value(frame[name], kind)
                if value is not None:
                    frame[f"{name}!"] = value
        frames[record] = frame
    return frames


def _value(text: pd.Series, kind: str) -> pd.Series | None:
    if kind == "date":
        return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if kind == "integer":
        return pd.to_numeric(text, errors="coerce")
    if kind == "boolean":
        return text.str.lower().map({"true": True, "false": False})
    return None


def value(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[f"{name}!"] if f"{name}!" in frame else frame[name]


def required(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return frame[rule["field"]].isna()


def type_(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    text = frame[rule["field"]]
    if rule["parameters"]["type"] in TYPED:
        return text.notna() & value(frame, rule["field"]).isna()
    return text.notna() & ~text.str.fullmatch(rule["pattern"]).fillna(True).astype(bool)


def text(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    written = frame[rule["field"]]
    long = written.str.len() > int(rule["parameters"]["longest"])
    return long | written.str.contains(r"[\x00-\x1f\x7f]", na=False)


def form(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    written = frame[rule["field"]]
    good = written.str.fullmatch(rule["parameters"]["pattern"]).fillna(True).astype(bool)
    return ~(good | written.isin(rule["parameters"].get("or", [])))


def allowed(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    written = frame[rule["field"]]
    if rule["parameters"]["scheme_field"]:
        scheme = frame[rule["parameters"]["scheme_field"]]
        known = scheme.isin({pair.split("\n")[0] for pair in rule["codes"]})
        return written.notna() & known & ~(scheme + "\n" + written).isin(set(rule["codes"]))
    if rule["parameters"]["many"]:
        parts = written.dropna().str.split(";").explode().str.strip()
        wrong = parts[~parts.isin(rule["codes"])].index
        return frame.index.to_series().isin(wrong)
    return written.notna() & ~written.isin(rule["codes"])


def in_force(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    day = value(frame, rule["parameters"]["date"])
    wrong = pd.Series(False, index=frame.index)
    for code in rule["dated"]:
        out = (day < _day(code["begins"])) | (day > _day(code["ends"]))
        same = (frame[rule["field"]] == code["code"]).fillna(False).astype(bool)
        if rule["parameters"].get("scheme_field"):
            same &= (frame[rule["parameters"]["scheme_field"]] == code["scheme"]).fillna(False).astype(bool)
        wrong |= same & out
    return wrong


def _day(written: str) -> pd.Timestamp:
    """A day within what older pandas can hold."""
    return pd.Timestamp(min(max(written, "1700-01-01"), "2200-01-01"))


def limits(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    found = value(frame, rule["field"])
    wrong = pd.Series(False, index=frame.index)
    if "at_least" in rule["parameters"]:
        wrong |= found < _limit(found, rule["parameters"]["at_least"])
    if "at_most" in rule["parameters"]:
        wrong |= found > _limit(found, rule["parameters"]["at_most"])
    return wrong


def _limit(found: pd.Series, limit: object) -> Any:
    if pd.api.types.is_datetime64_any_dtype(found):
        return pd.Timestamp(str(limit))
    return float(str(limit)) if pd.api.types.is_numeric_dtype(found) else str(limit)


def order_of_dates(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return value(frame, rule["parameters"]["first"]) > value(frame, rule["parameters"]["then"])


def within_period(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    day = value(frame, rule["field"])
    late = day > pd.Timestamp(rule["period"][1])
    return late if rule["parameters"].get("ends") == "last" else late | (day < pd.Timestamp(rule["period"][0]))


def at_least_one(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return frame[rule["parameters"]["fields"]].isna().all(axis=1)


def exactly_one_of(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return frame[rule["parameters"]["fields"]].notna().sum(axis=1) != 1


def at_most_one_of(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return frame[rule["parameters"]["fields"]].notna().sum(axis=1) > 1


def if_then(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    return _holds(frame, rule["parameters"]["if"]) & ~_holds(frame, rule["parameters"]["then"])


def _holds(frame: pd.DataFrame, conditions: Mapping[str, Mapping[str, Any]]) -> pd.Series:
    holds = pd.Series(True, index=frame.index)
    for name, each in conditions.items():
        written = frame[name]
        if "given" in each:
            holds &= written.notna() if str(each["given"]).lower() == "true" else written.isna()
        if "is" in each:
            holds &= written.isin(each["is"])
        if each.get("not"):
            holds &= ~written.isin(each["not"])
        if "has" in each:
            words = "|".join(map(re.escape, each["has"]))
            holds &= written.str.contains(rf"(?:^|;)\s*(?:{words})\s*(?:;|$)").fillna(False).astype(bool)
        found = value(frame, name)
        if "at_least" in each:
            holds &= (found >= _limit(found, each["at_least"])).fillna(False).astype(bool)
        if "at_most" in each:
            holds &= (found <= _limit(found, each["at_most"])).fillna(False).astype(bool)
    return holds


def clock_limit(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    took = (value(frame, rule["parameters"]["stop"]) - value(frame, rule["parameters"]["start"])).dt.days
    return took > int(rule["parameters"]["at_most"])


def unique(frame: pd.DataFrame, rule: Mapping[str, Any]) -> pd.Series:
    key = rule["parameters"]["key"]
    return frame.duplicated(subset=key, keep=False) & frame[key].notna().all(axis=1)


OF_ONE_TABLE: dict[str, Callable[[pd.DataFrame, Mapping[str, Any]], pd.Series]] = {
    "required": required, "type": type_, "text": text, "form": form, "allowed": allowed, "in_force": in_force,
    "range": limits, "order_of_dates": order_of_dates, "within_period": within_period, "at_least_one": at_least_one,
    "exactly_one_of": exactly_one_of, "at_most_one_of": at_most_one_of, "if_then": if_then,
    "clock_limit": clock_limit, "unique": unique,
}  # fmt: skip


def refers_to(frames: Frames, rule: Mapping[str, Any]) -> pd.Series:
    here, there = rule["parameters"]["here"], rule["parameters"]["there"]
    frame, other = frames[rule["record"]], frames[rule["parameters"]["other"]]
    given = frame[here].notna().all(axis=1)
    if len(here) == 1:
        return given & ~frame[here[0]].isin(other[there[0]])
    known = pd.MultiIndex.from_frame(other[there])
    return given & ~pd.MultiIndex.from_frame(frame[here]).isin(known)


def judged(frames: Frames, rule: Mapping[str, Any]) -> pd.Series | None:
    """Which rows fail; None where it cannot be run here."""
    if rule["form"] == "refers_to":
        return refers_to(frames, rule) if rule["parameters"]["other"] in frames else None
    if rule["form"] not in OF_ONE_TABLE:
        return None
    try:
        return OF_ONE_TABLE[rule["form"]](frames[rule["record"]], rule)
    except KeyError:
        return None


def main(rules: Path, folder: Path, out: Path) -> None:
    asked = json.loads(rules.read_text())
    begin = time.perf_counter()
    frames = read(folder, asked["types"])
    read_in = time.perf_counter() - begin
    ran, found = 0, []
    for rule in asked["rules"]:
        if rule["record"] not in frames:
            continue
        own = deepcopy(frames)
        failing = judged(own, rule)
        if failing is None:
            continue
        ran += 1
        frame = own[rule["record"]]
        wrong = frame.index[failing.fillna(False).astype(bool)]
        about = frame.loc[wrong]
        held = about[rule["field"]] if rule["field"] in about else pd.Series(index=about.index, dtype=object)
        found.append(pd.DataFrame({"rule": rule["code"], "line": wrong + 2, "key": about[rule["key"]], "value": held}))
    findings = pd.concat(found)
    findings.to_parquet(out)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - begin,
                "read": read_in,
                "cpu": time.process_time(),
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "version": pd.__version__,
                "rules": ran,
                "findings": len(findings),
            }
        )
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
