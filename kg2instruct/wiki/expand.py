"""Wikitext with templates → wikitext without: each is replaced by what it shows, outermost first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kg2instruct.wiki.braces import Braces, match_braces, split_arguments
from kg2instruct.wiki.gaps import within_sentence
from kg2instruct.wiki.marks import GAP, HOLE, NOTE
from kg2instruct.wiki.parser_functions import FUNCTIONS, is_magic_word, named_page
from kg2instruct.wiki.templates import TemplateRule, TemplateTable
from kg2instruct.wiki.titles import bare_title

_MAX_DEPTH = 40
_MENDED_AFTER = frozenset(("", *" \n([{（「『《〈【“，、,;；:：/|='"))
_MENDED_BEFORE = frozenset(("", *")]}）」』》〉】”，、,;；:：/。.{"))
_FEWEST_FIELDS = 4
_INFOBOX = TemplateRule(None, infobox=True)
_FRACTION = re.compile(r"\d+/\d+")
_UNCLOSED = re.compile(r"\s{0,3}[^|{}\[\]\n]{1,100}\n?\|[^\n]*(?:\n[ \t]*[|}!][^\n]*)*")
_TEMPLATE_SPACE = re.compile(r"(?:template|模板|樣板|样板|t|msg|subst|safesubst)\s*:\s*", re.IGNORECASE)


@dataclass(slots=True)
class Fields:
    """An infobox as written: its template's name, and its parameters as wikitext without templates."""

    template: str
    values: list[tuple[str, str]]


@dataclass(slots=True)
class Expander:
    """Expands the templates of one page and notes what they tell about it."""

    text: str
    table: TemplateTable
    lang: str
    title: str
    braces: Braces = field(default_factory=Braces)
    unknown: list[str] = field(default_factory=list)
    infoboxes: list[Fields] = field(default_factory=list)
    disambiguation: bool = False
    lead_end: int = -1

    def run(self) -> str:
        """The whole text with its templates replaced."""
        if "{{" not in self.text:
            return self.text
        self.braces = match_braces(self.text)
        self.lead_end = self.text.find("\n==")
        return self.expand(0, len(self.text), 0)

    def expand(self, start: int, end: int, depth: int) -> str:
        """`text[start:end]` with its templates replaced."""
        text = self.text
        at = text.find("{{", start, end)
        if at < 0:
            return text[start:end]
        out: list[str] = []
        position = start
        while at >= 0:
            out.append(text[position:at])
            position, shown = self._braced(at, end, depth)
            if shown == NOTE:
                # What introduces a list still does so with a note beside its colon.
                shown = "" if _beside_colon(text, at, position) else HOLE
            elif shown == GAP and (depth or not within_sentence(text, at, position)):
                shown = HOLE
            elif _FRACTION.fullmatch(shown) is not None and text[at - 1 : at].isdigit():
                shown = f" {shown}"
            # Between a word and a space nothing needs mending.
            if shown != HOLE or text[at - 1 : at] in _MENDED_AFTER or _mended_before(text, position):
                out.append(shown)
            at = text.find("{{", position, end)
        out.append(text[position:end])
        return "".join(out)

    def _braced(self, at: int, end: int, depth: int) -> tuple[int, str]:
        """End of what starts with the run of braces at `at`, and what it shows."""
        text, templates, parameters = self.text, self.braces.templates, self.braces.parameters
        run = at
        while run < end and text[run] == "{":
            close = templates.get(run)
            if close is not None and close <= end:
                return close, (HOLE if depth >= _MAX_DEPTH else self._template(run + 2, close - 2, depth))
            close = parameters.get(run)
            if close is not None and close <= end:
                return close, (HOLE if depth >= _MAX_DEPTH else self._parameter(run + 3, close - 3, depth))
            run += 1
        # Never closed: the rest of the line, and lines of parameters after it, are no prose.
        unclosed = _UNCLOSED.match(text, run, end)
        return (run if unclosed is None else unclosed.end()), HOLE

    def _parameter(self, start: int, end: int, depth: int) -> str:
        spans = split_arguments(self.text, start, end, self.braces)
        return self.expand(*spans[1], depth + 1) if len(spans) > 1 else HOLE

    def _template(self, start: int, end: int, depth: int) -> str:
        text = self.text
        bar = text.find("|", start, end)
        name_end = end if bar < 0 else bar
        raw = text[start:name_end].strip()
        if "{{" in raw:
            name_end = split_arguments(text, start, end, self.braces)[0][1]
            raw = self.expand(start, name_end, depth + 1).replace(HOLE, "").strip()
        name = raw
        if ":" in raw or "：" in raw:
            prefix = _TEMPLATE_SPACE.match(raw)
            if prefix is not None:
                name = raw[prefix.end() :]
            else:
                head, _, first = raw.replace("：", ":", 1).partition(":")
                function = FUNCTIONS.get(head.strip().lower())
                if function is not None:
                    return function(first.strip()) or HOLE
                if head.lower() == "#tag" and first.lower().startswith("ref"):
                    return NOTE
                if head.startswith("#") or is_magic_word(head) or not head:
                    return GAP
        rule, star = self.table.find(name)
        if self._is_infobox(rule, star, start, end):
            rule = _INFOBOX
        if rule is None:
            page = named_page(name, self.title)
            if page:
                return page
            if not (name.startswith("#") or is_magic_word(name)) and name:
                self.unknown.append(name)
            return self._subject_named(start, name_end, end)
        self.disambiguation |= rule.disambiguation
        if rule.render is None and not rule.infobox:
            return NOTE if rule.note else HOLE
        spans = split_arguments(text, name_end + 1, end, self.braces) if name_end < end else []
        call = TemplateCall(self, name, star, spans, depth + 1)
        if rule.infobox:
            self._note_fields(call)
        return _rendered(rule, call)

    def _subject_named(self, start: int, name_end: int, end: int) -> str:
        """What an unknown template shows: a gap, but the page's name where a sentence begins by giving it that name.

        `{{Vgname|秘境探險|en=Uncharted}}為顽皮狗所開發…` would be left without its subject.
        """
        text = self.text
        before, behind = text[start - 3 : start - 2], text[end + 2 : end + 3]
        if (
            name_end == end
            or before not in ("", "\n", "《")
            or not (behind.isalpha() or behind in ("》", "（"))
        ):
            return GAP
        first = text[slice(*split_arguments(text, name_end + 1, end, self.braces)[0])].strip(" '《》")
        return f"'''{first}'''" if first and first in (self.title, bare_title(self.title)) else GAP

    def _is_infobox(self, rule: TemplateRule | None, star: str, start: int, end: int) -> bool:
        """Whether a template that no rule names shows the page's facts: many named values before any heading."""
        if rule is not None and not (star and rule.render is None and not (rule.note or rule.infobox)):
            return False
        if 0 <= self.lead_end < start or self.text.count("\n", start, end) < _FEWEST_FIELDS:
            return False
        arguments = split_arguments(self.text, start, end, self.braces)[1:]
        return sum(self.text.find("=", *span) >= 0 for span in arguments) >= _FEWEST_FIELDS

    def _note_fields(self, call: TemplateCall) -> None:
        values = [(key, call.get(key).replace(GAP, HOLE)) for key in call.parameters() if not key.isdigit()]
        self.infoboxes.append(
            Fields(
                " ".join(call.name.replace("_", " ").split()),
                [(key, value) for key, value in values if value],
            )
        )


