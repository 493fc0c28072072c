"""Which modules an adapter changes."""

from __future__ import annotations

from typing import Any

from kg2instruct.errors import ConfigError
from trainer.training.options import Adapter

ALL = ("all-linear",)


def linear_modules(model: Any) -> dict[str, Any]:
    """The linear modules of a model but its output, by full name."""
    output = model.get_output_embeddings()
    return {
        name: module
        for name, module in model.named_modules()
        if hasattr(module, "in_features") and hasattr(module, "out_features") and module is not output
    }


def targeted(model: Any, options: Adapter) -> dict[str, Any]:
    """The modules that the targets name."""
    found = linear_modules(model)
    if options.targets == ALL:
        return found
    return {x: y for x, y in found.items() if any(x == t or x.endswith(f".{t}") for t in options.targets)}


def check_targets(model: Any, options: Adapter) -> None:
    """Raise ConfigError where a target is no linear module of the model."""
    names = linear_modules(model)
    wrong = [
        target
        for target in options.targets
        if options.targets != ALL and not any(x == target or x.endswith(f".{target}") for x in names)
    ]
    if wrong:
        known = sorted({name.rpartition(".")[2] for name in names})
        raise ConfigError(
            f"lora.targets: the base has no linear module {', '.join(wrong)}; it has {', '.join(known)}"
        )


def adapter_size(model: Any, options: Adapter) -> int:
    """How many numbers an adapter has."""
    return sum(options.r * (x.in_features + x.out_features) for x in targeted(model, options).values())
