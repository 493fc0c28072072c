"""Every layout in which Wikidata gives its entities, and what is no such thing."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import zstandard

from kg2instruct.errors import InputError
from kg2instruct.wikidata.build import BuildReport, build_store
from kg2instruct.wikidata.store import Store


def built(wikidata: Any, content: bytes, name: str = "dump.json") -> tuple[Store, BuildReport]:
    report = build_store([wikidata.file(content, name)], wikidata.folder / "kb")
    return Store.open(wikidata.folder / "kb"), report


def lines(wikidata: Any, count: int = 3) -> list[bytes]:
    found = [wikidata.entity(f"Q{number}", {"zh": f"名{number}"}) for number in range(1, count + 1)]
    return [json.dumps(entity, ensure_ascii=False).encode() for entity in found]


LAYOUTS = {
    "an array with an entity a line": lambda rows: b"[\n" + b",\n".join(rows) + b"\n]\n",
    "an array without its end": lambda rows: b"[\n" + b",\n".join(rows) + b",\n",
    "no line break at the end": lambda rows: b"[\n" + b",\n".join(rows) + b"\n]",
    "a comma after the last": lambda rows: b"[\n" + b",\n".join(rows) + b",\n]",
    "plain lines": lambda rows: b"\n".join(rows),
    "plain lines with empty ones between": lambda rows: b"\n\n" + b"\n\n".join(rows),
    "Windows line ends": lambda rows: b"[\r\n" + b",\r\n".join(rows) + b"\r\n]\r\n",
    "a byte order mark": lambda rows: b"\xef\xbb\xbf[\n" + b",\n".join(rows) + b"\n]\n",
    "all on one line": lambda rows: b"[" + b",".join(rows) + b"]",
    "brackets beside the entities": lambda rows: b"[" + b",\n".join(rows) + b"]",
    "indented": lambda rows: json.dumps([json.loads(row) for row in rows], indent=2).encode(),
    "an answer of the API": lambda rows: answer(rows, None),
    "an indented answer of the API": lambda rows: answer(rows, 4),
    "answers of the API, joined without line ends": lambda rows: b"".join(answer([r], None) for r in rows),
    "indented answers, joined": lambda rows: b"\n".join(answer([row], 4) for row in rows),
    "indented answers, joined without line ends": lambda rows: b"".join(answer([row], 4) for row in rows),
    "commas in front": lambda rows: b"[\n" + b"\n,".join(rows) + b"\n]\n",
    "byte order marks of joined files": lambda rows: b"\n".join(b"\xef\xbb\xbf" + row for row in rows),
    "NUL bytes around entities": lambda rows: rows[0] + b"\0\0\n\0\0" + b"\n".join(rows[1:]),
}


def answer(rows: list[bytes], indent: int | None) -> bytes:
    entities = {json.loads(row)["id"]: json.loads(row) for row in rows}
    return json.dumps({"entities": entities, "success": 1}, indent=indent).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_is_read(wikidata: Any, layout: str) -> None:
    store, report = built(wikidata, LAYOUTS[layout](lines(wikidata)))
    assert [store.label(qid, "zh") for qid in (1, 2, 3)] == ["名1", "名2", "名3"]
    assert (report.counts["items"], report.problems) == (3, ())


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress])
def test_compressed_files_are_known_by_their_content(wikidata: Any, compress: Any) -> None:
    store, _ = built(wikidata, compress(LAYOUTS["plain lines"](lines(wikidata))), "dump")
    assert store.label(3, "zh") == "名3"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_is_read_once(wikidata: Any) -> None:
    pipe = wikidata.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(LAYOUTS["plain lines"](lines(wikidata)),))
    writer.start()
    report = build_store([pipe], wikidata.folder / "kb")
    writer.join()
    assert report.counts["items"] == 3


def test_several_files_are_one_input(wikidata: Any) -> None:
    first = wikidata.file(lines(wikidata)[0], "a.json")
    second = wikidata.file(gzip.compress(lines(wikidata)[1]), "b.json.gz")
    report = build_store([first, str(second)], wikidata.folder / "kb")
    assert report.counts["read_items"] == 2


def test_standard_input_is_read(wikidata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(LAYOUTS["plain lines"](lines(wikidata))))
    monkeypatch.setattr("sys.stdin", stdin)
    build_store(["-"], wikidata.folder / "kb")
    assert Store.open(wikidata.folder / "kb").label(2, "zh") == "名2"


def test_an_answer_with_another_id_than_asked_is_a_redirect(wikidata: Any) -> None:
    entity = wikidata.entity("Q2", {"zh": "名"})
    by_name, _ = built(wikidata, json.dumps({"entities": {"Q2": entity}}).encode(), "Q1.json")
    assert by_name.resolve(1) == 2
    by_key, _ = built(wikidata, json.dumps({"entities": {"Q7": entity}}).encode())
    assert by_key.resolve(7) == 2
    moved = entity | {"redirects": {"from": "Q9", "to": "Q2"}}
    by_note, _ = built(wikidata, json.dumps({"entities": {"Q2": moved}}).encode())
    assert by_note.resolve(9) == 2


def test_missing_entities_and_lexemes_are_skipped_and_counted(wikidata: Any) -> None:
    found = [
        {"id": "Q404", "missing": ""},
        {"type": "lexeme", "id": "L1", "lemmas": {"zh": {"language": "zh", "value": "词"}}, "claims": {}},
        {"type": "item", "labels": {}},
        wikidata.entity("Q1", {"zh": "名"}),
    ]
    store, report = built(wikidata, wikidata.dump(found))
    assert (report.counts["read_items"], report.counts["read_missing"]) == (1, 1)
    assert report.counts["read_lexemes"] == 1
    assert report.counts["read_without_id"] == 1
    assert store.label(404, "zh") is None


def test_empty_arrays_stand_for_empty_objects(wikidata: Any) -> None:
    empty = {"type": "item", "id": "Q1", "labels": [], "aliases": [], "claims": [], "sitelinks": []}
    entity = empty | {"id": "Q2", "labels": {"zh": {"language": "zh", "value": "名"}}}
    store, report = built(wikidata, wikidata.dump([empty, entity]))
    assert store.label(2, "zh") == "名"
    assert "read_tolerated_entities" not in report.counts


def test_other_shapes_are_tolerated_and_broken_parts_counted(wikidata: Any) -> None:
    good, bad = wikidata.statement("P17", 5), {"mainsnak": "?", "rank": "normal"}
    entity = {
        "id": "Q1",
        "labels": {"zh": "名", "en": {"language": "en", "value": 3}},
        "aliases": {
            "zh": {"language": "zh", "value": "别名"},
            "en": {"1": {"language": "en", "value": "Other"}},
        },
        "sitelinks": [{"site": "zhwiki", "title": "页"}],
        "claims": {"P17": [good, bad], "P27": {"0": wikidata.statement("P27", 6)}},
        "lastrevid": "17",
    }
    flat = wikidata.entity("Q2", {"zh": "平"}) | {"claims": [good, wikidata.statement("P27", 7)]}
    store, report = built(wikidata, wikidata.dump([entity, flat]))
    assert (store.names(1, "zh"), store.names(1, "en")) == (("名", "别名"), ("Other",))
    assert (store.objects(1), store.objects(2)) == ((5, 6), (5, 7))
    assert store.find_title("zh", "页") == 1
    assert (report.counts["read_tolerated_entities"], report.counts["read_dropped_parts"]) == (2, 2)


def test_sitelinks_and_claims_may_be_plain_lists(wikidata: Any) -> None:
    links = wikidata.entity("Q1", {"zh": "名"}) | {"sitelinks": [{"site": "zhwiki", "title": "页"}]}
    claims = wikidata.entity("Q2", {"zh": "平"}) | {"claims": [wikidata.statement("P17", 5)]}
    store, _ = built(wikidata, wikidata.dump([links, claims]))
    assert (store.find_title("zh", "页"), store.objects(2)) == (1, (5,))


def test_numbers_beyond_all_measure_are_dropped(wikidata: Any) -> None:
    nines = "9" * 5000
    far = {"time": f"+{nines}-01-01T00:00:00Z", "precision": 9, "calendarmodel": ""}
    statements = [
        wikidata.statement("P17", {"entity-type": "item", "id": f"Q{nines}"}),
        wikidata.statement("P17", {"entity-type": "item", "numeric-id": 2**80}),
        wikidata.statement(f"P{nines}", 5),
        wikidata.statement("P571", far, "time"),
        wikidata.statement("P2046", {"amount": "+1e999", "unit": f"http://x/Q{nines}"}, "quantity"),
        wikidata.statement("P2046", {"amount": "NaN", "unit": "1"}, "quantity"),
    ]
    strange = [wikidata.entity(f"Q{nines}", {"zh": "远"}), {"entity": f"Q{nines}", "redirect": "Q1"}]
    known = wikidata.entity("Q1", {"zh": "名"}, statements=statements, lastrevid=2**70, modified="9" * 400)
    store, report = built(wikidata, wikidata.dump([*strange, known]))
    assert (store.label(1, "zh"), store.claims(1)) == ("名", ())
    assert report.counts["items"] == 1


BROKEN = {
    "cut at a bracket": b'{"type":"item","id":"Q9","labels":{',
    "cut in half": b'{"type":"item","id":"Q9","labels":{"zh":{"langu',
    "cut in half behind another": b'{"type":"item","id":"Q8"} {"type":"item","id":"Q9","labels":{"zh":{"langu',
    "a number that JSON lacks": b'{"type":"item","id":"Q9","x":NaN}',
    "not UTF-8": b'{"type":"item","id":"Q9","labels":{"zh":{"language":"zh","value":"\xff\xfe"}}}',
    "not JSON": b"garbage",
    "a number": b"42",
    "nested deeply": b'{"id":"Q9","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "an array cut in half": b'[{"id":"Q9"},{"id"',
    "a list within a list": b"[[[]]]",
    "NUL bytes": b"\0" * 100,
    "entities of no kind": b'{"entities": 7}',
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_broken_line_is_told_with_its_number_and_ends_nothing(wikidata: Any, kind: str, place: int) -> None:
    rows = lines(wikidata)
    rows.insert(place, BROKEN[kind])
    store, report = built(wikidata, b"[\n" + b",\n".join(rows) + b"\n]\n")
    assert [store.label(qid, "zh") for qid in (1, 2, 3)] == ["名1", "名2", "名3"]
    if kind != "entities of no kind":
        assert report.counts["read_bad_lines"] == 1
        assert [problem.split(" ")[0] for problem in report.problems] == [
            f"{wikidata.folder / 'dump.json'}:{place + 2}:"
        ]


def test_lines_are_numbered_through_blocks_and_files(wikidata: Any) -> None:
    rows = [*lines(wikidata, 2000), b"garbage"]
    paths = [wikidata.file(b"\n".join(rows), name) for name in ("a.json", "b.json")]
    report = build_store(paths, wikidata.folder / "kb", block_bytes=10_000)
    assert report.counts["read_blocks"] > 4
    assert [problem.partition(": ")[0] for problem in report.problems] == [f"{path}:2001" for path in paths]


WRONG = {
    "a MediaWiki XML dump; it belongs to --wikipedia": b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">',
    "an HTML page": b"<!DOCTYPE html>\n<html>",
    "an SQL dump": b"-- MySQL dump 10.19\nCREATE TABLE page",
    "RDF": b"<http://www.wikidata.org/entity/Q1> <http://schema.org/name> 'x' .",
    "the file is empty": b"",
    "this is not JSON": b"Berlin is the capital\nof Germany\n",
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_another_kind_of_file_is_told_by_name(wikidata: Any, kind: str, compress: Any) -> None:
    path = wikidata.file(compress(WRONG[kind]))
    with pytest.raises(InputError) as error:
        build_store([path], wikidata.folder / "kb")
    assert kind in str(error.value)
    assert str(path) in str(error.value)
    assert not (wikidata.folder / "kb").exists()


@pytest.mark.parametrize("content", [b"[]", b"[\n]\n", b"{}", b'{"text": "x"}\n' * 9, b'{"entities": {}}'])
def test_json_without_an_entity_is_an_error(wikidata: Any, content: bytes) -> None:
    with pytest.raises(InputError, match="no Wikidata item or property"):
        build_store([wikidata.file(content)], wikidata.folder / "kb")


def test_a_missing_file_is_told(wikidata: Any) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json"):
        build_store([wikidata.folder / "nowhere.json"], wikidata.folder / "kb")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_is_used_up_to_the_damage_and_told(wikidata: Any, compress: Any, damage: str) -> None:
    content = b"[\n" + b",\n".join(varied(wikidata, 3000)) + b"\n]\n"
    data = bytearray(compress(content))
    if damage == "cut":
        del data[len(data) // 2 :]
    else:
        data[len(data) // 2] ^= 0xFF
        data[len(data) // 2 + 1] ^= 0xFF
    if len(content) < 900_000 and compress is bz2.compress:
        pytest.skip("a single bz2 block")
    path = wikidata.file(bytes(data))
    report = build_store([path, wikidata.file(lines(wikidata)[0], "whole.json")], wikidata.folder / "kb")
    assert any(str(path) in problem and "byte" in problem for problem in report.problems)
    assert Store.open(wikidata.folder / "kb").label(1, "zh") == "名1"


def varied(wikidata: Any, count: int) -> list[bytes]:
    """Lines that do not compress to nothing."""
    entities = [
        wikidata.entity(f"Q{number}", {"zh": f"名{number}", "en": f"{number**9:x}" * 30})
        for number in range(1, count + 1)
    ]
    return [json.dumps(entity, ensure_ascii=False).encode() for entity in entities]


def test_an_indented_document_that_breaks_off_is_told(wikidata: Any) -> None:
    document = answer(lines(wikidata), 4)
    whole = wikidata.file(lines(wikidata)[0], "whole.json")
    report = build_store([wikidata.file(document[:-40]), whole], wikidata.folder / "kb")
    assert len(report.problems) == 1
    assert "breaks off" in report.problems[0]
    assert "dump.json" in report.problems[0]


def test_a_path_that_is_a_folder_is_told(wikidata: Any) -> None:
    with pytest.raises(InputError, match="is a folder"):
        build_store([Path(wikidata.folder)], wikidata.folder / "kb")
