"""What a translation must leave as it is: found, and replaced by marks that are put back afterwards.

    mask("Call `f(x)` on {name}.")
    -> Masked("Call ⟦1⟧ on ⟦2⟧.", (Kept("code", "`f(x)`"), Kept("placeholder", "{name}")))

The brackets ⟦⟧ of the text itself are kept in the same way, so that every mark in a masked text is ours and
`restore(masked.text, masked.kept)` is always the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from kg2instruct.translate.code import code_spans

Span = tuple[int, int]

CODE = ("fence", "raw code")
# Code fences, marks and formulas say something by their order; the rest may move with the sentence.
_ORDERED = frozenset({"fence", "raw code", "calculation", "final answer"})
# Models like to put spaces inside brackets; nothing else is forgiven.
_MARK = re.compile(r"⟦[ \t]*(\d+)[ \t]*⟧")
# Also the brackets around mentions.
_ANY_MARK = re.compile(r"⟦[ \t]*(?:\d+|/?a\d+)[ \t]*⟧")


@dataclass(frozen=True, slots=True)
class Kept:
    """A stretch that comes back unchanged, or a piece of code between comments; pieces share `stretch`."""

    kind: str
    text: str
    stretch: int = 0


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with marks ⟦n⟧ in the place of what is kept; the first of `kept` has number `first`."""

    text: str
    kept: tuple[Kept, ...]
    first: int = 1

    @property
    def is_empty(self) -> bool:
        """Nothing is left to translate: no letter stands outside marks."""
        return not any(ch.isalpha() for ch in _MARK.sub("", self.text))


def mask(
    text: str, first: int = 1, *, code: bool = True, visible: Callable[[str], Iterable[Span]] | None = None
) -> Masked:
    """Replace all that must stay by ⟦first⟧, ⟦first+1⟧, …

    `code` looks for code without a fence too, which lines of arithmetic resemble. `visible` is given the text
    of code and names the stretches in it that are to be translated: its comments.
    """
    kept: list[Kept] = []
    out: list[str] = []
    position = 0
    for number, (start, end, kind) in enumerate(protected_spans(text, code=code)):
        out.append(text[position:start])
        for stays, piece in _pieces(text[start:end], kind, visible):
            if stays:
                kept.append(Kept(kind, piece, number))
                piece = f"⟦{first + len(kept) - 1}⟧"
            out.append(piece)
        position = end
    out.append(text[position:])
    return Masked("".join(out), tuple(kept), first)


def _pieces(
    text: str, kind: str, visible: Callable[[str], Iterable[Span]] | None
) -> Iterator[tuple[bool, str]]:
    """The stretch as pieces that stay and pieces that are shown; the first and the last one stay."""
    position = 0
    if visible is not None and kind in CODE:
        for start, end in visible(text):
            if start > position:
                yield True, text[position:start]
            for inner_start, inner_end, shown in _without_marks(text, start, end):
                yield not shown, text[inner_start:inner_end]
            position = end
    yield True, text[position:]


