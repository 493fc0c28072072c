"""Triples as pairs of premise and hypothesis, and the score of each: how likely its text entails it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.records import Example, Lang, Triple
from kg2instruct.schema import SchemaSet
from kg2instruct.verify.hypotheses import hypotheses

Pair = tuple[str, str]
Scorer = Callable[[Sequence[Pair]], Sequence[float]]
"""Probabilities of entailment, 0 to 1, for pairs of premise and hypothesis."""

_COLON = {"zh": "：", "en": ": "}


def premise_of(example: Example, triple: Triple) -> str:
    """The sentences from the one end to the other; what a text leaves out of a head stands before them."""
    lang = _lang(example)
    places = [x for x in (triple.head_start, triple.tail_start) if x is not None]
    if not places:
        return example.text
    first, last = min(places), max(places)
    spans = [(a, b) for a, b in sentence_spans(example.text, lang) if b > first and a <= last]
    text = example.text[spans[0][0] : spans[-1][1]].strip() if spans else example.text
    return text if triple.head in text else f"{triple.head}{_COLON[lang]}{text}"


def entailed(examples: Sequence[Example], score: Scorer, schemas: SchemaSet) -> list[list[float]]:
    """For each record the scores of its triples: that of the likeliest hypothesis. One call of the scorer."""
    pairs: list[Pair] = []
    owners: list[tuple[int, int]] = []
    for number, example in enumerate(examples):
        for place, triple in enumerate(example.relation):
            premise = premise_of(example, triple)
            for hypothesis in hypotheses(triple, _lang(example), schemas):
                pairs.append((premise, hypothesis))
                owners.append((number, place))
    best = [[0.0] * len(example.relation) for example in examples]
    for (number, place), value in zip(owners, score(pairs) if pairs else (), strict=True):
        best[number][place] = max(best[number][place], float(value))
    return best


def _lang(example: Example) -> Lang:
    return "zh" if example.lang == "zh" else "en"
