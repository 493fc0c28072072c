"""Checks of an answer: each says in a sentence what is wrong, which the next attempt is told, or nothing.

`failures(attempt)` makes them in the order of CHECKS. A check of form that fails ends it there, since the parts
cannot be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from kg2instruct.registry import Registry
from kg2instruct.translate import numbers
from kg2instruct.translate.comments import changed_code
from kg2instruct.translate.glossary import Glossary
from kg2instruct.translate.items import Item
from kg2instruct.translate.language import language
from kg2instruct.translate.options import TranslateOptions
from kg2instruct.translate.project import mark_mentions, read_marks
from kg2instruct.translate.protect import Masked, faults, shown_code, without_marks


@dataclass(frozen=True)
class Attempt:
    """An answer to what was sent: masked texts by part, and texts of the answer by part, marks in both."""

    item: Item
    options: TranslateOptions
    sent: Mapping[str, Masked]
    texts: Mapping[str, str]
    finish: str
    wrong_form: tuple[str, ...]
    glossary: Glossary
    raw: str = ""
    """The answer as it came."""

    def source(self, name: str) -> str:
        """What was sent for a part, without marks."""
        return without_marks(self.sent[name].text)

    def target(self, name: str) -> str:
        """What came back for a part, without marks."""
        return without_marks(self.texts[name])


Check = Callable[[Attempt], str | None]

# Characters a translation has for one of the source; short texts may be off by so many more.
_RATIOS = {"zh": (0.12, 1.1), "en": (0.9, 9.0)}
_SLACK = 24
# Of a record's mentions, so many may be lost in its translation.
_LOST_SHARE = 0.2
_OPTION = re.compile(
    r"^[ \t]*(?:[-*•][ \t]*(?:⟦\d+⟧|\([A-Za-z]\))?|⟦\d+⟧|\([A-Za-z]\)|[A-Za-z][.)])[ \t]*(.+?)[ \t]*$",
    re.MULTILINE,
)


def _cut_off(attempt: Attempt) -> str | None:
    if attempt.finish == "too long":
        return "the text is too long for the model"
    if attempt.finish == "length":
        return "it was cut off: it is too long"
    if attempt.finish == "content_filter":
        return "it was withheld by the content filter"
    return None


def _form(attempt: Attempt) -> str | None:
    return "; ".join(attempt.wrong_form) or None


def _refusal(attempt: Attempt) -> str | None:
    """A refusal in the place of a translation; a source that refuses itself may be translated."""
    for name, text in attempt.texts.items():
        source = attempt.source(name) if name in attempt.sent else ""
        if _begins(text, "refusal") and not _begins(source, "refusal"):
            return f"⟦{name}⟧ is a refusal"
    return None


def _preamble(attempt: Attempt) -> str | None:
    for name, text in attempt.texts.items():
        source = attempt.source(name) if name in attempt.sent else ""
        answers = _begins(source, "preamble") or _begins(source, "agreement")
        if _begins(text, "preamble") and not answers:
            return f"⟦{name}⟧ begins with a remark that is not in the source"
        if name in attempt.sent and _ends(text) and not _ends(source):
            return f"⟦{name}⟧ ends with a remark that is not in the source"
    return None


def _language(attempt: Attempt) -> str | None:
    options = attempt.options
    for name in attempt.texts:
        source = language(attempt.source(name)) if name in attempt.sent else options.source
        found = language(attempt.target(name))
        if source == options.source and found not in (options.to, None):
            return f"⟦{name}⟧ is not in the language asked for (it looks like {found})"
    return None


def _empty(attempt: Attempt) -> str | None:
    names = [name for name, text in attempt.texts.items() if not text.strip()]
    return f"⟦{names[0]}⟧ is empty" if names else None


def _length(attempt: Attempt) -> str | None:
    least, most = _RATIOS[attempt.options.to]
    for name in attempt.sent:
        source, target = len(attempt.source(name).strip()), len(attempt.target(name).strip())
        if target < least * source - _SLACK:
            return f"⟦{name}⟧ is too short: parts of the source are missing"
        if target > most * source + _SLACK:
            return f"⟦{name}⟧ is too long: it says more than the source"
    return None


def _protected(attempt: Attempt) -> str | None:
    told = [
        f"⟦{name}⟧: marks {'; '.join(f)}"
        for name in attempt.sent
        if (f := faults(attempt.texts[name], attempt.sent[name]))
    ]
    return "; ".join(told) or None


def _numbers(attempt: Attempt) -> str | None:
    options = attempt.options
    for name in attempt.sent:
        if told := numbers.compare(attempt.source(name), attempt.target(name), options.source, options.to):
            return f"⟦{name}⟧: {'; '.join(told)}"
    return None


def _steps(attempt: Attempt) -> str | None:
    """As many lines of reasoning as the source has: each is a step."""
    if attempt.item.task != "cot":
        return None
    for name in ("output", "rationale"):
        if name in attempt.sent:
            wanted, given = _lines(attempt.sent[name].text), _lines(attempt.texts[name])
            if wanted != given:
                return f"⟦{name}⟧ has {given} steps (lines) in place of {wanted}"
    return None


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _final_answer(attempt: Attempt) -> str | None:
    """An answer that is one of the question's options is the same one of the translated options."""
    if "answer" not in attempt.sent or "instruction" not in attempt.sent:
        return None
    options = [option.strip().casefold() for option in _OPTION.findall(attempt.sent["instruction"].text)]
    wanted = attempt.sent["answer"].text.strip().casefold()
    if wanted not in options:
        return None
    translated = [option.strip().casefold() for option in _OPTION.findall(attempt.texts["instruction"])]
    if len(translated) != len(options):
        return f"⟦instruction⟧ has {len(translated)} options in place of {len(options)}"
    if attempt.texts["answer"].strip().casefold() != translated[options.index(wanted)]:
        return "⟦answer⟧ is not in the words of the option that it was"
    return None


