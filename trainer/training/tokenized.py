"""Rows to token ids with labels, once, before any process starts: all that is wrong with data is told here.

    OUT/tokens/{train,validation}.parquet   input_ids, labels (-100 where nothing is learned)
    OUT/tokens/report.json                  how many, what was left out and why, and a hash of all that decides it

Only the answer has labels, its end mark included. A row that is longer than a row of the batch is left out: cut
off, it would teach to stop too early, or to answer about text that is not there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import InstructionRow
from trainer.prompts import conversation, encode, end_mark
from trainer.training.options import Tuning
from trainer.training.rows import read_rows, wanted

FOLDER, REPORT = "tokens", "report.json"
UNLEARNED = -100
_BLOCK = 2048


@dataclass(slots=True)
class Report:
    """What became of the rows of a split."""

    rows: int = 0
    """Those that stayed."""
    tokens: int = 0
    learned: int = 0
    """Tokens of answers, end marks included."""
    longest: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """All rows that were looked at."""
        return self.rows + self.left_out.total()


def tokenize(settings: Tuning, tokenizer: Any, out: Path) -> dict[str, Report]:
    """Write the token files of a run, or keep those that are there and still right; return a report by split.

    Raises InputError where no row is left, or more than the allowed share was left out.
    """
    folder = out / FOLDER
    hashed = fingerprint(settings, tokenizer)
    kept = _kept(folder, hashed)
    if kept is not None:
        return kept
    reports = {}
    for split in ("train", "validation"):
        report = reports[split] = Report()
        _write(folder / f"{split}.parquet", _encoded(settings, tokenizer, split, report))
        _judge(settings, split, report)
    content = {
        "hash": hashed,
        "splits": {name: msgspec.to_builtins(report) for name, report in reports.items()},
    }
    with atomic_writer(folder / REPORT) as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
    return reports


def fingerprint(settings: Tuning, tokenizer: Any) -> str:
    """A hash of all that decides the tokens: files, filters, length, vocabulary, template."""
    digest = xxhash.xxh3_128()
    for name in settings.data:
        path = Path(name)
        for file in sorted(x for x in path.rglob("*") if x.is_file()) if path.is_dir() else [path]:
            found = file.stat()
            digest.update(f"{file.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    choices = (settings.tasks, settings.formats, settings.langs, settings.system, settings.batch.length)
    digest.update(repr((choices, tokenizer.chat_template)).encode())
    digest.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    return digest.hexdigest()


def data_hash(out: Path) -> str:
    """The hash that the token files of a run were written with."""
    return str(json.loads((out / FOLDER / REPORT).read_text("utf-8"))["hash"])


def _kept(folder: Path, hashed: str) -> dict[str, Report] | None:
    try:
        found = json.loads((folder / REPORT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if found.get("hash") != hashed:
        return None
    return {
        name: Report(**{**report, "left_out": Counter(report["left_out"])})
        for name, report in found["splits"].items()
    }


def _encoded(settings: Tuning, tokenizer: Any, split: str, report: Report) -> Iterator[dict[str, list[int]]]:
    mark, longest = end_mark(tokenizer), settings.batch.length
    for name in settings.data:
        rows = wanted(read_rows(Path(name), split), settings.tasks, settings.formats, settings.langs)
        for row in rows:
            if reason := _useless(row):
                report.left_out[reason] += 1
                continue
            found = encode(tokenizer, conversation(row, answer=True, system=settings.system), mark=mark)
            report.longest = max(report.longest, len(found))
            if len(found.prompt) >= longest:
                report.left_out["prompt too long, no label would be left"] += 1
            elif len(found) > longest:
                report.left_out["too long, the answer would be cut"] += 1
            else:
                report.rows += 1
                report.tokens += len(found)
                report.learned += len(found.answer)
                labels = [UNLEARNED] * len(found.prompt) + found.answer
                yield {"input_ids": found.prompt + found.answer, "labels": labels}


def _useless(row: InstructionRow) -> str:
    if not row.output.strip():
        return "without an answer"
    return "" if (row.instruction + row.input).strip() else "without an instruction"


def _write(path: Path, rows: Iterator[dict[str, list[int]]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    ids = pa.list_(pa.int32())
    schema = pa.schema({"input_ids": ids, "labels": ids})
    with atomic_writer(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        block: list[dict[str, list[int]]] = []
        for row in rows:
            block.append(row)
            if len(block) == _BLOCK:
                writer.write_table(pa.Table.from_pylist(block, schema))
                block = []
        if block:
            writer.write_table(pa.Table.from_pylist(block, schema))


def _judge(settings: Tuning, split: str, report: Report) -> None:
    names = ", ".join(settings.data)
    if split == "train" and not report.read:
        chosen = [
            f"{x}: {', '.join(getattr(settings, x))}"
            for x in ("tasks", "formats", "langs")
            if getattr(settings, x)
        ]
        raise InputError(f"{names}: no rows for training" + (f" with {'; '.join(chosen)}" if chosen else ""))
    left_out = report.left_out.total()
    if split == "train" and (not report.rows or left_out > settings.most_left_out * report.read):
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.left_out.most_common())
        longer = (
            f"; batch.length={report.longest} would hold all"
            if report.longest > settings.batch.length
            else ""
        )
        raise InputError(
            f"{names}: {left_out:,} of {report.read:,} rows cannot be learned from ({reasons}), allowed are "
            f"{settings.most_left_out:.0%} (most_left_out){longer}"
        )
