"""The steps of cleaning, put together for one source: a text in, a cleaned text or the reason to drop it out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kg2instruct.lang.script import convert
from kg2instruct.mix.rows import language_of
from trainer.corpus.cleaning.lines import clean_lines
from trainer.corpus.cleaning.personal import mask
from trainer.corpus.cleaning.quality import bounds, poor
from trainer.corpus.cleaning.unicode import normalise, normalise_code
from trainer.corpus.cleaning.words import harmful
from trainer.corpus.recipe import SourceSpec


@dataclass(slots=True)
class Cleaned:
    """A document after its steps: the text, its language, why it is dropped (or ""), and what was changed."""

    text: str
    lang: str
    reason: str = ""
    changes: Counter[str] = field(default_factory=Counter)


class Chain:
    """The steps of one source, all but `repetition`, which looks at many documents at once."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec, self._steps = spec, frozenset(spec.steps)
        self._bounds = {lang: bounds(lang, spec.clean.quality) for lang in ("zh", "en", "code")}

    def __call__(self, text: str) -> Cleaned:
        """Clean one document."""
        spec, steps = self._spec, self._steps
        lang = language_of(text) if spec.lang == "auto" else spec.lang
        found = Cleaned(text, lang)
        if "unicode" in steps:
            found.text = normalise_code(text) if lang == "code" else normalise(text)
        if "script" in steps and lang == "zh" and spec.script != "none":
            found.text = convert(found.text, (), spec.script)[0]
        if "lines" in steps and lang != "code":
            found.text, gone = clean_lines(found.text, lang, spec.clean.lines)
            for reason, count in gone.items():
                found.changes[f"lines removed: {reason}"] = count
        if "quality" in steps:
            found.reason = poor(found.text, lang, self._bounds[lang])
        elif not found.text or found.text.isspace():
            found.reason = "empty"
        if not found.reason and "words" in steps:
            found.reason = harmful(found.text, spec.clean.words)
        if not found.reason and "personal" in steps:
            found.text, masked = mask(found.text, spec.personal)
            for kind, count in masked.items():
                found.changes[f"masked: {kind}"] = count
        return found
