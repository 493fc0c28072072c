"""Comments and strings of code are shown, and the code is the same apart from them."""

from __future__ import annotations

import pytest

from kg2instruct.translate.comments import changed_code, comment_spans
from kg2instruct.translate.protect import mask, restore

PYTHON = '''def total(values):
    """Add the values up."""
    result = 0  # the sum so far
    for value in values:
        result += value
    print("The total is", result, sep="-")
    return {"the key": f"{result} in all"}
'''
C = """#include <stdio.h>
/* Prints a greeting
 * to everybody. */
int main() {
    printf("Hello my friend"); // say hello
    return 0;
}
"""
SQL = "-- all the users\nSELECT 'the name' FROM users; -- the end\n"


def shown(code: str) -> list[str]:
    return [code[a:b] for a, b in comment_spans(code)]


def test_comments_docstrings_and_prose_of_python_are_shown() -> None:
    assert shown(PYTHON) == ["Add the values up.", "the sum so far", "The total is", "the key"]


def test_comments_of_other_languages_are_shown() -> None:
    assert shown(C) == ["Prints a greeting", "to everybody.", "Hello my friend", "say hello"]
    assert shown(SQL) == ["all the users", "the name", "the end"]


def test_code_in_fences_is_read_by_the_language_named() -> None:
    assert shown("```bash\necho hi # say it loud\n```") == ["say it loud"]


def test_marks_stand_around_what_is_shown() -> None:
    masked = mask(PYTHON, visible=comment_spans)
    assert "Add the values up." in masked.text
    assert "return" not in masked.text
    assert restore(masked.text, masked.kept) == PYTHON


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("the sum so far", "目前的总和", True),
        ("Add the values up.", "把数值加起来。", True),
        ("The total is", "总数是", True),
        ("result = 0", "result = 1", False),
        ("The total is", 'The "total" is', False),
        ("# the sum so far", "# first\n    result = 5 #", False),
        ("return", "retrun", False),
    ],
)
def test_python_is_compared_by_its_syntax(old: str, new: str, same: bool) -> None:
    assert (changed_code(PYTHON, PYTHON.replace(old, new)) is None) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("say hello", "打招呼", True),
        ("Hello my friend", "你好，朋友", True),
        ("to everybody.", "大家 */ int x; /*", False),
        ("return 0", "return 1", False),
        ("Hello my friend", 'Hi" + x + "', False),
    ],
)
def test_other_languages_are_compared_without_comments_and_strings(old: str, new: str, same: bool) -> None:
    assert (changed_code(C, C.replace(old, new)) is None) is same


def test_with_a_grammar_code_must_still_parse() -> None:
    pytest.importorskip("tree_sitter")
    pytest.importorskip("tree_sitter_javascript")
    code = "```js\nconst a = `the name`; // a long comment\n```"
    assert changed_code(code, code.replace("a long comment", "长注释")) is None
    assert changed_code(code, code.replace("the name", "名 ${x y}")) is not None
