"""How far a share may be off that was counted on a sample."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959963984540054


def wilson(right: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a share, by default for 95 %; the whole range where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, z2 = right / total, z * z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = z / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    low = 0.0 if not right else max(0.0, middle - half)
    high = 1.0 if right == total else min(1.0, middle + half)
    return low, high
