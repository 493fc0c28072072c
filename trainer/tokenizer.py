"""Tokenizers of the `tokenizers` library: loaded, told apart by a fingerprint, trained, saved as others read them.

Neither torch nor transformers is imported for a tokenizer that has a `tokenizer.json`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import ConfigError, InputError, MissingExtra
from kg2instruct.jsonl import atomic_writer
from trainer.corpus.manifest import TokenizerMark

try:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
except ImportError as error:
    raise MissingExtra("tokenizers", "trainer") from error

TOKENIZER_FILE, CONFIG_FILE = "tokenizer.json", "tokenizer_config.json"
_BESIDE = (CONFIG_FILE, "special_tokens_map.json", "chat_template.jinja", "tokenizer.model")
# What begins and ends documents where a lone tokenizer.json does not say; the first that is there.
_BEGINNINGS = ("<s>", "<|begin_of_text|>", "<bos>", "[BOS]")
_ENDS = ("</s>", "<|end_of_text|>", "<|endoftext|>", "<eos>", "[EOS]", "<|im_end|>")
# What the ids of a text follow from; how they are put together and decoded does not matter.
_DECISIVE = ("normalizer", "pre_tokenizer", "model")


@dataclass(frozen=True)
class TextTokenizer:
    """A tokenizer with the ids that begin (or None) and end documents.

    Marks such as `</s>` that stand in a text are text: they become ordinary ids, never those of the marks.
    """

    tokenizer: Tokenizer
    bos: int | None
    eos: int
    path: Path

    @cached_property
    def mark(self) -> TokenizerMark:
        """What corpora remember of their tokenizer."""
        return TokenizerMark(fingerprint(self.tokenizer), vocabulary(self.tokenizer), self.bos, self.eos)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, marks shown."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=False)

    def save(self, folder: Path) -> None:
        """Write a folder that this function and transformers' AutoTokenizer load. Raises OutputError."""
        with atomic_writer(folder / TOKENIZER_FILE) as out:
            out.write(self.tokenizer.to_str(pretty=False).encode())
        source = self.path if self.path.is_dir() else self.path.parent
        if (source / CONFIG_FILE).exists():
            for name in _BESIDE:
                if (source / name).exists() and source != folder:
                    shutil.copyfile(source / name, folder / name)
            if _marks(source) == self._names:
                return
            config = json.loads((source / CONFIG_FILE).read_text("utf-8"))
        else:
            config = {"tokenizer_class": "PreTrainedTokenizerFast"}
        # Marks that were asked for are those of whoever loads this folder.
        config.update({key: name or None for key, name in self._names.items()})
        with atomic_writer(folder / CONFIG_FILE) as out:
            out.write(json.dumps(config, ensure_ascii=False, indent=1).encode() + b"\n")

    @property
    def _names(self) -> dict[str, str]:
        """The marks as a configuration names them, empty for none."""
        ids = {"bos_token": self.bos, "eos_token": self.eos}
        return {
            key: "" if number is None else str(self.tokenizer.id_to_token(number))
            for key, number in ids.items()
        }


def load_tokenizer(path: Path, *, bos: str | None = None, eos: str | None = None) -> TextTokenizer:
    """A tokenizer from its folder or `tokenizer.json`; what transformers alone can read goes through it.

    `bos` and `eos` are the marks of documents where the tokenizer's own are not wanted; "" for none to begin
    with. Raises InputError for a path that is no tokenizer, ConfigError where its marks are not known.
    """
    file = path / TOKENIZER_FILE if path.is_dir() else path
    if file.is_file():
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library knows no other
            raise InputError(f"{file}: not a tokenizer: {error}") from error
        told = _marks(file.parent)
    elif path.is_dir():
        tokenizer, told = _through_transformers(path)
    else:
        raise InputError(f"{path}: no tokenizer: expected tokenizer.json, or a folder that holds one")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    first = _id(tokenizer, "bos", bos, told.get("bos_token"), _BEGINNINGS if not told else (), path)
    last = _id(tokenizer, "eos", eos, told.get("eos_token"), _ENDS if not told else (), path)
    if last is None:
        raise ConfigError(f"{path}: does not say which token ends a document; name it: `eos: <token>`")
    return TextTokenizer(tokenizer, first, last, path)


