"""`kg2instruct merge`: an adapter and its base become one model, and are seen to answer alike before it stays.

The merged model is written aside, loaded again from there, and its logits on a few texts are held against those
of base and adapter; only then does the folder get its name.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError, MissingExtra
from trainer.prompts import prompt_text, stop_ids
from trainer.training.bases import check_identity, find_base, load_tokenizer, need_space
from trainer.training.folder import ADAPTER_CONFIG, adapter_folder
from trainer.training.launch import TrainingError
from trainer.training.silence import silence

PROBES = (
    "请从文中抽取关系三元组。\n\n柏林是德国的首都，1871年成为德意志帝国的首都。",
    "Find all entities of the types person, place.\n\nMarie Curie was born in Warsaw in 1867.",
    "def add(a, b):\n    return a + b",
)
# Largest difference that rounding explains, in standard deviations of the logits.
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.25, "float16": 0.05}


@dataclass(frozen=True, slots=True)
class Merged:
    """How near the merged model is: largest difference of a logit to base with adapter, the logits' standard
    deviation, and the largest difference that the adapter makes."""

    difference: float
    spread: float
    moved: float


def merge(adapter: Path, out: Path, *, base: str = "") -> Merged:
    """Write the whole model of an adapter (or of a run's folder) to `out`.

    Raises InputError for what is no adapter, ConfigError for another base or a folder in use, OutputError where
    there is no room, TrainingError where the merged model does not answer like base and adapter.
    """
    adapter = find_adapter(adapter)
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out}: is not empty; name a new folder by --out")
    folder = find_base(base or _base_of(adapter))
    check_identity(adapter, folder)
    tokenizer = load_tokenizer(str(adapter if (adapter / "tokenizer_config.json").exists() else folder))
    size = sum(x.stat().st_size for x in Path(folder).glob("*.safetensors"))
    aside = out.with_name(f".{out.name}.tmp{os.getpid()}")
    need_space(out.parent, size, "the merged model")
    try:
        found = _merge(folder, adapter, tokenizer, aside)
        if out.exists():
            out.rmdir()
        aside.replace(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return found


def find_adapter(path: Path) -> Path:
    """The adapter's folder, also from that of its run. Raises InputError."""
    if (folder := adapter_folder(path)) is None:
        raise InputError(f"{path}: no adapter ({ADAPTER_CONFIG}) there or in its folder `adapter`")
    return folder


def _base_of(adapter: Path) -> str:
    path = adapter / ADAPTER_CONFIG
    try:
        return str(json.loads(path.read_text("utf-8"))["base_model_name_or_path"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: does not name its base; give it by --base") from error


def _merge(folder: str, adapter: Path, tokenizer: Any, aside: Path) -> Merged:
    try:
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise MissingExtra(error.name or "peft", "trainer") from error

    silence()
    load: Any = AutoModelForCausalLM.from_pretrained
    ids = [_probe(tokenizer, text) for text in PROBES]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model: Any = load(folder, dtype="auto").to(device)
    before = _logits(model, ids)
    try:
        model = PeftModel.from_pretrained(model, str(adapter))
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{adapter}: does not fit {folder}: {str(error).splitlines()[0]}") from error
    wanted = _logits(model, ids)
    model = model.merge_and_unload()
    model.generation_config.eos_token_id = stop_ids(tokenizer)
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(str(aside))
    tokenizer.save_pretrained(str(aside))
    del model
    again = load(str(aside), dtype="auto").to(device)
    got = _logits(again, ids)
    found = Merged(_furthest(got, wanted), float(torch.cat(wanted).std()), _furthest(before, wanted))
    name = str(again.dtype).removeprefix("torch.")
    if not found.difference <= _TOLERANCE.get(name, 1e-3) * found.spread:
        raise TrainingError(
            f"{adapter}: merged, its logits differ by {found.difference:.3g} from base with adapter (their spread "
            f"is {found.spread:.3g}); the merged model was not kept"
        )
    return found


def _probe(tokenizer: Any, text: str) -> list[int]:
    shown = prompt_text(tokenizer, [{"role": "user", "content": text}])
    return list(tokenizer(shown, add_special_tokens=False)["input_ids"])


def _logits(model: Any, probes: Sequence[list[int]]) -> list[Any]:
    """The logits at every token of every probe, each probe's in one row."""
    import torch

    model.eval()
    with torch.inference_mode():
        ids = [torch.tensor([probe], device=model.device) for probe in probes]
        return [model(input_ids=x, use_cache=False).logits.float().cpu().flatten() for x in ids]


def _furthest(left: Sequence[Any], right: Sequence[Any]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(left, right, strict=True))
