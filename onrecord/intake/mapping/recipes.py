"""What a field is made of, as an expression of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir

from onrecord.intake.mapping.days import READ
from onrecord.intake.mapping.declared import KEEP, Codes, Condition, Recipe
from onrecord.standard.schema import SEPARATOR

YES, NO = ("y", "yes", "true", "t", "1"), ("n", "no", "false", "f", "0")


@dataclass(frozen=True)
class Stray:
    """Values that stand in no code table, or for which the table has no code.

    Attributes:
        column: the sender's column.
        written: the value where it is such a one, else null.
        becomes: what becomes of it, in words.
    """

    column: str
    written: ir.StringValue
    becomes: str


@dataclass
class Cells:
    """The cells of a row that recipes read.

    Attributes:
        columns: the sender's column, in lower case, to its text.
        part: which part of a split the row is, from 1; None where it is not split.
        strays: filled by the recipes: what their code tables do not cover.
    """

    columns: Mapping[str, ir.StringValue]
    part: ir.IntegerValue | None = None
    strays: list[Stray] = field(default_factory=list)

    def of(self, column: str) -> ir.StringValue:
        """The text of a column."""
        return self.columns[column.lower()]


def holds(condition: Condition, cells: Cells) -> ir.BooleanValue:
    """Whether a condition holds; never null."""
    if condition.kind == "all":
        return reduce(and_, (holds(part, cells) for part in condition.parts), ibis.literal(True))
    if condition.kind == "any":
        return reduce(or_, (holds(part, cells) for part in condition.parts), ibis.literal(False))
    if condition.kind == "not":
        return ~reduce(and_, (holds(part, cells) for part in condition.parts), ibis.literal(True))
    text = cells.of(condition.column)
    if condition.kind == "given":
        return text.notnull() if condition.yes else text.isnull()
    if condition.kind == "is":
        return text.lower().isin(list(condition.words)).fill_null("" in condition.words)
    found: ir.BooleanValue = reduce(or_, (text.lower().contains(word) for word in condition.words))
    return found.fill_null(False)


def made(recipe: Recipe, cells: Cells) -> ir.StringValue:
    """The value of a field, as text; null where there is none."""
    value = _read(recipe, _gathered(recipe, cells), cells)
    if recipe.prefix:
        value = ibis.literal(recipe.prefix) + value
    if recipe.suffix:
        value = value + recipe.suffix
    if recipe.when:
        value = ibis.ifelse(holds(recipe.when, cells), value, ibis.null("string"))
    return ibis.coalesce(value, ibis.literal(recipe.empty)) if recipe.empty else value


def _gathered(recipe: Recipe, cells: Cells) -> ir.StringValue:
    if recipe.kind == "column":
        return cells.of(recipe.text)
    if recipe.kind == "constant":
        return ibis.literal(recipe.text)
    if recipe.kind == "part_number":
        assert cells.part is not None, "a part_number without a split was let through"
        return cells.part.cast("string")
    parts = [made(part, cells) for part in recipe.parts]
    if recipe.kind == "join":
        # A part that is missing leaves nothing: half an identifier is another one.
        return reduce(lambda one, other: one + recipe.between + other, parts)
    if recipe.kind == "first":
        return ibis.coalesce(*parts)
    together = ibis.array([part.fill_null("") for part in parts]).join(SEPARATOR)
    return _listed(together.split(SEPARATOR))


def _listed(values: ir.ArrayValue) -> ir.StringValue:
    """Several values in one cell: each once, in the order of the alphabet."""
    return values.filter(lambda value: value != "").unique().sort().join(SEPARATOR).nullif("")


def _read(recipe: Recipe, text: ir.StringValue, cells: Cells) -> ir.StringValue:
    if recipe.split:
        return _each_of_several(recipe, text, cells)
    if recipe.codes:
        _watch(recipe, text, recipe.codes, cells)
    return _one(recipe)(text)


def _one(recipe: Recipe) -> Callable[[ir.StringValue], ir.StringValue]:
    """How one value of the recipe is read."""
    codes = recipe.codes
    if recipe.reads:
        return lambda text: READ[recipe.reads](text, recipe.formats)
    if codes:
        return lambda text: _coded(text, codes)
    if recipe.yes_no:
        return lambda text: text.lower().cases(
            *((word, "true") for word in YES), *((word, "false") for word in NO), else_=text
        )
    return lambda text: text


def _coded(text: ir.StringValue, codes: Codes) -> ir.StringValue:
    other = text if codes.otherwise == KEEP else ibis.ifelse(text.notnull(), codes.otherwise, None)
    if not codes.codes:
        return other
    return text.lower().cases(*codes.codes.items(), else_=other).nullif("")


def _each_of_several(recipe: Recipe, text: ir.StringValue, cells: Cells) -> ir.StringValue:
    one, codes = _one(recipe), recipe.codes
    parts = text.split(recipe.split).map(lambda part: part.strip()).filter(lambda part: part != "")
    if codes:
        known = list(codes.codes)
        strange = parts.filter(lambda part: part.lower().notin(known))
        cells.strays.append(Stray(_header(recipe), strange.join(SEPARATOR).nullif(""), _becomes(codes)))
    return _listed(parts.map(lambda part: one(part).fill_null("")))


def _watch(recipe: Recipe, text: ir.StringValue, codes: Codes, cells: Cells) -> None:
    """Note the values that the code table does not cover, and those that it empties."""
    lower = text.lower()
    strange = ibis.ifelse(lower.notin(list(codes.codes)), text, ibis.null("string"))
    cells.strays.append(Stray(_header(recipe), strange, _becomes(codes)))
    if emptied := [word for word, code in codes.codes.items() if not code]:
        written = ibis.ifelse(lower.isin(emptied), text, ibis.null("string"))
        cells.strays.append(Stray(_header(recipe), written, EMPTIED))


EMPTIED = "are left empty, as the code table says"


def _becomes(codes: Codes) -> str:
    if codes.otherwise == KEEP:
        return "stand in no code table and are kept as written, for the rules to judge"
    return f"stand in no code table and became '{codes.otherwise}'"


def _header(recipe: Recipe) -> str:
    return " + ".join(dict.fromkeys(recipe.read_from()))
