"""Which words state which relation, learned from a dump by association.

A claim whose two ends stand in one sentence is a case of its property, stated or not. A word that stands near the
tails of one property far more often than near the tails of all others is evidence for it. Cases are counted page
by page into `WordCounts`, which can be merged; `learn_words` then judges each word:

- by the weighted log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin'
  Words", Political Analysis 16(4)), as a z-score. Unlike mutual information it does not favour words seen once or
  twice (the prior shrinks them), and unlike the log-likelihood ratio it has a sign and does not grow for common words
  with a small effect;
- by its share: of the rates at which it stands near the tails of each property, this one's part. That is what its
  precision would be if all properties were equally frequent, and keeps out the words of a topic (film, city), which go
  with all relations of the topic;
- by its support, in pages and in cases.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from kg2instruct.align.near import stretches_near
from kg2instruct.align.near_words import words_between
from kg2instruct.records import Lang

_MOST_CASES = 20  # of one property on one page: a page of a list says one thing many times
_STORED = tuple[dict[int, int], dict[int, dict[str, int]], dict[int, dict[str, int]]]


@dataclass(frozen=True, slots=True)
class MaskedCase:
    """A sentence masked for one claim; `value` where the tail is a date or number."""

    property: int
    masked: str
    value: bool = False


@dataclass(slots=True)
class WordCounts:
    """How many cases each property has, and near how many of their tails a word stands."""

    lang: Lang
    cases: Counter[int] = field(default_factory=Counter)
    words: dict[int, Counter[str]] = field(default_factory=dict)
    pages: dict[int, Counter[str]] = field(default_factory=dict)
    """The same in pages."""

    def add_page(self, cases: Iterable[MaskedCase]) -> None:
        """Count the cases of one page; a sentence that is masked alike counts once for a property."""
        seen: set[MaskedCase] = set()
        here: Counter[int] = Counter()
        found: dict[int, set[str]] = {}
        for case in cases:
            pid = case.property
            if case in seen or here[pid] >= _MOST_CASES:
                continue
            seen.add(case)
            here[pid] += 1
            near = sorted(set(words_near(case, self.lang)))
            self.words.setdefault(pid, Counter()).update(near)
            found.setdefault(pid, set()).update(near)
        self.cases.update(here)
        for pid, words in found.items():
            self.pages.setdefault(pid, Counter()).update(sorted(words))

    def merge(self, other: WordCounts) -> None:
        """Add what was counted elsewhere."""
        self.cases.update(other.cases)
        for mine, theirs in ((self.words, other.words), (self.pages, other.pages)):
            for pid, counts in theirs.items():
                mine.setdefault(pid, Counter()).update(counts)

    def to_bytes(self) -> bytes:
        """The counts, to be added elsewhere."""
        return msgspec.json.encode((self.cases, self.words, self.pages))

    @classmethod
    def from_bytes(cls, data: bytes, lang: Lang) -> WordCounts:
        """The counts that `to_bytes` gave."""
        cases, words, pages = msgspec.json.decode(data, type=_STORED)
        counts = ({pid: Counter(found) for pid, found in kind.items()} for kind in (words, pages))
        return cls(lang, Counter(cases), *counts)

    def trim(self, keep: int) -> None:
        """Keep the `keep` most frequent words of each property: memory stays bounded, whatever is counted.

        A word that goes had at most the count of the rarest that stays; for frequent properties, which alone have
        so many words, that is far below what is asked of a learned word.
        """
        for pid, counts in self.words.items():
            if len(counts) > keep:
                kept = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:keep]
                self.words[pid] = Counter(dict(kept))
                pages = self.pages[pid]
                self.pages[pid] = Counter({word: pages[word] for word, _ in kept})


def words_near(case: MaskedCase, lang: Lang) -> Iterator[str]:
    """The words that stand where they could state the case; a word may come twice."""
    spans = list(stretches_near(case.masked, lang, value=case.value))
    return words_between(case.masked, spans, lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnOptions:
    """What is asked of a word; the defaults keep few words, and such as hold on other pages."""

    min_pages: int = 8
    """Pages on which it stands near the tail of a case."""
    min_rate: float = 0.01
    """Its part of the property's cases."""
    min_score: float = 4.0
    """The z-score of its log-odds ratio; high, as many thousand words are tried."""
    min_share: float = 0.4
    """Its rate here, of the sum with the highest rates elsewhere."""
    most: int = 25
    """Words of one property."""
    prior: float = 50.0
    """Weight of the prior, in cases."""
    rivals: int = 5
    """How many other properties count for the share: those where the word has its highest rates."""
    min_cases: int = 30
    """Cases of a property for its rates to be known."""


