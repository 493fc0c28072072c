"""Adapters (LoRA) in folders or on the Hub, and whether one fits a base model, told before weights are read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError, MissingExtra
from trainer.training.folder import ADAPTER, ADAPTER_CONFIG, adapter_folder

_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter's folder on this machine, and the base model that it names."""

    folder: Path
    base: str

    @property
    def name(self) -> str:
        """A short name, that of the run which made it; peft takes none with a dot."""
        return self._run.name.replace(".", "_")

    @property
    def _run(self) -> Path:
        folder = self.folder.resolve()
        return folder.parent if folder.name == ADAPTER else folder

    def base_model(self) -> str:
        """The base model to load: as named, or beside the adapter where both were moved."""
        if not self.base:
            raise InputError(
                f"{self.folder}: names no base model; give it with --model, and this as --adapter"
            )
        beside = self._run.parent / Path(self.base).name
        moved = Path(self.base).is_absolute() or self.base.startswith(".")
        if not Path(self.base).is_dir() and (moved or self.base.count("/") != 1) and not beside.is_dir():
            raise InputError(
                f"{self.folder}: its base model {self.base} is not here; "
                "give it with --model, and this as --adapter"
            )
        return str(beside) if not Path(self.base).is_dir() and beside.is_dir() else self.base

    def note(self, base: str) -> str:
        """A word on an adapter that is put over a base of another name, which may be right; else empty."""
        if not self.base or Path(self.base).name == Path(base).name:
            return ""
        return f"adapter {self.name} was trained over {self.base} and is put over {base}"


@contextmanager
def quiet_peft() -> Iterator[None]:
    """Without what peft and transformers warn each other of; what matters of it we tell ourselves."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", message=".*base_model_name_or_path.*")
        yield


def find_adapter(name: str) -> Adapter | None:
    """The adapter of a folder, also that of its run, or of a Hub repository; null where that is a whole model."""
    place = Path(name) if Path(name).is_dir() else _fetch(name)
    folder = adapter_folder(place) if place else None
    if folder is None:
        return None
    path = folder / ADAPTER_CONFIG
    try:
        config = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(f"{path}: not the configuration of an adapter: {error}") from error
    return Adapter(folder, str(config.get("base_model_name_or_path") or ""))


def _fetch(name: str) -> Path | None:
    """The folder of an adapter on the Hub, downloaded; null where the Hub, or without it the cache, has none."""
    from huggingface_hub import hf_hub_download, snapshot_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError

    try:
        hf_hub_download(name, ADAPTER_CONFIG)
        return Path(snapshot_download(name))
    except (EntryNotFoundError, HfHubHTTPError, HFValidationError):
        return None


def check_adapter(adapter: Adapter, config: Any, base: str) -> None:
    """Raise InputError where the adapter's weights do not fit a model of this configuration.

    Names and shapes are compared, on a model without weights.
    """
    import torch
    import transformers
    from safetensors import SafetensorError, safe_open

    auto: Any = transformers.AutoModelForCausalLM
    try:
        from peft import PeftConfig, get_peft_model, get_peft_model_state_dict
    except ImportError as error:
        raise MissingExtra("peft", "trainer") from error
    path = adapter.folder / _WEIGHTS
    if not path.exists():
        raise InputError(f"{adapter.folder}: an adapter without weights: {_WEIGHTS} is missing")
    other = f"{adapter.folder}: an adapter of another base model ({adapter.base or 'unnamed'}), not of {base}"
    try:
        with safe_open(str(path), framework="pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged: {error}") from error
    with torch.device("meta"), quiet_peft():
        empty = auto.from_config(config)
        try:
            wrapped = get_peft_model(empty, PeftConfig.from_pretrained(str(adapter.folder)))
        except ValueError as error:  # none of its modules is there
            raise InputError(f"{other}: {error}") from error
    wanted = {
        name: tuple(weight.shape)
        for name, weight in get_peft_model_state_dict(wrapped, save_embedding_layers=False).items()
    }
    for name, shape in sorted(wanted.items()):
        if found.get(name) != shape:
            raise InputError(f"{other}: {name} is {found.get(name) or 'missing'}, and would be {shape}")
    if strange := sorted(name for name in found if ".lora_" in name and name not in wanted):
        raise InputError(f"{other}: the model has no place for {strange[0]}")
