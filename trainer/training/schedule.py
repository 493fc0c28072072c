"""The learning rate over a run, as a share of its highest value."""

from __future__ import annotations

import math

from trainer.training.options import Optim


def factor(step: int, total: int, optim: Optim) -> float:
    """The share at a step of `total`: a rise over `warmup`, then what the schedule says.

    cosine falls to `least`, linear to 0, wsd stays at 1 and falls linearly to `least` over the last `decay`,
    constant stays.
    """
    warm = math.ceil(optim.warmup * total)
    if step < warm:
        return (step + 1) / (warm + 1)
    if optim.schedule == "wsd":
        falling = max(1, math.ceil(optim.decay * total))
        left = min(1.0, max(0.0, (total - step) / falling))
        return optim.least + (1 - optim.least) * left
    done = min(1.0, (step - warm) / max(1, total - warm))
    if optim.schedule == "linear":
        return 1 - done
    if optim.schedule == "cosine":
        return optim.least + (1 - optim.least) * (1 + math.cos(math.pi * done)) / 2
    return 1.0
