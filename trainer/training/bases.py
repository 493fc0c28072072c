"""Base models: found before long work starts, loaded, and recognised again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError, Kg2InstructError, MissingExtra, OutputError
from trainer.prompts import ensure_template
from trainer.training.folder import adapter_folder, model_folder
from trainer.training.options import Precision

IDENTITY = "base.json"
_NEEDED = 1.2  # of what is reckoned, so that a disk is not filled to the last byte


def find_base(name: str) -> str:
    """The folder of a base model: as given, or where a download of that name lies.

    Raises InputError that says how to get it.
    """
    path = Path(name).expanduser()
    if adapter_folder(path):
        raise InputError(f"{name}: is an adapter, not a whole model; make one of it by `kg2instruct merge`")
    if (found := model_folder(path)) is not None:
        return str(found)
    if path.exists():
        raise InputError(f"{name}: no model, config.json is missing")
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise InputError(f"{name}: no such folder, and not the name of a model on the Hub (OWNER/NAME)")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    with suppress(LocalEntryNotFoundError, HFValidationError, OSError):
        cached = snapshot_download(name, local_files_only=True)
        if model_folder(Path(cached)):
            return str(cached)
    raise InputError(f"{name}: is not on this machine; get it by: kg2instruct download {name}")


def load_tokenizer(folder: str) -> Any:
    """The tokenizer of a model, with a chat template and a token for padding. Raises InputError."""
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtra("transformers", "trainer") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: its tokenizer cannot be read: {_first(error)}") from error
    ensure_template(tokenizer)
    return tokenizer


def read_config(folder: str) -> Any:
    """The configuration of a model. Raises InputError where it is none or of an unknown architecture."""
    try:
        from transformers import AutoConfig
    except ImportError as error:
        raise MissingExtra("transformers", "trainer") from error
    try:
        return AutoConfig.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: its config.json cannot be read: {_first(error)}") from error


def check_vocabulary(folder: str, config: Any, tokenizer: Any) -> None:
    """Raise InputError where the tokenizer has ids that the model has no embedding for."""
    highest = max(tokenizer.get_vocab().values())
    if highest >= config.get_text_config().vocab_size:
        raise InputError(
            f"{folder}: the tokenizer has ids up to {highest}, the model knows only "
            f"{config.get_text_config().vocab_size}; they do not belong together"
        )


def load_model(folder: str, precision: Precision, attention: str = "", **more: Any) -> Any:
    """A causal language model in the precision it computes in. Raises InputError, in one line."""
    import torch
    from transformers import AutoModelForCausalLM

    types = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    if attention:
        more["attn_implementation"] = attention
    try:
        return AutoModelForCausalLM.from_pretrained(folder, dtype=types[precision], **more)
    except (ImportError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(f"{folder}: the model cannot be loaded: {_first(error)}") from error


def identity(folder: str, name: str) -> dict[str, Any]:
    """What tells a base from others: its name, its architecture, the first bytes of its weights."""
    config = json.loads((Path(folder) / "config.json").read_text("utf-8"))
    keys = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")
    return {"name": name, **{key: config.get(key) for key in keys}, "weights": _weights_hash(Path(folder))}


def check_identity(adapter: Path, folder: str) -> None:
    """Raise ConfigError where an adapter was trained on another base than the one in `folder`."""
    try:
        then = json.loads((adapter / IDENTITY).read_text("utf-8"))
    except FileNotFoundError:
        return  # an adapter made by another program
    except (OSError, ValueError) as error:
        raise InputError(f"{adapter / IDENTITY}: cannot be read: {error}") from error
    now = identity(folder, folder)
    differ = [key for key in then if key != "name" and then[key] != now.get(key)]
    if differ:
        what = ", ".join(
            f"{key} {then[key]} there, {now.get(key)} here" for key in differ if key != "weights"
        )
        raise ConfigError(
            f"{adapter}: was trained on {then['name']}, not on {folder} ({what or 'other weights'}); "
            "give its base by --base"
        )


def need_space(folder: Path, size: float, what: str) -> None:
    """Raise OutputError where a folder cannot be written or its disk has less than `size` bytes free."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{folder}: cannot be written")
    if free < size * _NEEDED:
        raise OutputError(
            f"{folder}: {free / 1e9:.1f} GB are free, {what} needs about {size * _NEEDED / 1e9:.1f} GB; "
            "free some, keep fewer checkpoints (run.keep), or take another --out"
        )


def _weights_hash(folder: Path) -> str:
    """A hash of the first and last megabyte of each weights file, and of their sizes."""
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin"))):
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{size}".encode() + file.read(1 << 20))
            file.seek(max(0, size - (1 << 20)))
            digest.update(file.read())
    return digest.hexdigest()


def _first(error: BaseException) -> str:
    if isinstance(error, Kg2InstructError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