def _id(
    tokenizer: Tokenizer, key: str, asked: str | None, told: str | None, usual: Iterable[str], path: Path
) -> int | None:
    """The id of a mark: as asked for, as the tokenizer's configuration says, or one that usually is it."""
    if asked is not None or told:
        name = told if asked is None else asked
        found: int | None = tokenizer.token_to_id(name) if name else None
        if name and found is None:
            raise ConfigError(f"{path}: {key} {name!r} is no token of this tokenizer")
        return found
    ids = (tokenizer.token_to_id(name) for name in usual)
    return next((found for found in ids if found is not None), None)


def _marks(folder: Path) -> dict[str, str]:
    """`bos_token` and `eos_token` as the files beside a tokenizer say; empty where there are none."""
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    found = {}
    for key in ("bos_token", "eos_token"):
        value: Any = config.get(key)
        value = value.get("content") if isinstance(value, dict) else value
        found[key] = value if isinstance(value, str) else ""
    return found


def _through_transformers(path: Path) -> tuple[Tokenizer, dict[str, str]]:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise MissingExtra("transformers", "trainer") from None
    try:
        loaded: Any = AutoTokenizer.from_pretrained(str(path))
    except Exception as error:  # whatever the files in the folder provoke
        said = " ".join(str(error).split())
        if list(path.glob("*.model")) and find_spec("sentencepiece") is None:
            said = "SentencePiece models are read by the package sentencepiece, which is missing"
        raise InputError(f"{path}: no tokenizer that can be read: {said}") from error
    tokenizer: Tokenizer | None = getattr(loaded, "backend_tokenizer", None)
    if tokenizer is None:
        raise InputError(
            f"{path}: {type(loaded).__name__} is written in Python alone; expected a tokenizer that the tokenizers "
            "library has"
        )
    if not tokenizer.get_vocab_size(
        with_added_tokens=False
    ):  # what transformers makes where files are missing
        raise InputError(f"{path}: {type(loaded).__name__} without a vocabulary: files of it are missing")
    return tokenizer, {"bos_token": loaded.bos_token or "", "eos_token": loaded.eos_token or ""}


def vocabulary(tokenizer: Tokenizer) -> int:
    """The number of ids, the highest and one: what embeddings must hold."""
    return max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1


def fingerprint(tokenizer: Tokenizer) -> str:
    """A hash that two tokenizers share when every text has the same ids with both.

    Marks that stand in no text (special tokens), padding, truncation and decoding do not change it.
    """
    stored = msgspec.json.decode(tokenizer.to_str())
    decisive = {key: stored.get(key) for key in _DECISIVE}
    decisive["added"] = [token for token in stored.get("added_tokens", ()) if not token["special"]]
    return hashlib.sha256(msgspec.json.encode(decisive, order="sorted")).hexdigest()


def train_tokenizer(
    texts: Iterable[str],
    vocabulary_size: int,
    *,
    specials: Sequence[str] = ("<|begin_of_text|>", "<|end_of_text|>"),
    bos: str | None = "<|begin_of_text|>",
    eos: str = "<|end_of_text|>",
    quiet: bool = True,
) -> TextTokenizer:
    """A byte-level BPE tokenizer for Chinese and English learned from `texts`: every text round-trips.

    Digits stand alone and Chinese is not joined to Latin, as current open models have it. `specials` get the
    first ids; `bos` and `eos` must be among them. The same texts give the same tokenizer.
    """
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if vocabulary_size < len(alphabet) + len(specials):
        raise ConfigError(
            f"a vocabulary of {vocabulary_size} is too small: bytes and marks take {len(alphabet) + len(specials)}"
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_pattern(), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[AddedToken(name, special=True, normalized=False) for name in specials],
        initial_alphabet=sorted(alphabet),
        show_progress=not quiet,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True
    first = tokenizer.token_to_id(bos) if bos else None
    last = tokenizer.token_to_id(eos)
    if last is None or (bos and first is None):
        raise ConfigError(f"{bos!r} and {eos!r} must be among the special tokens")
    return TextTokenizer(tokenizer, first, last, Path())


def _pattern() -> Any:
    return Regex(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
        r"|\p{Han}+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^\p{Han}]]+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
