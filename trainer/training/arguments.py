"""Our settings as transformers' TrainingArguments, the same for both kinds of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.training.checkpoints import FOLDER
from trainer.training.options import Batch, Optim, Run
from trainer.training.place import Place


def arguments(batch: Batch, optim: Optim, run: Run, place: Place, out: Path) -> dict[str, Any]:
    """Keyword arguments of TrainingArguments and of what inherits from it.

    The schedule, the number of checkpoints that stay, and what is shown are ours (see `told`).
    """
    return {
        "output_dir": str(out / FOLDER),
        "per_device_train_batch_size": batch.micro,
        "per_device_eval_batch_size": batch.micro,
        "gradient_accumulation_steps": batch.accumulation(place.processes),
        "num_train_epochs": run.epochs,
        "max_steps": run.steps or -1,
        "learning_rate": optim.learning_rate,
        "weight_decay": optim.weight_decay,
        "adam_beta1": optim.beta1,
        "adam_beta2": optim.beta2,
        "adam_epsilon": optim.epsilon,
        "max_grad_norm": optim.clip,
        "bf16": run.precision == "bf16",
        "fp16": run.precision == "fp16",
        "activation_checkpointing": run.activation_checkpointing,
        "activation_checkpointing_kwargs": {"use_reentrant": False} if run.activation_checkpointing else None,
        "use_cpu": place.on_cpu,
        "deepspeed": place.zero,
        "logging_steps": run.log_steps,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,  # it would hide the very thing we look for
        "report_to": list(run.report) or "none",
        "eval_strategy": "no",
        "save_steps": run.save_steps,
        "save_total_limit": None,
        "seed": run.seed,
        "dataloader_pin_memory": not place.on_cpu,
        "disable_tqdm": True,
        "ddp_find_unused_parameters": False,
    }
