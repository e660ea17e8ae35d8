"""The text that defines the forms of rules holds every form, every parameter, and all that expressions are made of."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from onrecord.intake.check.lookup_forms import LOOKUP_FORMS
from onrecord.intake.check.row_forms import ROW_FORMS
from onrecord.intake.check.set_forms import SET_FORMS
from onrecord.standard.export import text_file
from onrecord.standard.rules import all_rules

FORMS = {**ROW_FORMS, **LOOKUP_FORMS, **SET_FORMS}
TEXT = text_file("forms.md").decode()
SECTIONS = dict(re.findall("^### `(.+?)`\n(.*?)(?=^##|\\Z)", TEXT, re.DOTALL | re.MULTILINE))
LANGUAGE = TEXT.split("## The small language of `expression`")[1].replace("\\|", "|")
SIGNS = {"BitAnd": "&", "BitOr": "|", "Invert": "~", "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">"}
SIGNS |= {"GtE": ">=", "Add": "+", "Sub": "-", "Mult": "*"}
SHAPES = (ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.List, ast.Attribute, ast.BinOp, ast.UnaryOp)
SHAPES += (ast.Compare, ast.keyword, ast.Lambda, ast.arguments, ast.arg)
EXPRESSIONS = [
    (rule.code, written) for rule in all_rules() if rule.form == "expression" for written in rule.parameters.values()
]


def test_every_form_has_its_section_and_every_section_is_of_a_form() -> None:
    assert set(SECTIONS) == set(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_a_section_names_every_parameter_of_its_form(form: str) -> None:
    known = list(inspect.signature(FORMS[form]).parameters.values())[1:]
    named = {each.name for each in known if each.kind is not each.VAR_KEYWORD}
    used = {name for rule in all_rules() if rule.form == form for name in rule.parameters}
    section = SECTIONS[form]
    assert [name for name in sorted(named | used) if f"`{name}`" not in section and f"`{name}: " not in section] == []


def test_every_condition_is_in_the_table_of_conditions() -> None:
    tests = {
        test
        for rule in all_rules()
        for name in ("if", "then", "only_if", "where")
        if isinstance(conditions := rule.parameters.get(name), dict)
        for each in conditions.values()
        for test in each
    }
    assert tests
    assert {test for test in tests if f"| `{test}: " not in TEXT} == set()


@pytest.mark.parametrize(("code", "written"), EXPRESSIONS)
def test_an_expression_is_kept_to_the_small_language(code: str, written: str) -> None:
    for node in ast.walk(ast.parse(written.strip(), mode="eval")):
        if isinstance(node, ast.operator | ast.cmpop | ast.unaryop):
            assert f" {SIGNS[type(node).__name__]} " in LANGUAGE or f"`{SIGNS[type(node).__name__]}a`" in LANGUAGE
        elif isinstance(node, ast.Attribute) and not _is_a_field(node):
            assert f".{node.attr}" in LANGUAGE, code
        elif isinstance(node, ast.Name):
            assert node.id in ("row", "text", "ibis", "part"), code
        else:
            assert isinstance(node, (*SHAPES, ast.expr_context)), (code, type(node))


def _is_a_field(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("row", "text")
