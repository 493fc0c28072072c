import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.lang import script
from kg2instruct.wiki.variants import PROTECT_END, PROTECT_START, RuleTable, convert, resolve


def show(wikitext, variant, **note_ta):
    rules = RuleTable(variant)
    rules.add_note_ta(note_ta)
    return convert(resolve(wikitext, rules), [], rules)[0]


@pytest.mark.parametrize(
    ("wikitext", "variant", "expected"),
    [
        ("-{zh-hans:软件;zh-hant:軟體}-", "zh-hans", "软件"),
        ("-{zh-hans:软件;zh-hant:軟體}-", "zh-tw", "軟體"),
        ("-{zh-hans:软件;zh-hant:軟體}-", "none", "软件"),
        ("-{zh:中;zh-hans:简}-", "none", "中"),
        ("-{zh-cn:悉尼;zh-tw:雪梨;zh-hk:悉尼}-", "zh-hant", "雪梨"),
        ("-{zh-cn:悉尼;zh-tw:雪梨}-", "zh-hk", "雪梨"),
        ("-{zh-tw:雪梨}-", "zh-cn", "雪梨"),
        ("-{zh-sg:獅城}-", "zh-hans", "獅城"),
        ("-{頭髮}-頭髮", "zh-hans", "頭髮头发"),
        ("-{R|zh-hans:a;zh-hant:b}-", "zh-hans", "zh-hans:a;zh-hant:b"),
        ("-{zh-hans;zh-hant|頭髮}-", "zh-hans", "头发"),
        ("-{zh-tw|頭髮}-", "zh-hans", "頭髮"),
        ("甲-{H|zh-cn:悉尼;zh-tw:雪梨}-乙雪梨", "zh-cn", "甲乙悉尼"),
        ("-{A|zh-cn:悉尼;zh-tw:雪梨}-與雪梨", "zh-hans", "悉尼与悉尼"),
        ("雪梨，-{A|zh-cn:悉尼;zh-tw:雪梨}-", "zh-hans", "雪梨，悉尼"),
        ("-{H|雪梨=>zh-cn:悉尼}-雪梨悉尼", "zh-cn", "悉尼悉尼"),
        ("-{H|甲=>zh-cn:乙}-甲乙", "zh-tw", "甲乙"),
        ("-{H|zh-cn:悉尼;zh-tw:雪梨}-雪梨-{-|zh-cn:悉尼;zh-tw:雪梨}-雪梨", "zh-cn", "悉尼雪梨"),
        ("-{zh-hans:[[甲|乙]];zh-hant:[[丙|丁]]}-", "zh-hans", "[[甲|乙]]"),
        ("[[雪梨|-{zh-cn:悉尼;zh-tw:雪梨}-]]", "zh-cn", "[[雪梨|悉尼]]"),
        ("{{tl|-{zh-cn:悉尼;zh-tw:雪梨}-}}", "zh-cn", "{{tl|悉尼}}"),
        ("-{zh-hans:外-{zh-cn:内;zh-tw:裡}-;zh-hant:b}-", "zh-cn", "外内"),
        ("-{D|zh-cn:悉尼;zh-tw:雪梨}-", "zh-cn", "大陆：悉尼；臺灣：雪梨；"),
        ("-{zh-hans:a&lt;b; c;zh-hant:d}-", "zh-cn", "a&lt;b; c"),
        ("-{}-", "zh-cn", ""),
        ("-{zh-hans:;zh-hant:x}-", "zh-hant", "x"),
    ],
)
def test_markup_shows_the_text_of_the_variant(wikitext, variant, expected):
    assert show(wikitext, variant) == expected


@pytest.mark.parametrize(
    "wikitext",
    [
        "<nowiki>-{a}-</nowiki>",
        "<!-- -{zh-hans:a;zh-hant:b}- -->",
        "<math>e^{-{x}-y}</math>",
        "-{T|hello",
        "}- and -",
        "-{{tl|x}}-",
    ],
)
def test_what_is_no_markup_stays(wikitext):
    assert show(wikitext, "zh-hans") == wikitext


def test_an_unclosed_rule_leaves_the_closed_ones_inside_working():
    assert show("-{zh-hans:a -{zh-hans:b;zh-hant:c}-", "zh-hans") == "-{zh-hans:a b"


def test_page_rules_of_note_ta_hold_for_the_whole_page():
    rules = RuleTable("zh-hans")
    rules.add_note_ta(
        {"T": "zh-hans:题;zh-hant:題", "1": "zh-cn:出租车; zh-tw:計程車; zh-hk:的士;", "G1": "IT"}
    )
    text = resolve("計程車與伺服器", rules)
    assert convert(text, [3, 4, 7], rules) == ("出租车与服务器", [3, 4, 7])
    assert rules.title == "题"


def test_a_word_that_is_the_same_everywhere_is_kept_from_conversion():
    assert show("乾佑的乾粮", "zh-hans", **{"1": "zh-cn:乾佑;zh-tw:乾佑"}) == "乾佑的干粮"


def test_the_pages_own_rule_goes_before_that_of_a_group():
    assert show("軟體", "zh-cn", G1="IT", **{"1": "zh-cn:软体;zh-tw:軟體"}) == "软体"


