"""Aligned records against a gold set: which stated claims were found, and which of the found ones are stated.

A gold set is a folder with `gold.jsonl`, one stated claim a line:

    {"page": "柏林", "evidence": "柏林是德国首都", "head": "Q64", "property": "P1376", "tail": "Q183",
     "head_text": "柏林", "tail_text": "德国", "kind": "entity", "hard": false}

A triple is right when page, head, property and tail agree with a line and its text holds the line's evidence,
or at least half of its characters. A fact may be given from either end. Precision counts triples, recall
counts lines; a triple finds one line at most. Lines without words of their own and classes are neither missed
nor wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kg2instruct.errors import InputError
from kg2instruct.evaluate.match import largest_matching
from kg2instruct.jsonl import read_jsonl
from kg2instruct.lang.tail_values import KINDS, Kind, kind_of, plain, same_tail
from kg2instruct.records import Example

_CLASSES = ("P31", "P279")
ENOUGH = 0.5  # of the evidence's characters
_STRETCH = 3  # shorter matches are chance

Inverses = Mapping[str, frozenset[str]]

# Pairs of properties that gold sets take for one fact seen from both ends. Fewer than a schema may know:
# figures of different schemas should be comparable.
_BOTH_ENDS = (
    *(("P40", "P22"), ("P40", "P25"), ("P26", "P26"), ("P3373", "P3373")),  # child, spouse, sibling
    *(("P36", "P1376"), ("P150", "P131"), ("P47", "P47")),  # capital, administrative parts, borders
    *(("P361", "P527"), ("P749", "P355"), ("P127", "P1830"), ("P2789", "P2789")),  # wholes, owners, joined to
    *(("P155", "P156"), ("P1365", "P1366")),  # order and succession
    *(("P184", "P185"), ("P1066", "P802"), ("P3095", "P3095"), ("P1346", "P2522")),  # teachers, winners
)


@dataclass(frozen=True, slots=True)
class GoldClaim:
    """A claim that a page states; `evidence` is the shortest stretch of its text that says so."""

    page: str
    evidence: str
    head: str
    property: str
    tail: str
    head_text: str
    tail_text: str
    kind: Kind
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A triple that was produced, with the text that it was taken from."""

    page: str
    passage: str
    head: str
    property: str
    tail: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Right and wrong triples, gold lines and how many of them were found; the shares are between 0 and 1."""

    right: int
    wrong: int
    gold: int
    found: int

    @property
    def precision(self) -> float:
        """Share of the triples that are right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold lines that were found."""
        return self.found / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def to_json(self) -> dict[str, Any]:
        """Shares and the counts behind them."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return shares | {"right": self.right, "wrong": self.wrong, "gold": self.gold, "found": self.found}


@dataclass(frozen=True, slots=True)
class AlignmentScores:
    """Figures of all triples, of each kind and of each property; the wrong triples; the lines not found."""

    figures: dict[str, Figures]
    errors: list[Found]
    misses: list[GoldClaim]
    properties: dict[str, Figures]


def score_folder(gold: Path, run: Path) -> AlignmentScores:
    """Score an output folder with `aligned/*.jsonl` against a gold set; raises InputError."""
    file = gold / "gold.jsonl"
    if not file.is_file():
        raise InputError(f"{gold}: holds no gold.jsonl; a gold set is a folder with such a file")
    found = [triple for part in aligned_files(run) for triple in triples_of(read_jsonl(part, Example))]
    claims = list(read_jsonl(file, GoldClaim))
    if found and claims and {x.page for x in found}.isdisjoint(x.page for x in claims):
        raise InputError(
            f"{run}: has none of the pages of {file}, such as {claims[0].page}; align those pages"
        )
    return score_triples(claims, found)


def aligned_files(run: Path) -> list[Path]:
    """The record files of an output folder; raises InputError where there are none."""
    parts = sorted(p for p in (run / "aligned").glob("*.jsonl*") if not p.name.startswith("."))
    if not parts:
        raise InputError(f"{run}: holds no aligned/*.jsonl; name an output folder of `build` or `align`")
    return parts


def triples_of(examples: Iterable[Example]) -> Iterable[Found]:
    """The triples of records that name an entity and a property."""
    for example in examples:
        for triple in example.relation:
            tail = triple.tail_qid or triple.tail_value
            if example.page and triple.head_qid and triple.property and tail:
                yield Found(example.page.title, example.text, triple.head_qid, triple.property, tail)


@cache
def _inverses() -> Inverses:
    """For each property those that say the same from the other end."""
    found: dict[str, set[str]] = {}
    for one, other in _BOTH_ENDS:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {pid: frozenset(others) for pid, others in found.items()}


def score_triples(gold: Sequence[GoldClaim], found: Iterable[Found]) -> AlignmentScores:
    """Score triples; those that are equal in all fields count once."""
    inverses = _inverses()
    ignored = _ignored(gold, inverses)
    lines = _Lines(gold, inverses)
    triples = [triple for triple in dict.fromkeys(found) if triple.property not in _CLASSES]
    options = [lines.found_by(triple) for triple in triples]
    counted = [n for n, o in enumerate(options) if not o or any(line not in ignored for line in o)]
    triples = [triples[n] for n in counted]
    options = [[line for line in options[n] if line not in ignored] for n in counted]
    owner = largest_matching(options)
    asked = [line for line in range(len(gold)) if line not in ignored]
    return AlignmentScores(
        _figures(gold, triples, options, owner, asked),
        [triple for triple, o in zip(triples, options, strict=True) if not o],
        [gold[line] for line in asked if line not in owner],
        _by_property(gold, triples, options, owner, asked),
    )


