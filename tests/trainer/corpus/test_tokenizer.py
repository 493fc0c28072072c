"""Tokenizers: every text round-trips, a fingerprint tells them apart, marks are known or asked for."""

from __future__ import annotations

import importlib
import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer

from kg2instruct.errors import ConfigError, InputError, MissingExtra
from trainer.tokenizer import TextTokenizer, fingerprint, load_tokenizer, train_tokenizer

TEXTS = [
    "柏林是德国的首都，人口3645000。",
    "Berlin is the capital; it's old.",
    "def main():\n    return 1",
] * 5


@pytest.fixture(scope="module")
def trained() -> TextTokenizer:
    return train_tokenizer(TEXTS, 400)


@given(text=st.text())
def test_every_text_round_trips(trained: TextTokenizer, text: str) -> None:
    ids = trained.tokenizer.encode(text, add_special_tokens=False).ids
    assert trained.decode(ids) == text
    assert trained.bos not in ids
    assert trained.eos not in ids


def test_marks_in_a_text_are_text(trained: TextTokenizer) -> None:
    ids = trained.tokenizer.encode("<|end_of_text|>", add_special_tokens=False).ids
    assert trained.eos not in ids
    assert trained.decode(ids) == "<|end_of_text|>"


def test_digits_stand_alone_and_chinese_is_not_joined_to_latin(trained: TextTokenizer) -> None:
    found = trained.tokenizer.encode("柏林Berlin1949")
    shown = ["柏林Berlin1949"[a:b] for a, b in found.offsets]
    assert shown[-4:] == ["1", "9", "4", "9"]
    assert not any("林" in part and "B" in part for part in shown)


def test_the_same_texts_give_the_same_tokenizer(trained: TextTokenizer) -> None:
    assert train_tokenizer(TEXTS, 400).mark == trained.mark
    assert train_tokenizer(TEXTS[:1], 400).mark != trained.mark


@pytest.mark.parametrize(
    ("size", "marks", "said"), [(100, {}, "too small"), (400, {"eos": "</s>"}, "among the special")]
)
def test_impossible_training_is_told(size: int, marks: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        train_tokenizer(TEXTS, size, **marks)  # type: ignore[arg-type]


def test_what_is_saved_is_loaded_here_and_by_transformers(trained: TextTokenizer, tmp_path: Path) -> None:
    trained.save(tmp_path / "a")
    loaded = load_tokenizer(tmp_path / "a")
    assert loaded.mark == trained.mark
    loaded.save(tmp_path / "b")  # what lies beside it goes along
    assert load_tokenizer(tmp_path / "b").mark == trained.mark
    transformers: Any = pytest.importorskip("transformers", reason="the trainer extra is not installed")
    theirs = transformers.AutoTokenizer.from_pretrained(str(tmp_path / "b"))
    assert (theirs.bos_token_id, theirs.eos_token_id) == (trained.bos, trained.eos)
    text = TEXTS[0] + TEXTS[1]
    assert theirs(text, add_special_tokens=False)["input_ids"] == trained.tokenizer.encode(text).ids
    assert fingerprint(theirs.backend_tokenizer) == trained.mark.fingerprint


def test_the_fingerprint_tells_what_changes_ids_from_what_does_not(trained: TextTokenizer) -> None:
    def changed(change: Any) -> str:
        copy = Tokenizer.from_str(trained.tokenizer.to_str())
        change(copy)
        return fingerprint(copy)

    same = trained.mark.fingerprint
    assert changed(lambda t: t.enable_truncation(8)) == same
    assert changed(lambda t: t.enable_padding()) == same
    assert changed(lambda t: t.add_special_tokens([AddedToken("<pad>", special=True)])) == same
    assert changed(lambda t: t.add_tokens(["柏林"])) != same
    assert changed(lambda t: setattr(t, "pre_tokenizer", None)) != same


def test_marks_are_those_asked_for_then_the_tokenizers_own(trained: TextTokenizer, tmp_path: Path) -> None:
    trained.save(tmp_path)
    config = tmp_path / "tokenizer_config.json"
    config.write_text(json.dumps({"bos_token": None, "eos_token": {"content": "<|end_of_text|>"}}))
    assert load_tokenizer(tmp_path).bos is None
    assert load_tokenizer(tmp_path, bos="<|begin_of_text|>").bos == trained.bos
    config.unlink()
    assert load_tokenizer(tmp_path / "tokenizer.json").bos == trained.bos  # usual names
    assert load_tokenizer(tmp_path / "tokenizer.json", bos="").bos is None
    with pytest.raises(ConfigError, match="eos '</s>' is no token of this tokenizer"):
        load_tokenizer(tmp_path, eos="</s>")
    config.write_text("{}")
    with pytest.raises(ConfigError, match="does not say which token ends a document"):
        load_tokenizer(tmp_path)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    monkeypatch.delitem(sys.modules, "trainer.tokenizer")
    with pytest.raises(
        MissingExtra, match=r"tokenizers is not installed; run: pip install 'kg2instruct\[trainer\]'"
    ):
        importlib.import_module("trainer.tokenizer")


def test_what_is_no_tokenizer_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tokenizer: expected"):
        load_tokenizer(tmp_path / "nowhere")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="not a tokenizer"):
        load_tokenizer(tmp_path)


# Tokenizers without a tokenizer.json


