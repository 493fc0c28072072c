"""Pretraining corpora: reading samples next to other readers, opening a large one, building next to tokenising.

    python -m benchmarks.bench_corpus [--samples 100000] [--mb 20] [--sparse-gb 10]

read    random samples of 1,024 tokens, the readers in turns in one run; contents are compared first
open    a sparse corpus: seconds from `Corpus.open` to the first batch, and own memory while reading on
build   CPU seconds of a whole build with one worker, and of the tokenizer's encode_batch alone on the same text
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one core against one core

import numpy as np
import psutil

from benchmarks.corpus import pages_of
from benchmarks.machine import console, describe_machine, print_table
from kg2instruct.sample import sample_paths
from kg2instruct.wiki.article import WikiOptions, parse_article
from trainer.corpus.build import build_corpus
from trainer.corpus.indexed import (
    BIN,
    IDX,
    IndexedReader,
    dtype_for,
    index_blocks,
    indexed_writer,
    with_suffix,
)
from trainer.corpus.manifest import DATA, Manifest, Shard, Source, TokenizerMark, write_manifest
from trainer.corpus.reader import Corpus
from trainer.corpus.recipe import CorpusRecipe, SourceSpec
from trainer.tokenizer import load_tokenizer, train_tokenizer

LENGTH = 1024
ROUNDS = 5
Read = Callable[[int], Any]


def bench_read(folder: Path, count: int) -> None:
    """All readers over the same samples in the same random order, in turns."""
    rng = np.random.default_rng(1)
    prefix = folder / "read"
    tokens = rng.integers(0, 60_000, (count, LENGTH), dtype=np.uint16)
    with indexed_writer(prefix, dtype_for(60_000)) as writer:
        for row in tokens:
            writer.add_tokens(row, [LENGTH])
    readers = {"ours": _ours(prefix), **_others(prefix, folder, tokens)}
    order = rng.permutation(count).tolist()
    for name, read in readers.items():
        for number in order[:200]:
            if not np.array_equal(np.asarray(read(number))[:LENGTH], tokens[number]):
                raise SystemExit(f"{name} reads other tokens")
    del tokens
    rates: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            begun = time.process_time()
            for number in order:
                read(number)
            rates[name].append(count / (time.process_time() - begun))
    ours = statistics.median(rates["ours"])
    rows = []
    for name, found in rates.items():
        middle = statistics.median(found)
        spread = f"{min(found):,.0f}–{max(found):,.0f}"
        rows.append((name, f"{middle:,.0f}", spread, f"{ours / middle:.1f}"))
    print_table(
        f"random samples of {LENGTH} tokens, {count:,} of them, warm",
        ("reader", "samples a CPU second", "range", "ours is faster by"),
        rows,
        "aim: ours at least as fast as the fastest",
    )


def _ours(prefix: Path) -> Read:
    return IndexedReader(prefix).__getitem__


def _others(prefix: Path, folder: Path, tokens: Any) -> dict[str, Read]:
    """Those that are installed."""
    import pyarrow as pa

    found: dict[str, Read] = {}
    try:
        from megatron.core.datasets.indexed_dataset import IndexedDataset

        found["megatron-core"] = IndexedDataset(str(prefix)).__getitem__
    except ImportError as error:
        console.print(f"megatron-core: {error}")
    try:
        import datasets

        column = pa.FixedSizeListArray.from_arrays(pa.array(tokens.reshape(-1)), LENGTH)
        table = pa.table({"input_ids": column.cast(pa.list_(pa.uint16()))})
        datasets.disable_progress_bars()
        datasets.Dataset(table).save_to_disk(str(folder / "arrow"))
        arrow = datasets.load_from_disk(str(folder / "arrow")).with_format("arrow")
        found["datasets, Arrow to numpy"] = lambda i: (
            arrow[i]["input_ids"].combine_chunks().flatten().to_numpy()
        )
        plain = datasets.load_from_disk(str(folder / "arrow")).with_format("numpy")
        found["datasets, numpy"] = lambda i: plain[i]["input_ids"]
    except ImportError as error:
        console.print(f"datasets: {error}")
    try:
        from datatrove.utils.dataset import DatatroveFileDataset

        (folder / "trove.ds").write_bytes(with_suffix(prefix, BIN).read_bytes())
        trove = DatatroveFileDataset(str(folder / "trove.ds"), seq_len=LENGTH - 1, token_size=2)
        found["datatrove"] = lambda i: trove[i]["input_ids"]
    except (ImportError, TypeError) as error:
        console.print(f"datatrove: {error}")
    return found


def bench_open(folder: Path, gigabytes: float) -> None:
    """A corpus as large as asked for, of zeros that take no space."""
    count = int(gigabytes * 1e9) // (2 * LENGTH)
    (folder / DATA).mkdir()
    prefix = folder / DATA / "sparse"
    with with_suffix(prefix, BIN).open("wb") as out:
        out.truncate(count * 2 * LENGTH)
    lengths = np.full(count, LENGTH, np.int32)
    with with_suffix(prefix, IDX).open("wb") as out:
        out.writelines(index_blocks(dtype_for(1000), [(lengths, np.arange(count + 1))]))
    size = sum(with_suffix(prefix, suffix).stat().st_size for suffix in (BIN, IDX))
    shard = Shard(f"{DATA}/sparse", count, count, count * LENGTH, size, "")
    source = Source("sparse", "zh", None, (shard,))
    write_manifest(folder, Manifest(TokenizerMark("0" * 64, 1000, None, 1), LENGTH, (source,), {}))
    begun = time.perf_counter()
    mixture = Corpus.open(folder).mixture(seed=1)
    batch = np.stack([mixture[i] for i in range(32)])
    seconds = time.perf_counter() - begun
    console.print(
        f"\n{gigabytes:g} GB, {count:,} samples: first batch {batch.shape} after {seconds:.4f} s (aim: 1)"
    )
    held = [_own_memory()]
    walk = mixture.order.walk()
    for _ in range(4):
        for _, (source_number, number) in zip(range(50_000), walk, strict=False):
            mixture.samples[source_number][number].sum()
        held.append(_own_memory())
    told = ", ".join(f"{bytes_ / 1e6:.1f}" for bytes_ in held)
    console.print(f"own memory in MB, after each 50,000 samples in training order: {told}")


def _own_memory() -> int:
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


def bench_build(folder: Path, megabytes: float, rows: Path | None = None) -> None:
    """A build against the tokenizer alone; texts are sentences of the sample's articles, drawn anew."""
    texts = _texts(megabytes, rows)
    size = sum(len(text.encode()) for text in texts)
    tokenizer = train_tokenizer(texts[: len(texts) // 10 + 1], 32_000)
    tokenizer.save(folder / "tokenizer")
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), "utf-8"
    )
    spec = SourceSpec(name="rows", kind="rows", path=(str(folder / "rows.jsonl"),), lang="zh")
    recipe = CorpusRecipe(tokenizer=str(folder / "tokenizer"), sources=(spec,))
    times: dict[str, list[float]] = {"encode_batch alone": [], "whole build": []}
    for _ in range(5):  # in turns, and with a tokenizer that has cached nothing yet
        fresh = load_tokenizer(folder / "tokenizer").tokenizer
        times["encode_batch alone"].append(_seconds(lambda t=fresh: t.encode_batch(texts)))  # type: ignore[misc]
        times["whole build"].append(_seconds(lambda: build_corpus(recipe, folder / "out", fresh=True)))
    alone = statistics.median(times["encode_batch alone"])
    table = []
    for name, took in times.items():
        middle = statistics.median(took)
        spread = f"{min(took):.2f}–{max(took):.2f}"
        table.append((name, f"{middle:.2f}", spread, f"{size / middle / 1e6:.2f}", f"{middle / alone:.2f}"))
    print_table(
        f"{size / 1e6:.1f} MB of Chinese text, {len(texts):,} documents, one core",
        ("", "CPU seconds", "range", "MB/s", "of encode_batch"),
        table,
        "aim: a whole build at most 1.3 times the tokenizer alone",
    )


