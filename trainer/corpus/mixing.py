"""The order in which samples of several sources are read, computed for any position and never stored.

Positions come in periods. A period holds of each source as many positions as its share says, at places drawn
anew for each period; a source's samples are drawn without repetition until all were drawn, and then in a new
order again. What is at a position follows from (seed, position) alone, so that a run goes on anywhere.

    order = Order((1000, 50), (3, 1), seed=7)     # three samples of the first source for one of the second
    order.at(np.arange(4))                        # sources and sample numbers at the positions 0..3
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg2instruct.errors import ConfigError
from kg2instruct.mix.ngrams import mix

Numbers = NDArray[np.int64]
_Words = NDArray[np.uint64]

LONGEST_PERIOD = 1 << 20  # positions, where shares are no small whole numbers
_ROUNDS = 8
_STEP = np.uint64(0x9E3779B97F4A7C15)
_STEPS = tuple(np.uint64(int(_STEP) * number % (1 << 64)) for number in range(1, _ROUNDS + 1))


def key(*numbers: int) -> int:
    """A 64-bit key made of whole numbers, each of which changes it."""
    found = np.zeros(1, np.uint64)
    for number in numbers:
        found = mix(found * _STEP + np.uint64(number % (1 << 64)) + _STEP)
    return int(found[0])


def permute(places: Numbers, size: int, keys: _Words) -> Numbers:
    """Where each of `places`, below `size`, comes to lie in a shuffle chosen by its key; a bijection for each key.

    A Feistel network over the square next above `size`; what falls outside walks on until it is inside.
    """
    side = np.uint64(math.isqrt(max(1, size) - 1) + 1)
    rounds = [mix(keys + step) for step in _STEPS]
    found = places.astype(np.uint64)
    outside = np.arange(len(found))
    while len(outside):
        left, right = np.divmod(found[outside], side)
        for number in range(_ROUNDS):
            left, right = right, (left + mix(right + rounds[number][outside]) % side) % side
        found[outside] = left * side + right
        outside = outside[found[outside] >= np.uint64(size)]
    return found.astype(np.int64)


def whole_shares(weights: Sequence[float | Fraction]) -> tuple[int, ...]:
    """The smallest whole numbers that stand to each other as `weights` do.

    Where they would add up to more than LONGEST_PERIOD, the nearest that do not (by largest remainders), but
    no weight above 0 becomes 0. Raises ConfigError where weights are negative or all 0.
    """
    exact = [weight if isinstance(weight, Fraction) else Fraction(str(weight)) for weight in weights]
    if any(weight < 0 for weight in exact) or not sum(exact):
        raise ConfigError(f"weights {', '.join(map(str, weights))}: not below 0, and one at least above it")
    scale = math.lcm(*(weight.denominator for weight in exact))
    shares = [int(weight * scale) for weight in exact]
    divisor = math.gcd(*shares)
    shares = [share // divisor for share in shares]
    total = sum(shares)
    if total <= LONGEST_PERIOD:
        return tuple(shares)
    rounded = [max(share * LONGEST_PERIOD // total, int(share > 0)) for share in shares]
    rests = sorted(range(len(shares)), key=lambda i: (-(shares[i] * LONGEST_PERIOD % total), i))
    for i in rests[: max(0, LONGEST_PERIOD - sum(rounded))]:
        rounded[i] += 1
    return tuple(rounded)


@dataclass(frozen=True, slots=True)
class Order:
    """Which sample of which source is at a position: `counts` samples of each source, drawn by `shares`.

    Without shares each sample is at one position of each period: all of it in one shuffle, epoch after epoch.
    """

    counts: tuple[int, ...]
    shares: tuple[int, ...] = ()
    seed: int = 0
    _ends: Numbers = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shares = self.shares or self.counts
        if len(shares) != len(self.counts) or not sum(shares):
            raise ConfigError(f"{len(shares)} shares for {len(self.counts)} sources, or nothing to draw")
        if any(share and not count for share, count in zip(shares, self.counts, strict=True)):
            raise ConfigError("a source without samples has a share; give it weight 0 or leave it out")
        object.__setattr__(self, "shares", tuple(shares))
        object.__setattr__(self, "_ends", np.cumsum(shares, dtype=np.int64))

    @property
    def period(self) -> int:
        """Positions after which each source had exactly its share."""
        return sum(self.shares)

    @property
    def full_pass(self) -> int:
        """Positions, in whole periods, after which every sample of every source with a share was read."""
        drawn = zip(self.counts, self.shares, strict=True)
        return max(-(-count // share) for count, share in drawn if share) * self.period

    def at(self, positions: NDArray[Any]) -> tuple[Numbers, Numbers]:
        """The sources and sample numbers at `positions`, each from 0 on."""
        period, place = np.divmod(positions.astype(np.int64), self.period)
        place = permute(place, self.period, self._keys(period, -1))
        sources = np.searchsorted(self._ends, place, "right").astype(np.int64)
        samples = np.zeros_like(place)
        for source in np.unique(sources).tolist():
            mine = sources == source
            share, first = self.shares[source], int(self._ends[source]) - self.shares[source]
            drawn = period[mine] * share + place[mine] - first
            epoch, number = np.divmod(drawn, self.counts[source])
            samples[mine] = permute(number, self.counts[source], self._keys(epoch, source))
        return sources, samples

    def _keys(self, epochs: Numbers, source: int) -> _Words:
        """A key for each epoch of a source (of the periods themselves: source -1)."""
        return mix(epochs.astype(np.uint64) * _STEP + np.uint64(key(self.seed, source)))

    def __getitem__(self, position: int) -> tuple[int, int]:
        sources, samples = self.at(np.array([position], np.int64))
        return int(sources[0]), int(samples[0])

    def walk(self, position: int = 0, *, step: int = 1, block: int = 4096) -> Iterator[tuple[int, int]]:
        """Source and sample at `position`, `position + step`, …, without end; reckoned in blocks."""
        while True:
            sources, samples = self.at(position + step * np.arange(block, dtype=np.int64))
            yield from zip(sources.tolist(), samples.tolist(), strict=True)
            position += step * block
