"""In which language a text is, as far as it has any."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from kg2instruct.errors import MissingExtra

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# A Chinese character says about as much as this share of a Latin word.
_WORDS_A_HAN = 0.6
_LEAST_WORDS, _LEAST_HAN = 4, 2
_SHARE = 0.5
_CLOSE = 0.1
_ENGLISH_SHARE = 0.15
_LANGUAGES = (
    "zh",
    "en",
    "ja",
    "ko",
    "fr",
    "de",
    "es",
    "it",
    "pt",
    "ru",
    "nl",
    "la",
    "vi",
    "id",
    "ar",
    "tr",
    "pl",
)


def language(text: str) -> str | None:
    """The language code of a text; None where it is too short or no language at all, such as a list of names."""
    han = len(_HAN.findall(text))
    others = _WORD.findall(_HAN.sub(" ", text))
    if kana := len(_KANA.findall(text)):
        return "ja" if kana > _CLOSE * (han + kana) and kana > 1 else "zh" if han else None
    if len(_HANGUL.findall(text)) > han:
        return "ko"
    if han >= _LEAST_HAN and _WORDS_A_HAN * han >= len(others) * _SHARE:
        return "zh"
    if len(others) < _LEAST_WORDS:
        return None
    # Of a mixed text, names and keywords of another script are not the language.
    if han >= _LEAST_HAN and _WORDS_A_HAN * han > _CLOSE * len(others) * 2:
        return "mixed"
    if sum(word.lower() in _english() for word in others) > _ENGLISH_SHARE * len(others):
        return "en"
    return str(load_identifier().classify(" ".join(others))[0])


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """Words that make a text English whatever else it holds: names and keywords fool classifiers of short texts."""
    text = (files("kg2instruct.translate") / "data" / "english_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@lru_cache(maxsize=1)
def load_identifier() -> Any:
    """The classifier of languages; raises MissingExtra."""
    try:
        from py3langid.langid import (  # type: ignore[import-untyped, unused-ignore]
            MODEL_FILE,
            LanguageIdentifier,
        )
    except ImportError as error:
        raise MissingExtra("py3langid", "translate") from error
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_LANGUAGES))
    return identifier