def _by_property(
    gold: Sequence[GoldClaim],
    triples: Sequence[Found],
    options: Sequence[list[int]],
    owner: Mapping[int, int],
    asked: Sequence[int],
) -> dict[str, Figures]:
    """Figures of each property as the gold set names it, the most frequent first."""
    tally: dict[str, list[int]] = {}
    for triple, lines in zip(triples, options, strict=True):
        name = gold[lines[0]].property if lines else triple.property
        tally.setdefault(name, [0, 0, 0, 0])[0 if lines else 1] += 1
    for line in asked:
        counts = tally.setdefault(gold[line].property, [0, 0, 0, 0])
        counts[2] += 1
        counts[3] += line in owner
    ranked = sorted(tally, key=lambda name: (-tally[name][2], -tally[name][1], int(name[1:])))
    return {name: Figures(*tally[name]) for name in ranked}


def _figures(
    gold: Sequence[GoldClaim],
    triples: Sequence[Found],
    options: Sequence[list[int]],
    owner: Mapping[int, int],
    asked: Sequence[int],
) -> dict[str, Figures]:
    wrong = sum(not o for o in options)
    figures = {"overall": Figures(len(options) - wrong, wrong, len(asked), len(owner))}
    kinds = [gold[o[0]].kind if o else kind_of(t.tail) for t, o in zip(triples, options, strict=True)]
    for kind in KINDS:
        of_kind = [bool(o) for o, k in zip(options, kinds, strict=True) if k == kind]
        lines = [line for line in asked if gold[line].kind == kind]
        found = sum(line in owner for line in lines)
        figures[kind] = Figures(sum(of_kind), len(of_kind) - sum(of_kind), len(lines), found)
    held = {triple: line for line, triple in owner.items()}
    for name, hard in (("hard", True), ("not hard", False)):
        right = sum(bool(o) and gold[held.get(n, o[0])].hard == hard for n, o in enumerate(options))
        lines = [line for line in asked if gold[line].hard == hard]
        # A wrong triple belongs to neither: the precision of both is a lower bound.
        figures[name] = Figures(right, wrong, len(lines), sum(line in owner for line in lines))
    return figures


class _Lines:
    """Gold lines by what a triple must agree in."""

    def __init__(self, gold: Sequence[GoldClaim], inverses: Inverses) -> None:
        self._gold, self._inverses = gold, inverses
        self._by_key: dict[tuple[str, str, str], list[int]] = {}
        for number, claim in enumerate(gold):
            self._by_key.setdefault((claim.page, claim.head, claim.property), []).append(number)

    def found_by(self, triple: Found) -> list[int]:
        """The lines that a triple can be the answer to, those whose evidence it covers best first."""
        same = [
            line
            for line in self._by_key.get((triple.page, triple.head, triple.property), ())
            if same_tail(self._gold[line].kind, self._gold[line].tail, triple.tail)
        ]
        for inverse in sorted(self._inverses.get(triple.property, ())):
            swapped = self._by_key.get((triple.page, triple.tail, inverse), ())
            same += [line for line in swapped if self._gold[line].tail == triple.head]
        shares = [(covered(self._gold[line].evidence, triple.passage), line) for line in same]
        return [line for share, line in sorted(shares, reverse=True) if share >= ENOUGH]


def _ignored(gold: Sequence[GoldClaim], inverses: Inverses) -> set[int]:
    """Lines without words of their own, classes, and those that another line says from its other end."""
    ignored: set[int] = set()
    ends: dict[tuple[str, str, str], list[int]] = {}
    for number, claim in enumerate(gold):
        if not claim.head_text or not claim.tail_text or claim.property in _CLASSES:
            ignored.add(number)
            continue
        others = ends.get((claim.page, claim.tail, claim.head), ()) if claim.kind == "entity" else ()
        if any(_says_inverse(claim, gold[other], inverses) for other in others):
            ignored.add(number)
        else:
            ends.setdefault((claim.page, claim.head, claim.tail), []).append(number)
    return ignored


def says_the_same(one: str, other: str) -> bool:
    """Whether two properties say one fact from both ends."""
    return other in _inverses().get(one, ())


def _says_inverse(claim: GoldClaim, other: GoldClaim, inverses: Inverses) -> bool:
    return other.property in inverses.get(claim.property, ()) and (
        covered(claim.evidence, other.evidence) >= ENOUGH or covered(other.evidence, claim.evidence) >= ENOUGH
    )


def covered(evidence: str, passage: str) -> float:
    """Share of the evidence's characters that a passage holds, in their order and in stretches."""
    wanted, held = plain(evidence), plain(passage)
    if not wanted or not held:
        return 0.0
    if wanted in held:
        return 1.0
    least = min(_STRETCH, len(wanted))
    blocks = difflib.SequenceMatcher(None, held, wanted, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= least) / len(wanted)
