"""Files as they come: encodings, line ends, compression, damaged rows, and where it is told what is wrong."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kg2instruct.convert import Report
from kg2instruct.convert.formats.columns import Joined, guess_lang, split_line
from kg2instruct.convert.formats.jsonrows import raw_rows
from kg2instruct.convert.formats.tags import spans
from kg2instruct.convert.place import check, find, nearest
from kg2instruct.convert.source import Source, guess_encoding, sources
from kg2instruct.errors import InputError

ROW = '{"text": "李青骑白马", "label": {"name": {"李青": [[0, 1]]}}}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_any_encoding_and_line_end_gives_the_same_records(converted, tmp_path, encoding, ends) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes((ends.join([ROW, ROW]) + ends).encode(encoding))
    examples, report = converted("cluener", path)
    assert [(x.text, x.entity[0].entity) for x in examples] == [("李青骑白马", "李青")] * 2
    assert not report.dropped


def test_text_is_not_normalised(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    decomposed = "Cafe\u0301 ﬁ １２"
    path.write_text(f'{{"text": "{decomposed}", "label": {{}}}}\n', encoding="utf-8")
    assert converted("cluener", path)[0][0].text == decomposed


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_read(converted, tmp_path, suffix, pack) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(ROW.encode()))
    assert converted("cluener", path)[0][0].id == "cluener-a-1"


def test_gb18030_is_known_by_its_lines() -> None:
    text = "人名与地名\n他走了\n"
    assert guess_encoding(text.encode()) == "utf-8"
    assert guess_encoding(text.encode("gb18030")) == "gb18030"
    assert guess_encoding(text.encode()[:-2] + b"\xff\n" + text.encode()) == "utf-8"
    assert guess_encoding(b"abc") == "utf-8"


def test_a_line_of_another_encoding_is_told_and_left_out(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        ROW.encode() + b"\n" + ROW.encode("gb18030") + b"\n" + ROW.encode() + b"\n" + ROW.encode()
    )
    examples, report = converted("cluener", path)
    assert len(examples) == 3
    assert sum(report.dropped.values()) == 1


def test_an_array_may_lie_on_many_lines_or_on_one(tmp_path) -> None:
    for text, lines in (('[{"a": 1},\n\n {"a": 2}]', [1, 3]), ('[{"a": 1}, {"a": 2}]', [1, 1])):
        path = tmp_path / "a.json"
        path.write_text(text, encoding="utf-8")
        found = [(p.line, p.number, raw) for p, raw in raw_rows(Source(path, "a"), Report())]
        assert found == [(lines[0], 1, b'{"a": 1}'), (lines[1], 2, b'{"a": 2}')]


def test_rows_behind_a_damaged_one_of_an_array_are_read(tmp_path) -> None:
    path, report = tmp_path / "a.json", Report()
    path.write_text('[{"a": 1},\n{"a": 2x},\n{"a": {"b": 3}}]', encoding="utf-8")
    assert [raw for _, raw in raw_rows(Source(path, "a"), report)] == [b'{"a": 1}', b'{"a": {"b": 3}}']
    assert report.dropped.total() == 1


def test_objects_that_span_lines_are_read_one_by_one(tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n "a": 1\n}\n{\n "a": 2\n}\n', encoding="utf-8")
    assert [p.line for p, _ in raw_rows(Source(path, "a"), Report())] == [1, 4]


def test_only_the_part_of_a_row_that_does_not_fit_is_left_out(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    spo = '{"subject": "李青", "subject_type": "人物", "predicate": "父亲", "object": "李白", "object_type": "人物"}'
    path.write_text(
        f'{{"text": "李青的父亲是李白", "spo_list": [{spo}, {{"subject": 7}}]}}\n', encoding="utf-8"
    )
    examples, report = converted("duie1", path)
    assert len(examples[0].relation) == 1
    ((kind, reason),) = report.dropped
    assert kind == "relation"
    assert "Expected `str`, got `int`" in reason
    assert "expected {subject, predicate" in reason


def test_rows_may_be_of_parquet(converted, tmp_path) -> None:
    path = tmp_path / "a.parquet"
    rows = [
        {"text": "李青走", "label": {"name": {"李青": [[0, 1]]}}},
        {"text": "海", "label": {"address": {"海": [[0, 0]]}}},
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    for corpus in ("cluener", "auto"):
        examples, report = converted(corpus, tmp_path)
        assert [[x.entity for x in example.entity] for example in examples] == [["李青"], ["海"]]
        assert not report.dropped
    path.write_bytes(path.read_bytes()[:200])
    examples, report = converted("cluener", path)
    assert not examples
    assert [kind for kind, _ in report.dropped] == ["record"]


def test_slots_of_null_are_none(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "林岚演青川", "spo_list": [{"predicate": "饰演", "subject": "林岚",'
        ' "object": {"@value": "青川", "inWork": null}, "object_type": {"@value": "人物", "inWork": null}}]}\n',
        encoding="utf-8",
    )
    examples, report = converted("duie2", path)
    assert [x.relation for x in examples[0].relation] == ["饰演"]
    assert not report.dropped


def test_a_line_separator_within_a_text_is_no_line_end(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a\u2028b\x85c", "label": {}}\n', encoding="utf-8")
    assert converted("cluener", path)[0][0].text == "a\u2028b\x85c"


def test_a_folder_is_searched_and_each_file_has_a_name_of_its_own(tmp_path) -> None:
    for name in ("train/a.json", "dev/a.json", "dev/.hidden.json", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    assert [x.label for x in sources([tmp_path], (".json",))] == ["dev-a", "train-a"]
    named = sources([tmp_path / "train" / "a.json", tmp_path / "dev" / "a.json"])
    assert [x.label for x in named] == ["a", "dev-a"]


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        sources([tmp_path / "x"])
    with pytest.raises(InputError, match="holds no files"):
        sources([tmp_path])


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("B-A I-A O B-A", [(0, 2, "A"), (3, 4, "A")]),
        ("I-A I-A B-A O", [(0, 2, "A"), (2, 3, "A")]),  # IOB1
        ("B-A M-A E-A S-B", [(0, 3, "A"), (3, 4, "B")]),  # BMES
        ("B-A I-A L-A U-B U-B", [(0, 3, "A"), (3, 4, "B"), (4, 5, "B")]),  # BILOU
        ("B-A I-B", [(0, 1, "A"), (1, 2, "B")]),
        ("E-A", [(0, 1, "A")]),
        ("B-A-B I-A-B", [(0, 2, "A-B")]),
    ],
)
def test_tags_of_every_scheme_become_spans(tags, found) -> None:
    assert [tuple(x) for x in spans(tags.split())] == found


def test_a_tag_that_is_none_is_told_with_its_line(converted, tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("他 O\n走 X-A\n\n好 O\n", encoding="utf-8")
    examples, report = converted("bio", path)
    assert [x.text for x in examples] == ["好"]
    with pytest.raises(InputError, match=r"a\.txt:2: .*expected O or such as B-PER"):
        converted("bio", path, strict=True)
    assert report.dropped.total() == 1


def test_a_blank_token_keeps_its_tag() -> None:
    assert split_line("  O") == [" ", "O"]
    assert split_line("\u3000 O") == ["\u3000", "O"]
    assert split_line("\tO") == ["", "O"]
    assert split_line("EU NNP I-NP I-ORG") == ["EU", "NNP", "I-NP", "I-ORG"]


def test_chinese_is_joined_without_blanks_but_for_latin_words() -> None:
    assert Joined(["在", "New", "York", "吃"], "zh").text == "在New York吃"
    assert Joined(["New", "York"], "en").span(0, 2) == (0, 8)


def test_the_language_is_told_by_the_characters() -> None:
    assert guess_lang("他在 New York 吃饭") == "zh"
    assert guess_lang("He ate 饭 in New York in a big old house") == "en"
    assert guess_lang("123") == "en"


def test_a_mention_is_placed_where_it_stands_as_a_whole() -> None:
    assert find("the party of art", "art") == 13
    assert find("the party", "art") == 5
    assert find("北京人在北京", "北京") == 0
    assert find("x", "") is None
    assert find("x", "y") is None


def test_the_nearest_place_is_taken_within_reach() -> None:
    assert nearest("ab ab ab", "ab", 4) == 3
    assert nearest("ab" + " " * 300 + "ab", "ab", 150) is None


def test_a_wrong_offset_is_mended_or_told() -> None:
    report = Report()
    assert check("ab cd", "cd", 3, "x:1", "entity", report) == 3
    assert check("ab cd", "cd", 2, "x:1", "entity", report) == 3
    assert check("ab cd", "ef", 2, "x:1", "entity", report) is None
    assert [action for action, _, _ in report.other] == ["mended", "unplaced"]


def test_ids_of_files_of_one_name_differ(converted, tmp_path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jsonl").write_text(ROW, encoding="utf-8")
    examples, _ = converted("cluener", Path(tmp_path))
    assert [x.id for x in examples] == ["cluener-a-x-1", "cluener-b-x-1"]


def test_columns_of_another_language_are_refused(converted, tmp_path) -> None:
    english, chinese = tmp_path / "en.txt", tmp_path / "zh.txt"
    english.write_text("Ann NNP I-NP I-PER\nleft VBD I-VP O\n", encoding="utf-8")
    chinese.write_text("李 B-PER\n青 I-PER\n", encoding="utf-8")
    for corpus, path, found in (("msra", english, "English"), ("conll2003", chinese, "Chinese")):
        with pytest.raises(InputError, match=f"looks like {found}"):
            converted(corpus, path)
        assert len(converted("bio", path)[0]) == 1


def test_comments_before_a_sentence_are_none_of_it(converted, tmp_path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("# id 7 domain=en\nann _ _ B-PER\n\n# id 8\n# _ _ O\nbo _ _ B-PER\n", encoding="utf-8")
    examples, report = converted("bio", path)
    assert [x.text for x in examples] == ["ann", "# bo"]
    assert not report.dropped


def test_blanks_and_tabs_at_the_end_of_a_line_are_no_part_of_the_tag(converted, tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("李\tB-PER \n青\tI-PER\t\n走\tO \n", encoding="utf-8")
    examples, _ = converted("msra", path)
    assert [(x.entity, x.entity_type) for x in examples[0].entity] == [("李青", "PER")]


def test_places_of_damage_are_one_reason(converted, tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"a O\nb O O{' O' * n}\n\n" for n in range(9)), encoding="utf-8")
    _, report = converted("bio", path)
    assert list(report.dropped.values()) == [9]


def test_accounts_are_kept_by_file(converted, data) -> None:
    _, report = converted("auto", data / "duie2.jsonl", data / "cluener.jsonl", data / "casie.json")
    assert report.kept["entity"] > report.found["entity"]
    assert report.unexplained() == {}


@pytest.mark.parametrize("first", ["甲\t乙\tunknown\t甲与乙。\n", ""])
def test_finre_may_begin_with_a_pair_without_relation(converted, tmp_path, first) -> None:
    path = tmp_path / "train.txt"
    path.write_text(f"{first}甲\t乙\t合并\t甲与乙合并。\n", encoding="utf-8")
    assert [x.source for x in converted("finre", path)[0]][-1] == "finre"
    assert [x.source for x in converted("auto", path)[0]][-1] == "finre"
    with pytest.raises(InputError, match="looks like FinRE"):
        converted("sanwen", path)


def test_an_end_that_is_not_the_names_own_is_told(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "李青骑马", "label": {"name": {"李青": [[0, 2]]}}}\n', encoding="utf-8")
    (example,), report = converted("cluener", path)
    assert (example.entity[0].start, example.entity[0].end) == (0, 2)
    assert report.other == {("mended", "entity", "had wrong offsets"): 1}


def test_an_offset_that_cannot_be_read_is_that_of_the_first_place(converted, tmp_path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('0\t风扇\tx\t机械\t"风扇是机械。"\tsubclass of\n', encoding="utf-8")
    (example,), report = converted("agrikg", path)
    assert [x.start for x in example.entity] == [0, 3]
    assert report.other == {("mended", "relation", "had wrong offsets"): 1}


def test_a_document_may_have_no_id(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    event = '{"event_type": "a", "trigger": "甲", "trigger_start_index": 0, "arguments": []}'
    rows = [f'{{"text": "甲", {own}"event_list": [{event}]}}' for own in ('"id": null, ', "", '"id": 0, ')]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert [x.id for x in converted("duee1", path)[0]] == ["duee1-a-1", "duee1-a-2", "duee1-a-3-0"]


def test_rows_that_tell_pairs_of_one_sentence_are_one_record_of_it(converted, tmp_path) -> None:
    path = tmp_path / "train.txt"
    pairs = [("甲", "乙", "合并"), ("甲", "丙", "unknown"), ("乙", "丙", "收购")]
    path.write_text("".join(f"{a}\t{b}\t{c}\t甲、乙和丙。\n" for a, b, c in pairs), encoding="utf-8")
    (example,), report = converted("finre", path)
    assert [x.entity for x in example.entity] == ["甲", "乙", "丙"]
    assert [(x.head, x.relation, x.tail) for x in example.relation] == [
        ("甲", "合并", "乙"),
        ("乙", "收购", "丙"),
    ]
    assert example.id == "finre-train-1" and report.unexplained() == {}
    assert report.other["noted", "record", "tells more of the text before; joined with it"] == 2


def test_cmeie_is_known_by_its_relations_too(converted, tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    spo = '{"predicate": "化疗", "subject": "甲病", "object": {"@value": "乙药"}}'
    path.write_text(f'{{"text": "甲病用乙药。", "spo_list": [{spo}]}}\n', encoding="utf-8")
    for corpus in ("cmeie", "auto"):
        assert [x.source for x in converted(corpus, path)[0]] == ["cmeie"]
    with pytest.raises(InputError, match="looks like CMeIE"):
        converted("duie2", path)


def test_names_of_relations_beside_fewrel_are_no_sentences(converted, tmp_path) -> None:
    (tmp_path / "pid2name.json").write_text('{"P25": ["mother", "female parent"]}', encoding="utf-8")
    examples, report = converted("fewrel", tmp_path)
    assert not examples
    assert not report.dropped
    assert report.other == {("noted", "file", "has the names of relations, no sentences"): 1}


def test_columns_without_words_are_told(converted, tmp_path) -> None:
    path = tmp_path / "a.v4_gold_conll"
    path.write_text(
        "#begin document (x); part 000\nx 0 0 [WORD] NN (TOP*) - - - S (ORG) * -\n", encoding="utf-8"
    )
    examples, report = converted("conll2012", path)
    assert not examples
    assert ["[WORD]" in reason for _, reason in report.dropped] == [True]


def test_what_is_wrong_with_tagged_words_is_told_with_its_line(converted, tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("李青/nr 走/v 了/u\n好 人/n\n[青/ns 橙/n\n" + "她/r 走/v\n" * 5, encoding="utf-8")
    examples, _ = converted("people_daily", path)
    assert [x.text for x in examples] == ["李青走了", *["她走"] * 5]
    with pytest.raises(InputError, match=r"a\.txt:2: record is not as expected: expected words such as"):
        converted("people_daily", path, strict=True)


def test_oneie_without_relations_and_words_unlike_their_tokens_are_told(converted, tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"tokens": ["Ann", "left"], "event_mentions": [],'
        ' "entity_mentions": [{"id": "1", "text": "Bo", "entity_type": "PER", "start": 0, "end": 1}]}\n',
        encoding="utf-8",
    )
    examples, report = converted("oneie", path)
    assert [x.entity for x in examples[0].entity] == ["Ann"]
    assert sorted(kind for _, kind, _ in report.other) == ["entity", "record"]
