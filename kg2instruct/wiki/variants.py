"""Chinese variant markup: `-{zh-hans:软件;zh-hant:軟體}-` becomes the text that a variant shows.

`resolve` works on wikitext, once a page, and wraps what must not be converted any more in two private
characters; `convert` works on each finished text, obeys and removes them, and applies the page's rules and
the script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from kg2instruct.lang import script
from kg2instruct.wiki.variant_rules import Rule, Table, parse_rule
from kg2instruct.wiki.variant_table import Changes, Entries, RuleTable, apply_changes, sorted_entries

__all__ = ["PROTECT_END", "PROTECT_START", "RuleTable", "convert", "resolve"]

PROTECT_START = "\ue000"
PROTECT_END = "\ue001"

_ZONE = re.compile(f"{PROTECT_START}([^{PROTECT_START}{PROTECT_END}]*){PROTECT_END}")
_MARKS = re.compile(f"[{PROTECT_START}{PROTECT_END}]")
_TOKEN = re.compile(
    r"-\{(?!\{)|\}-|\{\{|\}\}|<!--|<(?=nowiki|math|pre|syntaxhighlight|source|chem|score|timeline)", re.I
)
_TAG_NAME = re.compile(r"<(\w+)[^<>]*?(/?)>")
_DEEPEST = 20  # what is nested deeper is text

_MOST_STAGES = 50  # a page with more rules of its own is converted by all of them from its beginning

Matcher = Callable[[str], list[tuple[int, int, str]]]


def resolve(wikitext: str, rules: RuleTable) -> str:
    """Replace every `-{…}-` by its text for the variant, protected from conversion, and collect rules.

    A rule holds from its place on; where its words stand before it they are protected from it. Unclosed
    markup stays as it is, as do comments, nowiki, math and code. Takes time in proportion to the length,
    however deep the nesting.
    """
    if "-{" not in wikitext:
        return wikitext
    return _Resolver(wikitext, rules).run()


class _Resolver:
    """One pass over the wikitext with a stack of open `-{`."""

    def __init__(self, wikitext: str, rules: RuleTable) -> None:
        self.text = wikitext
        self.rules = rules
        self.frames: list[list[str]] = [[]]  # pieces of text: of the page, and of each open rule
        self.braces = [0]  # open {{ in each
        self.overflow: list[int] = []  # pieces of the innermost that are a too deep -{
        self.before = dict(rules.words)
        self.stages: list[
            tuple[int, Changes]
        ] = []  # how many pieces of the page were done, and what changed then
        self.nowhere: set[str] = set()  # closing tags that do not come any more

    def run(self) -> str:
        text, done, at = self.text, 0, 0
        while token := _TOKEN.search(text, at):
            start, at = token.span()
            mark = token.group()
            if mark[0] == "<":
                at = self._skip(start, mark)
            elif mark == "-{":
                self._piece(done, start)
                self._open()
                done = at
            elif mark == "}-" and len(self.frames) > 1:
                self._piece(done, start)
                self._close()
                done = at
            elif mark == "{{":
                self.braces[-1] += 1
            elif mark == "}}":
                if len(self.frames) > 1 and not self.braces[-1]:
                    at = start + 1
                else:
                    self.braces[-1] = max(0, self.braces[-1] - 1)
        self._piece(done, len(text))
        while len(self.frames) > 1:
            unclosed = self.frames.pop()
            self.frames[-1] += ("-{", *unclosed)
        return self._in_order()

    def _piece(self, start: int, end: int) -> None:
        if start < end:
            self.frames[-1].append(self.text[start:end])

    def _skip(self, start: int, mark: str) -> int:
        """The end of the comment or element at `start`, or the end of the mark where it is not closed."""
        end = start + len(mark)
        if mark == "<!--":
            closing = "-->"
        else:
            tag = _TAG_NAME.match(self.text, start)
            if tag is None or tag[2]:
                return end
            closing = f"</{tag[1]}"
        if closing in self.nowhere:
            return end
        found = self.text.find(closing, end)
        if found < 0:
            self.nowhere.add(closing)
            return end
        return found + len(closing)

    def _open(self) -> None:
        if len(self.frames) > _DEEPEST:
            self.overflow.append(len(self.frames[-1]))
            self.frames[-1].append("-{")
        else:
            self.frames.append([])
            self.braces.append(0)

    def _close(self) -> None:
        if self.overflow:
            self.frames[-1][self.overflow.pop()] = ""
            return
        self.braces.pop()
        inner = "".join(self.frames.pop())
        rule = parse_rule(inner, self.rules.code)
        outermost = len(self.frames) == 1
        if changes := self.rules.apply(_without_marks(rule)):
            self.stages.append((len(self.frames[0]), changes))
        shown = rule.shown
        if not rule.protected:
            self.frames[-1].append(shown)
        elif shown:
            shown = _MARKS.sub("", shown)
            self.frames[-1].append(f"{PROTECT_START}{shown}{PROTECT_END}" if outermost else shown)

    def _in_order(self) -> str:
        """The page's text, with words protected from rules that come after them."""
        pieces = self.frames[0]
        if not 0 < len(self.stages) <= _MOST_STAGES:
            return "".join(pieces)
        final, words = self.rules.words, self.before
        parts: list[str] = []
        start = 0
        for end, changes in [*self.stages, (len(pieces), Changes())]:
            part = "".join(pieces[start:end])
            parts.append(part if not part or words == final else _as_of(part, words, final))
            apply_changes(words, changes)
            start = end
        return "".join(parts)


