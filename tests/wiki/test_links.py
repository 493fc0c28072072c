"""Links of a dump: what a link text means, where titles lead."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.errors import InputError, OutputError
from kg2instruct.lang.fold import fold
from kg2instruct.records import Page
from kg2instruct.wiki.links import LinkCounts, LinkTable, collect, merge_links, normalize_title, write_part


def page(title: str, text: str = "", *, redirect: str | None = None, ns: int = 0) -> Page:
    return Page(1, title, ns, 1, text, redirect)


def links_of(text: str, lang: str = "zh") -> dict[tuple[str, str], int]:
    return dict(collect([page("X", text)], lang=lang).links)


def table_of(folder: Path, *pages: Page, units: int = 1, lang: str = "zh") -> LinkTable:
    parts = []
    for unit in range(units):
        parts.append(folder / f"{unit}.links")
        write_part(collect(pages[unit::units], lang=lang), parts[-1])
    merge_links(parts, folder / "links")
    return LinkTable.open(folder / "links")


@pytest.mark.parametrize(
    ("title", "normal"),
    [
        ("zürich", "Zürich"),
        (" New__York _city ", "New York city"),
        ("éclair", "Éclair"),
        ("ßtest", "ßtest"),
        ("\u200e柏林\u200e", "柏林"),
        ("50%25 &amp;", "50%25 &amp;"),
        ("", ""),
        ("AC/DC", "AC/DC"),
        ("A　B", "A B"),
    ],
)
def test_titles_are_normalised_as_mediawiki_stores_them(title: str, normal: str) -> None:
    assert normalize_title(title) == normal
    assert normalize_title(normal) == normal


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[[柏林]]", {("柏林", "柏林"): 1}),
        ("[[柏林|德國首都]]和[[柏林|德國首都]]", {("德國首都", "柏林"): 2}),
        ("[[berlin_wall|the ''Wall'']]", {("the Wall", "Berlin wall"): 1}),
        # The words of a link to a section name what the section is about; the page only where they are its title.
        ("[[berlin_wall#Fall|the fall]] [[柏林#歷史]]", {}),
        ("[[Mini (car)#Mark II|mini]]", {("mini", "Mini (car)"): 1}),
        ("[[:柏林]]", {("柏林", "柏林"): 1}),
        (
            "[[File:A.jpg|thumb|x]] [[分类:城市]] [[en:Berlin]] [[wikt:a]] [[模板:T]]",
            {},
        ),
        ("[[Category:X]] [[User talk:A]]", {}),
        ("[[File:A.jpg|thumb|to [[柏林]]]]", {("柏林", "柏林"): 1}),
        (
            "<!-- [[a]] --><nowiki>[[b]]</nowiki><NOWIKI>[[c]]</NoWiki>[[d]]<!-- [[e]]",
            {("d", "D"): 1, ("e", "E"): 1},
        ),
        ("[[a|-{甲}-]] [[b|-{zh-hans:乙;zh-hant:丙}-]]", {("甲", "A"): 1}),
        ("[[a|{{lang|en|A}}]] [[#section]] [[ ]] [[a|]] [[]] [[a]b]] [[x\ny]]", {}),
        ("[[Star Wars: Episode I|first]]", {("first", "Star Wars: Episode I"): 1}),
    ],
)
def test_link_texts_and_titles_are_counted(text: str, links: dict[tuple[str, str], int]) -> None:
    assert links_of(text) == links


def test_letters_behind_a_link_belong_to_it_in_english_only() -> None:
    assert links_of("[[dog]]s and [[cat|kitten]]s", "en") == {("dogs", "Dog"): 1, ("kittens", "Cat"): 1}
    assert links_of("[[dog]]s") == {("dog", "Dog"): 1}


def test_redirects_come_from_the_export_or_the_text_and_their_links_do_not_count() -> None:
    counts = collect(
        [
            page("A", "#REDIRECT [[b]]", redirect="B"),
            page("C", "#重定向 [[d]]"),
            page("Robbie's Park", "#REDIRECT [[Kirkcaldy#Public parks]]", redirect="Kirkcaldy"),
            page("E", "#redirect [[Category:F]]"),
            page("T", "[[x]]", ns=10),
        ],
        lang="zh",
    )
    assert counts.pages == {"A": "B", "C": "D"}
    assert not counts.links


def test_titles_resolve_through_redirects_in_either_script(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        page("台湾", "text"),
        page("福尔摩沙", redirect="美丽岛"),
        page("美丽岛", redirect="臺灣"),
        page("Loop", redirect="Pool"),
        page("Pool", redirect="Loop"),
        page("AIDS", "text"),
        page("Aids", redirect="AIDS"),
        page("Gone", redirect="gone"),
    )
    assert table.resolve("臺灣") == table.resolve("台灣_") == table.resolve("福爾摩沙") == "台湾"
    assert table.resolve("Loop") == "Loop"
    assert table.resolve("aIDS") == "AIDS"
    assert table.resolve("Gone") == "Gone"
    assert table.resolve("unknown_page") == "Unknown page"


def test_a_chain_is_followed_five_times(tmp_path: Path) -> None:
    table = table_of(tmp_path, *(page(f"R{n}", redirect=f"R{n + 1}") for n in range(5)), page("R5", "text"))
    assert [table.resolve(f"R{n}") for n in range(6)] == ["R5"] * 6


def test_commonness_counts_all_spellings_of_a_text_and_resolved_titles(tmp_path: Path) -> None:
    text = "[[Apple Inc.|蘋果]] [[苹果公司|苹果]] [[苹果]] [[蘋果]] [[橙|苹果]]"
    table = table_of(
        tmp_path,
        page("A", text),
        page("苹果公司", redirect="Apple Inc."),
        page("Apple Inc.", ""),
        page("苹果", ""),
    )
    # Equal counts stand in the order of titles.
    assert table.commonness("苹果") == (("Apple Inc.", 2), ("苹果", 2), ("橙", 1))
    assert table.commonness("蘋果") == table.commonness("苹果")
    assert table.commonness("梨") == ()


def test_at_most_20_titles_are_kept(tmp_path: Path) -> None:
    text = "".join(f"[[T{n:02}|x]]" * (1 + n % 3) for n in range(50))
    got = table_of(tmp_path, page("A", text)).commonness("X")
    assert len(got) == 20
    assert list(got) == sorted(got, key=lambda pair: (-pair[1], pair[0]))


def test_an_empty_dump_has_an_empty_table(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    assert (len(table), table.resolve("a"), table.commonness("a")) == (0, "A", ())
    merge_links([], tmp_path / "none")
    assert len(LinkTable.open(tmp_path / "none")) == 0


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="holds other files"):
        merge_links([], tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no whole link table"):
        LinkTable.open(tmp_path)


def test_brackets_without_end_take_linear_time() -> None:
    for filler in ("[[", "[[a|", "<nowiki>", "<!--", "<pre ", "[[a|b"):
        collect([page("X", filler * 200_000)], lang="zh")


NAME = st.sampled_from(["台湾", "臺灣", "Berlin", "柏林", "berlin", "德国", "德國", "A b", "x"])
PAGES = st.lists(
    st.builds(
        page,
        NAME,
        st.lists(st.tuples(NAME, NAME), max_size=6).map(lambda ls: "".join(f"[[{a}|{b}]]" for a, b in ls)),
        redirect=st.none() | NAME,
    ),
    max_size=8,
    unique_by=lambda made: normalize_title(made.title),
)


@settings(max_examples=25, deadline=None)
@given(PAGES, st.integers(1, 4))
def test_the_table_does_not_depend_on_units_and_loses_no_count(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Page], units: int
) -> None:
    one, many = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("many")
    table = table_of(one, *pages)
    table_of(many, *pages, units=units)
    for file in sorted((one / "links").iterdir()):
        assert file.read_bytes() == (many / "links" / file.name).read_bytes()
    expected: dict[str, Counter[str]] = {}
    for (anchor, title), count in collect(pages, lang="zh").links.items():
        expected.setdefault(fold(anchor), Counter())[table.resolve(title)] += count
    for anchor, titles in expected.items():
        assert table.commonness(anchor) == tuple(sorted(titles.items(), key=lambda pair: (-pair[1], pair[0])))


def test_equal_counts_give_equal_bytes(tmp_path: Path) -> None:
    links = {("a", "A"): 2, ("b", "B"): 1, ("c", "A"): 7}
    write_part(LinkCounts({"A": "", "B": "A"}, Counter(links)), tmp_path / "one")
    write_part(LinkCounts({"B": "A", "A": ""}, Counter(dict(reversed(links.items())))), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
