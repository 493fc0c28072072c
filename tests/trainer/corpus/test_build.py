"""Sources become a corpus: nothing said twice, every drop told, the same bytes whatever happens on the way."""

from __future__ import annotations

import bz2
import gzip
import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
import zstandard

from kg2instruct.errors import ConfigError, InputError, OutputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.folder import read_json
from trainer.corpus.build import CorpusSummary, build_corpus
from trainer.corpus.drops import Drop
from trainer.corpus.merge import merge_corpora
from trainer.corpus.reader import Corpus
from trainer.corpus.recipe_file import read_recipe
from trainer.tokenizer import load_tokenizer

Built = Callable[..., CorpusSummary]
Article = Callable[..., str]
WriteRows = Callable[..., Path]


def documents(folder: Path, name: str, split: Any = "train") -> list[str]:
    """The documents of a source as text, marks shown."""
    corpus = Corpus.open(folder)
    tokenizer = load_tokenizer(corpus.tokenizer_folder)
    samples = corpus.samples(name, split)
    found = []
    for shard in range(len(corpus.manifest.source(name).shards(split))):
        reader = samples.reader(shard)
        found += [tokenizer.decode(reader.document(i).tolist()) for i in range(reader.document_count)]
    return found


def marked(text: str) -> str:
    return f"<|begin_of_text|>{text}<|end_of_text|>"


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# Sources


def test_documents_come_out_as_they_went_in(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    texts = [article(i, sentences) for i, sentences in enumerate((6, 60, 9))]
    built({"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", texts))}, max_tokens=128)
    assert documents(tmp_path / "out", "a") == [marked(text) for text in texts]
    samples = Corpus.open(tmp_path / "out").samples("a")
    assert max(len(sample) for sample in samples) <= 128
    assert len(samples) > 3


def test_a_document_of_more_tokens_than_characters_is_cut_between_characters(
    tmp_path: Path, built: Built, write_rows: WriteRows
) -> None:
    text = "".join(chr(0x1F300 + i) for i in range(60))  # four bytes each, of which no token is made
    path = str(write_rows(tmp_path / "a.jsonl", ["一二三", text]))
    built({"name": "a", "kind": "rows", "path": path, "lang": "zh", "clean": {"steps": []}}, max_tokens=64)
    assert documents(tmp_path / "out", "a") == [marked("一二三"), marked(text)]
    corpus = Corpus.open(tmp_path / "out")
    decode = load_tokenizer(corpus.tokenizer_folder).decode
    samples = corpus.samples("a")
    assert len(samples) > 2
    assert all(len(sample) <= 64 and "\ufffd" not in decode(sample.tolist()) for sample in samples)


def test_title_and_text_are_joined_whatever_the_fields_are_called(
    tmp_path: Path, built: Built, article: Article
) -> None:
    table = pa.table({"headline": ["标题", None], "content": [article(1), article(2)], "n": [1, 2]})
    pq.write_table(table, tmp_path / "a.parquet")
    source = {"name": "a", "kind": "rows", "path": "a.parquet", "text": ["headline", "content"]}
    built(source)
    assert documents(tmp_path / "out", "a") == [marked("标题\n" + article(1)), marked(article(2))]


@pytest.mark.parametrize(
    ("document", "expected"), [("line", [[1], [2], [3]]), ("blank", [[1, 2], [3]]), ("file", [[1, 2, 0, 3]])]
)
def test_text_files_hold_a_document_a_line_a_block_or_a_file(
    tmp_path: Path, built: Built, article: Article, document: str, expected: list[list[int]]
) -> None:
    (tmp_path / "a.txt").write_text(f"{article(1)}\n{article(2)}\n\n{article(3)}\n", "utf-8")
    built({"name": "a", "kind": "text", "path": "a.txt", "document": document})
    told = [marked("\n".join(article(i) if i else "" for i in ids)) for ids in expected]
    assert documents(tmp_path / "out", "a") == told


def test_packed_files_are_read(tmp_path: Path, built: Built, article: Article) -> None:
    lines = [f"{article(i)}\n".encode() for i in range(2)]
    (tmp_path / "a.txt.bz2").write_bytes(bz2.compress(lines[0]))
    (tmp_path / "a.txt.zst").write_bytes(zstandard.compress(lines[1]))
    built({"name": "a", "kind": "text", "path": "a.txt.*"})
    assert documents(tmp_path / "out", "a") == [marked(article(0)), marked(article(1))]


