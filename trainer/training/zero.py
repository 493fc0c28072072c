"""DeepSpeed's own JSON: the files that come with the project, or one of the user's, checked before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError, UnknownName
from trainer.training.settings import CONFIGS

FOLDER = CONFIGS / "deepspeed"
# What Trainer fills in; other values must be those of the settings and so are only a chance to err.
_AUTO = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps")


def names() -> list[str]:
    """The configurations that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read_zero(name: str, *, on_cpu: bool = False) -> dict[str, Any]:
    """A DeepSpeed configuration by name or file; on processors without what needs a card.

    Raises UnknownName, InputError for a file that is not JSON, ConfigError for settings that would lose work.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        path = Path(name)
        if path.suffix != ".json":
            raise UnknownName("DeepSpeed configuration", name, names())
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a JSON object, DeepSpeed's configuration")
    _check(found, path)
    zero = found.setdefault("zero_optimization", {})
    if zero.get("offload_optimizer", {}).get("device", "none") != "none":
        # Torch's AdamW would be slow there: DeepSpeed's own, with the numbers of `optim`.
        params = dict.fromkeys(("lr", "betas", "eps", "weight_decay"), "auto")
        found["optimizer"] = {"type": "AdamW", "params": params}
    if on_cpu:
        if "overlap_comm" in zero:
            zero["overlap_comm"] = False
        for part in ("offload_optimizer", "offload_param"):
            zero.get(part, {}).pop("pin_memory", None)
    return found


def stage(config: dict[str, Any]) -> int:
    """The ZeRO stage, 0 for none."""
    return int(config.get("zero_optimization", {}).get("stage", 0))


def _check(config: dict[str, Any], path: Path) -> None:
    wrong = []
    if stage(config) not in (0, 1, 2, 3):
        wrong.append(f"zero_optimization.stage is 0, 1, 2 or 3, not {stage(config)}")
    gathers = config.get("zero_optimization", {}).get("stage3_gather_16bit_weights_on_model_save")
    if stage(config) == 3 and gathers is not True:
        wrong.append(
            "zero_optimization.stage3_gather_16bit_weights_on_model_save must be true, "
            "otherwise no model is written at the end"
        )
    for key in _AUTO:
        if config.get(key, "auto") != "auto":
            wrong.append(f'{key} must be "auto": batch decides it')
    for key in ("optimizer", "scheduler"):
        if key in config:
            wrong.append(f"{key}: leave it out, optim decides it")
    if wrong:
        raise ConfigError(f"{path}: " + "; ".join(wrong))
