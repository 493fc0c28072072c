"""Where the nodes of a graph stand: springs along edges, repulsion between nodes, and no box upon another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_STEPS = 220
_GAP = 22.0  # between boxes, in pixels
_SPREAD = 105.0  # length of an edge at rest

Points = NDArray[np.float64]


def place(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Points:
    """Centres of boxes of these widths and heights, all at least at 0; the same for the same graph."""
    count = len(sizes)
    boxes = np.array(sizes, dtype=np.float64).reshape(count, 2)
    angles = np.arange(count) * 2 * math.pi / max(count, 1)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * _SPREAD * max(1.0, count / 6)
    links = np.array([x for x in edges if x[0] != x[1]], dtype=np.int64).reshape(-1, 2)
    for step in range(_STEPS):
        points = points + _forces(points, links) * (1 - step / _STEPS)
    points[:, 0] *= 1.4  # boxes and screens are wider than high
    for _ in range(_STEPS):
        if not _part(points, boxes):
            break
    return points - (points - boxes / 2).min(axis=0, initial=0.0) if count else points


def _forces(points: Points, links: NDArray[np.int64]) -> Points:
    """Moves of one step, none longer than a part of an edge."""
    apart = points[:, None] - points[None]
    distance = np.maximum(np.linalg.norm(apart, axis=2), 1.0)
    moves: Points = (apart * (_SPREAD**2 / distance**3)[..., None]).sum(axis=1) * _SPREAD / 6
    moves -= (points - points.mean(axis=0)) * 0.06
    if len(links):
        along = points[links[:, 1]] - points[links[:, 0]]
        length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1.0)
        pull = along * (length - _SPREAD) / length * 0.1
        np.add.at(moves, links[:, 0], pull)
        np.add.at(moves, links[:, 1], -pull)
    size = np.maximum(np.linalg.norm(moves, axis=1, keepdims=True), 1e-9)
    moves *= np.minimum(1.0, _SPREAD / 4 / size)
    return moves


def _part(points: Points, boxes: Points) -> bool:
    """Push boxes that overlap apart, along the shorter way; whether any did."""
    moved = False
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            apart = points[j] - points[i]
            over = (boxes[i] + boxes[j]) / 2 + _GAP - np.abs(apart)
            if (over <= 1e-6).any():
                continue
            axis = int(over[1] <= over[0])
            push = over[axis] / 2 * (1 if apart[axis] >= 0 else -1)
            points[i, axis] -= push
            points[j, axis] += push
            moved = True
    return moved
