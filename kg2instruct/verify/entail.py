"""Triples as pairs of premise and hypothesis, and the score of each: how likely its text entails it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.records import Example, Triple, lang_of
from kg2instruct.schema import SchemaSet
from kg2instruct.verify.hypotheses import hypotheses

Pair = tuple[str, str]
Scorer = Callable[[Sequence[Pair]], Sequence[float]]
"""Probabilities of entailment, 0 to 1, for pairs of premise and hypothesis."""

_COLON = {"zh": "：", "en": ": "}


def premise_of(example: Example, triple: Triple) -> str:
    """The sentences from the one end to the other; what a text leaves out of a head stands before them."""
    lang = lang_of(example)
    places = [x for x in (triple.head_start, triple.tail_start) if x is not None]
    if not places:
        return example.text
    first, last = min(places), max(places)
    spans = [(a, b) for a, b in sentence_spans(example.text, lang) if b > first and a <= last]
    text = example.text[spans[0][0] : spans[-1][1]].strip() if spans else example.text
    return text if triple.head in text else f"{triple.head}{_COLON[lang]}{text}"


def entailed(examples: Sequence[Example], score: Scorer, schemas: SchemaSet) -> list[list[float]]:
    """For each record the scores of its triples. One call of the scorer."""
    cases = [
        (premise_of(example, triple), hypotheses(triple, lang_of(example), schemas))
        for example in examples
        for triple in example.relation
    ]
    found = iter(likeliest(cases, score))
    return [list(islice(found, len(example.relation))) for example in examples]


def likeliest(cases: Sequence[tuple[str, Sequence[str]]], score: Scorer) -> list[float]:
    """For each premise with its hypotheses the score of the likeliest of these. One call of the scorer."""
    pairs = [(premise, hypothesis) for premise, hypotheses in cases for hypothesis in hypotheses]
    owners = [number for number, (_, hypotheses) in enumerate(cases) for _ in hypotheses]
    best = [0.0] * len(cases)
    for owner, value in zip(owners, score(pairs) if pairs else (), strict=True):
        best[owner] = max(best[owner], float(value))
    return best