def _mentions(attempt: Attempt) -> str | None:
    """Most brackets of a record's mentions; the few others are dropped with what they enclose."""
    if attempt.item.example is None:
        return None
    marked = mark_mentions(attempt.item.example)
    _, places = read_marks(attempt.texts["text"], marked)
    lost = len(marked.spans) - len(places)
    if lost > _LOST_SHARE * len(marked.spans):
        missing = [f"⟦a{n}⟧" for n, span in enumerate(marked.spans, 1) if span not in places]
        return f"pairs of brackets are missing or not whole: {', '.join(missing[:8])}"
    return None


def _code(attempt: Attempt) -> str | None:
    if not attempt.options.code_comments:
        return None
    for name, masked in attempt.sent.items():
        before, after = shown_code(masked.text, masked), shown_code(attempt.texts[name], masked)
        if len(before) != len(after):
            return f"⟦{name}⟧: the code is not whole"
        for old, new in zip(before, after, strict=True):
            if told := changed_code(old, new):
                return f"⟦{name}⟧: {told}"
    return None


def _glossary(attempt: Attempt) -> str | None:
    for name in attempt.sent:
        target = attempt.target(name).casefold()
        for term in attempt.glossary.terms_in(attempt.source(name)):
            if not term.is_in(target):
                return f"⟦{name}⟧: {term.text!r} was to be translated as {term.translation!r}"
    return None


CHECKS: Registry[Check] = Registry(
    "check",
    {
        "cut off": _cut_off,
        "form": _form,
        "empty": _empty,
        "refusal": _refusal,
        "preamble": _preamble,
        "language": _language,
        "protected": _protected,
        "numbers": _numbers,
        "length": _length,
        "steps": _steps,
        "final answer": _final_answer,
        "mentions": _mentions,
        "code": _code,
        "glossary": _glossary,
    },
)
_ENDS_IT = (_cut_off, _form, _empty, _refusal)  # the parts cannot be told apart, or are none


def known(names: Iterable[str]) -> None:
    """Raise UnknownName where one of the names is no check's."""
    for name in names:
        CHECKS[name]


def failures(attempt: Attempt) -> list[tuple[str, str]]:
    """Name and reason of each check that fails, in order; one that says that the answer is none ends it."""
    found: list[tuple[str, str]] = []
    for name, check in CHECKS.items():
        if name in attempt.options.skip and name not in ("cut off", "form"):
            continue
        if reason := check(attempt):
            if name == "form":
                name, reason = _what_else(attempt, reason)
            found.append((name, reason))
            if check in _ENDS_IT:
                break
    return found


def _what_else(attempt: Attempt, reason: str) -> tuple[str, str]:
    """An answer without the parts asked for that is known by how it begins."""
    if _begins(attempt.raw, "refusal"):
        return "refusal", "it is a refusal"
    if _begins(attempt.raw, "preamble"):
        return "preamble", "there is a remark before the first part"
    return "form", reason


def _begins(text: str, kind: str) -> bool:
    return _phrases(kind).match(text.lstrip("\"'“‘「*# \n\t")) is not None


def _ends(text: str) -> bool:
    return _phrases("closing").match(text.rstrip().rsplit("\n", 1)[-1].lstrip("*_ ")) is not None


@lru_cache(maxsize=4)
def _phrases(kind: str) -> re.Pattern[str]:
    text = (files("kg2instruct.translate") / "data" / "phrases.yaml").read_text(encoding="utf-8")
    return re.compile("|".join(f"(?:{phrase})" for phrase in yaml.safe_load(text)[kind]), re.IGNORECASE)
