"""The measures, each declared once: what it says, what it counts, what it is a share of, and what it cannot say.

A declaration is a YAML file beside this one, named after the measure with ``_`` for a blank. The code that counts
reads its columns from here; so do the pages that explain it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from onrecord.standard import codelists
from onrecord.standard.yaml_text import typed_yaml

# How the counts of a row hang together, and what the basis of a measure is, in words.
IDENTITIES = {
    "adds up": "the parts add up to the total",
    "nested": "no stage holds more than the one before",
    "shares": "the shares of all outcomes and the share still open add up to one",
    "flow": "open at start + received + reopened = settled + open at end",
}
BASES = {
    "cohort": "cohort (what became of those received in the period)",
    "flow": "flow (what happened in the period, whenever it was received)",
    "closed": "closed (those closed in the period)",
}


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        code: its code in ``measures``.
        definition: what it says, in a sentence or two.
        units: what it can count, keys of ``units``; the first is what it counts unless another is asked for.
        basis: cohort, flow or closed.
        identity: how its counts hang together, a key of ``IDENTITIES``.
        numerator: what a share of it has above the line.
        denominator: and below.
        caveats: what a reader must know, a sentence each.
        columns: each column of counts and what it is, in order; the first is the total.
        rows: what a row is about beside its place and period, column to what it is.
        settings: what else the code reads: groups of codes, days.
    """

    code: str
    definition: str
    units: tuple[str, ...]
    basis: str
    identity: str
    numerator: str
    denominator: str
    caveats: tuple[str, ...]
    columns: Mapping[str, str]
    rows: Mapping[str, str]
    settings: Mapping[str, Any]

    @property
    def total(self) -> str:
        """The column that the others are parts or stages of."""
        return next(iter(self.columns))


@cache
def measure_named(code: str) -> Measure:
    """The declaration of a measure.

    Raises:
        KeyError: there is no such measure, or it is not declared.
        ValueError: the declaration says too little, too much, or something that is not known.
    """
    if code not in codelists.codes("measures"):
        raise KeyError(f"there is no measure {code!r}; there are: {', '.join(codelists.codes('measures'))}")
    path = files("onrecord.standard.measures") / f"{code.replace(' ', '_')}.yaml"
    if not path.is_file():
        raise KeyError(f"the measure {code!r} has no declaration")
    return _read(typed_yaml(path.read_text(encoding="utf-8")))


def declared_measures() -> tuple[Measure, ...]:
    """Every measure that has a declaration, in the order of the list."""
    there = {entry.name.removesuffix(".yaml").replace("_", " ") for entry in files(__package__).iterdir()}
    return tuple(measure_named(code) for code in codelists.codes("measures") if code in there)


def as_page(measure: Measure) -> str:
    """A measure as a page of Markdown."""
    units = ", ".join(codelists.labels("units", "key", "plural")[unit] for unit in measure.units)
    lines = [
        f"# {measure.code.capitalize()}",
        "",
        measure.definition,
        "",
        f"- **Counts**: {units}.",
        f"- **Basis**: {BASES[measure.basis]}.",
        f"- **Above the line**: {measure.numerator}.",
        f"- **Below the line**: {measure.denominator}.",
        f"- **Holds together**: {IDENTITIES[measure.identity]}.",
        "",
        f"    onrecord measure STORE {_quoted(measure.code)} --by nation",
        "",
        "Every row says its place, period, as-at and coverage; every table its unit, basis, known-at and version.",
        "",
    ]
    if measure.rows:
        lines += ["## A row is about", "", "| column | what it is |", "| --- | --- |"]
        lines += [*(f"| `{name}` | {what} |" for name, what in measure.rows.items()), ""]
    lines += ["## What is counted", "", "| column | what it is |", "| --- | --- |"]
    lines += [*(f"| `{name}` | {what} |" for name, what in measure.columns.items()), ""]
    lines += ["## What it cannot say", "", *(f"- {caveat}" for caveat in measure.caveats), ""]
    return "\n".join(lines)


def _quoted(code: str) -> str:
    return f"'{code}'" if " " in code else code


def _read(said: Mapping[str, Any]) -> Measure:
    names = {"measure", *Measure.__dataclass_fields__} - {"code"}
    optional = {"rows", "settings"}
    if odd := sorted(set(said) - names):
        raise ValueError(f"a measure has no {', '.join(odd)}")
    if missing := sorted(name for name in names - optional if not said.get(name)):
        raise ValueError(f"measure {said.get('measure')}: it does not say its {', '.join(missing)}")
    if unknown := sorted(set(said["units"]) - set(codelists.labels("units"))):
        raise ValueError(f"measure {said['measure']}: there is no unit {', '.join(unknown)}")
    if said["identity"] not in IDENTITIES or said["basis"] not in BASES:
        raise ValueError(f"measure {said['measure']}: there is no identity {said['identity']!r}, or no such basis")
    return Measure(
        code=said["measure"],
        definition=said["definition"].strip(),
        units=tuple(said["units"]),
        basis=said["basis"],
        identity=said["identity"],
        numerator=said["numerator"],
        denominator=said["denominator"],
        caveats=tuple(said["caveats"]),
        columns=dict(said["columns"]),
        rows=dict(said.get("rows") or {}),
        settings=dict(said.get("settings") or {}),
    )
