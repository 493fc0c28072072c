"""Articles: options, infobox values, categories, passages, and the real pages where they are at hand."""

from __future__ import annotations

import bz2
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg2instruct.records import Article, InfoboxValue, Link, Page
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.titles import is_list_title

SHARED = Path(__file__).parents[2] / ".." / "shared"
REMNANTS = re.compile(
    r"\[\[|\]\]|\{\{|\}\}|'''|<ref|-\{|\|thumb|（\s*）|\(\s*\)|\[\s*\]|[\ue000-\ue00f]|__[A-Z]+__|\{\||</?\w+>"
)
PLAIN = WikiOptions(variant="none", min_chars=1)


def parse(wikitext: str, lang: str = "zh", options: WikiOptions = PLAIN) -> Article:
    return parse_article(Page(7, "T", 0, 9, wikitext), lang=lang, options=options)


def texts(article: Article) -> list[str]:
    return [passage.text for passage in article.passages]


def test_the_record_keeps_where_it_comes_from() -> None:
    article = parse("甲是乙。")
    assert (article.id, article.title, article.revision, article.lang) == (7, "T", 9, "zh")


def test_infobox_values_are_kept_beside_the_passages() -> None:
    article = parse(
        "{{Infobox_country\n| 名 = '''甲'''\n| capital = [[柏林]]<br>[[波恩 (城市)|波恩]]\n| 空 = \n"
        "| area = {{convert|5|km2}}\n"
        "| image = [[File:A.jpg|说明]]\n| 面积 = {{未知}}\n}}\n甲是国家。"
    )
    assert texts(article) == ["甲是国家。"]
    assert article.infobox == (
        InfoboxValue("Infobox country", "名", "甲"),
        InfoboxValue(
            "Infobox country", "capital", "柏林\n波恩", (Link(0, 2, "柏林"), Link(3, 5, "波恩 (城市)"))
        ),
        InfoboxValue("Infobox country", "area", "5平方公里"),
    )


@pytest.mark.parametrize(
    "name", ["Taxobox", "信息框 人物", "Infobox settlement", "艺人信息框", "Speciesbox", "Automatic taxobox"]
)
def test_other_boxes_are_infoboxes_too(name: str) -> None:
    assert parse(f"{{{{{name}|a=b}}}}甲").infobox[0].text == "b"


def test_many_named_values_before_any_heading_are_an_infobox_by_any_name() -> None:
    box = "{{未知车站资料\n| 站名 = 甲站\n| 线路 = [[乙线]]\n| 启用 = 1903年\n| 月台 = 1\n}}\n"
    article = parse(f"{box}甲是站。\n== 史 ==\n{box.replace('站名', '旧名')}乙是站。")
    assert [(value.field, value.text) for value in article.infobox][:2] == [
        ("站名", "甲站"),
        ("线路", "乙线"),
    ]
    assert [value.field for value in article.infobox].count("启用") == 1
    assert article.unknown_templates == ("未知车站资料",)


def test_the_name_of_a_page_without_its_brackets() -> None:
    page = Page(7, "甲镇 (乙县)", 0, 9, "'''{{PAGENAMEBASE}}'''是{{PAGENAME}}。")
    assert texts(parse_article(page, lang="zh", options=PLAIN)) == ["甲镇是甲镇 (乙县)。"]


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("東京站（{{lang|ja|東京驛}}）", "东京站（東京驛）"),
        ("東京站（{{lang-ja|'''東京驛'''}}）", "东京站（日语：東京驛）"),
        ("東京站（{{jpn|j=東京驛|hg=とうきょう|rm=Tōkyō}}）", "东京站（日语：東京驛／とうきょう Tōkyō）"),
        ("漢城（{{kor|諺=한성|漢=漢城}}）", "汉城（韩语：한성／漢城）"),
        ("{{nihongo|東京|{{lang|ja|東}}京}}是都。", "东京（東京）是都。"),
        ("臺灣（{{lang-zh-hant|臺灣}}）", "台湾（繁体中文：臺灣）"),
        ("臺灣（{{zh|s=台湾|t=臺灣}}）", "台湾（简体中文：台湾；繁体中文：臺灣）"),
        ("臺灣（{{lang|zh|臺灣}}，{{lang-yue|臺灣}}）", "台湾（台湾，粤语：台湾）"),
        ("甲（{{lang|ja|{{未知}}}}）", "甲"),
    ],
)
def test_other_languages_are_not_converted(wikitext: str, text: str) -> None:
    assert texts(parse(wikitext, options=replace(PLAIN, variant="zh-hans"))) == [text]


