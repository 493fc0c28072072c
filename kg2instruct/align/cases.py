"""The cases of a page for learning: claims that its sentences could state, before anybody looks at their words."""

from __future__ import annotations

from collections.abc import Iterator

from kg2instruct.align.case import Case
from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence import HEAD, TAIL
from kg2instruct.align.learn import MaskedCase
from kg2instruct.align.matching import find_candidates, find_heads
from kg2instruct.align.names import read_names
from kg2instruct.align.reading import Reading
from kg2instruct.align.rules import RULES, not_stated
from kg2instruct.lang.fold import fold_all, plain_all
from kg2instruct.lang.quantities import find_quantities
from kg2instruct.records import Article

_RULES = tuple(rule for rule in RULES if rule is not not_stated)


def cases_of(article: Article, context: AlignContext) -> Iterator[MaskedCase]:
    """The candidates of a page that all rules let pass but the one that asks for evidence, as masked sentences."""
    texts = [passage.text for passage in article.passages]
    folded = fold_all(texts)
    plain = plain_all(texts, context.lang)
    names = read_names(article, folded, context)
    for passage, simple, text in zip(article.passages, plain, folded, strict=True):
        reading = Reading(passage, simple, text, names, context)
        heads = find_heads(reading)
        if not heads:
            continue
        for sentence in reading.sentences:
            for candidate in find_candidates(sentence, heads):
                relation = context.schemas.relations[candidate.claim.property]
                case = Case(candidate, relation, passage, sentence, names, context)
                if relation.kind == "text" or any(rule(case) for rule in _RULES):
                    continue  # a text that is stated by its mere occurrence teaches no words
                masked = case.masked_text
                if HEAD in masked and TAIL in masked:
                    yield MaskedCase(relation.pid, masked, relation.kind in ("time", "quantity"))


def states_nothing(word: str, context: AlignContext) -> bool:
    """Whether a word is a unit (`metres`), or above all the name of a person, a place or the like."""
    if any(quantity.quantity.unit for quantity in find_quantities(f"8 {word}", context.lang)):
        return True
    found = context.named(word)
    if not found:
        return False
    best = max(found, key=lambda candidate: (context.store.popularity(candidate.qid), -candidate.qid))
    return context.coarse_type(best.qid) in _NAMED


_NAMED = frozenset({"person", "place", "organization", "people"})
