"""Whether the words around a triple are those that usually state its relation: learned from the records themselves.

The words are those between head and tail and a few behind the later one, and what stands between two near ends as a
whole: `②①` (美国纽约), `①的②`. Such a sign supports a relation where it stands in several other triples of it, and much
more often than with all relations together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kg2instruct.complete.facts import property_of
from kg2instruct.lang.words import word_spans
from kg2instruct.records import Example, Lang, Triple, lang_of
from kg2instruct.schema import SchemaSet

# A gap of so few characters is a sign by itself.
_NEAR = 6
# Characters between the two ends, and behind the later one, that are looked at.
_BETWEEN, _BEHIND = {"zh": 40, "en": 100}, {"zh": 8, "en": 25}
_OTHERS = 2  # triples beside its own that a word must stand in
_LIFT = 2.0  # how much more often it stands with the relation than with all


@dataclass(slots=True)
class Support:
    """Counts of words by relation over the records seen."""

    triples: Counter[int] = field(default_factory=Counter)
    words: dict[int, Counter[str]] = field(default_factory=dict)
    everywhere: Counter[str] = field(default_factory=Counter)

    def add(self, examples: Iterable[Example]) -> Support:
        """Count the words of records; each triple counts a word once."""
        for example in examples:
            for triple in example.relation:
                pid = property_of(triple)
                self.triples[pid] += 1
                found = set(words_of(example, triple))
                self.words.setdefault(pid, Counter()).update(found)
                self.everywhere.update(found)
        return self

    def supports(self, example: Example, triple: Triple, schemas: SchemaSet) -> bool:
        """Whether some word near a triple of the records seen states its relation, by counts or by the schema."""
        pid, lang = property_of(triple), lang_of(example)
        found = set(words_of(example, triple))
        relation = schemas.relations.get(pid)
        if relation is not None:
            stretch = _stretch(example, triple, lang).lower()
            known = (relation.name[lang], *relation.synonyms[lang], *relation.triggers[lang])
            if any(word.lower() in stretch for word in known):
                return True
        total, of_relation = sum(self.triples.values()), self.triples[pid]
        own = self.words.get(pid, Counter())
        return any(
            own[word] > _OTHERS and own[word] / of_relation >= _LIFT * self.everywhere[word] / total
            for word in found
        )


def words_of(example: Example, triple: Triple) -> Iterator[str]:
    """The signs near a triple, without its names; none where an end has no place."""
    lang = lang_of(example)
    stretch = _stretch(example, triple, lang)
    if triple.head_start is not None and triple.tail_start is not None:
        head_end, tail_end = triple.head_start + len(triple.head), triple.tail_start + len(triple.tail)
        if 0 <= triple.tail_start - head_end <= _NEAR:
            yield f"①{example.text[head_end : triple.tail_start]}②"
        elif 0 <= triple.head_start - tail_end <= _NEAR:
            yield f"②{example.text[tail_end : triple.head_start]}①"
    for start, end in word_spans(stretch, lang):
        word = stretch[start:end].lower()
        if any(x.isalpha() for x in word):
            yield word


def _stretch(example: Example, triple: Triple, lang: Lang) -> str:
    if triple.head_start is None or triple.tail_start is None:
        return ""
    spans = sorted(
        (
            (triple.head_start, triple.head_start + len(triple.head)),
            (triple.tail_start, triple.tail_start + len(triple.tail)),
        )
    )
    (_, begin), (end, last) = spans
    between = example.text[begin : min(end, begin + _BETWEEN[lang])]
    return f"{between} {example.text[last : last + _BEHIND[lang]]}"