def test_links_in_other_languages_keep_their_places() -> None:
    article = parse(
        "（{{lang|ja|[[東京站|東京驛]]と}}）在[[東京]]。", options=replace(PLAIN, variant="zh-hans")
    )
    passage = article.passages[0]
    assert passage.text == "（東京驛と）在东京。"
    assert [passage.text[link.start : link.end] for link in passage.links] == ["東京驛", "东京"]


def test_categories_are_listed_once() -> None:
    article = parse("甲。[[Category:首都|*]][[分类:城市_列表]][[category:首都]]")
    assert article.categories == ("首都", "城市 列表")


@pytest.mark.parametrize(
    ("name", "lang"),
    [
        ("disambig", "zh"),
        ("消歧义", "zh"),
        ("消歧義", "zh"),
        ("Disambiguation", "en"),
        ("hndis|A, B", "en"),
        ("geodis", "en"),
        ("人名消歧义", "zh"),
    ],
)
def test_disambiguation_pages_are_known_by_their_template(name: str, lang: str) -> None:
    assert parse(f"甲可以指：\n* [[乙]]\n{{{{{name}}}}}", lang).disambiguation
    assert not parse("甲是乙。{{disambiguation needed}}", lang).disambiguation


def test_list_pages_are_known_by_their_title() -> None:
    assert is_list_title("中国城市列表")
    assert is_list_title("中國城市列表 (按人口)")
    assert is_list_title("List of rivers")
    assert not is_list_title("列表处理")
    assert not is_list_title("Listing")


def test_unknown_templates_are_listed_with_repeats() -> None:
    article = parse("{{某甲}}是{{某乙|x}}和{{某甲}}。{{PAGENAME}}{{#if:a|b}}{{cite web|url=x}}")
    assert article.unknown_templates == ("某甲", "某乙", "某甲")


@pytest.mark.parametrize(
    ("wikitext", "shown"),
    [
        ("{{某名|甲的故事|en=A}}为[[乙]]所作。", ["甲的故事为乙所作。"]),
        ("《{{某名|甲的故事}}》为[[乙]]所作。", ["《甲的故事》为乙所作。"]),
        ("{{某名|丙的故事}}为[[乙]]所作。", []),
        ("{{某框|甲的故事}}\n《甲的故事》为[[乙]]所作。", ["《甲的故事》为乙所作。"]),
    ],
)
def test_an_unknown_template_that_gives_a_sentence_its_subject_shows_it(
    wikitext: str, shown: list[str]
) -> None:
    page = Page(7, "甲的故事 (小说)", 0, 9, wikitext)
    assert texts(parse_article(page, lang="zh", options=PLAIN)) == shown


def test_lists_are_left_out_by_option() -> None:
    text = "甲是乙。\n* 丙是丁。"
    assert [(p.text, p.kind) for p in parse(text).passages] == [
        ("甲是乙。", "paragraph"),
        ("丙是丁。", "list"),
    ]
    assert texts(parse(text, options=replace(PLAIN, lists=False))) == ["甲是乙。"]


def test_apparatus_is_kept_by_option() -> None:
    text = "甲是乙。\n== 參考資料 ==\n* 丙的书。"
    assert texts(parse(text)) == ["甲是乙。"]
    assert texts(parse(text, options=replace(PLAIN, apparatus=True))) == ["甲是乙。", "丙的书。"]


def test_short_passages_are_left_out() -> None:
    assert texts(parse("甲\n\n甲是乙。", options=replace(PLAIN, min_chars=3))) == ["甲是乙。"]


def test_sentences_are_passages_by_option() -> None:
    article = parse("'''甲'''是[[乙]]。丙是[[丁|丁山]]。", options=replace(PLAIN, passage="sentence"))
    assert texts(article) == ["甲是乙。", "丙是丁山。"]
    assert article.passages[0].bold == ((0, 1),)
    assert article.passages[1].links == (Link(2, 4, "丁"),)


@pytest.mark.parametrize(
    "link", ["[[Kirkcaldy#Public parks|Robbie's Park]]", "[[Kirkcaldy#Public parks|''Robbie's'' Park]]"]
)
def test_a_link_to_a_section_is_no_name_of_the_page(link):
    assert parse(f"They play at {link}.", lang="en").passages[0].links == ()


@pytest.mark.parametrize(
    "link", ["[[柏林#歷史|柏林]]", "[[Kirkcaldy (Fife)#Parks|Kirkcaldy]]", "[[Kirkcaldy#|the town]]"]
)
def test_but_where_its_words_are_the_title(link):
    assert len(parse(f"他在{link}。").passages[0].links) == 1