def _without_marks(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """A shown stretch, in which brackets and placeholders stay."""
    position = start
    for a, b, _ in protected_spans(text[start:end], inline_only=True):
        if a + start > position:
            yield position, a + start, True
        yield a + start, b + start, False
        position = b + start
    if position < end:
        yield position, end, True


def restore(text: str, kept: Iterable[Kept], first: int = 1) -> str:
    """Put back what was kept; marks of other numbers stay as they are."""
    items = list(kept)

    def put_back(mark: re.Match[str]) -> str:
        index = int(mark[1]) - first
        return items[index].text if 0 <= index < len(items) else mark[0]

    return _MARK.sub(put_back, text)


def shown_code(text: str, masked: Masked) -> list[str]:
    """The code of which parts were shown, put together from a text with marks: the source's, or an answer."""
    pieces: dict[int, list[int]] = {}
    for number, kept in enumerate(masked.kept, masked.first):
        if kept.kind in CODE:
            pieces.setdefault(kept.stretch, []).append(number)
    found = []
    for numbers in pieces.values():
        ends = rf"⟦[ \t]*{numbers[0]}[ \t]*⟧.*⟦[ \t]*{numbers[-1]}[ \t]*⟧"
        if len(numbers) > 1 and (whole := re.search(ends, text, re.DOTALL)):
            found.append(restore(whole[0], masked.kept, masked.first))
    return found


def faults(text: str, masked: Masked) -> list[str]:
    """What is wrong with the marks of an answer to `masked`, in words for the model."""
    found = [int(number) for number in _MARK.findall(text)]
    wanted = range(masked.first, masked.first + len(masked.kept))
    missing = [n for n in wanted if n not in found]
    repeated = sorted({n for n in found if found.count(n) > 1})
    unknown = sorted({n for n in found if n not in wanted})
    told = [
        f"{what}: {', '.join(f'⟦{n}⟧' for n in numbers[:8])}"
        for what, numbers in (("missing", missing), ("repeated", repeated), ("not in the source", unknown))
        if numbers
    ]
    ordered = [n for n in found if n in wanted and masked.kept[n - masked.first].kind in _ORDERED]
    if not told and ordered != sorted(ordered):
        told.append("in another order: " + ", ".join(f"⟦{n}⟧" for n in ordered[:8]))
    rest = _ANY_MARK.sub("", text)
    if "⟦" in rest or "⟧" in rest:
        told.append("a mark is damaged")
    return told


def without_marks(text: str) -> str:
    """The text without its marks, for what looks at words alone."""
    return _ANY_MARK.sub(lambda mark: "" if "a" in mark[0] else " ", text)


# Patterns in the order in which they take their stretches, with what a text needs to have one: most have nothing.
_OPERAND = (
    r"[-+(]*[$€£¥]?(?:\d[\d,]*(?:\.\d+)?%?(?:[a-zA-Z](?:\^?\d+)?)?|[a-zA-Z]\([a-zA-Z\d](?:, ?[a-zA-Z\d])?\)"
    r"|[a-zA-Z](?:\^?\d+)?)(?![A-Za-z])[)]*"
)
_OPERATOR = r"(?:[ \t]*[-+*/×÷=^≤≥:][ \t]*|[ \t]+x[ \t]+)"
_PATTERNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "code",
        ("`",),
        r"(?<!`)(`{1,2})(?!`)[^`\n]{1,400}(?<!`)\1(?!`)|(?<!`)``(?!`)(?:[^`\n]|(?<!`)`(?!`)){1,400}``(?!`)",
    ),
    ("formula", ("$", "\\"), r"\$\$[^$]{1,4000}\$\$|\\\[.{1,4000}?\\\]|\\\(.{1,1000}?\\\)"),
    ("formula", ("\\",), r"\\begin\{([a-z]+\*?)\}.{0,4000}?\\end\{\1\}"),
    (
        "formula",
        ("$",),
        r"(?<![\\$\w])\$(?=[^\s$])(?=[^$\n]*[\\^_{=]|[a-zA-Z]\$)[^$\n]{1,400}?(?<=[^\s\\])\$(?!\d)",
    ),
    ("calculation", ("<<",), r"<<[^<>\n]{0,200}>>"),
    ("final answer", ("####",), r"(?m)^####[ \t]*[-+$€£]*[\d.,/%:]+[^\n]{0,20}$"),
    (
        "address",
        ("://", "www."),
        r"(?:https?|ftp)://(?:\([^\s<>()]*\)|[^\s<>\"'`()，。；！？、）】」》])+(?<![.,;:!?\]}])|www\.[\w-]+(?:\.[\w-]+)+(?:/[\w./?=&%-]*)?",
    ),
    ("address", ("@",), r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    (
        "tag",
        ("<",),
        r"<!--.{0,2000}?-->|</?[A-Za-z][\w:.-]{0,40}(?:\s+[\w:@-]{1,40}\s*=[^<>\n]{0,400})?\s?/?>|<\|[\w ]{1,40}\|>",
    ),
    (
        "placeholder",
        ("{",),
        r"\{\{[^{}\n]{0,200}\}\}|\$\{[\w.]{1,80}\}|\{[A-Za-z_][\w.\[\]]{0,80}(?:![rsa])?(?::[^{}\n]{0,20})?\}",
    ),
    (
        "placeholder",
        ("{", "%", "[", "___"),
        r"\{\d{0,2}\}|%\(\w{1,40}\)[sdfr]|(?<![\w%])%[sdif](?!\w)|\[[A-Z][A-Z_]{2,30}\]|_{3,}",
    ),
    ("label", ("(",), r"\([A-H]\)"),
)
_COMPILED = tuple((kind, needs, re.compile(pattern, re.DOTALL)) for kind, needs, pattern in _PATTERNS)
_ARITHMETIC = re.compile(rf"(?<![\w.$]){_OPERAND}(?:{_OPERATOR}{_OPERAND}){{1,40}}(?:[ \t]*=)?")
_FENCE = re.compile(
    r"(?m)^[ \t]*(`{3,}|~{3,})[^\n`]*\n(?:.{0,20000}?\n)?[ \t]*\1[`~]*[ \t]*$|```[^\n]{1,400}?```", re.DOTALL
)
_OPEN_FENCE = re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,})[^\n]*\n.*\Z", re.DOTALL)
_BRACKETS = re.compile(r"[⟦⟧]+")
_IS_ARITHMETIC = re.compile(r"[=*×÷^+≤≥]|[ \t][-/x][ \t]")


def protected_spans(text: str, *, code: bool = True, inline_only: bool = False) -> list[tuple[int, int, str]]:
    """Start, end and kind of all that stays, in order and apart; each finder looks only at what is left."""
    taken: list[tuple[int, int, str]] = []
    if not inline_only:
        if "```" in text or "~~~" in text:
            taken = _add(taken, text, partial(_found, _FENCE, text), "fence")
            taken = _add(taken, text, partial(_found, _OPEN_FENCE, text), "fence")
        taken = _add(taken, text, partial(code_spans, text), "raw code") if code else taken
    taken = _add(taken, text, partial(_found, _BRACKETS, text), "bracket")
    for kind, needs, pattern in _COMPILED:
        if any(piece in text for piece in needs):
            taken = _add(taken, text, partial(_found, pattern, text), kind)
    return _add(taken, text, partial(_formulas, text), "formula") if _IS_ARITHMETIC.search(text) else taken


def _found(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text, start, end))


def _formulas(text: str, start: int, end: int) -> Iterator[Span]:
    """Operands with operators between them, unless they are a range, a date or a share of two."""
    for match in _ARITHMETIC.finditer(text, start, end):
        if any(ch.isdigit() for ch in match[0]) and _IS_ARITHMETIC.search(match[0]):
            yield match.span()


def _add(
    taken: list[tuple[int, int, str]], text: str, find: Callable[[int, int], Iterable[Span]], kind: str
) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    position = 0
    for start, end, earlier in [*taken, (len(text), len(text), "")]:
        if start > position:
            out += [(a, b, kind) for a, b in find(position, start) if b > a]
        if earlier:
            out.append((start, end, earlier))
        position = end
    return out
