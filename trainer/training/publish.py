"""Adapters and merged models to the Hub, with a model card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from kg2instruct import __version__
from kg2instruct.errors import InputError
from kg2instruct.publish.files import LocalFile
from kg2instruct.publish.push import PushOptions, push_files
from trainer.training.bases import IDENTITY
from trainer.training.folder import ADAPTER_CONFIG, SUMMARY
from trainer.training.launch import SETTINGS

_LEFT_OUT = {"README.md", "training_args.bin", "optimizer.pt", ".gitattributes"}
Told = Callable[[str], None]


def push_adapter(folder: Path, repo: str, *, private: bool = True, told: Told = lambda line: None) -> str:  # noqa: ARG005
    """Push an adapter folder with a card; return its address. Raises InputError and HubError."""
    if not (folder / ADAPTER_CONFIG).is_file():
        raise InputError(f"{folder}: no adapter, adapter_config.json is missing")
    return _push(folder, repo, adapter_card(folder, repo), private, told)


def push_model(folder: Path, repo: str, *, private: bool = True, told: Told = lambda line: None) -> str:  # noqa: ARG005
    """Push a whole model with a card; return its address. Raises InputError and HubError."""
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: no model, config.json is missing")
    return _push(folder, repo, model_card(folder, repo), private, told)


def adapter_card(folder: Path, repo: str) -> str:
    """The card of an adapter: its base, how it was trained, how to load it."""
    config = _read(folder / ADAPTER_CONFIG)
    base = str(config.get("base_model_name_or_path", ""))
    header = {"library_name": "peft", "pipeline_tag": "text-generation", "tags": ["lora", *_TAGS]}
    if _on_hub(base):
        header["base_model"] = base
    facts = {"base": base, "r": config.get("r"), "alpha": config.get("lora_alpha")}
    facts |= {
        "modules": ", ".join(sorted({x.rpartition(".")[2] for x in config.get("target_modules") or []}))
    }
    facts |= {
        name: "yes" for name, key in (("rsLoRA", "use_rslora"), ("DoRA", "use_dora")) if config.get(key)
    }
    use = (
        "from peft import AutoPeftModelForCausalLM\nfrom transformers import AutoTokenizer\n\n"
        f'model = AutoPeftModelForCausalLM.from_pretrained("{repo}")\n'
        f'tokenizer = AutoTokenizer.from_pretrained("{repo}")'
    )
    return _card(
        repo, "A LoRA adapter for information extraction by instruction.", header, facts, use, folder.parent
    )


def model_card(folder: Path, repo: str) -> str:
    """The card of a whole model."""
    config = _read(folder / "config.json")
    base = str(_read(folder / IDENTITY).get("name", "")) if (folder / IDENTITY).is_file() else ""
    header: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": list(_TAGS),
    }
    if _on_hub(base):
        header |= {"base_model": base, "base_model_relation": "merge"}
    facts = {"base": base, "architecture": ", ".join(config.get("architectures") or [])}
    use = (
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        f'model = AutoModelForCausalLM.from_pretrained("{repo}")\n'
        f'tokenizer = AutoTokenizer.from_pretrained("{repo}")'
    )
    return _card(
        repo, "A model for information extraction by instruction.", header, facts, use, folder.parent
    )


_TAGS = ("information-extraction", "kg2instruct")


def _push(folder: Path, repo: str, card: str, private: bool, told: Told) -> str:
    files = [
        LocalFile(path.relative_to(folder).as_posix(), path, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _LEFT_OUT
    ]
    (folder / "README.md").write_text(card, encoding="utf-8")
    files.append(LocalFile("README.md", folder / "README.md", len(card.encode())))
    options = PushOptions(private=None if private else False, message="Model made with kg2instruct")
    return push_files(files, repo, options, kind="model", told=told).url


def _card(repo: str, said: str, header: dict[str, Any], facts: dict[str, Any], use: str, run: Path) -> str:
    top = yaml.safe_dump(header, allow_unicode=True, sort_keys=False)
    table = "\n".join(f"| {name} | {value} |" for name, value in facts.items() if value not in (None, ""))
    sections = [
        f"# {repo.rpartition('/')[2]}",
        f"{said} Made with kg2instruct {__version__}.",
        f"| | |\n| --- | --- |\n{table}",
        f"## Use\n\n```python\n{use}\n```\n\nPrompts are made by the tokenizer's chat template.",
    ]
    summary = _read(run / SUMMARY) if (run / SUMMARY).is_file() else {}
    if summary:
        figures = "\n".join(f"| {x} | {y:.4g} |" for x, y in summary.items() if isinstance(y, int | float))
        sections.append(f"## Training\n\n| | |\n| --- | ---: |\n{figures}")
    if (run / SETTINGS).is_file():
        settings = (run / SETTINGS).read_text("utf-8")
        sections.append(f"All settings:\n\n```yaml\n{settings}```")
    return f"---\n{top}---\n\n" + "\n\n".join(sections) + "\n"


def _on_hub(name: str) -> bool:
    """Whether a base's name is one of the Hub, not a folder of this machine."""
    return name.count("/") == 1 and not name.startswith((".", "/", "~")) and not Path(name).exists()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}