@pytest.fixture
def transformers() -> Any:
    return pytest.importorskip("transformers", reason="the trainer extra is not installed")


def folder_of(path: Path, kind: str, /, files: dict[str, str | bytes] | None = None, **marks: str) -> Path:
    """A folder as older models have it: a configuration that names a class, and that class's files."""
    path.mkdir()
    (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind, **marks}))
    for name, content in (files or {}).items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sentencepiece_model() -> bytes:
    """A SentencePiece model of some pieces with bytes to fall back on, as its protocol buffer has them."""

    def number(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + number(value >> 7)

    def part(field: int, content: bytes) -> bytes:
        return number(field << 3 | 2) + number(len(content)) + content

    def piece(text: str, score: float, kind: int) -> bytes:
        return part(
            1, part(1, text.encode()) + number(2 << 3 | 5) + struct.pack("<f", score) + b"\x18" + number(kind)
        )

    pieces = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), *((f"<0x{i:02X}>", 0, 6) for i in range(256))]
    pieces += [(text, -i, 1) for i, text in enumerate(("柏林", "Be", "\u2581", "柏", "林", "B", "e"), 1)]
    bpe_with_bytes, as_it_is = b"\x18\x02" + number(35 << 3) + b"\x01", part(1, b"identity") + b"\x18\x01"
    return b"".join(piece(*found) for found in pieces) + part(2, bpe_with_bytes) + part(3, as_it_is)


@pytest.mark.usefixtures("transformers")
def test_a_vocabulary_with_merges_is_read(trained: TextTokenizer, tmp_path: Path) -> None:
    model = json.loads(trained.tokenizer.to_str())["model"]
    merges = "#version: 0.2\n" + "\n".join(" ".join(pair) for pair in model["merges"])
    files: dict[str, str | bytes] = {"vocab.json": json.dumps(model["vocab"]), "merges.txt": merges}
    marks = {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}
    loaded = load_tokenizer(folder_of(tmp_path / "old", "GPT2Tokenizer", files, **marks))
    assert (loaded.bos, loaded.eos) == (trained.bos, trained.eos)
    for text in (*TEXTS[:3], "<|end_of_text|>"):
        ids = loaded.tokenizer.encode(text, add_special_tokens=False).ids
        assert loaded.decode(ids) == text
        assert loaded.eos not in ids
    loaded.save(tmp_path / "new")
    assert load_tokenizer(tmp_path / "new" / "tokenizer.json").mark == loaded.mark


def test_marks_that_were_asked_for_are_saved(transformers: Any, tmp_path: Path) -> None:
    words = "\n".join(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "柏", "林", "berlin"))
    old = folder_of(tmp_path / "old", "BertTokenizer", {"vocab.txt": words})
    with pytest.raises(ConfigError, match="does not say which token ends a document"):
        load_tokenizer(old)
    loaded = load_tokenizer(old, bos="[CLS]", eos="[SEP]")
    assert loaded.tokenizer.encode("柏林 Berlin", add_special_tokens=False).tokens == ["柏", "林", "berlin"]
    loaded.save(tmp_path / "new")
    assert load_tokenizer(tmp_path / "new").mark == loaded.mark
    theirs = transformers.AutoTokenizer.from_pretrained(str(tmp_path / "new"))
    assert (theirs.bos_token, theirs.eos_token) == ("[CLS]", "[SEP]")
    load_tokenizer(tmp_path / "new", bos="").save(tmp_path / "without")
    assert load_tokenizer(tmp_path / "without").bos is None


@pytest.mark.usefixtures("transformers")
def test_a_sentencepiece_model_is_read(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece", reason="models of SentencePiece are read by its package alone")
    files: dict[str, str | bytes] = {"tokenizer.model": sentencepiece_model()}
    marks = {"bos_token": "<s>", "eos_token": "</s>"}
    loaded = load_tokenizer(folder_of(tmp_path / "old", "LlamaTokenizer", files, **marks))
    assert (loaded.bos, loaded.eos) == (1, 2)
    found = loaded.tokenizer.encode("柏林 Be 我</s>", add_special_tokens=False)
    assert found.tokens[:4] == ["\u2581", "柏林", "\u2581", "Be"]
    assert loaded.eos not in found.ids
    assert loaded.decode(found.ids) == "柏林 Be 我</s>"
    loaded.save(tmp_path / "new")
    assert load_tokenizer(tmp_path / "new").mark == loaded.mark


@pytest.mark.usefixtures("transformers")
def test_what_transformers_cannot_give_us_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="CanineTokenizer is written in Python alone"):
        load_tokenizer(folder_of(tmp_path / "python", "CanineTokenizer"))
    with pytest.raises(InputError, match="GPT2Tokenizer without a vocabulary"):
        load_tokenizer(folder_of(tmp_path / "no-files", "GPT2Tokenizer", eos_token="<|end_of_text|>"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no tokenizer that can be read"):
        load_tokenizer(tmp_path / "empty")
    monkeypatch.setattr("trainer.tokenizer.find_spec", lambda _: None)
    files: dict[str, str | bytes] = {"tokenizer.model": b"\0"}
    with pytest.raises(InputError, match="read by the package sentencepiece, which is missing"):
        load_tokenizer(folder_of(tmp_path / "pieces", "LlamaTokenizer", files))