def test_texts_of_another_encoding_are_told_and_read_where_it_is_named(
    tmp_path: Path, built: Built, article: Article
) -> None:
    texts = [article(i) for i in range(3)]
    (tmp_path / "a.txt").write_bytes("\n".join(texts).encode("gb18030"))
    (tmp_path / "b.txt").write_bytes("\n".join(["in Latin letters only", *texts]).encode("utf-16"))
    (tmp_path / "c.txt").write_text(texts[0], "utf-8-sig")
    source = {"name": "a", "kind": "text", "path": "*.txt"}
    done = built(source)
    assert documents(tmp_path / "out", "a") == [marked(texts[0])]
    found = {kind: problem["count"] for kind, problem in done.stats["problems"].items()}
    assert found["a: not utf-8"] >= 3
    assert done.stats["problems"]["a: not utf-8"]["examples"][0] == "a.txt@0"
    assert "a: not text" in found
    built(source | {"path": "a.txt", "encoding": "gb18030"}, out="gb")
    assert documents(tmp_path / "gb", "a") == list(map(marked, texts))
    with pytest.raises(ConfigError, match=r"encoding 'utf-16'.*that keeps lines apart"):
        built(source | {"encoding": "utf-16"}, out="no")


def test_a_file_that_was_cut_off_is_counted_and_what_stands_before_is_kept(
    tmp_path: Path, built: Built, article: Article
) -> None:
    texts = [article(i) for i in range(200)]
    packed = gzip.compress("\n".join(texts).encode())
    (tmp_path / "a.txt.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "b.txt").write_text(article("b"), "utf-8")
    source = {"name": "a", "kind": "text", "path": "[ab].txt*"}
    done = built(source)
    found = documents(tmp_path / "out", "a")
    assert found[:-1] == list(map(marked, texts[: len(found) - 1]))
    assert (found[-1], len(found) > 50) == (marked(article("b")), True)
    assert "truncated gz data" in done.stats["problems"]["a: damaged file"]["examples"][0]
    built(source | {"document": "file"}, out="files")  # half a document is none
    assert documents(tmp_path / "files", "a") == [marked(article("b"))]
    with pytest.raises(InputError, match=r"truncated gz data.*without --strict"):
        built(source, out="strict", strict=True)


def test_repositories_with_odd_names_and_pipes_are_read(tmp_path: Path, built: Built) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    code = "import os\n\n\ndef main():\n    return os.getcwd()\n"
    (folder / os.fsdecode("主程序.py".encode("gbk"))).write_text(code, "utf-8")
    (folder / "bytes.py").write_bytes(bytes(range(256)) * 9)
    (folder / "latin.py").write_bytes("# é\n".encode("latin-1") + code.encode())
    os.mkfifo(folder / "pipe.py")
    done = built({"name": "a", "kind": "code", "path": "repository", "with_path": True})
    (found,) = documents(tmp_path / "out", "a")
    assert found.endswith(f".py\n{code}<|end_of_text|>")
    assert {kind: problem["count"] for kind, problem in done.stats["problems"].items()} == {"a: not utf-8": 2}


def test_with_a_limit_what_stands_behind_is_not_read(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct.mix import records

    monkeypatch.setattr(records, "_BYTES", 4000)
    path = write_rows(tmp_path / "a.jsonl", [article(i) for i in range(30)])
    path.write_bytes(path.read_bytes() + b"{broken\n" * 500)
    done = built({"name": "a", "kind": "rows", "path": "a.jsonl", "limit": 12})
    assert documents(tmp_path / "out", "a") == [marked(article(i)) for i in range(12)]
    assert done.stats["sources"]["a"]["documents read"] == 12
    assert done.stats["problems"] == {}


def test_wikipedia_pages_become_title_headings_and_paragraphs(tmp_path: Path, built: Built) -> None:
    text = (
        "'''柏林'''是[[德国]]的首都，也是最大的城市。" * 4
        + "\n\n== 历史 ==\n"
        + "柏林的历史很长，在这里不说。" * 5
        + "\n=== 古代 ===\n那时这里有村庄。\n=== 近代 ===\n后来成了首都。\n== 交通 ==\n=== 铁路 ===\n车站很多。"
    )
    page = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="zh">'
        "<page><title>柏林</title><ns>0</ns><id>1</id><revision><id>2</id>"
        f"<text>{text}</text></revision></page>"
        "<page><title>伯林</title><ns>0</ns><id>3</id><redirect title='柏林'/>"
        "<revision><id>4</id><text>#REDIRECT [[柏林]]</text></revision></page></mediawiki>"
    )
    (tmp_path / "w.xml").write_text(page, "utf-8")
    clean = {"steps": ["unicode"]}
    done = built({"name": "w", "kind": "wikipedia", "path": "w.xml", "lang": "zh", "clean": clean})
    shown = (
        "柏林\n\n" * 0
        + "柏林\n"
        + "柏林是德国的首都，也是最大的城市。" * 4
        + "\n\n历史\n"
        + "柏林的历史很长，在这里不说。" * 5
        + "\n\n古代\n那时这里有村庄。\n\n近代\n后来成了首都。\n\n交通\n铁路\n车站很多。"
    )
    assert documents(tmp_path / "out", "w") == [marked(shown)]
    assert done.stats["sources"]["w"]["left out"] == {"redirect": 1}


def test_code_is_found_by_language_in_folders_and_rows(
    tmp_path: Path, built: Built, write_rows: WriteRows
) -> None:
    repository = tmp_path / "repository"
    (repository / "node_modules").mkdir(parents=True)
    python = "def main():\n    return '　全角'\n"
    (repository / "main.py").write_text(python, "utf-8")
    (repository / "data.jsonl").write_text("{}\n")
    (repository / "node_modules" / "x.py").write_text(python + "# a copy of others\n")
    (repository / "main.go").write_text("package main\n\nfunc main() {}\n")
    (repository / "big.py").write_text("x = '" + "a" * 2000 + "'\n")
    write_rows(tmp_path / "stack.jsonl", ["print('hello, world')\n"], language="Python", path="a.py")
    source = {"name": "c", "kind": "code", "path": ["repository", "stack.jsonl"], "languages": ["python"]}
    done = built(source | {"with_path": True})
    assert sorted(documents(tmp_path / "out", "c")) == [
        marked("a.py\nprint('hello, world')\n"),
        marked(f"main.py\n{python}"),
    ]
    assert done.stats["sources"]["c"]["dropped"] == {"long line": 1}


def test_marks_in_a_text_are_text(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    text = article(1) + "<|end_of_text|>" + article(2)
    built({"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", [text]))})
    ends = [sample.tolist().count(1) for sample in Corpus.open(tmp_path / "out").samples("a")]
    assert sum(ends) == 1
    assert documents(tmp_path / "out", "a") == [marked(text)]


