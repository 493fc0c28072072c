"""Sources become one dataset: nothing said twice, nothing leaked, every number told, the same every time."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import datasets
import msgspec
import pytest
import yaml

from kg2instruct.errors import InputError, Kg2InstructError

CHINESE = [chr(code) for code in range(0x4E00, 0x5000)]


def text(seed: object, length: int = 80) -> str:
    """A text that has nothing in common with others."""
    return "".join(random.Random(str(seed)).choices(CHINESE, k=length))


def ask(prompt: str, answer: str = "好的。", **more: str) -> dict[str, str]:
    return {"instruction": prompt, "output": answer, **more}


def ie(name: str, passage: str, *, task: str = "re", schema: str = '["位于"]', **more: str) -> dict[str, str]:
    """A row of information extraction of ours."""
    row = {
        "id": f"{name}-{task}-0", "task": task, "lang": "zh", "source": "wikipedia", "cate": "地理地区",
        "instruction": f"{task} 抽取 {schema}", "input": passage, "output": '{"位于": []}', "schema": schema,
        "template": "", "format": "json",
    }  # fmt: skip
    return row | more


# Said twice


def test_a_row_said_before_stays_with_the_earlier_source(write: Any, mixed: Any) -> None:
    one = write("one.jsonl", [ask(text(i)) for i in range(10)])
    two = write("two.jsonl", [ask(text(i)) for i in range(5, 15)])
    rows, stats = mixed([{"name": "one", "path": one}, {"name": "two", "path": two}])
    assert len(rows) == 15
    assert stats["sources"]["two"]["left out"] == {"exact duplicate": 5}
    rows, stats = mixed([{"name": "two", "path": two}, {"name": "one", "path": one}], out="other")
    assert stats["sources"]["two"]["kept"] == 10
    assert stats["sources"]["one"]["kept"] == 5


def test_near_duplicates_go_across_sources(write: Any, mixed: Any) -> None:
    one = write("one.jsonl", [ask(text(i)) for i in range(20)])
    two = write("two.jsonl", [ask(text(i)[:40] + "变" + text(i)[41:], "别的") for i in range(10, 30)])
    rows, stats = mixed([{"name": "one", "path": one}, {"name": "two", "path": two}])
    assert stats["sources"]["two"]["left out"] == {"near-duplicate": 10}
    assert len(rows) == 30
    rows, _ = mixed(
        [{"name": "one", "path": one}, {"name": "two", "path": two}], out="b", dedup={"near": False}
    )
    assert len(rows) == 40


def test_english_near_duplicates_are_found_by_words(write: Any, mixed: Any) -> None:
    sentence = (
        "the quick brown fox jumps over a lazy dog while nine old men watch from behind the green fence"
    )
    words = sentence.split()
    path = write(
        "one.jsonl", [ask(" ".join(words)), ask(" ".join([*words[:9], "some", *words[10:]])), ask("Why?")]
    )
    rows, _ = mixed([{"name": "one", "path": path}])
    assert len(rows) == 2


def test_texts_that_have_half_in_common_both_stay(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask(text(1)), ask(text(1, 40) + text(2, 40))])
    assert len(mixed([{"name": "one", "path": path}])[0]) == 2


def test_spelling_makes_no_other_text(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask("請問德國的首都是哪裡？"), ask("请问德国的首都是哪里", "柏林。")])
    assert len(mixed([{"name": "one", "path": path}])[0]) == 1


def test_one_prompt_for_many_inputs_is_no_duplicate(write: Any, mixed: Any) -> None:
    prompt = (
        "请阅读下面的段落，找出其中所有的人物、地点和组织，并且按照给定的格式逐行写出，不要遗漏，也不要重复。"
        * 3
    )
    rows = [ask(prompt, input=text(i, 12)) for i in range(5)] + [
        ask(prompt, input=text(i, 90)) for i in range(5)
    ]
    assert len(mixed([{"name": "one", "path": write("one.jsonl", rows)}])[0]) == 10


def test_the_same_input_under_other_instructions_is_no_duplicate(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask("翻译成英文", input=text(1)), ask("写一个摘要", input=text(1))])
    assert len(mixed([{"name": "one", "path": path}])[0]) == 2


def test_a_text_may_be_asked_for_each_task_and_in_one_record_for_other_labels(write: Any, mixed: Any) -> None:
    rows = [
        ie("a", text(1)),
        ie("a", text(1), id="a-re-1", schema='["首都"]'),
        ie("a", text(1), task="ner", schema='["人物"]'),
    ]
    assert len(mixed([{"name": "one", "path": write("one.jsonl", rows)}])[0]) == 3


def test_another_record_on_the_same_text_and_task_is_a_duplicate(write: Any, mixed: Any) -> None:
    rows = [ie("a", text(1)), ie("b", text(1), schema='["首都"]')]
    assert [row["id"] for row in mixed([{"name": "one", "path": write("one.jsonl", rows)}])[0]] == ["a-re-0"]


def test_rows_that_do_not_tell_their_record_may_ask_for_other_labels_of_a_text(
    write: Any, mixed: Any
) -> None:
    def batch(*labels: str) -> dict[str, str]:
        keyed = {"instruction": "抽取", "schema": labels, "input": text(1)}
        return {"task": "NER", "instruction": json.dumps(keyed, ensure_ascii=False), "output": "{}"}

    rows = [batch("人物"), batch("地点"), batch("人物") | {"output": '{"人物": []}'}]
    assert len(mixed([{"name": "one", "path": write("one.jsonl", rows)}])[0]) == 2


def test_a_text_inside_an_instruction_is_found_by_its_template(write: Any, mixed: Any) -> None:
    from kg2instruct.records import Example, Mention
    from kg2instruct.render import LabelSchema, RenderOptions, render_example

    passage = "柏林是德国的首都，也是德国人口最多的城市，位于德国东北部的施普雷河畔，历史悠久，文化多元。"
    example = Example("x", "zh", "s", None, passage, (Mention("柏林", "地点", 0, 2),))
    options = RenderOptions(tasks=("ner",), templates_per_record=40, open_rate=0)
    rendered = render_example(example, LabelSchema.from_examples([example]), options)
    inside = next(row for row in rendered if not row.input and row.instruction[0] != "{")
    rows = [msgspec.structs.asdict(inside) | {"id": "x-ner-0"}]
    rows.append(ie("y", passage, task="ner"))
    kept, _ = mixed([{"name": "one", "path": write("one.jsonl", rows)}])
    assert [row["id"] for row in kept] == ["x-ner-0"]


# Evaluation sets


def test_nothing_of_an_evaluation_set_stays(write: Any, mixed: Any) -> None:
    write("eval/test.jsonl", [{"text": text(i)} for i in range(5)])
    rows = [ask(text(i)) for i in range(10)]  # five of them as they stand in the set
    rows += [ask(text("before", 200) + text(3) + text("after", 200))]  # one around an evaluation text
    rows += [ask(text(4, 60) + text("rest", 10))]  # most of one
    rows += [ask(text(4, 20) + text("rest", 200))]  # little of one
    path = write("one.jsonl", rows)
    kept, stats = mixed(
        [{"name": "one", "path": path}], decontaminate={"sets": ["eval"], "share": 0.5}, dedup={"near": False}
    )
    assert stats["sources"]["one"]["left out"] == {"overlaps an evaluation set": 7}
    assert {row["instruction"] for row in kept} == {text(i) for i in range(5, 10)} | {
        text(4, 20) + text("rest", 200)
    }


def test_evaluation_sets_may_be_rows_records_or_lines(write: Any, mixed: Any, tmp_path: Path) -> None:
    write("rows.jsonl", [ask("答", input=text(1)), ie("a", text(2))])
    (tmp_path / "lines.txt").write_text(text(3) + "\n", encoding="utf-8")
    path = write("one.jsonl", [ask(text(i)) for i in range(5)])
    kept, _ = mixed([{"name": "one", "path": path}], decontaminate={"sets": ["rows.jsonl", "lines.txt"]})
    assert {row["instruction"] for row in kept} == {text(0), text(4)}


# Splits


def test_no_text_and_no_document_stands_on_two_sides(write: Any, mixed: Any) -> None:
    rows = []
    for page in range(120):
        for passage in range(3):
            words = text(f"{page} {passage}")
            for task in ("re", "ner"):
                rows.append(ie(f"zhwiki-{page}-77-{passage}", words, task=task))
    near = [
        ie(f"b-{page}", text(f"{page} 0")[:40] + "变" + text(f"{page} 0")[41:], task="spo")
        for page in range(120)
    ]
    kept, _ = mixed(
        [{"name": "a", "path": write("a.jsonl", rows)}, {"name": "b", "path": write("b.jsonl", near)}],
        split={"validation": 0.2, "test": 0.2},
    )
    assert len(kept) == 120 * 7
    sides: dict[str, set[str]] = {}
    for row in kept:
        page = row["id"].split("-")[1]
        sides.setdefault(page, set()).add(row["split"])
    assert all(len(side) == 1 for side in sides.values())
    counts = {
        name: sum(side == {name} for side in sides.values()) for name in ("train", "validation", "test")
    }
    assert all(10 <= counts[name] <= 40 for name in ("validation", "test")), counts


def test_sides_of_a_dataset_can_be_kept_and_the_strictest_holds(write: Any, mixed: Any) -> None:
    write("d/data/train-0.jsonl", [ie("a", text(1)), ie("b", text(2))])
    write("d/data/test-0.jsonl", [ie("c", text(3))])
    other = write("o.jsonl", [ie("d", text(3), task="ner"), ie("e", text(4))])
    kept, _ = mixed(
        [{"name": "d", "kind": "folder", "path": "d", "split": "keep"}, {"name": "o", "path": other}],
        split={"validation": 0, "test": 0},
    )
    assert {row["id"][0]: row["split"] for row in kept} == {
        "a": "train",
        "b": "train",
        "c": "test",
        "d": "test",
        "e": "train",
    }


@pytest.mark.parametrize("kind", ["convert", "rows"])
@pytest.mark.parametrize(
    "names",
    [
        ("duie_train.json", "duie_dev.json", "duie_test.json"),
        ("train/a.json", "dev/a.json", "test/a.json"),
        ("eng.train.json", "eng.testa.json", "eng.testb.json"),
    ],
)
def test_files_keep_their_sides(write: Any, mixed: Any, names: tuple[str, ...], kind: str) -> None:
    spo = {"subject": "甲", "predicate": "父亲", "object": {"@value": "乙"}}
    for name in names:
        passage = f"{name}{text(name)}甲乙"
        write(f"c/{name}", [{"text": passage, "spo_list": [spo]} if kind == "convert" else ask(passage)])
    source = {"name": "c", "kind": kind, "path": "c", "split": "keep"}
    more = {"corpus": "duie2", "render": {"tasks": ["re"], "formats": ["json"]}} if kind == "convert" else {}
    rows, _ = mixed([source | more], split={"validation": 0, "test": 0})
    found = {
        name: side
        for name in names
        for side in {row["split"] for row in rows if name in row["instruction"] + row["input"]}
    }
    assert found == dict(zip(names, ("train", "validation", "test"), strict=True))


def test_sentences_of_one_document_stand_on_one_side(write: Any, mixed: Any) -> None:
    documents = [
        {
            "doc_key": str(n),
            "sentences": [[*text(f"{n}-{i}")] for i in range(4)],
            "ner": [[[80 * i, 80 * i, "T"]] for i in range(4)],
            "relations": [[]] * 4,
        }
        for n in range(40)
    ]
    source = {
        "name": "s",
        "corpus": "scierc",
        "path": write("s.json", documents),
        "render": {"tasks": ["ner"]},
    }
    rows, _ = mixed([source], split={"validation": 0.3, "test": 0.3})
    sides: dict[str, set[str]] = {}
    for row in rows:
        sides.setdefault(row["id"].split("-")[2], set()).add(row["split"])
    assert len(sides) == 40
    assert all(len(side) == 1 for side in sides.values())


# Which rows, and how many


def test_counts_are_scaled_and_what_is_short_is_told(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask(text(i)) for i in range(30)])
    rows, stats = mixed([{"name": "one", "path": path, "count": 100}], scale=0.2)
    assert len(rows) == 20
    rows, stats = mixed([{"name": "one", "path": path, "count": 100}], out="b")
    assert (stats["sources"]["one"]["kept"], stats["sources"]["one"]["short"]) == (30, 70)


def test_a_smaller_scale_gives_a_part_of_the_same_rows(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask(text(i)) for i in range(100)])
    small, _ = mixed([{"name": "one", "path": path, "count": 100}], scale=0.2)
    large, _ = mixed([{"name": "one", "path": path, "count": 100}], scale=0.5, out="b")
    key = [(row["id"], row["split"]) for row in large]
    assert {(row["id"], row["split"]) for row in small} <= set(key)


def test_languages_and_tasks_are_chosen(write: Any, mixed: Any) -> None:
    rows = [ie("a", text(1)), ie("b", text(2), task="ner"), ie("c", "Berlin is a city", lang="en")]
    path = write("one.jsonl", rows)
    kept, stats = mixed([{"name": "one", "path": path, "lang": "zh", "tasks": ["re"]}])
    assert [row["id"] for row in kept] == ["a-re-0"]
    assert stats["sources"]["one"]["left out"] == {"other language": 1, "other task": 1}


def test_labels_are_capped_by_what_rows_answer(write: Any, mixed: Any) -> None:
    def row(number: int, label: str) -> dict[str, str]:
        schema = '["位于","首都"]'
        answer = {x: [{"subject": "甲", "object": "乙"}] if x == label else [] for x in ("位于", "首都")}
        return ie(str(number), text(number), schema=schema, output=json.dumps(answer, ensure_ascii=False))

    rows = [row(i, "位于") for i in range(20)] + [row(i, "首都") for i in range(20, 30)]
    rows += [row(i, "") for i in range(30, 40)]
    path = write("one.jsonl", rows)
    _, stats = mixed([{"name": "one", "path": path, "cap": 8, "caps": {"首都": 3}}])
    assert stats["labels"] == {"位于": 8, "首都": 3}
    assert stats["sources"]["one"]["left out"] == {"label over its cap": 19}
    assert sum(stats["rows"].values()) == 8 + 3 + 10


def test_sources_are_mixed_throughout(write: Any, mixed: Any) -> None:
    one = write("one.jsonl", [ask(text(i)) for i in range(200)])
    two = write("two.jsonl", [ask(text(i)) for i in range(200, 400)])
    rows, _ = mixed(
        [{"name": "one", "path": one}, {"name": "two", "path": two}], split={"validation": 0, "test": 0}
    )
    first = sum(row["source"] == "one" for row in rows[:200])
    assert 70 < first < 130


# Sources of every kind


def test_records_are_rendered_on_the_fly(write: Any, mixed: Any) -> None:
    record = {
        "id": "r1", "lang": "zh", "source": "corpus", "cate": None, "text": "柏林是德国的首都。",
        "entity": [{"entity": "柏林", "entity_type": "地点", "start": 0, "end": 2}],
    }  # fmt: skip
    path = write("examples.jsonl", [record, {**record, "id": "r2", "text": "柏林在德国。"}, {"id": 3}])
    options = {"tasks": ["ner"], "formats": ["json"], "open_rate": 0, "synonyms": 0}
    rows, stats = mixed([{"name": "e", "kind": "examples", "path": path, "render": options}])
    assert sorted(row["id"] for row in rows) == ["r1-ner-0", "r2-ner-0"]
    assert {row["output"] for row in rows} == {'{"地点": ["柏林"]}'}
    assert stats["problems"]["e: not an Example"]["count"] == 1


def test_a_corpus_is_converted_and_rendered(mixed: Any, tmp_path: Path) -> None:
    corpus = tmp_path / "dev.txt"
    corpus.write_text("柏 B-LOC\n林 I-LOC\n好 O\n\n巴 B-LOC\n黎 I-LOC\n美 O\n", encoding="utf-8")
    source = {
        "name": "c",
        "kind": "convert",
        "corpus": "bio",
        "path": "dev.txt",
        "render": {"tasks": ["ner"]},
    }
    rows, stats = mixed([source])
    assert len(rows) == 2
    assert stats["sources"]["c"]["records"] == 2


def test_any_other_corpus_is_read_by_a_mapping(write: Any, mixed: Any, tmp_path: Path) -> None:
    mapping = "source: mine\ntext: t\nentity: {items: e, entity: n, entity_type: k}\n"
    (tmp_path / "mine.yaml").write_text(mapping, encoding="utf-8")
    path = write("c.jsonl", [{"t": f"{text(1)}甲", "e": [{"n": "甲", "k": "人物"}]}])
    source = {
        "name": "c",
        "corpus": "json",
        "mapping": "mine.yaml",
        "path": path,
        "render": {"tasks": ["ner"]},
    }
    rows, _ = mixed([source], split={"validation": 0, "test": 0})
    assert {row["source"] for row in rows} == {"mine"}


def test_a_built_dataset_is_a_source(tmp_path: Path, mixed: Any) -> None:
    from kg2instruct.config import read_config
    from kg2instruct.pipeline.build import build

    built = build(read_config(None, {"lang": ["zh"]}), tmp_path / "built")
    rows, stats = mixed([{"name": "wiki", "path": "built"}])
    total = sum(built.rows.values())
    assert stats["sources"]["wiki"]["read"] == total
    assert len(rows) > 0.95 * total  # the sample says little twice


def test_files_may_be_packed_lists_or_parquet(mixed: Any, tmp_path: Path) -> None:
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq
    import zstandard

    lines = [json.dumps(ask(text(i))).encode() + b"\n" for i in range(6)]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[:2])))
    (tmp_path / "b.jsonl.zst").write_bytes(zstandard.compress(lines[2]))
    (tmp_path / "c.json").write_text(json.dumps([ask(text(3))]))
    pq.write_table(pa.Table.from_pylist([ask(text(4))]), tmp_path / "d.parquet")
    (tmp_path / "e.json").write_bytes(lines[5])  # named .json, but lines
    names = ["a.jsonl.gz", "b.jsonl.zst", "c.json", "d.parquet", "e.json"]
    rows, _ = mixed([{"name": "all", "path": names}])
    assert {row["instruction"] for row in rows} == {text(i) for i in range(6)}


def test_a_large_file_is_cut_between_lines(write: Any, mixed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import kg2instruct.mix.records as records

    path = write("one.jsonl", [ask(text(i)) for i in range(50)])
    for size in (301, 4096):
        monkeypatch.setattr(records, "_BYTES", size)
        rows, _ = mixed([{"name": "one", "path": path}], out=f"out{size}")
        assert {row["instruction"] for row in rows} == {text(i) for i in range(50)}


def test_bad_lines_are_counted_and_told_with_their_place(mixed: Any, tmp_path: Path) -> None:
    good = json.dumps(ask(text(1)))
    lines = [good, "{", "[]", '{"instruction": "i"}', "", json.dumps(ask(text(2)))]
    (tmp_path / "one.jsonl").write_bytes("\n".join(lines).encode() + b"\n\xff\xfe\n")
    rows, stats = mixed([{"name": "one", "path": "one.jsonl"}])
    assert len(rows) == 2
    assert stats["problems"] == {
        "one: no output, but instruction; `fields` says which it is": {
            "count": 1,
            "examples": ["one.jsonl:4"],
        },
        "one: not JSON": {"count": 2, "examples": ["one.jsonl:2", "one.jsonl:7"]},
        "one: not a JSON object": {"count": 1, "examples": ["one.jsonl:3"]},
    }


def test_nothing_left_is_an_error(write: Any, mixed: Any) -> None:
    path = write("one.jsonl", [ask(text(1))])
    with pytest.raises(InputError, match="no rows are left of one"):
        mixed([{"name": "one", "path": path, "lang": "en"}])
    bad = write("bad.jsonl", [{"q": "?", "a": "!"}])
    with pytest.raises(
        InputError,
        match=r"1 × bad record: bad: no instruction, but q, a; `fields` says which it is \(bad.jsonl:1\)",
    ):
        mixed([{"name": "bad", "path": bad}], out="b")


def test_a_damaged_parquet_file_is_told(mixed: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no PAR1")
    with pytest.raises(Kg2InstructError, match=r"bad\.parquet: "):
        mixed([{"name": "one", "path": "bad.parquet"}])


# The dataset folder


def test_the_folder_loads_and_describes_itself(write: Any, mixed: Any, tmp_path: Path) -> None:
    one = write("one.jsonl", [ie(f"a{i}", text(i)) for i in range(300)])
    two = write("two.jsonl", [ask(text(i)) for i in range(300, 330)])
    sources = [
        {"name": "wiki", "path": one, "license": "cc-by-sa-4.0", "attribution": "Wikipedia | contributors"},
        {"name": "chat", "path": two, "license": "mit", "url": "https://example.org/chat"},
    ]
    _, stats = mixed(sources, name="Gemischt 混合", split={"validation": 0.1, "test": 0.1})
    out = tmp_path / "out"
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {split: len(side) for split, side in loaded.items()} == stats["rows"]
    assert loaded["train"].column_names == [
        "id", "task", "lang", "source", "cate", "instruction", "input", "output", "schema", "template", "format",
    ]  # fmt: skip
    card = (out / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(card.split("---")[1])
    assert header["license"] == "other"
    assert header["language"] == ["zh"]
    assert header["pretty_name"] == "Gemischt 混合"
    assert header["size_categories"] == ["n<1K"]
    assert {x["split"] for x in header["configs"][0]["data_files"]} == set(loaded)
    assert "| wiki | 300 | cc-by-sa-4.0 | Wikipedia \\| contributors |" in card
    assert "| [chat](https://example.org/chat) | 30 | mit |" in card
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["identity"]["inputs"]) == {
        f"{x}: {tmp_path}/{y}" for x, y in (("wiki", one), ("chat", two))
    }
    assert manifest["versions"]["rensa"]
    config = yaml.safe_load((out / "config.yaml").read_text(encoding="utf-8"))
    assert [source["name"] for source in config["sources"]] == ["wiki", "chat"]
    assert not (out / ".work").exists()


def test_without_a_licence_of_each_source_the_card_names_none(write: Any, mixed: Any, tmp_path: Path) -> None:
    path = write("one.jsonl", [ask(text(1))])
    mixed([{"name": "one", "path": path}])
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "license" not in yaml.safe_load(card.split("---")[1])
    assert "| one | 1 | unknown |" in card
