"""The work of `kg2instruct train pretrain` in each process: transformers' Trainer on packed rows of a corpus.

Corpus ─> RowStream ─> Trainer ─> OUT/checkpoints/… ─> OUT/model, OUT/summary.json
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset
from transformers import (
    AutoModelForCausalLM,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from trainer.training.arguments import arguments
from trainer.training.attention import for_attention
from trainer.training.bases import find_base, load_model, load_tokenizer
from trainer.training.checkpoints import FOLDER, Mark, last_checkpoint, may_resume
from trainer.training.folder import MODEL
from trainer.training.options import Pretraining
from trainer.training.packing import IGNORED, RowStream, held_out_rows, join
from trainer.training.place import Place
from trainer.training.pretrain_data import (
    corpus_hash,
    open_corpus,
    read_spot,
    row_stream,
    total_steps,
    write_spot,
)
from trainer.training.results import save_model, write_summary
from trainer.training.shapes import model_config, tokenizer_folder
from trainer.training.told import Told, Watch
from trainer.training.zero import stage

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


def pretrain(settings: Pretraining, out: Path, place: Place) -> None:
    """Train a model, from the last whole checkpoint where there is one, and write it to OUT/model."""
    batch, run = settings.batch, settings.run
    accumulation = batch.accumulation(place.processes)
    rows = accumulation * batch.micro * place.processes
    mark = Mark(place.processes, stage(place.zero or {}), rows, corpus_hash(settings))
    checkpoint = last_checkpoint(out)
    if checkpoint:
        may_resume(checkpoint, mark)
    corpus = open_corpus(settings)
    stream = row_stream(settings, corpus, read_spot(checkpoint) if checkpoint else None)
    tokenizer = load_tokenizer(tokenizer_folder(settings, corpus))
    options = arguments(batch, settings.optim, run, place, out)
    options["max_steps"] = total_steps(settings, row_stream(settings, corpus), rows)
    # Before the model: for ZeRO-3 this makes it come into being in shards.
    args = TrainingArguments(**options, ignore_data_skip=True, remove_unused_columns=False)
    trainer = Pretrainer(
        model=make_model(settings, corpus, place),
        args=args,
        processing_class=tokenizer,
        callbacks=[
            KeepPlace(out, stream, place),  # before the checkpoint is marked as whole
            Watch(out, place, mark, run, evaluates=bool(corpus.held_out())),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.optim_options, trainer.run_options, trainer.row_length = settings.optim, run, batch.length
    trainer.stream, trainer.place, trainer.held_out = stream, place, corpus.held_out()
    trainer.first_row = _step_of(checkpoint) * rows
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    found = trainer.evaluate() if trainer.held_out else {}
    save_model(trainer, tokenizer, out / MODEL, place)
    if place.first:
        write_summary(out, trainer.state, found)


def make_model(settings: Pretraining, corpus: Any, place: Place) -> Any:
    """The model to train. Its weights are in 32 bits, but where DeepSpeed keeps such copies itself."""
    run = settings.run
    precision = run.precision if place.zero else "fp32"
    if settings.base:
        return load_model(find_base(settings.base), precision, run.attention)
    set_seed(run.seed)
    more = {"attn_implementation": run.attention} if run.attention else {}
    return AutoModelForCausalLM.from_config(model_config(settings, corpus), dtype=_TYPES[precision], **more)


class Pretrainer(Told, Trainer):
    """Trainer on a stream of rows, which it enters where it is told, and with losses by source."""

    stream: RowStream
    place: Place
    held_out: Mapping[str, Sequence[Any]]
    first_row: int = 0

    def get_train_dataloader(self) -> Any:
        """This process's micro-batches; nobody else divides or skips them."""
        return DataLoader(_Batches(self), batch_size=None, pin_memory=not self.place.on_cpu)

    def pad_id(self) -> int:
        """What fills up rows."""
        tokenizer: Any = self.processing_class
        return int(tokenizer.pad_token_id)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Loss and perplexity on the held-out samples of each source, and over all of them."""
        found: dict[str, float] = {}
        totals = torch.zeros(2, dtype=torch.float64)
        for name, samples in self.held_out.items():
            summed = self._summed(samples)
            totals += summed
            found |= _figures(f"_{name}", summed)
        found |= _figures("", totals)
        self.log(found)
        return found

    def _summed(self, samples: Sequence[Any]) -> torch.Tensor:
        """Sum of the losses of all tokens of a source and their number, over all processes."""
        rows, micro = held_out_rows(samples, self.row_length), self.args.per_device_eval_batch_size
        device, model = self.args.device, self.model_wrapped
        model.eval()
        summed = torch.zeros(2, dtype=torch.float64, device=device)
        at_once = micro * self.place.processes
        # ZeRO-3 needs all processes in every forward pass: those without rows take empty ones.
        for first in range(0, len(rows), at_once):
            mine = (
                rows[first + self.place.rank * micro :][:micro]
                if first + self.place.rank * micro < len(rows)
                else []
            )
            filled = [join([samples[i] for i in row], self.row_length, self.pad_id()) for row in mine]
            filled = filled or [join([], self.row_length, self.pad_id())]
            batch = {
                key: torch.tensor([row[key].tolist() for row in filled], device=device) for key in filled[0]
            }
            batch = for_attention(batch, self.model)
            labels = batch.pop("labels")
            with torch.no_grad(), self.compute_loss_context_manager():
                logits = model(**batch, use_cache=False).logits
            wanted = labels[:, 1:].flatten()
            loss = torch.nn.functional.cross_entropy(
                logits[:, :-1].float().flatten(0, 1), wanted, ignore_index=IGNORED, reduction="sum"
            )
            summed += torch.stack([loss.double(), (wanted != IGNORED).sum().double()])
        total: torch.Tensor = self.accelerator.reduce(summed, "sum")
        return total.cpu()


class KeepPlace(TrainerCallback):
    """Notes in each checkpoint where the stream of rows was."""

    def __init__(self, out: Path, stream: RowStream, place: Place) -> None:
        self.out, self.stream, self.place = out, stream, place

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Write the place; that of the first process, whose rows come before those of others."""
        if self.place.first:
            write_spot(self.out / FOLDER / f"checkpoint-{state.global_step}", self.stream.spot)


class _Batches(IterableDataset[dict[str, torch.Tensor]]):
    """A stream's micro-batches as tensors."""

    def __init__(self, trainer: Pretrainer) -> None:
        self.trainer = trainer

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        trainer, place = self.trainer, self.trainer.place
        micro = trainer.args.per_device_train_batch_size
        for batch in trainer.stream.batches(
            trainer.first_row, micro, place.rank, place.processes, trainer.pad_id()
        ):
            rows = {key: torch.from_numpy(value) for key, value in batch.items()}
            yield for_attention(rows, trainer.model)


def _figures(name: str, summed: torch.Tensor) -> dict[str, float]:
    loss = float(summed[0] / summed[1].clamp(min=1))
    return {f"eval_loss{name}": loss, f"eval_perplexity{name}": math.exp(min(loss, 50.0))}


def _step_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
