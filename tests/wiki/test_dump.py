"""Exports: the same pages from every packing and every cut; damage costs only the pages that it hits."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import pickle
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kg2instruct.errors import InputError, Kg2InstructError
from kg2instruct.records import Page
from kg2instruct.wiki.dump import DumpUnit, Problems, SiteInfo, plan_units, read_pages, read_siteinfo

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="zh">
  <siteinfo>
    <sitename>维基百科</sitename>
    <dbname>zhwiki</dbname>
    <case>first-letter</case>
    <namespaces>
      <namespace key="-1" case="first-letter">Special</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="10" case="first-letter">Template</namespace>
    </namespaces>
  </siteinfo>
"""
TAIL = "</mediawiki>\n"
QUOTE = {'"': "&quot;"}


def as_xml(page: Page) -> str:
    """A page as MediaWiki's exporter writes it."""
    target = escape(page.redirect or "", QUOTE)
    redirect = f'    <redirect title="{target}" />\n' if page.redirect else ""

    return f"""  <page>
    <title>{escape(page.title)}</title>
    <ns>{page.ns}</ns>
    <id>{page.id}</id>
{redirect}    <revision>
      <id>{page.revision}</id>
      <parentid>1</parentid>
      <timestamp>2024-01-02T03:04:05Z</timestamp>
      <contributor>
        <username>A &lt;page&gt; writer</username>
        <id>77</id>
      </contributor>
      <minor />
      <comment>it&#039;s a comment</comment>
      <origin>{page.revision}</origin>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="1" sha1="x" xml:space="preserve">{escape(page.text, QUOTE)}</text>
      <sha1>x</sha1>
    </revision>
  </page>
"""


def made_pages(count: int, size: int = 300) -> list[Page]:
    """Pages with all that must be escaped, some redirects, some of other namespaces."""
    text = '{{bd|1881年}}<ref name="a">&lt; &amp;nbsp; [[柏林|德国首都]]</ref>\n\n'
    return [
        Page(
            id=n + 10,
            title=f'页面 "{n}" & A<b>',
            ns=10 if n % 7 == 3 else 0,
            revision=1000 + n,
            text=f"{n} " + text * (1 + (n * 37) % size // len(text)),
            redirect='页面 "0" & A<b>' if n % 5 == 4 else None,
        )
        for n in range(count)
    ]


def as_export(pages: Iterable[Page]) -> bytes:
    return (HEAD + "".join(map(as_xml, pages)) + TAIL).encode()


def multistream(pages: Sequence[Page], per_stream: int) -> list[bytes]:
    """The streams of a multistream file as Wikimedia makes it: head, groups of pages, tail."""
    groups = [pages[n : n + per_stream] for n in range(0, len(pages), per_stream)]
    texts = [HEAD, *("".join(map(as_xml, group)) for group in groups), TAIL]
    return [bz2.compress(text.encode()) for text in texts]


def blindly_cut(data: bytes, size: int) -> bytes:
    """A bz2 file as pbzip2 makes it: a new stream every `size` bytes, wherever that is."""
    return b"".join(bz2.compress(data[n : n + size]) for n in range(0, len(data), size))


PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "pbzip2": lambda data: blindly_cut(data, 999),
}


def read(path: Path, **options: int) -> tuple[list[Page], Problems, list[DumpUnit]]:
    problems = Problems()
    units = [pickle.loads(pickle.dumps(unit)) for unit in plan_units([path], **options)]
    return [page for unit in units for page in read_pages(unit, problems)], problems, units


def read_bytes(tmp_path: Path, data: bytes | str, **options: int) -> tuple[list[Page], Problems]:
    path = tmp_path / "dump"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    pages, problems, _ = read(path, **options)
    return pages, problems


