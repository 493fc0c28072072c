"""Libraries made quiet: our own log tells how it goes."""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec


def silence() -> None:
    """No progress bars, and no notices to developers; before a model is loaded."""
    import datasets
    import torch
    import transformers

    datasets.disable_progress_bars()
    transformers.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    if find_spec("deepspeed") and not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # it would warn at every import that it finds no card