def _texts(megabytes: float, rows: Path | None) -> list[str]:
    """Documents of 2 to 12 paragraphs' sentences, drawn from real ones, no two documents alike."""
    pool = _paragraphs(rows)
    draw, size, texts = random.Random(1), 0, []
    while size < megabytes * 1e6:
        sentences = [s for text in draw.choices(pool, k=draw.randint(2, 12)) for s in text.split("。") if s]
        draw.shuffle(sentences)
        lines = ["。".join(sentences[i : i + 5]) + "。" for i in range(0, len(sentences), 5)]
        texts.append("\n".join(lines))
        size += len(texts[-1].encode())
    return texts


def _paragraphs(rows: Path | None) -> list[str]:
    if rows is not None:
        found = [
            line
            for text in rows.read_text("utf-8").splitlines()
            for line in json.loads(text)["text"].split("\n")
        ]
    else:
        options = WikiOptions(max_chars=1 << 30)
        pages = pages_of(sample_paths("zh").wikipedia)
        articles = (parse_article(page, lang="zh", options=options) for page in pages)
        found = [p.text for article in articles for p in article.passages if p.kind == "paragraph"]
    return [text for text in found if len(text) > 20]


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds in a process of its own: what work before has done to the heap would slow down all that follows."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = get_context("fork").Process(target=work)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"ended with {process.exitcode}")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run all parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--mb", type=float, default=20.0)
    parser.add_argument("--sparse-gb", type=float, default=10.0)
    parser.add_argument("--rows", type=Path, help="JSON lines with `text` to draw from (default the sample)")
    parser.add_argument("--only", choices=("read", "open", "build"))
    options = parser.parse_args(arguments)
    console.print(describe_machine())
    parts = {
        "read": lambda folder: bench_read(folder, options.samples),
        "open": lambda folder: bench_open(folder, options.sparse_gb),
        "build": lambda folder: bench_build(folder, options.mb, options.rows),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="bench-corpus-") as made:
                part(Path(made))


if __name__ == "__main__":
    main()