PAGES = made_pages(300)
EXPORT = as_export(PAGES)
NOISE = random.Random(1)
NOISY_PAGES = [replace(page, text=page.text + NOISE.randbytes(4000).hex()) for page in PAGES]
NOISY = as_export(NOISY_PAGES)


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("unit_bytes", [1, 777, 20_000, 1 << 22])
def test_every_packing_and_every_cut_gives_the_same_pages(tmp_path: Path, name: str, unit_bytes: int) -> None:
    pages, problems = read_bytes(tmp_path, PACK[name](EXPORT), unit_bytes=unit_bytes)
    assert pages == PAGES
    assert not problems.counts


@pytest.mark.parametrize("unit_bytes", [1, 5_000, 1 << 22])
@pytest.mark.parametrize("per_stream", [1, 10, 100])
def test_multistream_files_need_no_index(tmp_path: Path, per_stream: int, unit_bytes: int) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(b"".join(multistream(PAGES, per_stream)))
    pages, problems, units = read(path, unit_bytes=unit_bytes)
    assert (pages, problems.counts) == (PAGES, {})
    assert {unit.kind for unit in units} == {"bz2"}
    assert all(a.end == b.start for a, b in pairwise(units))
    assert sum(unit.size for unit in units) == path.stat().st_size
    assert len(units) > 3 or unit_bytes > 10_000


def test_threads_do_not_change_units(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(bz2.compress(EXPORT))
    assert read(path, unit_bytes=5000, threads=3) == read(path, unit_bytes=5000)
    path.write_bytes(bz2.compress(NOISY)[:-3000])
    assert read(path, unit_bytes=500, threads=3) == read(path, unit_bytes=500)


def test_units_have_names_in_order_and_are_made_lazily(tmp_path: Path) -> None:
    paths = [tmp_path / "a.xml", tmp_path / "b.xml.gz"]
    paths[0].write_bytes(EXPORT)
    paths[1].write_bytes(gzip.compress(EXPORT))
    units = plan_units(paths, unit_bytes=10_000)
    assert next(units).name == "0000-000000"
    names = [unit.name for unit in units]
    assert names == sorted(names)
    assert names[-1].startswith("0001-")


def test_a_bare_page_is_an_export(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, as_xml(PAGES[0])) == ([PAGES[0]], Problems())
    assert read_bytes(tmp_path, b"\xef\xbb\xbf<?xml version='1.0'?>\n" + as_xml(PAGES[1]).encode())[0] == [
        PAGES[1]
    ]


def test_standard_input_and_pipes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(EXPORT))))
    problems = Problems()
    units = list(plan_units(["-"], unit_bytes=9000))
    assert len(units) > 5
    assert [page for unit in units for page in read_pages(unit, problems)] == PAGES
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(bz2.compress(EXPORT),))
    writer.start()
    assert read(pipe)[0] == PAGES
    writer.join()


