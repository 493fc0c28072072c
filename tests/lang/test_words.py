import json
import logging
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.fold import fold_han
from kg2instruct.lang.words import borders, word_spans

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "zhwiki" / "extracted_wiki_00_first64.jsonl"


def words(text, lang):
    return [text[a:b] for a, b in word_spans(text, lang)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他在北京大学。", ["他", "在", "北京大学", "。"]),
        ("中國人民大學位於北京", ["中国人民大学", "位于", "北京"]),
        ("圆周率是3.14", ["圆周率", "是", "3.14"]),
        ("", []),
        (" \n", []),
    ],
)
def test_chinese_words(text, expected):

    assert [fold_han(word) for word in words(text, "zh")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Obama's wife doesn't.", ["Obama", "'", "s", "wife", "doesn't", "."]),
        ("Franco-German, 2,424.5 km²", ["Franco", "-", "German", ",", "2,424.5", "km²"]),
        ("the 19th of May 1990.", ["the", "19th", "of", "May", "1990", "."]),
        ("O’Neill (É)", ["O’Neill", "(", "É", ")"]),
    ],
)
def test_english_words(text, expected):
    assert words(text, "en") == expected


texts = st.text(max_size=60) | st.text(alphabet="中国人民大學在北京A1b. \n'\ud800", max_size=60)


@given(texts, st.sampled_from(["zh", "en"]))
def test_spans_are_in_order_and_leave_out_white_space_alone(text, lang):
    spans = word_spans(text, lang)
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    covered = {at for a, b in spans for at in range(a, b)}
    assert all(text[at].isspace() for at in range(len(text)) if at not in covered)


@given(texts, st.sampled_from(["zh", "en"]))
def test_borders_are_where_words_begin_and_end(text, lang):
    marks = borders(text, lang)
    spans = word_spans(text, lang)
    assert len(marks) == len(text) + 1
    assert all(marks[a] and marks[b] and not any(marks[a + 1 : b]) for a, b in spans)


@pytest.mark.skipif(not REAL.is_file(), reason="no real Chinese articles beside the project")
@pytest.mark.filterwarnings("ignore")
def test_agrees_with_jieba_on_real_articles():
    import jieba

    jieba.setLogLevel(logging.WARNING)
    same = ours = theirs = 0
    with REAL.open(encoding="utf-8") as lines:
        articles = [json.loads(line)["text"] for line, _ in zip(lines, range(12), strict=False)]
    for text in "\n".join(articles).split("\n"):
        spans, start = set(), 0
        for word in jieba.cut(text):
            if not word.isspace():
                spans.add((start, start + len(word)))
            start += len(word)
        mine = set(word_spans(text, "zh"))
        same, ours, theirs = same + len(mine & spans), ours + len(mine), theirs + len(spans)
    assert 2 * same / (ours + theirs) > 0.995


@given(texts)
def test_a_simplified_text_has_the_borders_of_the_text(text):
    assert borders(fold_han(text), "zh", simplified=True) == borders(text, "zh")
