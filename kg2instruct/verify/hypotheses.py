"""Relations as sentences that a text may entail: `schemas/hypotheses/{zh,en}.yaml`.

hypotheses(P19, "居里夫人", "华沙", "zh") -> ["居里夫人出生于华沙。", "华沙是居里夫人的出生地。", …]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import yaml

from kg2instruct.complete.facts import property_of
from kg2instruct.records import Lang, Triple
from kg2instruct.resources import resource_dir
from kg2instruct.schema import SchemaSet

_ARTICLE = re.compile(r"\b([Aa]) ②")
_GENERIC = "generic"


@lru_cache(maxsize=2)
def _table(lang: Lang) -> Mapping[str, tuple[str, ...]]:
    text = (resource_dir("schemas") / "hypotheses" / f"{lang}.yaml").read_text(encoding="utf-8")
    return {key: tuple(sentences) for key, sentences in yaml.safe_load(text).items()}


def hypotheses(triple: Triple, lang: Lang, schemas: SchemaSet) -> list[str]:
    """Sentences that say what a triple says; by the generic ones where its relation has none of its own."""
    own = _table(lang).get(triple.property or "")
    return [_fill(sentence, triple, lang) for sentence in own or _generic(triple, lang, schemas)]


def _generic(triple: Triple, lang: Lang, schemas: SchemaSet) -> list[str]:
    relation = schemas.relations.get(property_of(triple))
    definition = relation.definition[lang] if relation else ""
    if definition and lang == "en":
        definition = definition[:1].lower() + definition[1:]
    return [
        sentence.replace("{name}", triple.relation).replace("{definition}", definition)
        for sentence in _table(lang)[_GENERIC]
        if definition or "{definition}" not in sentence
    ]


def _fill(sentence: str, triple: Triple, lang: Lang) -> str:
    if lang == "en" and triple.tail[:1].lower() in "aeiou":
        sentence = _ARTICLE.sub(r"\1n ②", sentence)
    # At once: a name may hold a mark itself.
    return "".join({"①": triple.head, "②": triple.tail}.get(x, x) for x in re.split("([①②])", sentence))
