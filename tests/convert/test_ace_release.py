"""ACE 2005 in LDC's layout: offsets outside tags, references, nesting, passes of annotation, and damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.convert.formats.apf import Charseq, SgmText
from kg2instruct.errors import InputError

DATA = Path(__file__).parents[1] / "data" / "convert" / "ace2005"
NAME = "MADE_0001"


@pytest.fixture
def release(tmp_path):
    """A folder with the fixture's two files, to be changed."""
    for suffix in (".sgm", ".apf.xml"):
        (tmp_path / f"{NAME}{suffix}").write_bytes((DATA / f"{NAME}{suffix}").read_bytes())
    return tmp_path


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_bytes().decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_bytes(text.encode())


def test_offsets_count_all_characters_outside_tags() -> None:
    text = SgmText("<DOC>\n<ID> A </ID>\nAnn met Bo.\n</DOC>")
    assert text.text == "\n A \nAnn met Bo.\n"
    assert text.text[slice(*text.span(5, 7))] == "Ann"


def test_a_reference_counts_as_it_is_written_and_reads_as_its_character() -> None:
    text = SgmText("<T>A&amp;B &lt;x&gt; C</T>")
    assert text.text == "A&B <x> C"
    assert text.text[slice(*text.span(0, 6))] == "A&B"
    assert text.text[slice(*text.span(18, 18))] == "C"


def test_an_annotation_that_counts_a_reference_as_one_character_is_understood() -> None:
    text = SgmText("<T>A&amp;B met C</T>")
    text.agree([Charseq(0, 2, "A&B"), Charseq(8, 8, "C")])
    assert text.counting == "resolved"
    assert text.text[slice(*text.span(8, 8))] == "C"


def test_an_annotation_that_counts_tags_too_is_understood() -> None:
    text = SgmText("<T>A&amp;B met <b>C</b></T>")
    text.agree([Charseq(3, 9, "A&B"), Charseq(18, 18, "C")])
    assert text.counting == "file"
    assert text.text[slice(*text.span(3, 9))] == "A&B"
    assert text.text[slice(*text.span(18, 18))] == "C"


def test_line_ends_of_windows_count_once(release, converted) -> None:
    expected, _ = converted("ace2005", release)
    sgm = release / f"{NAME}.sgm"
    sgm.write_bytes(sgm.read_bytes().replace(b"\n", b"\r\n"))
    assert converted("ace2005", release)[0] == expected


def test_nested_mentions_and_heads_have_offsets_of_their_own(converted) -> None:
    (example,), _ = converted("ace2005", DATA)
    outer = next(x for x in example.entity if x.entity.startswith("The president"))
    inner = next(x for x in example.entity if x.entity == "Smith & Lee" and outer.start < x.start < outer.end)
    assert (outer.head, example.text[outer.head_start :][:9]) == ("president", "president")
    assert inner.end == outer.end


def test_arguments_of_an_event_may_stand_in_other_sentences(converted) -> None:
    (example,), _ = converted("ace2005", DATA)
    (event,) = example.event
    starts = {x.role: x.start for x in event.arguments}
    assert starts["Entity"] < starts["Person"] < event.start < starts["Time-Within"]
    assert example.relation[0].arguments[0].role == "Time-Within"


@pytest.mark.parametrize("name", [f"{NAME}.sgm", f"{NAME}.apf.xml", ""])
def test_either_file_or_their_folder_may_be_named(release, converted, name) -> None:
    assert [x.id for x in converted("ace2005", release / name)[0]] == [f"ace2005-{NAME}"]


def test_a_document_is_read_once_when_both_files_are_named(release, converted) -> None:
    examples, _ = converted("ace2005", release / f"{NAME}.sgm", release / f"{NAME}.apf.xml")
    assert len(examples) == 1


@pytest.mark.parametrize(("missing", "what"), [(".sgm", "text"), (".apf.xml", "annotation")])
def test_a_missing_counterpart_is_told(release, converted, missing, what) -> None:
    (release / f"{NAME}{missing}").unlink()
    examples, report = converted("ace2005", release)
    assert not examples
    ((kind, reason),) = report.dropped
    assert (kind, f"has no {what} beside it" in reason) == ("record", True)


def test_of_several_passes_the_last_is_taken(tmp_path, converted) -> None:
    for folder in ("adj", "fp1", "fp2", "timex2norm"):
        (tmp_path / folder).mkdir()
        for file in DATA.iterdir():
            (tmp_path / folder / file.name).write_bytes(file.read_bytes())
    examples, report = converted("ace2005", tmp_path)
    assert len(examples) == 1
    assert report.other.total() == 3
    assert not report.dropped


def test_a_wrong_offset_is_put_right_near_by_and_left_out_elsewhere(release, converted) -> None:
    apf = release / f"{NAME}.apf.xml"
    edit(apf, ('START="116" END="119">Oslo', 'START="110" END="113">Oslo'), (">Monday<", ">Sunday<"))
    (example,), report = converted("ace2005", release)
    assert "Oslo" in {x.entity for x in example.entity}
    assert len(example.entity) == 8
    assert [action for action, *_ in report.other] == ["mended"] * 1
    assert report.dropped == {("entity", "is not at its offsets nor near them"): 1}
    with pytest.raises(InputError, match=r"apf\.xml:\d\d: entity is not at its offsets"):
        converted("ace2005", release, strict=True)


def test_an_argument_that_names_nothing_is_told(release, converted) -> None:
    edit(
        release / f"{NAME}.apf.xml",
        ('<event_mention_argument REFID="MADE_0001-T2-1"', '<event_mention_argument REFID="X"'),
    )
    (example,), report = converted("ace2005", release)
    assert len(example.event[0].arguments) == 2
    assert report.dropped == {("argument", "names no mention of the document"): 1}
    assert report.unexplained() == {}


def test_annotation_that_is_no_xml_is_told_with_its_line(release, converted) -> None:
    edit(release / f"{NAME}.apf.xml", ("</document>", "</documen>"))
    with pytest.raises(InputError, match=r"apf\.xml:\d\d\d?: record is not XML"):
        converted("ace2005", release, strict=True)


def test_text_in_chinese_is_known_as_such(tmp_path, converted) -> None:
    (tmp_path / "a.sgm").write_bytes("<DOC><TEXT>李青去海宁。</TEXT></DOC>".encode("gb18030"))
    extent = '<extent><charseq START="3" END="4">海宁</charseq></extent>'
    entity = f'<entity ID="E" TYPE="GPE"><entity_mention ID="1">{extent}</entity_mention></entity>'
    apf = f'<source_file><document DOCID="a">{entity}</document></source_file>'
    (tmp_path / "a.apf.xml").write_text(apf, encoding="utf-8")
    (example,), _ = converted("ace2005", tmp_path)
    assert (example.lang, example.entity[0].entity, example.entity[0].start) == ("zh", "海宁", 3)
