"""A built corpus, read: samples by source, and all sources mixed in an order that can be entered anywhere.

corpus = Corpus.open(Path("corpora/zh"))
corpus.check_tokenizer(tokenizer)
mixture = corpus.mixture(seed=7)
mixture[0]                        # token ids of the first sample in training order
mixture.source_of(0)              # the name of its source
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError
from trainer.corpus.indexed import BIN, IDX, IndexedReader, Tokens, checksum, with_suffix
from trainer.corpus.manifest import (
    SPLITS,
    TOKENIZER,
    Manifest,
    Shard,
    Split,
    TokenizerMark,
    all_shards,
    read_manifest,
)
from trainer.corpus.mixing import Order, whole_shares


class Samples(Sequence[Tokens]):
    """The samples of several shards as one sequence of read-only views; a shard is opened when it is needed."""

    def __init__(self, folder: Path, shards: Sequence[Shard]) -> None:
        self._folder, self._shards = folder, shards
        self._ends = list(accumulate(shard.samples for shard in shards))
        self._starts = [0, *self._ends][:-1]
        self._readers: list[IndexedReader | None] = [None] * len(shards)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, number: Any) -> Any:
        if number < 0:
            number += len(self)
        shard = bisect_right(self._ends, number)
        if shard == len(self._ends) or number < 0:
            raise IndexError(number)
        reader = self._readers[shard] or self.reader(shard)
        return reader[number - self._starts[shard]]

    def reader(self, shard: int) -> IndexedReader:
        """One shard, opened once. Raises InputError where it is not what the manifest says."""
        found = self._readers[shard]
        if found is None:
            known = self._shards[shard]
            found = IndexedReader(self._folder / known.prefix)
            if (len(found), found.document_count) != (known.samples, known.documents):
                raise InputError(
                    f"{found.prefix}: {len(found)} samples of {found.document_count} documents, "
                    f"the manifest says {known.samples} of {known.documents}"
                )
            self._readers[shard] = found
        return found


@dataclass(frozen=True, slots=True)
class Mixture(Sequence[Tokens]):
    """All sources mixed by `order`: `mixture[position]` is a sample. It has no end; its length is one full pass.

    What is read depends on the position alone, so to go on a run needs to remember nothing else.
    """

    names: tuple[str, ...]
    samples: tuple[Samples, ...]
    order: Order

    def __len__(self) -> int:
        return self.order.full_pass

    def __getitem__(self, position: Any) -> Any:
        source, number = self.order[position]
        return self.samples[source][number]

    def walk(self, position: int = 0, *, step: int = 1) -> Iterator[tuple[str, Tokens]]:
        """Source and sample at `position`, `position + step`, …, without end: a rank of several takes every nth."""
        for source, number in self.order.walk(position, step=step):
            yield self.names[source], self.samples[source][number]

    def source_of(self, position: int) -> str:
        """The name of the source that the sample at `position` is of."""
        return self.names[self.order[position][0]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A built corpus folder. `open` looks at the sizes of all files, `verify` at every byte."""

    folder: Path
    manifest: Manifest
    _samples: dict[tuple[str, Split], Samples] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path) -> Corpus:
        """Open a folder that `corpus build` wrote. Raises InputError for a missing or cut shard."""
        manifest = read_manifest(folder)
        for shard in all_shards(manifest.sources):
            _check_size(folder, shard)
        return cls(folder, manifest)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sources, in recipe order."""
        return tuple(source.name for source in self.manifest.sources)

    @property
    def tokenizer_folder(self) -> Path:
        """Where the tokenizer that made the ids lies."""
        return self.folder / TOKENIZER

    def samples(self, name: str, split: Split = "train") -> Samples:
        """The samples of one source."""
        key = (name, split)
        if key not in self._samples:
            self._samples[key] = Samples(self.folder, self.manifest.source(name).shards(split))
        return self._samples[key]

    def held_out(self) -> dict[str, Samples]:
        """The held-out samples of each source that has some."""
        return {
            s.name: self.samples(s.name, "held_out") for s in self.manifest.sources if s.samples("held_out")
        }

    def mixture(self, *, seed: int = 0, weights: Mapping[str, float] | None = None) -> Mixture:
        """All sources for training. Weights are shares of the *tokens*; by default those of the recipe.

        Without any weights every sample is read once in each pass. Raises ConfigError for unknown names.
        """
        sources = [source for source in self.manifest.sources if source.samples()]
        if not sources:
            raise InputError(f"{self.folder}: holds no training samples")
        if weights is None and any(source.weight is not None for source in sources):
            weights = {source.name: source.weight or 0.0 for source in sources}
        shares: tuple[int, ...] = ()
        if weights is not None:
            if unknown := sorted(set(weights) - set(self.names)):
                raise ConfigError(
                    f"weights for {', '.join(unknown)}: the sources are {', '.join(self.names)}"
                )
            # A source of long samples needs fewer of them for the same number of tokens.
            shares = whole_shares(
                [
                    Fraction(str(weights.get(source.name, 0.0))) * source.samples() / max(1, source.tokens())
                    for source in sources
                ]
            )
        order = Order(tuple(source.samples() for source in sources), shares, seed)
        names = tuple(source.name for source in sources)
        return Mixture(names, tuple(self.samples(name) for name in names), order)

    def blend(self, *, weights: Mapping[str, float] | None = None) -> str:
        """The training shards with their weights, as Megatron's `--data-path` takes them."""
        mixture = self.mixture(weights=weights)
        told = []
        for name, share in zip(mixture.names, mixture.order.shares, strict=True):
            source = self.manifest.source(name)
            for shard in source.train:
                weight = share / mixture.order.period * shard.samples / source.samples()
                told.append(f"{weight:.6g} {(self.folder / shard.prefix).resolve()}")
        return " ".join(told)

    def check_tokenizer(self, mark: TokenizerMark, *, where: str = "the tokenizer") -> None:
        """Raise InputError unless this is the tokenizer that made the ids."""
        ours = self.manifest.tokenizer
        if mark.fingerprint != ours.fingerprint:
            raise InputError(
                f"{self.folder}: was tokenised with another tokenizer ({ours.vocabulary} ids, fingerprint "
                f"{ours.fingerprint[:12]}) than {where} ({mark.vocabulary} ids, {mark.fingerprint[:12]}); "
                f"use the one in {self.tokenizer_folder}, or build the corpus again"
            )
        if (mark.bos, mark.eos) != (ours.bos, ours.eos):
            raise InputError(
                f"{self.folder}: documents begin with id {ours.bos} and end with {ours.eos}; "
                f"of {where} these are {mark.bos} and {mark.eos}"
            )

    def check_vocabulary(self, size: int, *, where: str = "the model") -> None:
        """Raise InputError when a model with embeddings for `size` ids cannot read the corpus."""
        if size < self.manifest.tokenizer.vocabulary:
            raise InputError(
                f"{self.folder}: has ids up to {self.manifest.tokenizer.vocabulary - 1}, {where} knows {size}; "
                "resize its embeddings, or build the corpus with its tokenizer"
            )

    def verify(self) -> None:
        """Read every byte: checksums, indexes, counts. Raises InputError at the first that is wrong."""
        for source in self.manifest.sources:
            for split in SPLITS:
                samples = self.samples(source.name, split)
                for number, shard in enumerate(source.shards(split)):
                    if checksum(self.folder / shard.prefix) != shard.checksum:
                        raise InputError(
                            f"{self.folder / shard.prefix}: its bytes are not those that were written "
                            "(checksum); copy or build it again"
                        )
                    samples.reader(number).check()


def describe_shard(folder: Path, prefix: str) -> Shard:
    """What the manifest says of a file pair: reads all of it, for its checksum."""
    reader = IndexedReader(folder / prefix)
    size = sum(with_suffix(reader.prefix, suffix).stat().st_size for suffix in (BIN, IDX))
    return Shard(
        prefix, len(reader), reader.document_count, reader.token_count, size, checksum(reader.prefix)
    )


def _check_size(folder: Path, shard: Shard) -> None:
    prefix = folder / shard.prefix
    size = 0
    for suffix in (BIN, IDX):
        try:
            size += with_suffix(prefix, suffix).stat().st_size
        except OSError as error:
            raise InputError(f"{with_suffix(prefix, suffix)}: shard is missing: {error.strerror}") from error
    if size != shard.bytes:
        raise InputError(
            f"{prefix}: shard has {size} bytes, the manifest says {shard.bytes}: cut or replaced"
        )
