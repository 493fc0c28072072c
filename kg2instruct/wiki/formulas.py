r"""Formulas as text, as far as one line can show them: `\frac{x^2}{2} \le \sin\theta` is x²/2 ≤ sin θ."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.marks import SUPERSCRIPT

_LONGEST = 400  # characters
_DEEPEST = 12
_TOKEN = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|\s+|(.)", re.DOTALL)
_RAISED = str.maketrans("ni", "ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_EXPONENT = re.compile(r"[-−+]?(?:\d{1,4}|[ni])")
_INDEX = re.compile(r"\d{1,4}")
_ATOM = re.compile(r"[^\W_]+[′⁰¹²³⁴-⁹ⁿⁱ₀-₉\u0300-\u036f\u20d7]*|∞")
_NUMBER = re.compile(r"\w[′²³]*|\d+")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_BEGIN, _END = "\0", "\1"  # of a fraction: 3½ is no 31/2
_APART = re.compile(rf"(?<=[\w)]){_BEGIN}|{_END}(?=[\w(])")
_EDGES = re.compile(f"[{_BEGIN}{_END}]")
_CLOSE_BY = re.compile(r"[\w(\\{]")
_WHITE = re.compile(r"\s+")
_SPACED = re.compile(r" *(:?[=<>≤≥≠≪≫∼≃≈≅≡∝∈∉∋⊂⊆⊊⊃⊇→←↔⇒⇐⇔↦⊥∥×÷⋅∖∪∩⊕⊗∧∨]) *")
# No space after a bracket, nor before the argument of a function.
_TIGHT = re.compile(r"(?<=[(\[{⟨]) | (?=[)\]}⟩,;])|(?<=[a-z]) (?=[(_^⁰¹²³⁴-⁻ⁿ])")
_MARKUP = re.compile(r"([\[\]{}])(?=\1)|\{(?=\|)|\|(?=\})|-(?=\{)|\}(?=-)")  # ℂ[[x]] is no link
_NOTHING = re.compile(r"\(\)|\[\]|\{\}")  # what looks as if words were lost
_CHEMISTRY = re.compile(r"[\w\s(){}\[\].,*·•+=#^<>→⇌↔↑↓-]+")
_CHARGE = re.compile(r"\^\{?(\d*[+-])\}?|(?<=[A-Za-z\d\])])\((\d+[+-])\)")
_ARROWS = (("<=>", "⇌"), ("<->", "↔"), ("->", "→"))


class _NotInLine(Exception):
    """The formula holds what a line of text cannot show."""


def formula_text(tex: str) -> str:
    """A formula in TeX as text; empty where a line of text cannot show it."""
    if len(tex) > _LONGEST:
        return ""
    tex = html.unescape(tex)
    try:
        text = _Reader([*_TOKEN.finditer(tex)]).until("")
    except _NotInLine:
        return ""
    text = _EDGES.sub("", _APART.sub(" ", text))
    shown = _TIGHT.sub("", _WHITE.sub(" ", _SPACED.sub(r" \1 ", text))).strip().rstrip(" .,")
    return "" if _NOTHING.search(shown) else _MARKUP.sub(r"\g<0> ", shown)


def chemistry_text(formula: str) -> str:
    """A chemical formula or equation as text: `2H2 + O2 -> 2H2O`; empty where it holds more than that."""
    if len(formula) > _LONGEST or _CHEMISTRY.fullmatch(formula) is None:
        return ""
    for written, shown in _ARROWS:
        formula = formula.replace(written, shown)
    formula = _CHARGE.sub(lambda found: (found[1] or found[2]).translate(SUPERSCRIPT), formula)
    return "" if set("^{}") & set(formula) else _WHITE.sub(" ", formula).strip()


@lru_cache(maxsize=1)
def _commands() -> dict[str, Any]:
    data = load_data("tex.yaml")
    return {
        **data,
        **{key: frozenset(str(name) for name in data[key]) for key in ("functions", "styles", "spaces")},
    }


@dataclass(slots=True)
class _Reader:
    """Reads the tokens of a formula from left to right."""

    tokens: list[re.Match[str]]
    at: int = 0
    depth: int = 0

    def until(self, end: str) -> str:
        """What is shown up to the token `end`, which is passed over; up to the end of the formula where it is empty."""
        out: list[str] = []
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _NotInLine
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if end and token[3] == end:
                break
            self.at += 1
            out.append(self._script(token[3]) if token[3] in ("^", "_") else self._shown(token))
        else:
            if end:
                raise _NotInLine
        self.at += 1
        self.depth -= 1
        return "".join(out)

    def _shown(self, token: re.Match[str]) -> str:
        command = token[1] or token[2]
        if command:
            return self._command(command)
        char: str | None = token[3]
        if char is None or char == "~":
            return " "
        if char == "{":
            return self.until("}")
        if char in "}&":
            raise _NotInLine
        return "′" if char == "'" else char

    def _pass_space(self) -> None:
        """The space that ends the name of a command is none between what it shows and the letter behind it."""
        if self.at + 1 < len(self.tokens) and self.tokens[self.at][0].isspace():
            self.at += _CLOSE_BY.match(self.tokens[self.at + 1][0]) is not None

    def _argument(self) -> str:
        """The group or the one token that follows."""
        while self.at < len(self.tokens) and self.tokens[self.at][0].isspace():
            self.at += 1
        if self.at >= len(self.tokens):
            raise _NotInLine
        token = self.tokens[self.at]
        if token[3] in ("^", "_"):
            raise _NotInLine
        self.at += 1
        return self._shown(token).strip(f" {_BEGIN}{_END}")

    def _command(self, name: str) -> str:
        known = _commands()
        symbol = known["symbols"].get(name)
        if symbol is not None:
            self._pass_space()
            return str(symbol)
        if name in known["functions"]:
            return f" {name} "
        if name in known["styles"]:
            # `\left.` is a bracket that is not shown.
            if self.at < len(self.tokens) and name in ("left", "right") and self.tokens[self.at][3] == ".":
                self.at += 1
            return ""
        if name in known["spaces"]:
            return "" if name == "!" else " "
        if name in known["accents"]:
            letter = self._argument()
            return letter + known["accents"][name] if len(letter) == 1 else letter
        if name in ("mathbb", "Bbb"):
            letters = self._argument()
            return "".join(known["blackboard"].get(letter, letter) for letter in letters)
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return f"{_BEGIN}{_grouped(self._argument())}/{_grouped(self._argument(), _NUMBER)}{_END}"
        if name == "sqrt" and not (self.at < len(self.tokens) and self.tokens[self.at][3] == "["):
            return f"√{_grouped(self._argument())}"
        if name == "not" and self._argument() == "=":
            return "≠"
        raise _NotInLine

    def _script(self, mark: str) -> str:
        text = self._argument()
        if not text.strip("′"):
            return text
        if mark == "^":
            if text in ("∘", "∗", "⋆", "*", "†"):
                return {"∘": "°"}.get(text, text)
            if _EXPONENT.fullmatch(text):
                return text.translate(SUPERSCRIPT).translate(_RAISED)
            return f"^{_grouped(text, _NUMBER)}"
        return text.translate(_LOWERED) if _INDEX.fullmatch(text) else f"_{_grouped(text)}"


def _grouped(text: str, plain: re.Pattern[str] = _ATOM) -> str:
    return text if plain.fullmatch(text) or _IN_BRACKETS.fullmatch(text) else f"({text})"
