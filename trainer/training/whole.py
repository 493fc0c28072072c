"""From a dataset folder to a scored model on a laptop: the preset `tiny` (and others of its kind).

    DATA/aligned ─> OUT/rows ─> OUT/tokenizer ─> OUT/corpus ─> OUT/pretrain ─> OUT/lora ─> OUT/model ─> OUT/scores.json

Each step is what its own command does; a step that is finished is not done again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.evaluate import evaluate_file
from kg2instruct.jsonl import atomic_writer, read_jsonl, write_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.labels import schemas_of
from kg2instruct.render.layouts import prompt_of
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import example_id, render_example
from trainer.prompts import ANSWER
from trainer.training.exchange import exchanged, names_of, only_types
from trainer.training.folder import MODEL
from trainer.training.launch import Machines
from trainer.training.merge import merge
from trainer.training.options import Pretraining, Tuning, Whole
from trainer.training.rows import read_rows
from trainer.training.settings import CONFIGS
from trainer.training.start import start

Told = Callable[[str], None]
SCORES = "scores.json"
_END = "<|endoftext|>"
_PARTS = ("rows", "tokenizer", "corpus", "pretrain", "lora", MODEL, "untrained", SCORES)
_LONGEST_ANSWER = 96  # tokens


def run_whole(
    whole: Whole,
    pretraining: Pretraining,
    tuning: Tuning,
    data: Path,
    out: Path,
    *,
    fresh: bool,
    quiet: bool = False,
    told: Told,
) -> dict[str, float]:
    """Train, merge, answer the test rows, and score; return F1 of the untrained, pretrained and tuned model."""
    if fresh:
        for name in _PARTS:
            path = out / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if (out / SCORES).exists():
        found: dict[str, float] = json.loads((out / SCORES).read_text("utf-8"))
        return found
    alone = Machines(processes=1)
    write_rows(whole, data, out / "rows", told)
    tokenizer = write_tokenizer(whole, out)
    write_corpus(whole, tokenizer, out, pretraining.batch.length)
    pretraining = replace(pretraining, corpus=str(out / "corpus"))
    start(pretraining, out / "pretrain", alone, quiet=quiet, told=told)
    tuning = replace(tuning, base=str(out / "pretrain" / MODEL), data=(str(out / "rows" / "train.jsonl"),))
    start(tuning, out / "lora", alone, quiet=quiet, told=told)
    if not (out / MODEL).exists():
        merged = merge(out / "lora", out / MODEL)
        told(f"merged: logits differ by at most {merged.difference:.2g}, their spread is {merged.spread:.2g}")
    write_untrained(out / MODEL, out / "untrained", whole.seed)
    scores = {
        "untrained": score(out / "untrained", out, told),
        "pretrained": score(out / "pretrain" / MODEL, out, told),
        "tuned": score(out / MODEL, out, told),
    }
    with atomic_writer(out / SCORES) as file:
        file.write(json.dumps(scores).encode() + b"\n")
    return scores


def write_rows(whole: Whole, data: Path, folder: Path, told: Told) -> None:
    """Render the records anew, in one short wording: `train.jsonl` with copies, `test.jsonl` as they are."""
    if (folder / "train.jsonl").exists():
        return
    records = list(_records(whole, data))
    kept_out = {
        example_id(row).split("~")[0] for split in ("validation", "test") for row in read_rows(data, split)
    }
    train = [x for x in records if x.id not in kept_out]
    test = [x for x in records if x.id in kept_out]
    if not train or not test:
        raise InputError(
            f"{data}: {len(train)} records for training and {len(test)} for the test; both are needed"
        )
    rows = [*_rendered(whole, train)]
    names, rng = names_of(train), Random(whole.seed)
    for copy in range(whole.copies):
        others = [msgspec.structs.replace(exchanged(x, names, rng), id=f"{x.id}.{copy}") for x in train]
        rows += _rendered(whole, others)
    tests = list(_rendered(whole, test))
    told(f"{len(rows):,} rows for training of {len(train):,} records, {len(tests):,} for the test")
    write_jsonl(folder / "test.jsonl", tests)
    write_jsonl(folder / "train.jsonl", rows)


def _records(whole: Whole, data: Path) -> Iterator[Example]:
    files = sorted((data / "aligned").glob(f"{whole.lang}-*.jsonl*"))
    if not files:
        raise InputError(
            f"{data}: no records aligned/{whole.lang}-*.jsonl; make the folder by `kg2instruct build`"
        )
    for file in files:
        for example in read_jsonl(file, Example):
            yield only_types(example, whole.types)


def _rendered(whole: Whole, examples: list[Example]) -> Iterator[InstructionRow]:
    options = RenderOptions(
        tasks=("ner",), formats=(whole.format,), template_folder=str(CONFIGS / "terse"), open_rate=0.0,
        synonyms=0.0, definitions=0.0, split_num=0, negatives=1.0, max_chars=whole.max_chars, seed=whole.seed,
    )  # fmt: skip
    schemas = schemas_of(examples)
    for example in examples:
        yield from render_example(example, schemas[example.lang, example.source], options)


def write_tokenizer(whole: Whole, out: Path) -> Path:
    """Train a tokenizer on the training rows; without marks of conversations: prompts have headings."""
    folder = out / "tokenizer"
    if not (folder / "tokenizer.json").exists():
        from trainer.tokenizer import train_tokenizer

        texts = [f"{prompt_of(row)}\n{row.output}" for row in read_rows(out / "rows" / "train.jsonl")]
        made = train_tokenizer(texts, whole.vocabulary, specials=(_END,), bos=None, eos=_END)
        made.save(folder)
    return folder


def write_corpus(whole: Whole, tokenizer: Path, out: Path, length: int) -> None:
    """Build a corpus of the training rows' texts, each with its answer, as they stand at the end of a prompt."""
    from trainer.corpus.build import build_corpus
    from trainer.corpus.recipe import CleanOptions, CorpusRecipe, DedupOptions, SourceSpec

    documents = out / "rows" / "documents.jsonl"
    if not documents.exists():
        rows = read_rows(out / "rows" / "train.jsonl")
        write_jsonl(documents, ({"text": f"{row.input}{ANSWER}{row.output}"} for row in rows))
    source = SourceSpec(
        name="rows", kind="rows", path=(str(documents),), lang="zh" if whole.lang == "zh" else "en",
        text=("text",), clean=CleanOptions(steps=()),
    )  # fmt: skip
    recipe = CorpusRecipe(
        tokenizer=str(tokenizer), max_tokens=length, held_out=0.01, seed=whole.seed,
        dedup=DedupOptions(near=False), sources=(source,),
    )  # fmt: skip
    build_corpus(recipe, out / "corpus")