def _mended_before(text: str, position: int) -> bool:
    if text[position : position + 1] == " ":
        position += 1
    return text[position : position + 1] in _MENDED_BEFORE


def _beside_colon(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 2) : start].rstrip()[-1:] in ("：", ":") or text[end : end + 1] in ("：", ":")


def _rendered(rule: TemplateRule, call: TemplateCall) -> str:
    shown = HOLE if rule.render is None else rule.render(call) or HOLE
    return NOTE if rule.note and shown == HOLE else shown


class TemplateCall:
    """One use of a template; parameters are expanded when asked for, once."""

    __slots__ = ("_depth", "_expander", "_spans", "_values", "lang", "name", "star", "title")

    def __init__(
        self, expander: Expander, name: str, star: str, arguments: list[tuple[int, int]], depth: int
    ) -> None:
        self._expander = expander
        self._depth = depth
        self._values: dict[str, str] = {}
        self.name = name
        self.star = star
        self.lang = expander.lang
        self.title = expander.title
        self._spans: dict[str, tuple[int, int]] = {}
        count = 0
        text = expander.text
        for start, end in arguments:
            equals = text.find("=", start, end)
            key = text[start:equals].strip() if equals >= 0 else "["
            if "[" not in key and "{" not in key and "<" not in key:
                start = equals + 1
            else:
                count += 1
                key = str(count)
            self._spans[key] = (start, end)

    def parameters(self) -> list[str]:
        """Names of the parameters given, numbers for unnamed ones."""
        return list(self._spans)

    def get(self, key: str) -> str:
        """Value of a parameter, stripped; empty where it is missing."""
        value = self._values.get(key)
        if value is None:
            span = self._spans.get(key)
            value = "" if span is None else self._expander.expand(*span, self._depth).strip()
            self._values[key] = value
        return value

    def positional(self) -> list[str]:
        """Values of the unnamed parameters in order."""
        count = 1
        values = []
        while str(count) in self._spans:
            values.append(self.get(str(count)))
            count += 1
        return values
