"""What a corpus holds, for people: tables, histograms of lengths, samples as text."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.folder import read_json
from trainer.corpus.drops import FOLDER, Drop
from trainer.corpus.manifest import SPLITS, Split
from trainer.corpus.reader import Corpus
from trainer.corpus.stats import STATS
from trainer.tokenizer import load_tokenizer

BINS = 8
_BAR = 40  # characters


def show_stats(stats: Mapping[str, Any], console: Console) -> None:
    """A table of the sources, why documents were dropped, and what could not be read."""
    table = Table(box=None, header_style="bold")
    for name in ("source", "read", "train", "held out", "samples", "tokens", "dropped"):
        table.add_column(name, justify="left" if name in ("source", "dropped") else "right")
    for name, source in stats.get("sources", {}).items():
        counts = [source[split]["documents"] for split in SPLITS]
        both = [sum(source[split][what] for split in SPLITS) for what in ("samples", "tokens")]
        gone = source["dropped"] | source["left out"]
        table.add_row(
            escape(name),
            *(f"{count:,}" for count in (source["documents read"], *counts, *both)),
            escape(", ".join(f"{count:,} {reason}" for reason, count in gone.items())),
        )
    console.print(table, highlight=False)
    for name, source in stats.get("sources", {}).items():
        if source["changed"]:
            told = ", ".join(f"{count:,} {what}" for what, count in source["changed"].items())
            console.print(f"{escape(name)}: {escape(told)}", highlight=False, soft_wrap=True)
    for kind, found in stats.get("problems", {}).items():
        places = ", ".join(found["examples"][:2])
        console.print(
            f"[yellow]problem[/] {found['count']:,} × {escape(kind)} ({escape(places)})",
            highlight=False,
            soft_wrap=True,
        )


def lengths(corpus: Corpus, name: str, split: Split = "train") -> NDArray[np.int64]:
    """How many samples of a source have a length in each of BINS equal steps up to the longest allowed."""
    edges = np.linspace(0, corpus.manifest.max_tokens, BINS + 1)
    edges[0] = -1
    found = np.zeros(BINS, np.int64)
    samples = corpus.samples(name, split)
    for number in range(len(corpus.manifest.source(name).shards(split))):
        places = np.searchsorted(edges, samples.reader(number).lengths, "left") - 1
        found += np.bincount(np.clip(places, 0, BINS - 1), minlength=BINS)
    return found


def to_json(corpus: Corpus, source: str | None) -> str:
    """Counts, lengths and the tokenizer's mark as JSON."""
    stats = read_json(corpus.folder / STATS) or {"sources": {}}
    told = {
        "tokenizer": corpus.manifest.tokenizer,
        "max_tokens": corpus.manifest.max_tokens,
        "sources": {
            name: stats["sources"].get(name, {}) | {"lengths": lengths(corpus, name).tolist()}
            for name in _names(corpus, source)
        },
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1).decode()


def show_corpus(
    corpus: Corpus, source: str | None, *, samples: int, drops: int, chars: int, seed: int
) -> None:
    """Print all that there is to see of a corpus, or of one source, on standard output."""
    out = Console(highlight=False, soft_wrap=True)
    mark = corpus.manifest.tokenizer
    out.print(
        f"tokenizer of {mark.vocabulary:,} ids, fingerprint {mark.fingerprint[:12]}; "
        f"samples of up to {corpus.manifest.max_tokens} tokens"
    )
    names = _names(corpus, source)
    stats = read_json(corpus.folder / STATS) or {}
    shown = {name: value for name, value in stats.get("sources", {}).items() if name in names}
    show_stats({"sources": shown, "problems": stats.get("problems", {})}, out)
    tokenizer = load_tokenizer(corpus.tokenizer_folder)
    for name in names:
        out.rule(escape(name), align="left", style="bold")
        _show_lengths(corpus, name, out)
        found = corpus.samples(name)
        chosen = random.Random(f"{seed}:{name}").sample(range(len(found)), min(samples, len(found)))
        for number in sorted(chosen):
            tokens = found[number]
            out.print(f"[dim]sample {number:,}, {len(tokens):,} tokens[/]")
            out.print(escape(_cut(tokenizer.decode(tokens.tolist()), chars)))
        if drops:
            _show_drops(corpus, name, drops, chars, out)


def _names(corpus: Corpus, source: str | None) -> Sequence[str]:
    return corpus.names if source is None else (corpus.manifest.source(source).name,)


def _show_lengths(corpus: Corpus, name: str, out: Console) -> None:
    counts = lengths(corpus, name)
    if not counts.any():
        out.print("no samples for training")
        return
    step = corpus.manifest.max_tokens / BINS
    for i, count in enumerate(counts.tolist()):
        bar = "█" * round(_BAR * count / int(counts.max()))
        out.print(f"{int(i * step) + 1:>7,}–{int((i + 1) * step):<7,} {count:>11,} {bar}")


def _show_drops(corpus: Corpus, name: str, most: int, chars: int, out: Console) -> None:
    path = corpus.folder / FOLDER / f"{name}.jsonl"
    if not path.exists():
        raise InputError(f"{path}: no sample of dropped documents")
    for reason, found in groupby(read_jsonl(path, Drop), key=lambda drop: drop.reason):
        for drop in list(found)[:most]:
            out.print(f"[yellow]{escape(reason)}[/] [dim]{escape(drop.place)}, {drop.chars:,} characters[/]")
            out.print(escape(_cut(drop.text, chars)))


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[:chars] + " …"
