"""The work of `kg2instruct train lora` in each process: TRL's SFTTrainer with a peft adapter.

OUT/tokens ─> SFTTrainer ─> OUT/checkpoints/… ─> OUT/adapter, OUT/summary.json
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from datasets import load_dataset
from peft import LoraConfig, prepare_model_for_kbit_training
from pyarrow.parquet import read_metadata
from transformers import PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from trainer.training.arguments import arguments
from trainer.training.attention import SideBySide, is_flash, other_layers
from trainer.training.bases import find_base, identity, load_model, load_tokenizer
from trainer.training.checkpoints import Mark, last_checkpoint, may_resume
from trainer.training.folder import ADAPTER
from trainer.training.options import Adapter, Tuning
from trainer.training.place import Place
from trainer.training.quantized import quantization
from trainer.training.results import save_adapter, write_summary
from trainer.training.targets import ALL
from trainer.training.tokenized import FOLDER as TOKENS
from trainer.training.tokenized import data_hash
from trainer.training.told import Told, Watch
from trainer.training.zero import stage


class Tuner(Told, SFTTrainer):
    """SFTTrainer with our schedule and log."""


def tune(settings: Tuning, out: Path, place: Place) -> None:
    """Train an adapter, from the last whole checkpoint where there is one, and write it to OUT/adapter."""
    batch, run = settings.batch, settings.run
    mark = Mark(
        place.processes, stage(place.zero or {}), batch.accumulation(place.processes) * batch.micro * place.processes,
        data_hash(out),
    )  # fmt: skip
    checkpoint = last_checkpoint(out)
    if checkpoint:
        may_resume(checkpoint, mark)
    folder = find_base(settings.base)
    tokenizer = load_tokenizer(folder)
    # Before the model: for ZeRO-3 this makes it come into being in shards.
    config = SFTConfig(
        **arguments(batch, settings.optim, run, place, out),
        max_length=batch.length,
        packing=batch.packing,
        eval_packing=False,
        dataset_kwargs=None if batch.packing else {"skip_prepare_dataset": True},
    )
    model = load_model(folder, run.precision, run.attention, **quantization(settings.lora, run.precision))
    if settings.lora.quantize:
        model = prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=run.activation_checkpointing
        )
    splits = _splits(out)
    trainer = Tuner(
        model=model,
        args=config,
        train_dataset=splits["train"],
        eval_dataset=splits.get("validation"),
        processing_class=tokenizer,
        peft_config=lora_config(settings.lora),
        callbacks=[Watch(out, place, mark, run, evaluates="validation" in splits)],
    )
    if batch.packing and not is_flash(model) and not other_layers(model.config):
        trainer.data_collator = SideBySide(tokenizer.pad_token_id)
    trainer.remove_callback(PrinterCallback)
    trainer.optim_options, trainer.run_options, trainer.row_length = settings.optim, run, batch.length
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    found: dict[str, float] = {}
    if "validation" in splits:
        loss = trainer.evaluate()["eval_loss"]
        found = {"validation_loss": loss, "validation_perplexity": math.exp(min(loss, 50.0))}
    save_adapter(trainer, tokenizer, out / ADAPTER, identity(folder, settings.base), place)
    if place.first:
        write_summary(out, trainer.state, found)


def lora_config(options: Adapter) -> LoraConfig:
    """peft's configuration of an adapter."""
    return LoraConfig(
        r=options.r,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=ALL[0] if options.targets == ALL else list(options.targets),
        use_rslora=options.rslora,
        use_dora=options.dora,
        task_type="CAUSAL_LM",
    )


def _splits(out: Path) -> dict[str, Any]:
    files = {name: out / TOKENS / f"{name}.parquet" for name in ("train", "validation")}
    files = {name: path for name, path in files.items() if read_metadata(path).num_rows}
    found = load_dataset(
        "parquet",
        data_files={x: str(path) for x, path in files.items()},
        cache_dir=str(out / TOKENS / "cache"),
    )
    return dict(found)
