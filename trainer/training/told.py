# ruff: noqa: ARG002 - callbacks are given more than they need
"""What both kinds of training add to transformers' Trainer: schedule, speed, early end on NaN, whole checkpoints."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainingArguments
from transformers.trainer_callback import TrainerControl, TrainerState

from kg2instruct.cli.options import messages
from trainer.training.checkpoints import FOLDER, Mark, keep_last, last_checkpoint
from trainer.training.folder import LOG
from trainer.training.launch import QUIET, TrainingError
from trainer.training.options import Optim, Run
from trainer.training.place import Place, wait_for_all
from trainer.training.schedule import factor
from trainer.training.speed import flops_per_token, peak_flops


class Told:
    """Mixin before a Trainer. Set `optim_options`, `run_options` and `row_length` before training."""

    optim_options: Optim
    run_options: Run
    row_length: int
    _tokens: Any = 0
    _since: float | None = None
    _flops: float = 0.0

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The schedule of the settings; Trainer calls this once the number of steps is known."""
        trainer: Any = self
        if trainer.lr_scheduler is None:
            options = self.optim_options
            trainer.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                optimizer or trainer.optimizer, lambda step: factor(step, num_training_steps, options)
            )
            trainer._created_lr_scheduler = True
        return trainer.lr_scheduler

    def training_step(self, model: Any, inputs: dict[str, Any], *more: Any, **named: Any) -> Any:
        """One micro-batch; its tokens are counted, padding left out, without waiting for the device."""
        mask = inputs.get("attention_mask")
        count = mask.sum() if mask is not None else inputs["input_ids"].numel()
        self._tokens = self._tokens + count
        if self._since is None:
            self._since = time.perf_counter()
        return super().training_step(model, inputs, *more, **named)  # type: ignore[misc]

    def log(self, logs: dict[str, float], *more: Any, **named: Any) -> None:
        """Add tokens a second and MFU to what is logged of a step."""
        if "loss" in logs and self._since is not None:
            logs |= self._speed()
        super().log(logs, *more, **named)  # type: ignore[misc]

    def _speed(self) -> dict[str, float]:
        trainer: Any = self
        tokens = torch.as_tensor(self._tokens, dtype=torch.float64, device=trainer.args.device)
        total = float(trainer.accelerator.reduce(tokens, "sum"))
        now = time.perf_counter()
        rate = total / max(now - (self._since or now), 1e-9)
        self._tokens, self._since = 0, now
        found = {"tokens_per_second": round(rate, 1)}
        card = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
        if peak := peak_flops(card, self.run_options.tflops):
            self._flops = self._flops or flops_per_token(trainer.model, self.row_length)
            found["mfu"] = round(rate * self._flops / peak / trainer.args.world_size, 4)
        return found


class Watch(TrainerCallback):
    """Ends a run whose loss is no number, marks checkpoints that are whole, writes and shows the log."""

    def __init__(self, out: Path, place: Place, mark: Mark, run: Run, *, evaluates: bool) -> None:
        self.out, self.place, self.mark, self.keep = out, place, mark, run.keep
        self.evaluate = run.evaluate_steps if evaluates else 0
        self.shows = QUIET not in os.environ

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forget what was logged after the checkpoint that is gone on from."""
        path = self.out / LOG
        if self.place.first and path.exists():
            lines = [x for x in path.read_text("utf-8").splitlines() if _step(x) <= state.global_step]
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the loss before a checkpoint is written, so that none holds a broken model; evaluate."""
        if control.should_save:
            control.should_log = True
        if self.evaluate and not state.global_step % self.evaluate and state.global_step < state.max_steps:
            control.should_evaluate = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write and show a line; raises TrainingError where the loss is no number."""
        logs = logs or {}
        loss, norm = logs.get("loss", 0.0), logs.get("grad_norm", 0.0)
        # In fp16 a step whose gradient overflows is left out and the scale halved: that is no accident.
        if not math.isfinite(loss) or (not math.isfinite(norm) and not args.fp16):
            raise TrainingError(self._broken(state.global_step, loss, norm))
        if self.place.first:
            with (self.out / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")
            if self.shows and ("loss" in logs or any(key.startswith("eval_") for key in logs)):
                messages.print(_line(state, logs), highlight=False, soft_wrap=True)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Mark the checkpoint as whole once all processes have written their part."""
        wait_for_all()
        if self.place.first:
            self.mark.write(self.out / FOLDER / f"checkpoint-{state.global_step}")
            keep_last(self.out, self.keep)

    def _broken(self, step: int, loss: float, norm: float) -> str:
        last = last_checkpoint(self.out)
        where = f"the last checkpoint, {last}, is from before" if last else "there is no checkpoint yet"
        what = f"loss {loss}" if not math.isfinite(loss) else f"gradient {norm}"
        return (
            f"{what} at step {step}: training stopped, {where}; "
            "try a lower optim.learning_rate, more optim.warmup, or run.precision bf16 instead of fp16"
        )


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # cut off by the end of an earlier run
        return 1 << 62


def _line(state: TrainerState, logs: dict[str, float]) -> str:
    shown = [f"step {state.global_step:,}/{state.max_steps:,}"]
    if "loss" in logs:
        shown.append(f"loss {logs['loss']:.4f}")
        shown.append(f"rate {logs.get('learning_rate', 0.0):.2e}")
    if "tokens_per_second" in logs:
        shown.append(f"{logs['tokens_per_second']:,.0f} tokens/s")
    if "mfu" in logs:
        shown.append(f"MFU {100 * logs['mfu']:.1f} %")
    shown += [f"{key} {logs[key]:.4f}" for key in logs if key.startswith("eval_") and "loss" in key]
    shown += [f"{key} {logs[key]:.2f}" for key in logs if "perplexity" in key]
    return "  ".join(shown)
