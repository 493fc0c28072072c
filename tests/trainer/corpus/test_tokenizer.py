"""Tokenizers: every text round-trips, a fingerprint tells them apart, marks are known or asked for."""

from __future__ import annotations

import importlib
import json
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