# What is dropped


def test_duplicates_go_across_sources_and_the_earlier_source_keeps_its_own(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    write_rows(tmp_path / "a.jsonl", [article(i) for i in range(10)])
    near = [article(i)[:-9] + "这里不同了。" for i in range(3)]
    write_rows(tmp_path / "b.jsonl", [*near, *(article(i) for i in range(5, 15))])
    sources = [{"name": name, "kind": "rows", "path": f"{name}.jsonl"} for name in "ab"]
    done = built(*sources)
    assert done.stats["sources"]["a"]["train"]["documents"] == 10
    assert done.stats["sources"]["b"]["dropped"] == {"exact duplicate": 5, "near-duplicate": 3}
    done = built(*sources, out="again", dedup={"near": False})
    assert done.stats["sources"]["b"]["dropped"] == {"exact duplicate": 5}
    done = built(*sources, out="all", dedup={"near": False, "exact": False})
    assert done.stats["sources"]["b"]["train"]["documents"] == 13


def test_every_drop_is_counted_and_some_can_be_read(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    texts = [
        article(0),
        "太短。",
        "同一句话说了很多遍的文章是没有用的。" * 30,
        *(f"短{i}" for i in range(50)),
    ]
    done = built({"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", texts))})
    counts = done.stats["sources"]["a"]
    assert counts["dropped"] == {"too short": 51, "one phrase over and over": 1}
    assert counts["documents read"] == sum(counts["dropped"].values()) + counts["train"]["documents"]
    drops = list(read_jsonl(tmp_path / "out" / "drops" / "a.jsonl", Drop))
    assert [drop.reason for drop in drops] == ["one phrase over and over"] + ["too short"] * 20
    assert drops[0].place == "a.jsonl@" + str(sum(len(f'{{"text": "{t}"}}\n'.encode()) for t in texts[:2]))


