"""Golden cases: a few lines of a page, what they state, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct.records import Triple

DATA = Path(__file__).parents[1] / "data" / "align"

KEYS = {"name", "title", "text", "states", "never", "only", "once", "mentions", "no mentions"}
KEYS |= {"options", "redirects", "anchors", "known"}


def cases() -> Iterator[Any]:
    for lang in ("zh", "en"):
        for case in yaml.safe_load((DATA / f"cases_{lang}.yaml").read_text(encoding="utf-8")):
            marks = [pytest.mark.xfail(reason=case["known"], strict=False)] if "known" in case else []
            yield pytest.param(lang, case, id=f"{lang}: {case['name']}", marks=marks)


def is_end(expected: str, text: str, qid: str | None) -> bool:
    """Whether `Berlin` or `Berlin@Q64` is this end of a triple."""
    words, _, wanted = expected.partition("@")
    return words == text and (not wanted or wanted == qid)


def is_triple(expected: str, triple: Triple) -> bool:
    head, property_id, tail = expected.split(" | ")
    return (
        triple.property == property_id
        and is_end(head, triple.head, triple.head_qid)
        and is_end(tail, triple.tail, triple.tail_qid)
    )


@pytest.mark.parametrize(("lang", "case"), list(cases()))
def test_a_page_states(align: Any, lang: str, case: dict[str, Any]) -> None:
    links = {name: case[name] for name in ("redirects", "anchors") if name in case}
    page = align(lang, case["title"], case["text"], **links, **case.get("options", {}))

    stated = case.get("states", [])
    missing = [fact for fact in stated if not any(is_triple(fact, triple) for triple in page.triples)]
    assert not missing, f"not found; found: {page.facts}, {dict(page.counts)}"

    for line in case.get("never", []):
        fact, _, reason = line.partition(" => ")
        assert not any(is_triple(fact, triple) for triple in page.triples), fact
        assert not reason or page.counts[f"dropped: {reason}"], dict(page.counts)

    if case.get("only"):
        extra = [t for t in page.triples if not any(is_triple(fact, t) for fact in stated)]
        assert not extra, page.facts
    if case.get("once"):
        assert len(page.claims) == len(set(page.claims))

    names = [mention.entity for mention in page.mentions]
    assert set(case.get("mentions", [])) <= set(names)
    assert not set(case.get("no mentions", [])) & set(names), names


def test_cases_have_known_keys_and_names_of_their_own() -> None:
    for lang in ("zh", "en"):
        read = yaml.safe_load((DATA / f"cases_{lang}.yaml").read_text(encoding="utf-8"))
        assert all(set(case) <= KEYS for case in read)
        names = [case["name"] for case in read]
        assert len(names) == len(set(names))
