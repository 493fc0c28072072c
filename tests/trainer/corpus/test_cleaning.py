"""Cleaning: what is the same looks the same, what is no text goes, what belongs to persons is masked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from kg2instruct.mix.ngrams import tokenize
from trainer.corpus.cleaning.chain import Chain
from trainer.corpus.cleaning.lines import clean_lines
from trainer.corpus.cleaning.personal import MASKS, is_card_number, is_identity_number, mask
from trainer.corpus.cleaning.quality import bounds, poor
from trainer.corpus.cleaning.repetition import repeats
from trainer.corpus.cleaning.unicode import normalise, normalise_code
from trainer.corpus.cleaning.words import harmful
from trainer.corpus.recipe import CleanOptions, LineOptions, QualityOptions, SourceSpec, WordOptions

ZH = (
    "柏林是德国的首都，也是该国人口最多的城市。它位于东北部，在施普雷河边，有很多湖泊和森林。" * 2
    + "这里也有大学。"
)
EN = (
    "Berlin is the capital of Germany and the largest city of the country. It lies on the river Spree, "
    "and about a third of its area is made of forests, parks and lakes, which is more than in other towns. "
    "It was founded in the thirteenth century by merchants."
)


# Characters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ａｂｃ１２３，你好！", "Abc123，你好！"),
        ("　　第一段。\r\n　　第二段。", "第一段。\n第二段。"),
        ("零\u200b宽\ufeff字\u00ad符", "零宽字符"),
        ("a\u00a0b\u2003c", "a b c"),
        ("cafe\u0301", "café"),
        ("一\n\n\n\n二  \n三", "一\n\n二\n三"),
        ("代码：\n    return 1", "代码：\n    return 1"),
        ("控\x00制\x07符\x1b", "控制符"),
    ],
)
def test_characters_that_look_alike_become_one(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_code_keeps_what_may_mean_something() -> None:
    code = "s = 'Ａ\u00a0\u3000'\r\n\tx = 1  \r\n"
    assert normalise_code("\ufeff" + code) == code.replace("\r\n", "\n")


# Lines


def test_lines_of_menus_go_and_running_text_with_the_same_words_stays() -> None:
    long = (
        "该网站的隐私政策在这一年引起了很多讨论，报纸和电视都报道了此事，人们纷纷表示关注和担忧，后来就改了。"
    )
    text = f"首页 | 联系我们\n{long}\n版权所有 2020\n{long}\n分享到：微博"
    assert clean_lines(text, "zh", LineOptions()) == (f"{long}\n{long}", {"boilerplate": 3})


@pytest.mark.parametrize(
    "line",
    [
        "“未经许可，你不能进去。”他说。",
        "她把关于我们的故事都写进了书里。",
        "You can read more tomorrow.",
        "He put the log in the fire.",
        "The car is powered by a diesel engine.",
    ],
)
def test_short_sentences_with_words_of_menus_stay(line: str) -> None:
    text = f"{ZH}\n{line}\nAll rights reserved.\n未经授权，不得转载。"
    assert clean_lines(text, "zh", LineOptions()) == (f"{ZH}\n{line}", {"boilerplate": 2})


def test_lines_said_before_go_where_they_are_short() -> None:
    kept, gone = clean_lines("标题\n一句话。\n标题\n\n另一句话。\n标题", "zh", LineOptions())
    assert kept == "标题\n一句话。\n\n另一句话。"
    assert gone == {"repeated": 2}


def test_the_rule_of_c4_is_there_where_asked_and_knows_chinese_stops() -> None:
    options = LineOptions(terminal=True, min_chars=4)
    kept, gone = clean_lines("目录\n这是句子。\n好。\n“他说：‘走！’”\nThe end.", "zh", options)
    assert kept == "这是句子。\n“他说：‘走！’”\nThe end."
    assert gone == {"no end of a sentence": 1, "short": 1}


# Documents


@pytest.mark.parametrize(
    ("lang", "text", "reason"),
    [
        ("zh", ZH, ""),
        ("en", EN, ""),
        ("zh", "太短。", "too short"),
        ("zh", EN, "little Chinese"),
        ("zh", ZH + "\ufffd\ue000", "broken characters"),
        ("zh", ZH[:60] + "0123456789" * 12, "few letters"),
        ("zh", ZH + "…很多" * 20, "many ellipses"),
        ("zh", ZH + "#" * 20, "many hashes"),
        ("zh", "\n".join(f"- {ZH[i : i + 12]}" for i in range(0, 80, 8)), "mostly bullets"),
        ("zh", "\n".join(f"{ZH[i : i + 22]}……" for i in range(0, 80, 8)), "many cut lines"),
        ("zh", "柏林首都德国城市湖泊森林大学河流" * 8, "no function words"),
        ("en", "Berlin capital Germany city lake forest river university town " * 5, "no function words"),
        ("zh", "東京は日本の首都であり、人口は千四百万人で、政治と文化の中心である。" * 4, "Japanese"),
        (
            "en",
            "Paris est la capitale de la France. On y trouve de nombreux musées que tout le monde a visités, et "
            "elle est connue dans le monde entier comme une ville de lumière, avec ses rues et ses places que les "
            "peintres ont aimées. Elle a aussi une grande université.",
            "no function words",
        ),
        (
            "en",
            "Amsterdam is de hoofdstad van Nederland. De stad ligt in de provincie Noord-Holland, aan de monding van "
            "de Amstel. De stad was in de zeventiende eeuw een van de belangrijkste handelssteden ter wereld. Het is "
            "of was altijd een plaats in beweging.",
            "no function words",
        ),
        ("en", "a b c d " * 80, "odd length of words"),
        ("en", ("the of " + "x" * 30 + " ") * 12, "odd length of words"),
        ("code", "x = 1\n" * 5 + "y = '" + "z" * 1200 + "'\n", "long line"),
        ("code", ("# " + "a" * 150 + "\n") * 3, "long lines"),
        ("code", "0, 1, 2, 3, 4, 5,\n" * 20, "few letters"),
        ("code", "def main():\n    return run()\n", ""),
    ],
)
def test_a_document_goes_for_the_first_bound_that_it_breaks(lang: str, text: str, reason: str) -> None:
    assert poor(text, lang, bounds(lang, QualityOptions())) == reason


@pytest.mark.parametrize(
    "text",
    [
        f"●{ZH}",
        f"{ZH[:-1]}……",
        "这门语言的最初设计是由David Ungar和Randy Smith于1986年在施乐研究中心（Xerox Palo Alto Research Center）"
        "提出的，并在1987年的论文SELF: The Power of Simplicity上给出了描述，后来又在Sun Microsystems的Unix上实现。",
        "在人类组织抗原方面，来自原住民的比例从13%变到了52%（2007年），在粒线体方面则是由26%（2006年）变到了47%（2007年），"
        "而其他人所做的研究（1998年、2005年）则认为这个比例应该在7%与15%之间。",
        "1911年11月，孙从马赛启程，乘邮轮经马来亚、新加坡抵香港。袁世凯率大军入京组阁，并迫载沣退归藩邸，又迫载涛交出"
        "禁卫军，清室军政大权尽握其手，袁立命冯国璋全力攻汉阳，次日汉阳城破，黄兴退往武昌。",
    ],
    ids=["bullet", "ellipsis", "Latin names", "figures", "terse"],
)
def test_good_prose_in_a_lone_paragraph_stays(text: str) -> None:
    assert poor(text, "zh", bounds("zh", QualityOptions())) == ""


def test_bounds_that_are_given_win_over_those_of_the_language() -> None:
    assert poor("太短的。是", "zh", bounds("zh", QualityOptions(min_chars=3))) == ""
    assert poor(ZH, "zh", bounds("zh", QualityOptions(max_chars=50))) == "too long"


def repetition(text: str, lang: str = "zh") -> str:
    return next(repeats([text], tokenize([text]), [lang]))


def test_repetition_is_found_by_lines_phrases_and_passages() -> None:
    draw = random.Random(1)
    fresh = ["".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(30)) for _ in range(12)]
    assert repetition("\n".join(fresh)) == ""
    assert repetition("\n".join(fresh[:4] * 3)) == "repeated lines"
    assert repetition("".join(f"{line[:4]}买一送一" for line in fresh)) == "one phrase over and over"
    assert repetition("".join(fresh[:8]) + "。" + "".join(fresh[3:6])) == "repeated passages"
    assert repetition("短短") == ""


def test_a_long_name_that_comes_three_times_in_a_short_text_is_no_repetition() -> None:
    text = (
        "仪式上，中国文化扶贫委员会主任代表中国文化扶贫委员会向贫困县赠送了图书和光盘，受赠的学校来自十二个省区。"
        "据介绍，中国文化扶贫委员会成立六年以来已经建起上千所图书室，今后还要培训更多的乡村教师。"
    )
    assert repetition(text) == ""
    assert repetition("加入中国文化扶贫委员会！" * 2 + text) == "one phrase over and over"


def counted(words: list[str], scale: int) -> bool:
    """Whether a document of these words breaks Gopher's table, counted without any short cut.

    A phrase that comes but twice, in Chinese three times, does not come over and over.
    """
    for size, most in ((2, 0.20), (3, 0.18), (4, 0.16)):
        grams = [tuple(words[i : i + size * scale]) for i in range(len(words) - size * scale + 1)]
        times = max(Counter(grams).values())
        if times > scale + 1 and times * size * scale / len(words) > most:
            return True
    for size, most in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)):
        seen, covered = set(), set()
        for i in range(len(words) - size * scale + 1):
            gram = tuple(words[i : i + size * scale])
            if gram in seen:
                covered.update(range(i, i + size * scale))
            seen.add(gram)
        if len(covered) / len(words) > most:
            return True
    return False


def test_documents_looked_at_together_go_for_what_each_of_them_repeats() -> None:
    """Neither what stands in other documents matters, nor do the cheap looks let anything pass."""
    draw = random.Random(3)
    documents, langs, expected = ["too short for any share"], ["en"], [False]
    for i in range(300):
        words = [str(draw.randrange(draw.choice((5, 40, 400)))) for _ in range(draw.randrange(40, 200))]
        start, length = draw.randrange(len(words)), draw.randrange(60)
        words += words[start : start + length] * draw.randrange(3)
        langs.append(("zh", "en")[i % 2])
        documents.append(" ".join(words))
        expected.append(counted(words, 2 if langs[-1] == "zh" else 1))
    found = [bool(reason) for reason in repeats(documents, tokenize(documents), langs)]
    assert found == expected
    assert 30 < sum(expected) < 270


# Words


def test_advertising_goes_and_an_article_about_it_stays() -> None:
    assert harmful("澳门赌场 六合彩 时时彩 送彩金 加微信领取", WordOptions()) == "advertising"
    assert harmful("六合彩是香港的一种彩票。六合彩由马会举办。", WordOptions()) == ""
    assert harmful("六合彩 时时彩 送彩金", WordOptions(builtin=False)) == ""


def test_words_of_ones_own_are_found_whole_and_in_any_case(tmp_path: Any) -> None:
    path = tmp_path / "words.txt"
    path.write_text("# mine\nsex\n坏词\n", "utf-8")
    options = WordOptions(lists=(str(path),))
    assert harmful("SEX sells", options) == harmful("有坏词的句子", options) == "word of a list"
    assert harmful("He came from Essex.", options) == ""
    assert harmful("sex and 坏词", WordOptions(lists=(str(path),), allowed=2)) == ""


@pytest.mark.parametrize(
    ("content", "said"), [(b"# nothing\n", "no word in this list"), (b"\xff\xfe", "utf-8")]
)
def test_a_list_that_is_none_is_told(tmp_path: Any, content: bytes, said: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        harmful("text", WordOptions(lists=(str(path),)))


# Persons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("邮箱zhang.san@example.com.cn，请联系", "邮箱<EMAIL>，请联系"),
        ("手机13812345678或+86 138-1234-5678。", "手机<PHONE>或<PHONE>。"),
        ("电话：(010) 62345678 办公室", "电话：<PHONE> 办公室"),
        ("电话（0571）87654321", "电话<PHONE>"),
        ("call (415) 555-2671 or +44 20 7946 0958.", "call <PHONE> or <PHONE>."),
        ("身份证号11010519491231002X，", "身份证号<ID>，"),
        ("香港身份证A123456(3)号", "香港身份证<ID>号"),
        ("身分證字號A123456789", "身分證字號<ID>"),
        ("SSN 123-45-6789", "SSN <ID>"),
        ("卡号6222 0212 3456 7890 128", "卡号<CARD>"),
        ("服务器8.8.8.8", "服务器<IP>"),
        ("13812345678 13912345678 13712345678", "<PHONE> <PHONE> <PHONE>"),
        ("1. 138 1234 5678", "1. <PHONE>"),
        ("2020-01-01 13812345678", "2020-01-01 <PHONE>"),
        ("(1)13812345678", "(1)<PHONE>"),
        ("(86)13812345678，传真86-10-62345678", "<PHONE>，传真<PHONE>"),
        ("电话0755—86543210、021 6234 5678", "电话<PHONE>、<PHONE>"),
        ("TEL13812345678", "TEL<PHONE>"),
        ("电话：62345678，手機 0912-345-678", "电话：<PHONE>，手機 <PHONE>"),
        ("身份证号码：110105 19491231 002X", "身份证号码：<ID>"),
        ("信箱zhangsan＠163.com、li (at) 163.com", "信箱<EMAIL>、<EMAIL>"),
        ("o'brien@example.ie", "<EMAIL>"),
    ],
)
def test_personal_data_are_masked(text: str, expected: str) -> None:
    masked, counts = mask(text, tuple(MASKS))
    assert masked == expected
    assert sum(counts.values()) == expected.count("<")
    assert mask(text, ()) == (text, {})


@pytest.mark.parametrize(
    "text",
    [
        "2008-05-12 14:28，1949.10.01—1950.01.01",
        "ISBN 978-7-5325-5045-6",
        "人口3,645,000，面积891.8平方公里，经度116.4074",
        "110105194912310021",  # a wrong checksum
        "192.168.1.1 和 v1.2.3.4，以及300.1.1.1",
        "1.3812345678",
        "订单X13812345678Y",
        "1998-2003 (12) 100 200 300 400",
        "@someone 在 twitter 上",
        "git clone git@github.com:owner/name.git",
        "版本 1.2.3.4，section 3.1.4.1，（EC 3.6.3.9）",
        "GDP 13812345678元",
        "电话于1876年发明；电话：1990-1995",
        " ".join(str(number) for number in range(10_000, 10_400, 7)),
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text, tuple(MASKS))[0] == text


def test_checksums_find_a_wrong_digit() -> None:
    for number, check in (("11010519491231002X", is_identity_number), ("4539578763621486", is_card_number)):
        assert check(number)
        wrong = [
            number[:i] + str((int(d) + 1) % 10) + number[i + 1 :] for i, d in enumerate(number) if d.isdigit()
        ]
        assert not any(map(check, wrong))


@given(st.text(alphabet="0123456789+-() （）.@aX身", max_size=60))
def test_masking_never_fails_and_leaves_the_rest_alone(text: str) -> None:
    masked, counts = mask(text, tuple(MASKS))
    assert (masked == text) == (not counts)
    for sign in "身":
        assert masked.count(sign) == text.count(sign)


# Chains


@pytest.fixture
def chain() -> Callable[..., Chain]:
    def make(kind: Any = "rows", lang: Any = "auto", **clean: Any) -> Chain:
        return Chain(SourceSpec(name="a", kind=kind, lang=lang, clean=CleanOptions(**clean)))

    return make


def test_a_source_has_its_own_chain(chain: Any) -> None:
    text = ZH + "電話13812345678"
    assert chain(script="zh-hans")(text).text == ZH + "电话<PHONE>"
    assert chain(steps=("unicode",))(text).text == text
    assert chain(personal=("email",))(text).text == text
    code = "x = 13812345678  # mail a@example.com"
    assert chain(kind="code", lang="code")(code).text == "x = 13812345678  # mail <EMAIL>"


def test_the_language_is_found_for_each_document(chain: Any) -> None:
    assert [chain()(text).lang for text in (ZH, EN)] == ["zh", "en"]
    assert [chain()(text).reason for text in (ZH, EN)] == ["", ""]


def test_an_empty_document_goes_whatever_the_steps(chain: Any) -> None:
    assert chain(steps=("unicode",))("\u200b \n").reason == "empty"
