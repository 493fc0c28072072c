"""Token files are Megatron-Core's: its reader reads ours, ours reads its, and damage is told."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from trainer.corpus.indexed import IndexedReader, checksum, dtype_for, indexed_writer, merge

DOCUMENTS = [[[1, 2, 3], [4]], [[5, 6]], [], [[7] * 1024, [8], [9, 10]]]


def write(prefix: Path, documents: Sequence[Sequence[Sequence[int]]], vocabulary: int = 1000) -> Path:
    with indexed_writer(prefix, dtype_for(vocabulary)) as writer:
        for samples in documents:
            writer.add_document(np.array(sample, np.int64) for sample in samples)
    return prefix


def content(reader: Any) -> list[list[int]]:
    return [list(map(int, reader[i])) for i in range(len(reader))]


@given(
    documents=st.lists(
        st.lists(st.lists(st.integers(0, 999), min_size=1, max_size=9), max_size=4), max_size=6
    ),
    vocabulary=st.sampled_from([1000, 65_499, 65_500, 150_000]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[list[int]]], vocabulary: int
) -> None:
    reader = IndexedReader(write(tmp_path_factory.mktemp("x") / "a.b", documents, vocabulary))
    reader.check()
    assert content(reader) == [sample for document in documents for sample in document]
    for number, document in enumerate(documents):
        assert reader.document(number).tolist() == [token for sample in document for token in sample]
    assert reader.document_count == len(documents)


def test_small_vocabularies_take_two_bytes_and_large_ones_keep_every_id(tmp_path: Path) -> None:
    small = write(tmp_path / "small", [[[65_499]]], 65_499)
    large = write(tmp_path / "large", [[[151_935]]], 151_936)
    assert (tmp_path / "small.bin").stat().st_size == 2
    assert content(IndexedReader(small)) == [[65_499]]
    assert content(IndexedReader(large)) == [[151_935]]


def test_an_id_that_does_not_fit_is_an_error_and_not_another_id(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="70000 does not fit uint16"),
        indexed_writer(tmp_path / "a", dtype_for(1000)) as writer,
    ):
        writer.add_document([np.array([70_000])])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("vocabulary", [1000, 100_000])
def test_megatron_reads_ours_and_we_read_what_megatron_writes(tmp_path: Path, vocabulary: int) -> None:
    megatron: Any = pytest.importorskip(
        "megatron.core.datasets.indexed_dataset", reason="megatron-core (installed --no-deps) is not there"
    )
    ours = write(tmp_path / "ours", DOCUMENTS, vocabulary)
    theirs = megatron.IndexedDataset(str(ours))
    assert content(theirs) == content(IndexedReader(ours))
    assert theirs.document_indices.tolist() == IndexedReader(ours).documents.tolist()
    builder = megatron.IndexedDatasetBuilder(
        str(tmp_path / "theirs.bin"), dtype=megatron.DType.optimal_dtype(vocabulary)
    )
    import torch

    for document in DOCUMENTS:
        for sample in document:
            builder.add_item(torch.tensor(sample))
        builder.end_document()
    builder.finalize(str(tmp_path / "theirs.idx"))
    for suffix in ("bin", "idx"):
        assert (tmp_path / f"theirs.{suffix}").read_bytes() == (tmp_path / f"ours.{suffix}").read_bytes()


def test_samples_are_views_of_the_file_and_cannot_be_written(tmp_path: Path) -> None:
    reader = IndexedReader(write(tmp_path / "a", DOCUMENTS))
    assert np.shares_memory(reader[0], reader.document(0))
    with pytest.raises(ValueError, match="read-only"):
        reader[0][0] = 1
    assert reader[-1].tolist() == [9, 10]
    with pytest.raises(IndexError):
        reader[len(reader)]


def test_a_reader_goes_to_other_processes_as_its_name(tmp_path: Path) -> None:
    reader = IndexedReader(write(tmp_path / "a", DOCUMENTS))
    sent = pickle.dumps(reader)
    assert len(sent) < 500
    assert content(pickle.loads(sent)) == content(reader)


def test_merged_files_are_those_written_at_once(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"part{i}", DOCUMENTS[i : i + 1]) for i in range(len(DOCUMENTS))]
    parts.append(write(tmp_path / "empty", []))
    merge(parts, tmp_path / "merged")
    write(tmp_path / "whole", DOCUMENTS)
    assert checksum(tmp_path / "merged") == checksum(tmp_path / "whole")
    IndexedReader(tmp_path / "merged").check()


def test_files_of_different_vocabularies_are_not_merged(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", DOCUMENTS), write(tmp_path / "b", DOCUMENTS, 100_000)]
    with pytest.raises(InputError, match=r"b: ids of int32, .*a has uint16"):
        merge(parts, tmp_path / "merged")


def _damage(path: Path, kind: str) -> None:
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut": data[:-3],
            "longer": data + b"\0\0",
            "magic": b"X" + data[1:],
            "version": data[:9] + b"\x07" + data[10:],
            "empty": b"",
            "dtype": data[:17] + b"\x63" + data[18:],
        }[kind]
    )


@pytest.mark.parametrize(
    ("suffix", "kind", "message"),
    [
        ("idx", "magic", "does not begin with MMIDIDX"),
        ("idx", "empty", "does not begin with MMIDIDX"),
        ("idx", "cut", "damaged: 1.. bytes, its head promises"),
        ("idx", "version", "index version 7"),
        ("idx", "dtype", "dtype code 99"),
        ("bin", "cut", "its index promises"),
        ("bin", "longer", "its index promises"),
        ("bin", "empty", "its index promises"),
    ],
)
def test_damage_is_told_at_opening(tmp_path: Path, suffix: str, kind: str, message: str) -> None:
    prefix = write(tmp_path / "a", DOCUMENTS)
    _damage(tmp_path / f"a.{suffix}", kind)
    with pytest.raises(InputError, match=message):
        IndexedReader(prefix)


def test_damage_inside_of_an_index_is_found_by_check(tmp_path: Path) -> None:
    prefix = write(tmp_path / "a", DOCUMENTS)
    path = tmp_path / "a.idx"
    data = bytearray(path.read_bytes())
    data[34 + 4] ^= 1  # the length of the second sequence
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged at or before sequence 2"):
        IndexedReader(prefix).check()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.idx: No such file"):
        IndexedReader(tmp_path / "a")
