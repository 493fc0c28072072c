"""Hard negatives: which labels of a schema are easily taken for each other.

Three signs, each between 0 and 1, are added up: alike names (出生地 and 出生日期), the same argument types
or roles, and occurrence in the same records (how often, against the label's most frequent companion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rapidfuzz import fuzz, process

Confusable = Mapping[str, tuple[str, ...]]

NAME_WEIGHT, ARGUMENT_WEIGHT, TOGETHER_WEIGHT = 0.5, 0.3, 0.3
LEAST_SCORE = 0.2
MOST_LABELS = 8


def confusable(
    labels: Sequence[str],
    arguments: Mapping[str, set[str]],
    together: Mapping[tuple[str, str], int],
) -> dict[str, tuple[str, ...]]:
    """For each label the at most eight most confusable ones, the most confusable first.

    `arguments` are the argument types or roles of a label, `together` in how many records two labels occur.
    """
    if len(labels) < 2:
        return dict.fromkeys(labels, ())
    scores = (
        NAME_WEIGHT * np.asarray(process.cdist(labels, labels, scorer=fuzz.ratio), dtype=np.float64) / 100
    )
    scores += ARGUMENT_WEIGHT * _shared(labels, arguments) + TOGETHER_WEIGHT * _associated(labels, together)
    np.fill_diagonal(scores, 0.0)
    table = {}
    # Rounded, so that the last bit of a sum does not decide the order; equal ones by name.
    by_name = np.argsort(np.asarray(labels, dtype=object), kind="stable")
    for row, label in enumerate(labels):
        ranked = by_name[np.argsort(-scores[row, by_name].round(6), kind="stable")][:MOST_LABELS]
        table[label] = tuple([labels[i] for i in ranked if scores[row, i] >= LEAST_SCORE])
    return table


def _shared(
    labels: Sequence[str], arguments: Mapping[str, set[str]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Jaccard overlap of the labels' argument types."""
    names = {x: i for i, x in enumerate(sorted({y for x in labels for y in arguments.get(x, ())}))}
    has = np.zeros((len(labels), max(1, len(names))))
    for row, label in enumerate(labels):
        for argument in arguments.get(label, ()):
            has[row, names[argument]] = 1
    both = has @ has.T
    either = has.sum(1)[:, None] + has.sum(1)[None, :] - both
    return np.asarray(both / np.maximum(either, 1))


def _associated(
    labels: Sequence[str], together: Mapping[tuple[str, str], int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How often a row's label occurs with a column's, against how often with any one label at most."""
    number = {x: i for i, x in enumerate(labels)}
    joint = np.zeros((len(labels), len(labels)))
    for (one, other), count in together.items():
        if one in number and other in number:
            joint[number[one], number[other]] = joint[number[other], number[one]] = count
    return np.asarray(joint / np.maximum(joint.max(1), 1)[:, None])