def write_untrained(model: Path, folder: Path, seed: int) -> None:
    """The same model with weights as they were drawn, to compare with."""
    if folder.exists():
        return
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, set_seed

    load: Any = AutoModelForCausalLM.from_config
    set_seed(seed)
    load(AutoConfig.from_pretrained(model)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(model).save_pretrained(folder)


def score(model: Path, out: Path, told: Told) -> float:
    """Micro F1 of a model's answers to the test rows, in percent."""
    from trainer.inference.decoding import Decoding
    from trainer.inference.generate import LocalGenerator
    from trainer.inference.model import ModelOptions, load_model
    from trainer.inference.predict import predict

    rows = out / "rows" / "test.jsonl"
    name = model.parent.name if model.name == MODEL and model.parent != out else model.name
    answers = out / "answers" / f"{name}.jsonl"
    generator = LocalGenerator(
        load_model(ModelOptions(model=str(model))), Decoding(max_new_tokens=_LONGEST_ANSWER)
    )
    predict(read_rows(rows), generator, answers, fresh=True)
    found = evaluate_file(rows, answers=answers, draws=0)
    told(
        f"{name}: F1 {found.micro.f1:.2f}, {found.hallucinated} of {found.spans} spans are not in their text"
    )
    return float(found.micro.f1)


def check_whole(data: tuple[str, ...]) -> Path:
    """The one dataset folder that is asked for. Raises ConfigError."""
    if len(data) != 1 or not Path(data[0]).is_dir():
        raise ConfigError("this preset needs one dataset folder of `build`: --data DIR")
    return Path(data[0])
