"""`kg2instruct train`: everything is checked and rows become tokens here; then the work is handed to processes.

settings ─> checks ─> OUT/settings.yaml, OUT/tokens ─> torchrun or deepspeed ─> OUT/model or OUT/adapter
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, MissingExtra, OutputError
from trainer.training.checkpoints import FOLDER as CHECKPOINTS
from trainer.training.folder import ADAPTER, LOG, MODEL, SUMMARY
from trainer.training.launch import SETTINGS, Machines, command, execute
from trainer.training.options import Pretraining, Run, Tuning
from trainer.training.results import read_summary
from trainer.training.settings import read_settings, write_settings
from trainer.training.silence import silence
from trainer.training.zero import read_zero, stage

# Changing these goes on with a run; all else makes another run of it.
_FREE = (
    "save_steps",
    "keep",
    "evaluate_steps",
    "log_steps",
    "report",
    "tflops",
    "activation_checkpointing",
    "attention",
)
_OURS = (SETTINGS, SUMMARY, LOG, CHECKPOINTS, ADAPTER, MODEL, "tokens")


@dataclass(frozen=True, slots=True)
class Started:
    """A run: its command, its figures once it is finished (none after a dry run), and whether it was before."""

    line: list[str]
    summary: dict[str, Any] = field(default_factory=dict)
    before: bool = False


def start(
    settings: Pretraining | Tuning,
    out: Path,
    machines: Machines,
    *,
    dry_run: bool = False,
    fresh: bool = False,
    quiet: bool = False,
    told: Callable[[str], None] = lambda line: None,  # noqa: ARG005
) -> Started:
    """Train to the end, going on from the last checkpoint in `out`.

    With `dry_run` only the command is made. Raises what the checks find, and TrainingError where a process fails.
    """
    kind = "lora" if isinstance(settings, Tuning) else "pretrain"
    line = command(kind, out, machines)
    settings.batch.accumulation(machines.total)
    check_run(settings.run)
    if dry_run:
        return Started(line)
    same_run(settings, out, fresh=fresh)
    if (summary := read_summary(out)) is not None:
        return Started(line, summary, before=True)
    silence()
    if isinstance(settings, Tuning):
        from trainer.training.checks import check_tuning

        check_tuning(settings, out, told)
    else:
        from trainer.training.checks import check_pretraining

        check_pretraining(settings, out, told)
    write_settings(settings, out / SETTINGS)
    told(" ".join(line))
    execute(line, out, quiet=quiet)
    summary = read_summary(out)
    if summary is None:
        raise OutputError(f"{out / SUMMARY}: was not written by the run, see above")
    return Started(line, summary)


def check_run(run: Run) -> None:
    """Raise where packages that the settings ask for are missing, or DeepSpeed's file is not fit."""
    zero = read_zero(run.deepspeed) if run.deepspeed else {}
    needed = [("torch", "trainer"), ("transformers", "trainer")]
    needed += [("deepspeed", "trainer")] if run.deepspeed else []
    needed += [(name, "wandb" if name == "wandb" else "trainer") for name in run.report]
    from importlib.util import find_spec

    for package, extra in needed:
        if find_spec(package) is None:
            raise MissingExtra(package, extra)
    if (
        stage(zero)
        and run.precision == "fp32"
        and any(zero.get(x, {}).get("enabled") is True for x in ("bf16", "fp16"))
    ):
        raise ConfigError(f"{run.deepspeed}: asks for 16 bits, run.precision for fp32")


def same_run(settings: Pretraining | Tuning, out: Path, *, fresh: bool) -> None:
    """Clear `out` for a fresh run, or see that what lies there is of the same run. Raises ConfigError."""
    if fresh:
        for name in _OURS:
            path = out / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return
    if not (out / SETTINGS).exists():
        return
    then = read_settings(type(settings), path=out / SETTINGS)
    differ = _differences(then, settings)
    if differ:
        raise ConfigError(
            f"{out}: holds a run with other settings ({'; '.join(differ)}); --fresh starts anew, or take another --out"
        )


def _differences(then: Any, now: Any, where: str = "") -> list[str]:
    found = []
    for one in dataclasses.fields(then):
        old, new = getattr(then, one.name), getattr(now, one.name, None)
        if dataclasses.is_dataclass(old) and dataclasses.is_dataclass(new):
            found += _differences(old, new, f"{one.name}.")
        elif old != new and one.name not in _FREE:
            found.append(f"{where}{one.name} was {old}, now {new}")
    return found