def test_a_page_of_10_mb_is_read_in_each_packing(tmp_path: Path) -> None:
    big = Page(1, "大", 0, 2, "[[柏林]]，" * 800_000)
    pages = [PAGES[0], big, PAGES[1]]
    for pack in PACK.values():
        if pack is not PACK["pbzip2"]:
            assert read_bytes(tmp_path, pack(as_export(pages)), unit_bytes=100_000) == (pages, Problems())
    assert read_bytes(tmp_path, blindly_cut(as_export(pages), 900_000), unit_bytes=100_000)[0] == pages


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    pages = made_pages(400, size=30_000)
    peaks = []
    for times in (1, 4):
        path = tmp_path / f"{times}.gz"
        path.write_bytes(gzip.compress(as_export(pages * times)))
        tracemalloc.start()
        problems = Problems()
        assert (
            sum(1 for u in plan_units([path], unit_bytes=1 << 18) for _ in read_pages(u, problems))
            == 400 * times
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


# ---- XML that MediaWiki's exporter would not write, but may

PLAIN = Page(7, "A & B", 0, 9, 'x < y & "z"\n')
VARIANTS = {path.stem: path.read_bytes() for path in sorted((DATA / "unusual_pages").glob("*.xml"))}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("unit_bytes", [1, 100, 1 << 22])
def test_unusual_xml_means_the_same(tmp_path: Path, name: str, unit_bytes: int) -> None:
    xml = as_xml(PAGES[0]).encode() + VARIANTS[name] * 3 + as_xml(PAGES[1]).encode()
    pages, problems = read_bytes(tmp_path, xml, unit_bytes=unit_bytes)
    assert pages == [PAGES[0], PLAIN, PLAIN, PLAIN, PAGES[1]]
    assert not problems.counts


def test_empty_and_deleted_texts_are_empty(tmp_path: Path) -> None:
    text = '<text bytes="0" sha1="" xml:space="preserve"/>'
    xml = f"<page><title>T</title><ns>0</ns><id>1</id><revision><id>2</id>{text}</revision></page>"
    assert read_bytes(tmp_path, xml) == ([Page(1, "T", 0, 2, "")], Problems())
    pages, problems = read_bytes(tmp_path, xml.replace(text, '<text bytes="5" deleted="deleted" />'))
    assert pages == [Page(1, "T", 0, 2, "")]
    assert problems.counts == {"text_deleted": 1}


# ---- damage

WHOLE = "".join(map(as_xml, PAGES[:2]))
AFTER = as_xml(PAGES[2])


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ("<page><title>T</title><ns>0</ns><id>1</id></page>", "missing_field"),
        ("<page><ns>0</ns><id>1</id><revision><id>2</id><text>t</text></revision></page>", "missing_field"),
        ("<page><title>T</title><ns>0</ns><id>x</id></page>", "missing_field"),
        ("<page/>", "missing_field"),
        (as_xml(PAGES[0]).strip().replace("</text>", "<b>c</b></text>"), "page_broken"),
        ("<page><title>T</ns></page>", "page_broken"),
        ("<page><title>T</title><ns>0</ns>", "page_not_closed"),
    ],
)  # fmt: skip
def test_a_bad_page_is_counted_with_its_place_and_costs_no_other(
    tmp_path: Path, broken: str, kind: str
) -> None:
    pages, problems = read_bytes(tmp_path, HEAD + WHOLE + broken + AFTER + TAIL)
    assert pages == PAGES[:3]
    assert problems.counts == {kind: 1}
    assert f"dump: byte {len((HEAD + WHOLE).encode())}" in problems.examples[kind][0]


def test_invalid_utf8_is_replaced_and_counted(tmp_path: Path) -> None:
    data = as_xml(PLAIN).encode().replace(b"x &lt;", b"x\xff\xe4\xb8 &lt;")
    pages, problems = read_bytes(tmp_path, data)
    assert pages[0].text == "x\ufffd\ufffd" + PLAIN.text[1:]
    assert problems.counts == {"invalid_utf8": 1}


def test_control_characters_and_bad_entities_are_counted_and_the_page_is_kept(tmp_path: Path) -> None:
    data = as_xml(PLAIN).replace("x &lt;", "\0x\x0b &nbsp; & &#0; &#xD800; &lt;")
    pages, problems = read_bytes(tmp_path, data)
    assert pages[0].text == "x &nbsp; & \ufffd \ufffd" + PLAIN.text[1:]
    assert problems.counts == {"control_characters": 1, "bad_entity": 4}


