"""Disclosure policies, read from ``policies.csv``: which counts are too small, and which are always shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from onrecord.standard.codelists import packaged_rows

DEFAULT = "dfe-cin"


@dataclass(frozen=True)
class Policy:
    """One policy.

    Attributes:
        name: its name.
        suppress_from, suppress_to: the smallest and largest count that is hidden; zero is shown.
        always_shown: level of a row to the columns that are shown whatever they hold.
        together_below: level to the total under which rows stand together.
        reasons: the rules in words, each with its reason.
    """

    name: str
    suppress_from: int
    suppress_to: int
    always_shown: Mapping[str, tuple[str, ...]]
    together_below: Mapping[str, int]
    reasons: tuple[str, ...]


@cache
def policy_named(name: str = DEFAULT) -> Policy:
    """The policy called ``name``. Raises KeyError when there is none."""
    rows = [row for row in packaged_rows("onrecord.disclosure", "policies.csv") if row["policy"] == name]
    if not rows:
        raise KeyError(f"there is no disclosure policy {name!r}")
    single = {row["rule"]: int(row["value"]) for row in rows if row["rule"].startswith("suppress_")}
    levels = dict.fromkeys(row["level"] for row in rows if row["rule"] == "always_shown")
    return Policy(
        name=name,
        suppress_from=single["suppress_from"],
        suppress_to=single["suppress_to"],
        always_shown={
            level: tuple(row["value"] for row in rows if row["rule"] == "always_shown" and row["level"] == level)
            for level in levels
        },
        together_below={row["level"]: int(row["value"]) for row in rows if row["rule"] == "together_below"},
        reasons=tuple(_in_words(row) for row in rows if row["rule"] in ("always_shown", "together_below")),
    )


def _in_words(row: Mapping[str, str]) -> str:
    if row["rule"] == "always_shown":
        return f"'{row['value']}' is shown for each {row['level']}. {row['reason']}"
    return f"Fewer than {row['value']} in all for an {row['level']}: {row['reason'][0].lower()}{row['reason'][1:]}"