@dataclass(frozen=True, slots=True)
class LearnedWord:
    """A word with the number of its cases and pages, the z-score and the share it was judged by."""

    word: str
    cases: int
    pages: int
    score: float
    share: float


def learn_words(
    counts: WordCounts,
    *,
    options: LearnOptions | None = None,
    same: Mapping[int, Iterable[int]] | None = None,
    leave_out: Callable[[str], bool] = lambda word: False,  # noqa: ARG005
) -> dict[int, list[LearnedWord]]:
    """The words of each property, best first; properties without any are left out.

    `same` are properties that say the same of the same two ends, such as inverses: they are no contrast. Words for
    which `leave_out` holds are left out.
    """
    options = options or LearnOptions()
    rates = _Rates(counts, options)
    learned: dict[int, list[LearnedWord]] = {}
    for pid in sorted(counts.words):
        if counts.cases[pid] < options.min_cases:
            continue
        others = {pid, *(same or {}).get(pid, ())}
        found = [word for word in _judge(pid, others, counts, rates, options) if not leave_out(word.word)]
        found.sort(key=lambda word: (-word.score, word.word))
        kept = list(_without_repeats(found, counts.lang))[: options.most]
        if kept:
            learned[pid] = kept
    return learned


class _Rates:
    """Totals over all properties, and the properties where a word is most frequent."""

    def __init__(self, counts: WordCounts, options: LearnOptions) -> None:
        self.cases = counts.cases.total()
        self.words: Counter[str] = Counter()
        self.by_word: dict[str, list[tuple[float, int]]] = {}
        for pid in sorted(counts.words):
            words = counts.words[pid]
            self.words.update(words)
            if counts.cases[pid] >= options.min_cases:
                for word, n in words.items():
                    self.by_word.setdefault(word, []).append((n / counts.cases[pid], pid))

    def share(self, word: str, pid: int, same: set[int], rivals: int) -> float:
        """The word's rate for a property, of the sum with its highest rates elsewhere."""
        mine = next(rate for rate, other in self.by_word[word] if other == pid)
        elsewhere = sorted((rate for rate, other in self.by_word[word] if other not in same), reverse=True)
        return mine / (mine + sum(elsewhere[:rivals]))


def _judge(
    pid: int, same: set[int], counts: WordCounts, rates: _Rates, options: LearnOptions
) -> Iterator[LearnedWord]:
    here = counts.cases[pid]
    excluded = sum(counts.cases[other] for other in same)
    for word, n in counts.words[pid].items():
        pages = counts.pages[pid][word]
        if pages < options.min_pages or n < options.min_rate * here:
            continue
        elsewhere = rates.words[word] - sum(counts.words.get(other, _NONE)[word] for other in same)
        prior = options.prior * rates.words[word] / rates.cases
        score = log_odds(n, here, elsewhere, rates.cases - excluded, prior, options.prior)
        if score < options.min_score:
            continue
        share = rates.share(word, pid, same, options.rivals)
        if share >= options.min_share:
            yield LearnedWord(word, n, pages, score, share)


_NONE: Counter[str] = Counter()


def log_odds(n: int, cases: int, others: int, other_cases: int, prior: float, weight: float) -> float:
    """The z-score of a word's log-odds ratio: `n` of `cases` against `others` of `other_cases`.

    `prior` of `weight` cases are imagined to have the word on either side.
    """
    a, b = n + prior, others + prior
    ratio = math.log(a / (cases + weight - a)) - math.log(b / (other_cases + weight - b))
    return ratio / math.sqrt(1 / a + 1 / b)


def _without_repeats(words: Sequence[LearnedWord], lang: Lang) -> Iterator[LearnedWord]:
    """Words without those that contain another one and are found with it: 出生于 with 出生, `born in` with `born`."""
    known = {word.word for word in words}
    for word in words:
        if lang == "en":
            parts = set(word.word.split()) if " " in word.word else set()
        else:
            parts = {word.word[i:j] for i in range(len(word.word)) for j in range(i + 2, len(word.word) + 1)}
        if known.isdisjoint(parts - {word.word}):
            yield word
