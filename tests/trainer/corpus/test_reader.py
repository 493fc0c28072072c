"""A built corpus as training sees it: sources, shares of tokens, held-out samples, and what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kg2instruct.errors import ConfigError, InputError
from trainer.corpus.indexed import dtype_for, indexed_writer
from trainer.corpus.manifest import DATA, Manifest, Source, TokenizerMark, write_manifest
from trainer.corpus.reader import Corpus, describe_shard

MARK = TokenizerMark(fingerprint="f" * 32, vocabulary=1000, bos=1, eos=2)
Shards = Sequence[Sequence[Sequence[int]]]


def built(folder: Path, sources: Mapping[str, Shards], weights: Mapping[str, float] | None = None) -> Path:
    """A corpus of given samples, each a document of its own; the last of each source is held out."""
    described = []
    for name, shards in sources.items():
        made = []
        for number, samples in enumerate(shards):
            prefix = f"{DATA}/{name}-{number}"
            (folder / DATA).mkdir(parents=True, exist_ok=True)
            with indexed_writer(folder / prefix, dtype_for(MARK.vocabulary)) as writer:
                for sample in samples:
                    writer.add_document([np.array(sample)])
            made.append(describe_shard(folder, prefix))
        weight = weights.get(name) if weights else None
        described.append(Source(name, "zh", weight, tuple(made[:-1]), tuple(made[-1:])))
    write_manifest(folder, Manifest(MARK, 16, tuple(described), {}))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return built(
        tmp_path / "corpus",
        {
            "long": [[[10, 11, 12, 13]] * 3, [[14] * 4] * 2, [[15]]],
            "short": [[[20], [21]], [[22], [23], [24], [25]], [[26]]],
        },
    )


def test_shards_are_one_sequence(folder: Path) -> None:
    corpus = Corpus.open(folder)
    assert [sample.tolist() for sample in corpus.samples("short")] == [[20], [21], [22], [23], [24], [25]]
    assert corpus.samples("short")[-1].tolist() == [25]
    with pytest.raises(IndexError):
        corpus.samples("short")[6]
    assert {name: [x.tolist() for x in samples] for name, samples in corpus.held_out().items()} == {
        "long": [[15]],
        "short": [[26]],
    }


def test_without_weights_each_sample_is_read_once_in_a_pass(folder: Path) -> None:
    mixture = Corpus.open(folder).mixture(seed=1)
    first = Counter(tuple(mixture[i].tolist()) for i in range(len(mixture)))
    assert len(mixture) == 11
    assert first == {(10, 11, 12, 13): 3, (14,) * 4: 2, **{(i,): 1 for i in range(20, 26)}}


def test_ranks_walk_through_the_order_side_by_side_from_anywhere(folder: Path) -> None:
    mixture = Corpus.open(folder).mixture(seed=1)
    ranks = [mixture.walk(100 + rank, step=2) for rank in range(2)]
    walked = [next(ranks[i % 2]) for i in range(30)]
    assert [name for name, _ in walked] == [mixture.source_of(100 + i) for i in range(30)]
    assert [tokens.tolist() for _, tokens in walked] == [mixture[100 + i].tolist() for i in range(30)]


def test_weights_are_shares_of_tokens(folder: Path) -> None:
    mixture = Corpus.open(folder).mixture(seed=1, weights={"long": 1, "short": 1})
    tokens = Counter[str]()
    for position in range(mixture.order.period):
        tokens[mixture.source_of(position)] += len(mixture[position])
    assert tokens["long"] == tokens["short"] > 0


def test_weights_of_the_recipe_hold_unless_others_are_given(tmp_path: Path) -> None:
    sources = {"a": [[[1]] * 5, [[2]]], "b": [[[3]] * 5, [[4]]]}
    corpus = Corpus.open(built(tmp_path / "c", sources, {"a": 3, "b": 1}))
    assert corpus.mixture().order.shares == (3, 1)
    assert corpus.mixture(weights={"b": 1}).order.shares == (0, 1)
    with pytest.raises(ConfigError, match="weights for c: the sources are a, b"):
        corpus.mixture(weights={"c": 1})


def test_a_corpus_of_another_tokenizer_is_refused(folder: Path) -> None:
    corpus = Corpus.open(folder)
    corpus.check_tokenizer(MARK)
    with pytest.raises(InputError, match=r"another tokenizer \(1000 ids, .*than Qwen \(151936 ids"):
        corpus.check_tokenizer(replace(MARK, fingerprint="e" * 32, vocabulary=151_936), where="Qwen")
    with pytest.raises(InputError, match="begin with id 1 and end with 2; of the tokenizer these are None"):
        corpus.check_tokenizer(replace(MARK, bos=None))


def test_a_model_with_fewer_embeddings_is_refused(folder: Path) -> None:
    corpus = Corpus.open(folder)
    corpus.check_vocabulary(1024)
    with pytest.raises(InputError, match="ids up to 999, the model knows 512"):
        corpus.check_vocabulary(512)


def test_a_missing_shard_is_told_before_anything_is_read(folder: Path) -> None:
    (folder / DATA / "short-1.bin").unlink()
    with pytest.raises(InputError, match=r"short-1\.bin: shard is missing"):
        Corpus.open(folder)


def test_a_cut_shard_is_told_before_anything_is_read(folder: Path) -> None:
    path = folder / DATA / "long-0.bin"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(InputError, match=r"long-0: shard has .* bytes, the manifest says"):
        Corpus.open(folder)


def test_verify_finds_one_changed_bit(folder: Path) -> None:
    Corpus.open(folder).verify()
    path = folder / DATA / "long-1.bin"
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="long-1: its bytes are not those that were written"):
        Corpus.open(folder).verify()


def test_a_shard_put_in_the_place_of_another_is_told(folder: Path) -> None:
    one, other = folder / DATA / "short-0", folder / DATA / "short-1"
    manifest = Corpus.open(folder).manifest
    for suffix in (".bin", ".idx"):
        other.with_name(other.name + suffix).write_bytes(one.with_name(one.name + suffix).read_bytes())
    short = manifest.sources[1]
    lied = replace(short, train=(short.train[0], replace(short.train[1], bytes=short.train[0].bytes)))
    write_manifest(folder, replace(manifest, sources=(manifest.sources[0], lied)))
    with pytest.raises(InputError, match="2 samples of 2 documents, the manifest says 4 of 4"):
        Corpus.open(folder).samples("short")[3]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "not a corpus"), ("{", "damaged"), ('{"version": 9}', "damaged")],
)
def test_a_folder_that_is_no_corpus_is_told(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputError, match=message):
        Corpus.open(tmp_path)
