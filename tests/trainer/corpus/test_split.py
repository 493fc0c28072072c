"""Samples: no token lost or said twice, whole sentences, and not one sample more than needed."""

from __future__ import annotations

from functools import cache
from itertools import accumulate, pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from trainer.corpus.split import _CLAUSE_END, Splitter, sentences_of
from trainer.tokenizer import TextTokenizer, train_tokenizer

TRAINING = [
    "他在北京大学读书，后来去了上海。她说：“你好！”" * 3,
    "The town lies on a river; it is old. He left. " * 3,
]
PIECES = [
    "他",
    "北京",
    "读书",
    "，",
    "。",
    "！",
    "”",
    "“",
    "\n",
    " ",
    "The",
    " town",
    ". ",
    "; ",
    "𠮷",
    "é",
    "1",
    "x" * 9,
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@cache
def tokenizer() -> TextTokenizer:
    return train_tokenizer(TRAINING, 300)


def lengths(text: str, limit: int, lang: str = "zh", before: int = 1, behind: int = 1) -> list[int]:
    found = tokenizer().tokenizer.encode(text, add_special_tokens=False)
    count = len(found) + before + behind
    return list(
        Splitter(text, lang, count, found.token_to_chars, before=before, behind=behind).lengths(limit)
    )


def borders(text: str, limit: int, lang: str) -> list[int]:
    """All places where a cut may stand, worked out the plain way over the whole document."""
    spans = tokenizer().tokenizer.encode(text, add_special_tokens=False).offsets
    count = len(spans) + 2

    def token(place: int) -> int:
        if place <= 0 or place >= len(text):
            return 0 if place <= 0 else count
        return next((i + 1 for i, (_, end) in enumerate(spans) if end > place), count)

    allowed = {0, count}
    line_start = 0
    for line in text.splitlines(keepends=True) if text.count("\n") else [text]:
        for start, end in sentences_of(line, lang):
            a, b = line_start + start, line_start + end
            allowed |= {token(a), token(b)}
            if token(b) - token(a) <= limit:
                continue
            clauses = [a, *(m.end() for m in _CLAUSE_END.finditer(text, a, b)), b]
            allowed |= set(map(token, clauses))
            for c, d in pairwise(clauses):
                if token(d) - token(c) > limit:
                    inside = range(max(token(c), 2), min(token(d), count - 1))
                    allowed |= {i for i in inside if spans[i - 1][0] >= spans[i - 2][1]}
        line_start += len(line)
    return sorted(allowed)


def fewest(allowed: list[int], limit: int) -> int | None:
    """The least number of samples, tried in all ways; None where no way exists."""
    best: dict[int, int] = {0: 0}
    for end in allowed[1:]:
        ways = [best[start] + 1 for start in allowed if start in best and 0 < end - start <= limit]
        if ways:
            best[end] = min(ways)
    return best.get(allowed[-1])


@given(text=TEXTS, limit=st.integers(8, 30), lang=st.sampled_from(["zh", "en"]))
@example(text="读书读书读书", limit=8, lang="zh").via("no border in reach")
def test_there_is_no_way_with_fewer_samples(text: str, limit: int, lang: str) -> None:
    allowed = borders(text, limit, lang)
    found, best = lengths(text, limit, lang), fewest(allowed, limit)
    assume(best is not None)  # tokens that each hold parts of two characters leave no border in reach
    assert len(found) == best
    start = 0
    for length in found:  # each as long as the borders allow
        assert start + length == max(border for border in allowed if border <= start + limit)
        start += length


@given(
    text=st.text(max_size=60) | TEXTS, limit=st.integers(4, 14), lang=st.sampled_from(["zh", "en", "code"])
)
def test_samples_put_together_are_the_document(text: str, limit: int, lang: str) -> None:
    found = tokenizer().tokenizer.encode(text, add_special_tokens=False)
    parts = lengths(text, limit, lang)
    assert sum(parts) == len(found) + 2
    assert all(0 < length <= limit for length in parts)
    ids = [-1, *found.ids, -2]
    ends = [0, *accumulate(parts)]
    pieces = [ids[a:b] for a, b in pairwise(ends)]
    assert pieces[0][0] == -1
    assert pieces[-1][-1] == -2
    assert [token for piece in pieces for token in piece] == ids


def pieces(text: str, limit: int, lang: str = "zh") -> list[str]:
    found = tokenizer().tokenizer.encode(text, add_special_tokens=False)
    ids, start, told = found.ids, 0, []
    for length in lengths(text, limit, lang, 0, 0):
        told.append(tokenizer().tokenizer.decode(ids[start : start + length]))
        start += length
    return told


def test_cuts_stand_behind_sentences() -> None:
    text = "他在北京大学读书。后来去了上海。她说：“你好！”"
    assert pieces(text, 14) == ["他在北京大学读书。", "后来去了上海。", "她说：“你好！”"]


def test_a_sentence_longer_than_a_sample_is_cut_behind_clauses() -> None:
    assert pieces("他读书，她在北京大学读书，后来去了上海。", 15) == [
        "他读书，",
        "她在北京大学读书，",
        "后来去了上海。",
    ]


def test_a_clause_longer_than_a_sample_is_cut_between_characters() -> None:
    text = "𠮷" * 9  # four tokens each
    assert pieces(text, 10) == ["𠮷𠮷", "𠮷𠮷", "𠮷𠮷", "𠮷𠮷", "𠮷"]


def test_code_is_cut_between_lines() -> None:
    assert pieces("a = 1\nb = 2\n\nc = 3. d\n", 14, "code") == ["a = 1\nb = 2\n\n", "c = 3. d\n"]


@pytest.mark.parametrize("text", ["", " ", "\n", "字"])
def test_the_shortest_documents_are_one_sample(text: str) -> None:
    assert len(lengths(text, 8)) == 1


def test_the_work_grows_with_the_cuts_and_not_with_the_text() -> None:
    asked = 0
    text = "他在北京大学读书，后来去了上海。\n" * 400
    found = tokenizer().tokenizer.encode(text, add_special_tokens=False)

    def span(token: int) -> tuple[int, int]:
        nonlocal asked
        asked += 1
        return found.token_to_chars(token)

    cuts = len(list(Splitter(text, "zh", len(found), span).lengths(1000)))
    assert asked <= 40 * cuts