def test_a_bad_record_is_counted_with_its_place_or_ends_the_build(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    path = write_rows(tmp_path / "a.jsonl", [article(0), ""])
    path.write_bytes(path.read_bytes() + b"{broken\n")
    source = {"name": "a", "kind": "rows", "path": "a.jsonl"}
    done = built(source)
    assert {kind: found["count"] for kind, found in done.stats["problems"].items()} == {
        "a: no text in title, text": 1,
        "a: not JSON": 1,
    }
    with pytest.raises(InputError, match=r"a\.jsonl@.*: a: no text in title, text; without --strict"):
        built(source, out="strict", strict=True)


def test_a_share_of_documents_is_held_out_and_never_in_training(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    texts = [article(i) for i in range(60)]
    source = {"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", texts))}
    built(source, held_out=0.1)
    train, held_out = (set(documents(tmp_path / "out", "a", split)) for split in ("train", "held_out"))
    assert len(held_out) == 6
    assert train | held_out == set(map(marked, texts))
    built(source, held_out=0.0001, out="few")
    assert len(documents(tmp_path / "few", "a", "held_out")) == 1


def test_documents_of_few_tokens_are_dropped_where_asked(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    path = write_rows(tmp_path / "a.jsonl", [article(0, 6), article(1, 40)])
    done = built({"name": "a", "kind": "rows", "path": str(path)}, min_tokens=300)
    assert done.stats["sources"]["a"]["dropped"] == {"few tokens": 1}


def test_a_recipe_from_which_nothing_is_left_is_told(
    tmp_path: Path, built: Built, write_rows: WriteRows
) -> None:
    path = write_rows(tmp_path / "a.jsonl", ["太短"])
    with pytest.raises(InputError, match=r"no document is left: 1 a: too short"):
        built({"name": "a", "kind": "rows", "path": str(path)})


# The same bytes


@pytest.fixture
def three_files(tmp_path: Path, article: Article, write_rows: WriteRows) -> dict[str, Any]:
    for number in range(3):
        write_rows(tmp_path / f"{number}.jsonl", [article(f"{number % 2} {i}", 30) for i in range(40)])
    return {"name": "a", "kind": "rows", "path": "?.jsonl"}


def test_the_bytes_do_not_depend_on_workers_and_shards_hold_all(
    tmp_path: Path, built: Built, three_files: dict[str, Any]
) -> None:
    built(three_files, held_out=0.1)
    built(three_files, held_out=0.1, out="two", workers=2)
    one, two = content(tmp_path / "out"), content(tmp_path / "two")
    assert one == two
    built(three_files, held_out=0.1, out="small", shard_bytes=20_000)
    small = Corpus.open(tmp_path / "small")
    assert len(small.manifest.source("a").train) > 1
    small.verify()
    assert documents(tmp_path / "small", "a") == documents(tmp_path / "out", "a")


def _build_and_die(writes: int, recipe: Path, out: Path) -> None:
    """Build until so many files were written, and then be killed."""
    real, left = os.fsync, writes

    def fsync(file: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        real(file)

    os.fsync = fsync
    build_corpus(read_recipe(recipe), out)


def test_a_build_killed_at_any_stage_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, built: Built, three_files: dict[str, Any], tokenizer_folder: Path
) -> None:
    built(three_files, held_out=0.1)
    recipe = tmp_path / "killed.yaml"
    tree = {"tokenizer": str(tokenizer_folder), "held_out": 0.1, "sources": [three_files]}
    recipe.write_text(yaml.safe_dump(tree))
    fork = multiprocessing.get_context("fork")
    killed = 0
    for writes in (5, 9, 12, 9, 12):  # files written until the power goes
        child = fork.Process(target=_build_and_die, args=(writes, recipe, tmp_path / "killed"))
        with warnings.catch_warnings(action="ignore"):  # pytest has threads
            child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        killed += child.exitcode != 0
    assert killed >= 3
    program = [sys.executable, "-m", "kg2instruct", "corpus", "build", str(recipe), "--out"]
    other_hashes = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run([*program, str(tmp_path / "killed"), "--workers", "2", "-q"], env=other_hashes, check=True)
    assert content(tmp_path / "killed") == content(tmp_path / "out")


def test_a_finished_corpus_is_left_alone_and_another_recipe_does_not_replace_it(
    built: Built, three_files: dict[str, Any]
) -> None:
    assert not built(three_files).finished_before
    assert built(three_files).finished_before
    with pytest.raises(ConfigError, match="finished dataset of another run"):
        built(three_files, max_tokens=64)


# Merging


def test_merged_corpora_are_their_sources_without_tokenising_again(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    for name, start in (("one", 0), ("two", 10)):
        write_rows(tmp_path / f"{name}.jsonl", [article(i) for i in range(start, start + 10)])
        source = {"kind": "rows", "path": f"{name}.jsonl"}
        alike = {"near": False, "exact": False}
        built({"name": "a"} | source, {"name": name} | source, out=name, dedup=alike)
    merge_corpora([tmp_path / "one", tmp_path / "two"], tmp_path / "both")
    assert Corpus.open(tmp_path / "both").names == ("a", "one", "two")
    Corpus.open(tmp_path / "both").verify()
    assert documents(tmp_path / "both", "a") == [marked(article(i)) for i in range(20)]


def test_merged_counts_and_drops_are_those_of_all(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    source = {"name": "a", "kind": "rows", "path": "a.jsonl"}
    for name, texts in (("one", [article(0), "太短"]), ("two", [article(1), "也短", "短"])):
        path = write_rows(tmp_path / "a.jsonl", texts)
        path.write_bytes(path.read_bytes() + b"{broken\n")
        built(source, out=name)
    merge_corpora([tmp_path / "one", tmp_path / "two"], tmp_path / "both")
    stats = read_json(tmp_path / "both" / "stats.json")
    counts = stats["sources"]["a"]
    assert (counts["documents read"], counts["dropped"]) == (5, {"too short": 3})
    assert counts["train"]["documents"] == Corpus.open(tmp_path / "both").manifest.source("a").documents()
    assert stats["problems"]["a: not JSON"]["count"] == 2
    drops = read_jsonl(tmp_path / "both" / "drops" / "a.jsonl", Drop)
    assert {drop.text for drop in drops} == {"太短", "也短", "短"}


def test_merging_takes_other_weights_and_leaves_nothing_where_it_is_refused(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    source = {"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", [article(0)]))}
    other = {"name": "b", "kind": "rows", "path": str(write_rows(tmp_path / "b.jsonl", [article(1)]))}
    built(source, out="one")
    built(source | {"weight": 1}, other | {"weight": 3}, out="two")
    both, folders = tmp_path / "both", [tmp_path / "one", tmp_path / "two"]
    with pytest.raises(
        ConfigError, match=r"a has weight 1\.0, another corpus None; say which by --weight a=WEIGHT"
    ):
        merge_corpora(folders, both)
    with pytest.raises(ConfigError, match="--weight c: no such source; there are: a, b"):
        merge_corpora(folders, both, weights={"a": 1, "c": 1})
    assert not list(tmp_path.glob("*both*"))
    merge_corpora(folders, both, weights={"a": 2})
    assert [source.weight for source in Corpus.open(both).manifest.sources] == [2, 3]
    with pytest.raises(OutputError, match="holds files already"):
        merge_corpora(folders, both, weights={"a": 2})


def test_corpora_of_different_tokenizers_are_not_merged(
    tmp_path: Path, built: Built, article: Article, write_rows: WriteRows
) -> None:
    from trainer.tokenizer import train_tokenizer

    source = {"name": "a", "kind": "rows", "path": str(write_rows(tmp_path / "a.jsonl", [article(0)]))}
    built(source)
    train_tokenizer([article(1)], 400).save(tmp_path / "other")
    built(source, out="two", tokenizer=str(tmp_path / "other"))
    with pytest.raises(InputError, match="was tokenised with another tokenizer"):
        merge_corpora([tmp_path / "out", tmp_path / "two"], tmp_path / "both")
