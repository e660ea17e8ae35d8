"""YAML, read by the parser in C where there is one: it is ten times as fast."""

from __future__ import annotations

from typing import Any

import yaml

SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNTYPED = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def typed_yaml(text: str) -> Any:
    """What a text says: numbers, days, yes and no as YAML takes them."""
    return yaml.load(text, Loader=SAFE_LOADER)  # noqa: S506 it is a safe loader


def untyped_yaml(text: str) -> Any:
    """What a text says, every value the text that a sender would write: no code turned into a number or a day."""
    return yaml.load(text, Loader=_UNTYPED)  # noqa: S506 it makes text, lists and mappings alone