def _without_marks(rule: Rule) -> Rule:
    """Texts of nested rules have lost their protection: a rule's output is not converted anyway."""
    clean = {_MARKS.sub("", a): _MARKS.sub("", b) for a, b in rule.add.items()}
    title = None if rule.title is None else _MARKS.sub("", rule.title)
    return Rule(rule.shown, rule.protected, clean, rule.remove, title)


def _as_of(text: str, words: Table, final: Table) -> str:
    """Mark in `text` what the final table would convert otherwise than the table of its place."""
    parts: list[str] = []
    for index, part in enumerate(_ZONE.split(text)):
        if index % 2:
            parts.append(f"{PROTECT_START}{part}{PROTECT_END}")
            continue
        now = _matcher(sorted_entries(words))(part)
        kept = set(now)
        found = [(a, b, f"{PROTECT_START}{to}{PROTECT_END}") for a, b, to in now]
        taken = {at for a, b, _ in now for at in range(a, b)}
        for a, b, to in _matcher(sorted_entries(final))(part):
            if (a, b, to) not in kept and not taken.intersection(range(a, b)):
                word = part[a:b]
                broken = f"{word[0]}{PROTECT_START}{PROTECT_END}{word[1:]}"
                found.append((a, b, broken if len(word) > 1 else f"{PROTECT_START}{word}{PROTECT_END}"))
        parts.append(script.replace(part, (), sorted(found))[0])
    return "".join(parts)


def convert(text: str, offsets: Sequence[int], rules: RuleTable) -> tuple[str, list[int]]:
    """Return `text` in the variant of `rules`, without protecting marks, and where `offsets` have gone.

    The page's words are replaced first, the longest first; they and the protected zones keep their script.
    `offsets` are in rising order; one beside a mark lands where the mark stood.
    """
    variant = rules.variant
    marked = PROTECT_START in text or PROTECT_END in text
    if not marked and not rules.words:
        return script.convert(text, offsets, variant)
    found = [] if variant == "none" else _matcher(rules.entries)(text)
    if not marked and not found:
        return script.convert(text, offsets, variant)
    return _convert_parts(text, offsets, variant, _fixed(text, found))


def _fixed(text: str, words: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The stretches that are not converted: zones, stray marks, and words outside of them, in order."""
    zones = [(zone.start(), zone.end(), zone[1]) for zone in _ZONE.finditer(text)]
    if not zones and not _MARKS.search(text):
        return words
    strays = [(m.start(), m.end(), "") for m in _MARKS.finditer(_ZONE.sub(lambda z: " " * len(z[0]), text))]
    fixed: list[tuple[int, int, str]] = []
    for stretch in sorted([*zones, *strays, *words], key=lambda s: (s[0], -s[1])):
        if not fixed or stretch[0] >= fixed[-1][1]:
            fixed.append(stretch)
    return fixed


def _convert_parts(
    text: str, offsets: Sequence[int], variant: script.Variant, fixed: list[tuple[int, int, str]]
) -> tuple[str, list[int]]:
    """Convert what is between the fixed stretches, and put all together."""
    out: list[str] = []
    moved: list[int] = []
    length = done = index = 0
    for start, end, to in [*fixed, (len(text), len(text), "")]:
        first = index
        while index < len(offsets) and offsets[index] < start:
            index += 1
        part, inside = script.convert(text[done:start], [o - done for o in offsets[first:index]], variant)
        moved += [length + offset for offset in inside]
        length += len(part)
        out += (part, to)
        zone = start < end and text[start] == PROTECT_START
        while index < len(offsets) and offsets[index] < end:
            into = offsets[index] - start - zone
            moved.append(length + max(0, min(into, len(to))))
            index += 1
        length += len(to)
        done = end
    moved += [length] * (len(offsets) - index)
    return "".join(out), moved


@lru_cache(maxsize=64)
def _matcher(words: Entries) -> Matcher:
    if not words:
        return lambda _: []
    from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

    find = CharwiseDoubleArrayAhoCorasick([word for word, _ in words], MATCH_KIND_LEFTMOST_LONGEST).find
    return lambda text: [(a, b, words[word][1]) for a, b, word in find(script.encodable(text))]
