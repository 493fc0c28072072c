"""Where to cut: a threshold for each relation, from claims that people found stated and near ones that are not.

The gold claims are right; wrong are their two names under other relations between the same kinds of ends. There are
more of these than of wrong triples in records, so together they weigh as much as the share of triples that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg2instruct.errors import InputError
from kg2instruct.evaluate.alignment import GoldClaim
from kg2instruct.jsonl import atomic_writer, read_jsonl
from kg2instruct.records import Lang, Triple
from kg2instruct.schema import Relation, SchemaSet
from kg2instruct.verify.entail import Scorer, likeliest
from kg2instruct.verify.hypotheses import hypotheses

DEFAULT = 0.5
# With fewer right claims a relation has the threshold of all together.
_ENOUGH = 8
_NEAR = 3  # wrong relations for each right one
PRIOR = 0.85


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least scores by property; `default` for all others."""

    default: float = DEFAULT
    relations: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """F1 on the calibration set at the default threshold, at 0.5 and without any, and counts."""

    def of(self, property_: str | None) -> float:
        """The least score of a relation's triples."""
        return self.relations.get(property_ or "", self.default)

    def write(self, path: Path) -> None:
        """As JSON."""
        data = {
            "model": self.model,
            "default": self.default,
            "relations": dict(self.relations),
            "figures": dict(self.figures),
        }
        with atomic_writer(path) as out:
            out.write(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")

    @classmethod
    def read(cls, path: Path) -> Thresholds:
        """From a file that `write` wrote; raises InputError."""
        try:
            data = json.loads(path.read_bytes())
            relations = {str(pid): float(x) for pid, x in data["relations"].items()}
            return cls(float(data["default"]), relations, str(data.get("model", "")), data.get("figures", {}))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: not a file of thresholds: {error}") from error


def calibrate(
    gold: Path, lang: Lang, score: Scorer, schemas: SchemaSet, model: str = "", *, prior: float = PRIOR
) -> Thresholds:
    """Thresholds from a gold set's folder; raises InputError where it holds no gold.jsonl.

    `prior` is the share of the triples to be verified that is likely right.
    """
    file = gold / "gold.jsonl"
    if not file.is_file():
        raise InputError(f"{gold}: holds no gold.jsonl; a gold set is a folder with such a file")
    cases = list(_cases(list(read_jsonl(file, GoldClaim)), lang, schemas))
    scores = likeliest([(premise, hypotheses(x, lang, schemas)) for premise, x, _ in cases], score)
    judged = [(value, right) for value, (_, _, right) in zip(scores, cases, strict=True)]
    by_relation: dict[str, list[tuple[float, bool]]] = {}
    for one, (_, triple, _) in zip(judged, cases, strict=True):
        by_relation.setdefault(triple.property or "", []).append(one)
    rights = sum(right for _, right in judged)
    weight = rights * (1 - prior) / prior / max(1, len(judged) - rights)
    default = best_threshold(judged, weight)
    relations = {
        pid: best_threshold(ones, weight)
        for pid, ones in sorted(by_relation.items())
        if sum(right for _, right in ones) >= _ENOUGH and not all(right for _, right in ones)
    }
    figures = {
        "right": rights,
        "wrong": len(judged) - rights,
        "f1": round(_f1(judged, default, weight), 4),
        "f1_at_half": round(_f1(judged, DEFAULT, weight), 4),
        "f1_of_all": round(_f1(judged, 0.0, weight), 4),
    }
    return Thresholds(default, relations, model, figures)


def best_threshold(judged: Sequence[tuple[float, bool]], weight: float = 1.0) -> float:
    """The threshold with the best F1, in the middle between two scores; the default where nothing is to choose.

    A wrong one counts as `weight` right ones do.
    """
    ordered = sorted(judged, key=lambda x: (-x[0], x[1]))
    rights = sum(right for _, right in ordered)
    best, found, hit, kept = 0.0, DEFAULT, 0, 0.0
    for number, (value, right) in enumerate(ordered, 1):
        hit += right
        kept += 1 if right else weight
        following = ordered[number][0] if number < len(ordered) else 0.0
        if following == value:
            continue  # a threshold does not part equal scores
        f1 = 2 * hit / (kept + rights) if rights else 0.0
        if f1 > best:
            best, found = f1, (value + following) / 2
    return round(found, 4)


def _f1(judged: Sequence[tuple[float, bool]], threshold: float, weight: float) -> float:
    kept = [right for value, right in judged if value >= threshold]
    rights, hit = sum(right for _, right in judged), sum(kept)
    return 2 * hit / (hit + weight * (len(kept) - hit) + rights) if rights else 0.0


def _cases(gold: Sequence[GoldClaim], lang: Lang, schemas: SchemaSet) -> Iterator[tuple[str, Triple, bool]]:
    """Premise, triple, and whether it is right."""
    stated = {(x.evidence, x.head_text, x.property, x.tail_text) for x in gold}
    for claim in gold:
        relation = schemas.relations.get(int(claim.property[1:]))
        if relation is None or not claim.head_text or not claim.tail_text:
            continue
        yield claim.evidence, _triple(claim, relation, lang, schemas), True
        wrong = [x for x in _near(relation, schemas) if _key(claim, x) not in stated]
        # Which ones, follows from the claim alone.
        begin = sum(map(ord, claim.evidence + claim.tail)) % max(len(wrong), 1)
        for other in (wrong[begin:] + wrong[:begin])[:_NEAR]:
            yield claim.evidence, _triple(claim, other, lang, schemas), False


def _key(claim: GoldClaim, relation: Relation) -> tuple[str, str, str, str]:
    return claim.evidence, claim.head_text, f"P{relation.pid}", claim.tail_text


def _near(relation: Relation, schemas: SchemaSet) -> list[Relation]:
    """Relations between the same kinds of ends that do not say the same."""
    return [
        x
        for x in schemas.relations.values()
        if x.pid not in (relation.pid, *relation.inverses)
        and (x.kind, x.dimension) == (relation.kind, relation.dimension)
        and _meet(x.head_types, relation.head_types)
        and _meet(x.tail_types, relation.tail_types)
    ]


def _meet(one: Sequence[str], other: Sequence[str]) -> bool:
    return bool(set(one) & set(other)) or (not one and not other)


def _triple(claim: GoldClaim, relation: Relation, lang: Lang, schemas: SchemaSet) -> Triple:
    name, pid = schemas.relation_name(relation.pid, lang), f"P{relation.pid}"
    head, tail = claim.head_text, claim.tail_text
    return Triple(head, "", None, claim.head, name, pid, tail, "", None, None)
