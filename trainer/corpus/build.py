"""`kg2instruct corpus build`: a recipe in, a corpus folder out. The only place that knows the order of the stages.

read → decide → encode → pack; see the modules of these names.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import xxhash

from kg2instruct.errors import InputError, Kg2InstructError, OutputError
from kg2instruct.mix.part import load, save
from kg2instruct.pipeline.folder import claim, own_folder, read_json, replace_folder, write_json
from kg2instruct.pipeline.identity import Identity, checksum, program
from kg2instruct.pipeline.progress import MakeProgress, silent
from kg2instruct.pipeline.units import Stage, StageReport, Tally, Unit, run_units
from trainer.corpus.cleaning.words import check_lists
from trainer.corpus.decide import decide, starts_of
from trainer.corpus.drops import DROPS, DropSample
from trainer.corpus.drops import FOLDER as DROPS_FOLDER
from trainer.corpus.encode import EncodeDocuments, EncodeUnit
from trainer.corpus.manifest import DATA, TOKENIZER, Manifest, Source, write_manifest
from trainer.corpus.pack import PackShards, pack_units, shards
from trainer.corpus.read import DOCS, ReadDocuments
from trainer.corpus.recipe import CorpusRecipe
from trainer.corpus.sources import source_files, source_units
from trainer.corpus.stats import STATS, stats_of
from trainer.tokenizer import TextTokenizer, load_tokenizer

U = TypeVar("U", bound=Unit)

_THREADS = "TOKENIZERS_PARALLELISM"
_FATES = "fates.npy"


@dataclass(frozen=True, slots=True)
class CorpusSummary:
    """What a build made: the folder, and what `stats.json` holds."""

    out: Path
    stats: dict[str, Any] = field(default_factory=dict)
    finished_before: bool = False


def build_corpus(
    recipe: CorpusRecipe,
    out: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    strict: bool = False,
    progress: MakeProgress = silent,
) -> CorpusSummary:
    """Build a corpus folder; run again after an interruption it goes on, and ends with the same bytes.

    With `strict` a record that cannot be read ends the build. Raises Kg2InstructError with a one-line message.
    """
    tokenizer = load_tokenizer(Path(recipe.tokenizer), bos=recipe.bos, eos=recipe.eos)
    for spec in recipe.sources:
        check_lists(spec.clean.words)
    with own_folder(out, also=(TOKENIZER, DROPS_FOLDER)) as work:
        identity = _identity(recipe, tokenizer)
        if claim(out, identity, fresh=fresh):
            return CorpusSummary(out, read_json(out / STATS) or {}, finished_before=True)
        try:
            return _Build(recipe, tokenizer, identity, out, work, workers, strict, progress).run()
        except OSError as error:  # of libraries that write files themselves
            raise OutputError(f"{out}: {error.strerror or error}") from error


def _identity(recipe: CorpusRecipe, tokenizer: TextTokenizer) -> Identity:
    inputs = {"tokenizer": tokenizer.mark.fingerprint}
    for spec in recipe.sources:
        digest, paths = xxhash.xxh3_128(), source_files(spec)
        for path in paths:
            digest.update(os.fsencode(path) + f"\0{checksum(path)}\n".encode())
        inputs[spec.name] = f"{len(paths)} files, {digest.hexdigest()}"
        for name in spec.clean.words.lists:
            inputs[f"{spec.name}: {name}"] = checksum(Path(name))
    options = msgspec.json.decode(msgspec.json.encode(dataclasses.asdict(recipe)))
    return Identity(inputs, options, f"{program()}+{_own_code()}")


def _own_code() -> str:
    """A hash of the code and tables of this package."""
    digest = xxhash.xxh3_64()
    root = files("trainer")
    names = [root / "tokenizer.py", *(root / "corpus").iterdir()]
    names += [*(root / "corpus" / "cleaning").iterdir(), *(root / "corpus" / "data").iterdir()]
    for file in sorted(names, key=str):
        if file.name.endswith((".py", ".yaml")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep the tokenizer from threads of its own: units are done side by side already, in forked processes."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "false"
    try:
        yield
    finally:
        os.environ.pop(_THREADS)
        if before is not None:
            os.environ[_THREADS] = before


@dataclass(slots=True)
class _Build:
    """One build under way."""

    recipe: CorpusRecipe
    tokenizer: TextTokenizer
    identity: Identity
    out: Path
    work: Path
    workers: int
    strict: bool
    progress: MakeProgress
    tally: Tally = field(default_factory=Tally)

    def run(self) -> CorpusSummary:
        read = self._read()
        encoded = self._encode(read)
        packed = self._pack(encoded)
        return self._publish(read, encoded, packed)

    def _read(self) -> StageReport:
        specs = self.recipe.sources
        limited = any(spec.limit is not None for spec in specs)
        total = None if limited else sum(path.stat().st_size for spec in specs for path in source_files(spec))
        units = [source_units(number, spec, threads=self.workers) for number, spec in enumerate(specs)]
        chained = (unit for source in units for unit in source)
        return self._run("read", chained, ReadDocuments(self.recipe, self.strict), "read", total)

    def _decide(self, read: StageReport) -> Path:
        path = self.work / _FATES
        if not path.exists():
            save(path, decide(read.folder, read.units, self.recipe))
        if not len(load(path)):
            gone = ("dropped: ", "left out: ", "problem: ")
            told = [
                f"{count:,} {kind.partition(': ')[2]}"
                for kind, count in sorted(read.tally.counts.items())
                if kind.startswith(gone)
            ]
            raise InputError(f"no document is left: {', '.join(told) or 'the sources are empty'}")
        return path

    def _encode(self, read: StageReport) -> StageReport:
        fates, recipe = self._decide(read), self.recipe
        starts = starts_of(read.folder, read.units)
        sizes = [path.stat().st_size if path.exists() else 1 for path in read.outputs(DOCS)]
        units = [
            EncodeUnit(name, int(name.split("-")[0]), size, int(start))
            for name, size, start in zip(read.units, sizes, starts, strict=False)
        ]
        stage = EncodeDocuments(
            read.folder,
            fates,
            self.tokenizer,
            recipe.max_tokens,
            recipe.min_tokens,
            [spec.name for spec in recipe.sources],
        )
        with _one_thread():
            report = self._run("encode", units, stage, "encoded", sum(sizes))
        for part in read.outputs(DOCS):
            part.unlink(missing_ok=True)  # the largest of all that lies here
        return report

    def _pack(self, encoded: StageReport) -> StageReport:
        names = [spec.name for spec in self.recipe.sources]
        units = list(pack_units(names, encoded.outputs(""), self.recipe.shard_bytes))
        return self._run("pack", units, PackShards(), "packed", sum(unit.size for unit in units))

    def _publish(self, read: StageReport, encoded: StageReport, packed: StageReport) -> CorpusSummary:
        sources = tuple(
            Source(
                spec.name,
                spec.lang,
                spec.weight,
                shards(packed.folder, packed.units, spec.name, "train"),
                shards(packed.folder, packed.units, spec.name, "held_out"),
            )
            for spec in self.recipe.sources
        )
        manifest = Manifest(self.tokenizer.mark, self.recipe.max_tokens, sources, self.identity.to_json())
        self.tokenizer.save(self.work / TOKENIZER)
        for number, spec in enumerate(self.recipe.sources):
            mine = [path for path in self._drops(read, encoded) if int(path.name.split("-")[0]) == number]
            DropSample.merged(mine).write(self.work / DROPS_FOLDER / f"{spec.name}.jsonl")
        data = self.work / DATA
        shutil.rmtree(data, ignore_errors=True)
        packed.folder.replace(data)  # first, so that whoever goes on after an interruption packs anew
        for entry in data.glob("*.json"):
            entry.unlink()
        for name in (DATA, TOKENIZER, DROPS_FOLDER):
            replace_folder(self.work / name, self.out / name)
        stats = stats_of(manifest, self.tally)
        write_json(self.out / STATS, stats)
        write_manifest(self.out, manifest)
        return CorpusSummary(self.out, stats)

    def _drops(self, *reports: StageReport) -> list[Path]:
        return [path for report in reports for path in report.outputs(DROPS)]

    def _run(
        self, title: str, units: Iterable[U], stage: Stage[U], name: str, total: int | None
    ) -> StageReport:
        with self.progress(title, total) as progress:
            report = run_units(units, stage, self.work / name, workers=self.workers, progress=progress)
        if report.failed:
            unit, why = next(iter(report.failed.items()))
            raise Kg2InstructError(f"{title}, part {unit}: {why}; the same command tries it again")
        self.tally.merge(report.tally.counts, report.tally.examples)
        return report
