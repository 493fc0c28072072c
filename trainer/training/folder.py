"""What a run's folder holds, and the adapter or model found in it: `--model RUN` means what the run made."""

from __future__ import annotations

from pathlib import Path

ADAPTER, MODEL, SUMMARY, LOG = "adapter", "model", "summary.json", "log.jsonl"
ADAPTER_CONFIG, MODEL_CONFIG = "adapter_config.json", "config.json"


def adapter_folder(path: Path) -> Path | None:
    """The folder of an adapter: this one, or that of the run in it."""
    return next((x for x in (path, path / ADAPTER) if (x / ADAPTER_CONFIG).is_file()), None)


def model_folder(path: Path) -> Path | None:
    """The folder of a whole model: this one, or that of the run in it."""
    return next((x for x in (path, path / MODEL) if (x / MODEL_CONFIG).is_file()), None)
