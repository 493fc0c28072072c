import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import UnknownName
from kg2instruct.lang.script import VARIANTS, convert, replace

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "zhwiki" / "extracted_wiki_00_first64.jsonl"

variants = st.sampled_from(VARIANTS)
pieces = st.sampled_from(
    ["頭髮", "发展", "乾隆", "軟體", "软件", "計程車", "坦尚尼亞", "也門", "A", "，", "\n", "里", "后", "著"]
)
texts = st.lists(pieces, max_size=12).map("".join) | st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "simplified"),
    [
        ("乾隆帝的頭髮乾淨", "乾隆帝的头发干净"),
        ("瞭望台，瞭解", "瞭望台，了解"),
        ("发展與髮型", "发展与发型"),
        ("著名著作，編著", "著名著作，编著"),
        ("隨著看著，著重", "随着看着，着重"),
        ("名著重印，魯迅著，《土著》", "名著重印，鲁迅著，《土著》"),
        ("皇后在後面", "皇后在后面"),
        ("甚麼是裏面、裡面", "什么是里面、里面"),
        ("樊於期於是", "樊於期于是"),
        ("魏徵的象徵", "魏徵的象征"),
        ("計程車與軟體", "计程车与软体"),
        ("Mixed 漢字 text", "Mixed 汉字 text"),
    ],
)
def test_simplified_by_default(text, simplified):
    assert convert(text, [], "zh-hans") == (simplified, [])


@pytest.mark.parametrize(
    ("text", "variant", "expected"),
    [
        ("計程車經過坦尚尼亞", "zh-cn", "出租车经过坦桑尼亚"),
        ("软体动物不是軟體", "zh-cn", "软体动物不是软件"),
        ("在雷根斯堡", "zh-cn", "在雷根斯堡"),
        ("尼日利亞與厄瓜多爾", "zh-cn", "尼日利亚与厄瓜多尔"),
        ("出租车里的软件", "zh-tw", "計程車裡的軟體"),
        ("出租车里的软件", "zh-hk", "的士裏的軟件"),
        ("索马里与索马里兰", "zh-tw", "索馬利亞與索馬利蘭"),
        ("他也门当户对", "zh-tw", "他也門當戶對"),
        ("皇后后来的头发", "zh-hant", "皇后後來的頭髮"),
        ("余光中與樊於期", "zh-hant", "余光中與樊於期"),
        ("余光中与樊於期，头发", "zh-tw", "余光中與樊於期，頭髮"),
        ("頭髮头发", "none", "頭髮头发"),
    ],
)
def test_regions_have_their_own_words(text, variant, expected):
    assert convert(text, [], variant)[0] == expected


def test_offsets_move_with_words_of_another_length():
    text = "在坦尚尼亞的計程車。"
    assert convert(text, [0, 1, 5, 6, 9, 10], "zh-hk") == ("在坦桑尼亞的的士。", [0, 1, 5, 6, 8, 9])


def test_an_offset_inside_of_a_replaced_word_stays_inside():
    assert convert("計程車站", [0, 1, 2, 3, 4], "zh-hk") == ("的士站", [0, 1, 2, 2, 3])


def test_an_unknown_variant_is_told():
    with pytest.raises(UnknownName, match="zh-hans"):
        convert("頭", [], "zh-xx")


def test_replacing_moves_offsets_to_the_same_text():
    assert replace("abcdef", range(7), [(1, 3, "XXXX"), (4, 5, "")]) == ("aXXXXdf", [0, 1, 2, 5, 6, 6, 7])


@given(texts, variants)
def test_the_text_does_not_depend_on_the_offsets(text, variant):
    everywhere = convert(text, range(len(text) + 1), variant)
    assert everywhere[0] == convert(text, [], variant)[0]
    assert everywhere[1][0] == 0
    assert everywhere[1][-1] == len(everywhere[0])
    assert all(a <= b for a, b in pairwise(everywhere[1]))


@given(texts)
def test_simplifying_keeps_the_length_and_every_offset(text):
    simplified, offsets = convert(text, range(len(text) + 1), "zh-hans")
    assert len(simplified) == len(text)
    assert offsets == list(range(len(text) + 1))


@given(texts)
def test_simplifying_twice_is_simplifying_once(text):
    once, _ = convert(text, [], "zh-hans")
    assert convert(once, [], "zh-hans")[0] == once


@pytest.mark.skipif(not REAL.is_file(), reason="no real Chinese articles beside the project")
def test_simplified_articles_stay_as_they_are():
    with REAL.open(encoding="utf-8") as lines:
        text = "".join(json.loads(line)["text"] for line in lines)
    simplified, _ = convert(text, [], "zh-hans")
    changed = sum(a != b and a not in "著甚於" for a, b in zip(text, simplified, strict=True))
    assert changed < len(text) / 50_000


@pytest.mark.skipif(not REAL.is_file(), reason="no real Chinese articles beside the project")
def test_real_articles_come_back_from_traditional_characters():
    with REAL.open(encoding="utf-8") as lines:
        text = convert("".join(json.loads(line)["text"] for line in lines), [], "zh-hans")[0]
    back = convert(convert(text, [], "zh-hant")[0], [], "zh-hans")[0]
    assert sum(a != b for a, b in zip(text, back, strict=True)) < len(text) / 5_000