def test_long_paragraphs_are_cut_where_sentences_end() -> None:
    text = "".join(f"第{i}句说的是[[丙{i}|丙]]的事情。" for i in range(60))
    article = parse(text, options=replace(PLAIN, max_chars=100))
    assert "".join(texts(article)) == "".join(texts(parse(text, options=replace(PLAIN, max_chars=10**6))))
    assert all(len(passage.text) <= 100 and passage.text.endswith("。") for passage in article.passages)
    for passage in article.passages:
        assert all(passage.text[link.start : link.end] == "丙" for link in passage.links)
    assert sum(len(passage.links) for passage in article.passages) == 60


def test_a_sentence_without_end_is_cut_too() -> None:
    article = parse("甲乙丙丁，" * 100 + "甲" * 300, options=replace(PLAIN, max_chars=64))
    assert all(len(passage.text) <= 64 for passage in article.passages)


def test_texts_are_converted_and_targets_are_not() -> None:
    article = parse("== 歷史 ==\n'''馬克'''是[[德國|德國]]人，{{lang-en|Mark}}。", options=WikiOptions())
    passage = article.passages[0]
    assert passage.section == "历史"
    assert passage.text == "马克是德国人，英语：Mark。"
    assert passage.links == (Link(3, 5, "德國"),)
    assert passage.bold == ((0, 2),)


def test_variant_markup_and_page_rules_are_followed() -> None:
    text = "{{NoteTA|1=zh-hans:计算机;zh-hant:電腦;}}甲用電腦，-{zh-hans:乙;zh-hant:丙}-說-{電腦}-。"
    assert texts(parse(text, options=WikiOptions())) == ["甲用计算机，乙说電腦。"]


def test_english_is_never_converted() -> None:
    assert texts(parse("The 電腦 is here.", "en", WikiOptions())) == ["The 電腦 is here."]


def pages(file: Path) -> Iterator[Page]:
    with bz2.open(file) if file.suffix == ".bz2" else file.open("rb") as stream:
        for element in ElementTree.parse(stream).getroot().iter():
            if element.tag.rpartition("}")[2] == "page":
                found = {
                    child.tag.rpartition("}")[2]: child.text or "" for child in reversed(list(element.iter()))
                }
                yield Page(1, found["title"], 0, 1, found["text"])


REAL = [
    ("zh", SHARED / "data/zhwiki/zhwiki_assembled.xml"),
    ("zh", SHARED / "data/zhwiki/dbpedia_minidump_zh.xml.bz2"),
    ("zh", SHARED / "gold/zh/pages.xml"),
    ("en", SHARED / "data/enwiki/dbpedia_minidump_en.xml.bz2"),
    ("en", SHARED / "gold/en/pages.xml"),
]


@pytest.mark.parametrize(
    ("variant", "title", "wikitext", "shown"),
    [
        ("zh-hans", "東京鐵塔", "塔。", "东京铁塔"),
        ("zh-hant", "东京铁塔", "塔。", "東京鐵塔"),
        ("none", "東京鐵塔", "塔。", "東京鐵塔"),
        ("zh-cn", "程式 (電腦)", "{{NoteTA|1=zh-cn:程序;zh-tw:程式}}碼。", "程序 (电脑)"),
        ("zh-cn", "黑豹", "{{NoteTA|T=zh-cn:黑豹队;zh-tw:黑豹隊}}隊。", "黑豹队"),
        ("zh-tw", "黑豹", "-{T|zh-cn:黑豹队;zh-tw:黑豹隊}-隊。", "黑豹隊"),
    ],
)
def test_the_title_is_shown_in_the_output_script(variant: str, title: str, wikitext: str, shown: str) -> None:
    page = Page(id=1, title=title, ns=0, revision=1, text=wikitext)
    article = parse_article(page, lang="zh", options=WikiOptions(variant=variant))
    assert (article.title, article.display_title) == (title, shown)


@pytest.mark.parametrize(("lang", "file"), REAL, ids=lambda value: getattr(value, "name", value))
def test_real_pages_leave_no_remnant(lang: str, file: Path) -> None:
    if not file.exists():
        pytest.skip(f"{file.name} is not at hand")
    count = 0
    for page in pages(file):
        for passage in parse_article(page, lang=lang, options=WikiOptions()).passages:
            count += 1
            assert not REMNANTS.search(passage.text), (page.title, passage.text)
            assert len(passage.text) <= 512
            for link in passage.links:
                assert passage.text[link.start : link.end].strip()
    assert count > 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_stated_evidence_is_found_in_the_passages(lang: str) -> None:
    folder = SHARED / "gold" / lang
    if not folder.exists():
        pytest.skip("the gold sets are not at hand")
    options = WikiOptions(max_chars=10**6)
    shown = {
        page.title: texts(parse_article(page, lang=lang, options=options))
        for page in pages(folder / "pages.xml")
    }
    lines = [json.loads(line) for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    found = sum(any(line["evidence"] in text for text in shown[line["page"]]) for line in lines)
    assert found / len(lines) >= 0.98
