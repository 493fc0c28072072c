import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.sentences import sentence_spans

DATA = Path(__file__).parents[1] / "data"

pieces = st.sampled_from("。！？；…「」“”（）()\"'.!?\n 　中国王A1ab" + "\u3000") | st.sampled_from(
    ["Mr. ", "U.S. ", "……"]
)
texts = st.text(max_size=80) | st.lists(pieces, max_size=60).map("".join)


@given(texts, st.sampled_from(["zh", "en"]))
def test_spans_cover_the_text_without_gap_or_overlap(text, lang):
    spans = sentence_spans(text, lang)
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(a < b for a, b in spans)
    assert [a for a, _ in spans[1:]] == [b for _, b in spans[:-1]]


def golden_cases():
    """Cases of the files; one that goes on in the next line has its border at that line's beginning."""
    for lang in ("zh", "en"):
        lines = (DATA / f"sentences.{lang}.txt").read_text("utf-8").splitlines()[1:]
        cases: list[str] = []
        for line in lines:
            if line.startswith("¦"):
                cases[-1] += "\n" + line
            else:
                cases.append(line)
        yield from ((lang, case) for case in cases)


@pytest.mark.parametrize(("lang", "case"), list(golden_cases()))
def test_sentences_end_where_a_reader_sees_it(lang, case):
    text = case.replace("¦", "")
    assert "¦".join(text[a:b] for a, b in sentence_spans(text, lang)) == case


@pytest.mark.parametrize("piece", ["“", "（", "。", '"', ". ", "a. ", "「」", "…", "(", "\n", "【。", "Mr. "])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_takes_little_time(piece, lang):
    started = time.process_time()
    sentence_spans(piece * 100_000, lang)
    assert time.process_time() - started < 5


def test_empty_lines_belong_to_the_sentence_before():
    assert sentence_spans("第一段。\n\n第二段。", "zh") == [(0, 6), (6, 10)]


def test_white_space_alone_is_one_span():
    assert sentence_spans(" \n ", "en") == [(0, 3)]
    assert sentence_spans("", "en") == []
