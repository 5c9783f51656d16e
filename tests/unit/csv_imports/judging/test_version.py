"""The version of the rules: whoever changes a rule raises it, and says in docs/rules.md what came of it."""

from __future__ import annotations

import ast
import re
from hashlib import sha256
from pathlib import Path

from assets import catalogue, record_types
from assets.csv_imports import judging, values
from assets.csv_imports.judging import version

DOCS = Path(__file__).parents[4] / "docs" / "rules.md"
FINGERPRINTS = {
    1: "c44dc5df8ea393f69a86f10849d8588d109fb1b1324965cc4aac981dee705c10",
    2: "faac76daa8bba4bd800fa3d5bebc0513354c28072a57a486e2cbfe9a2c5a6ef4",
}
"""Of all that transforms and judges, by version. A change of code that changes no row replaces the last one."""


def shape(node: object) -> object:
    """Give what a program does, however it is laid out, whatever its comments and docstrings say."""
    if isinstance(node, ast.AST):
        fields = [(name, shape(value)) for name, value in sorted(ast.iter_fields(node))]
        return type(node).__name__, [(name, value) for name, value in fields if value not in ("None", [])]
    if isinstance(node, list):
        return [shape(one) for one in node if not _is_note(one)]
    return repr(node)


def _is_note(node: object) -> bool:
    """Say whether a statement is a docstring, or the text below a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def fingerprint() -> str:
    folders = [Path(str(package.__file__)).parent for package in (judging, values)]
    files = [
        Path(str(catalogue.__file__)),
        Path(str(record_types.__file__)),
        *sorted(file for folder in folders for file in folder.glob("*.py")),
    ]
    files = [file for file in files if file != Path(str(version.__file__))]
    return sha256(repr([(file.name, shape(ast.parse(file.read_text()))) for file in files]).encode()).hexdigest()


def test_rules_that_change_have_another_version() -> None:
    assert max(FINGERPRINTS) == version.RULES
    assert fingerprint() == FINGERPRINTS[version.RULES], (
        "What transforms or judges rows has changed. If any row can come out otherwise: raise version.RULES, add the"
        " new fingerprint here, and say in docs/rules.md what is new. If none can: write"
        f' "{fingerprint()}" for the last one.'
    )


def test_the_docs_say_what_each_version_brought() -> None:
    told = re.findall(r"^\| (\d+) \| [0-9-]+ \| \S", DOCS.read_text().partition("## Versions of the rules")[2], re.M)
    assert [int(one) for one in told] == list(range(1, version.RULES + 1))


def test_layout_and_words_are_no_rule_and_code_is() -> None:
    one = 'def f(a):\n    """Say."""\n    return a + 1  # so\n\nX = 2\n"""Two."""\n'
    same = "def f(a):\n    return (a\n            + 1)\nX = 2\n"
    assert repr(shape(ast.parse(one))) == repr(shape(ast.parse(same)))
    assert repr(shape(ast.parse(one))) != repr(shape(ast.parse(one.replace("X = 2", "X = 0"))))