@pytest.mark.parametrize("name", ["gz", "zst", "bz2", "pbzip2", "plain"])
def test_a_truncated_file_gives_the_pages_before_the_cut(tmp_path: Path, name: str) -> None:
    packed = PACK[name](NOISY)
    pages, problems = read_bytes(tmp_path, packed[: len(packed) * 3 // 4], unit_bytes=40_000)
    assert pages == NOISY_PAGES[: len(pages)]
    assert len(pages) > 50
    assert problems.counts["damaged_data"] == (name != "plain")
    assert problems.counts["page_not_closed"] <= 1


@pytest.mark.parametrize("unit_bytes", [1, 1 << 22])
@pytest.mark.parametrize("damage", ["flip", "cut", "zero", "head"])
def test_a_damaged_stream_loses_only_its_own_pages(tmp_path: Path, damage: str, unit_bytes: int) -> None:
    streams = multistream(PAGES, 10)
    hurt = bytearray(streams[5])
    if damage == "flip":
        hurt[len(hurt) // 2] ^= 0xFF
    elif damage == "cut":
        del hurt[len(hurt) // 2 :]
    elif damage == "zero":
        hurt[-20:] = bytes(20)
    else:
        hurt[2:8] = b"xxxxxx"
    pages, problems = read_bytes(
        tmp_path, b"".join([*streams[:5], hurt, *streams[6:]]), unit_bytes=unit_bytes
    )
    assert pages == PAGES[:40] + PAGES[50:]
    assert problems.counts == {"damaged_data": 1}
    assert "dump" in problems.examples["damaged_data"][0] and "byte" in problems.examples["damaged_data"][0]


def test_a_damaged_first_stream_does_not_hide_the_others(tmp_path: Path) -> None:
    streams = multistream(PAGES, 10)
    streams[0] = streams[0][:30] + bytes(len(streams[0]) - 30)
    pages, problems = read_bytes(tmp_path, b"".join(streams))
    assert pages == PAGES
    assert problems.counts == {"damaged_data": 1}


# ---- what is no export


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (
            b'[\n{"type":"item","id":"Q1","labels":{}},\n',
            "looks like a Wikidata entity dump: pass it with --wikidata",
        ),
        (b'{"id":"Q1","claims":{}}', "looks like a Wikidata entity dump: pass it with --wikidata"),
        (b'{"text": "x"}\n', "looks like JSON"),
        (b"<!DOCTYPE html><html></html>", r"looks like a web page \(HTML\)"),
        (b"<html lang='en'>", r"looks like a web page \(HTML\)"),
        (b"<?xml version='1.0'?><rdf:RDF/>", "its first element is <rdf:RDF>"),
        (b"\x7fELF\0\0\0", "looks like binary data"),
        (b"hello", "looks like plain text"),
        (b"-- MySQL dump 10.16", "looks like an SQL dump"),
        ("<mediawiki/>".encode("utf-16"), "UTF-16"),
        (b"<!DOCTYPE mediawiki SYSTEM 'x'><mediawiki/>", "DOCTYPE"),
    ],
)
@pytest.mark.parametrize("pack", ["plain", "gz"])
def test_other_files_are_refused_by_what_they_look_like(
    tmp_path: Path, content: bytes, message: str, pack: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(PACK[pack](content))
    with pytest.raises(InputError, match=message):
        plan_units([path])


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE mediawiki [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    path = tmp_path / "bomb.xml"
    path.write_text(f"<?xml version='1.0'?>\n<!-- x -->{bomb}<mediawiki>{as_xml(PLAIN)}</mediawiki>")
    with pytest.raises(InputError, match="ENTITY"):
        plan_units([path])


def test_missing_files_and_folders_are_refused_before_any_work(tmp_path: Path) -> None:
    good = tmp_path / "good.xml"
    good.write_bytes(EXPORT)
    with pytest.raises(InputError, match=r"none\.xml"):
        plan_units([good, tmp_path / "none.xml"])
    with pytest.raises(InputError, match="is a folder"):
        plan_units([good, tmp_path])


@pytest.mark.parametrize("pack", PACK)
def test_an_export_without_pages_is_told(tmp_path: Path, pack: str) -> None:
    pages, problems = read_bytes(tmp_path, PACK[pack](as_export([])))
    assert not pages
    assert problems.counts == {"no_page": 1}


def test_siteinfo_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(bz2.compress(EXPORT))
    namespaces = {-1: "Special", 0: "", 10: "Template"}
    assert read_siteinfo(path) == SiteInfo("zhwiki", "zh", "first-letter", namespaces)
    path.write_text(as_xml(PLAIN))
    assert read_siteinfo(path) is None


# ---- any bytes

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
) | st.sampled_from(
    ["&amp;", "<page>", "</page>", "</text>", "]]>", "<!--", "&#10;", '"', "\n\n", "{{a|b}}<ref>"]
)
TITLE = XML_TEXT.map(str.strip).filter(bool)
PAGE = st.builds(
    Page,
    id=st.integers(0, 10**9),
    title=TITLE,
    ns=st.integers(-2, 3000),
    revision=st.integers(0, 10**12),
    text=XML_TEXT,
    redirect=st.none() | TITLE,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PAGE, min_size=1, max_size=8), st.integers(1, 3000), st.sampled_from(sorted(PACK)))
def test_pages_survive_export_and_reading(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Page], unit_bytes: int, pack: str
) -> None:
    data = PACK[pack](as_export(pages))
    assert read_bytes(tmp_path_factory.mktemp("x"), data, unit_bytes=unit_bytes) == (pages, Problems())


SNIPPETS = st.sampled_from(
    [
        *b"<page> </page> <page <page/> <title> </title> <id>1</id> <ns>0</ns> <!-- -->".split(),
        *b"<text> <text/> </text> <revision> </revision> & &lt; \xff \0 <!ENTITY <? </mediawiki> < >".split(),
        *(b"<![CDATA[", b"]]>", b"\r\n", b" ", b"<text ", VARIANTS["other_order"]),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(SNIPPETS, max_size=30), st.integers(1, 200), st.sampled_from(["plain", "bz2", "pbzip2", "gz"])
)
def test_broken_xml_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, snippets: list[bytes], unit_bytes: int, pack: str
) -> None:
    data = b"<mediawiki>" + b"".join(snippets)
    pages, problems = read_bytes(tmp_path_factory.mktemp("x"), PACK[pack](data), unit_bytes=unit_bytes)
    assert pages or problems.counts or b"<page" in data


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"<mediawiki>", b"<page>", b"BZh9", b"\x1f\x8b\x08"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    try:
        read_bytes(tmp_path_factory.mktemp("x"), head + data, unit_bytes=50)
    except Kg2InstructError as error:
        assert str(error)


@pytest.mark.parametrize(
    "filler",
    [
        b"<page>",
        b"<page><![CDATA[</page>",
        b"<!--",
        b"<page><!-- </page>",
        b"<page></page >",
        b"<page>&</page>",
    ],
)
def test_no_input_takes_more_than_linear_time(tmp_path: Path, filler: bytes) -> None:
    # Each of these takes minutes where something is searched again and again.
    read_bytes(tmp_path, b"<mediawiki>" + filler * (1_000_000 // len(filler)))


# ---- real files


@pytest.mark.parametrize(
    ("name", "count", "articles"),
    [
        ("zhwiki/dbpedia_minidump_zh.xml.bz2", 1, 1),
        ("zhwiki/grisp_page-zh-01.xml", 1, 0),
        ("zhwiki/grisp_page-zh-02.xml", 1, 0),
        ("zhwiki/zhwiki_assembled.xml", 9, 7),
        ("enwiki/dbpedia_minidump_en.xml.bz2", 27, 26),
    ],
)
def test_real_exports_are_read_whole(name: str, count: int, articles: int) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    pages, problems, _ = read(path)
    assert (len(pages), sum(page.ns == 0 for page in pages)) == (count, articles)
    assert not problems.counts
    assert read(path, unit_bytes=1000)[0] == pages


def test_the_size_of_a_real_text_is_what_the_export_says() -> None:
    path = SHARED / "zhwiki/dbpedia_minidump_zh.xml.bz2"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    (page,), _, _ = read(path)
    assert (page.id, page.title, page.revision, len(page.text.encode())) == (3472, "柏林", 67692780, 38095)