def test_the_longest_word_wins_and_its_output_is_not_converted_again():
    assert show("計程車站", "zh-cn", **{"1": "計程車=>zh-cn:出租车", "2": "計程車站=>zh-cn:軟站"}) == "軟站"


def test_unknown_groups_are_counted():
    rules = RuleTable("zh-cn")
    rules.add_note_ta({"G1": "Pokémon", "G2": "IT", "G3": ""})
    assert rules.unknown_groups == {"Pokémon": 1}


@pytest.mark.parametrize(
    "name", ["IT", "it", "電影", "地名", "Railway", "Transport", "Physics", "Math", "醫學"]
)
@pytest.mark.parametrize("variant", ["zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk"])
def test_every_group_holds_rules_that_can_be_read(name, variant):
    rules = RuleTable(variant)
    rules.add_note_ta({"G1": name})
    assert not rules.unknown_groups
    assert len(rules.words) > 5
    assert not any(":" in text or "=>" in text for pair in rules.words.items() for text in pair)


def test_a_folder_of_the_user_adds_groups(tmp_path):
    (tmp_path / "Pokémon.yaml").write_text("- zh-cn:宝可梦;zh-tw:神奇寶貝\n", "utf-8")
    rules = RuleTable("zh-cn", groups=[tmp_path])
    rules.add_note_ta({"G1": "Pokémon"})
    assert convert("神奇寶貝", [0, 4], rules) == ("宝可梦", [0, 3])


def test_a_broken_group_file_is_a_config_error(tmp_path):
    (tmp_path / "Bad.yaml").write_text("rules: x\n", "utf-8")
    with pytest.raises(ConfigError, match=r"Bad\.yaml"):
        RuleTable("zh-cn", groups=[tmp_path]).add_note_ta({"G1": "Bad"})


def test_an_unknown_variant_is_told():
    with pytest.raises(UnknownName, match="did you mean 'zh-hans'"):
        RuleTable("zh-hanss")


def test_lone_surrogates_do_no_harm():
    assert show("雪梨\ud800", "zh-cn", **{"1": "zh-cn:悉尼;zh-tw:雪梨"}) == "悉尼\ufffd"


def test_none_converts_nothing_but_resolves_markup():
    assert (
        show("頭髮-{zh-hans:软;zh-hant:軟}--{H|zh-cn:头;zh-tw:頭}-頭", "none", **{"1": "zh-cn:头;zh-tw:頭"})
        == "頭髮软頭"
    )


def test_offsets_around_zones_point_at_the_same_text():
    rules = RuleTable("zh-hans")
    text = resolve("甲-{zh-hans:软件程序;zh-hant:軟}-乙頭-{}-髮", rules)
    start, end = text.index(PROTECT_START), text.index(PROTECT_END) + 1
    out, moved = convert(text, [0, 1, start, end, end + 1, len(text)], rules)
    assert out == "甲软件程序乙头发"
    assert moved == [0, 1, 1, 5, 6, 8]


@pytest.mark.parametrize(
    "wikitext",
    [
        "-{" * 100_000,
        "-{" * 100_000 + "}-" * 100_000,
        "-{zh-hans:a" * 50_000 + "}-" * 50_000,
        "<!--" * 100_000 + "-{x}-",
        "<nowiki>" * 100_000 + "-{x}-",
        "}-" * 100_000 + "-{",
        "".join(f"-{{H|zh-cn:a{i};zh-tw:b{i}}}-b{i}" for i in range(5_000)),
        "-{" + ";zh-hans:" * 50_000 + "}-",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_markup_takes_little_time(wikitext):
    started = time.process_time()
    rules = RuleTable("zh-cn")
    convert(resolve(wikitext, rules), [], rules)
    assert time.process_time() - started < 5


pieces = st.sampled_from(
    [
        "-{",
        "}-",
        "zh-hans:",
        "zh-tw:",
        ";",
        "|",
        "H",
        "A|",
        "-|",
        "=>",
        "頭",
        "髮",
        "a",
        "{{",
        "}}",
        "<!--",
        "-->",
    ]
)
markup = st.lists(pieces, max_size=40).map("".join)
variants = st.sampled_from(script.VARIANTS)


@given(markup, variants)
def test_any_markup_resolves_to_balanced_zones_and_converts_to_none(wikitext, variant):
    rules = RuleTable(variant)
    text = resolve(wikitext, rules)
    assert text.count(PROTECT_START) == text.count(PROTECT_END)
    out, moved = convert(text, range(len(text) + 1), rules)
    assert PROTECT_START not in out
    assert PROTECT_END not in out
    assert moved[0] == 0
    assert moved[-1] == len(out)
    assert all(a <= b for a, b in pairwise(moved))


@given(markup, variants, st.data())
def test_the_text_does_not_depend_on_the_offsets(wikitext, variant, data):
    rules = RuleTable(variant)
    text = resolve(wikitext, rules)
    offsets = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    everywhere = convert(text, range(len(text) + 1), rules)
    assert convert(text, offsets, rules) == (everywhere[0], [everywhere[1][at] for at in offsets])


@given(st.text(alphabet="頭髮乾隆着著甲軟體件A， ", max_size=30), variants)
def test_without_rules_it_is_plain_script_conversion(text, variant):
    assert convert(text, [], RuleTable(variant)) == script.convert(text, [], variant)
