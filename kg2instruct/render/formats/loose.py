"""An item out of a line that does not follow its format: unquoted commas, full-width punctuation.

The labels that were asked for tell where the fields end: in `Washington, D.C., capital of, United States`
only "capital of" can be the relation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kg2instruct.render.asked import Asked
from kg2instruct.render.tasks import Item, Task

_COMMA = re.compile(r"\s*[,，、]\s*|\s*[|｜]\s*")
_PAIR = re.compile(r"\s*([^=＝:：]+?)\s*[=＝:：]\s*(.*)", re.DOTALL)
_QUOTES = "\"'“”‘’「」『』 \t\r\n"


def loose_item(line: str, task: Task, asked: Sequence[Asked]) -> Item | None:
    """The item that a line most likely means, None where it is not clear."""
    pieces = [x.strip(_QUOTES) for x in _COMMA.split(line)]
    count = len(task.fields)
    pairs: list[tuple[str, str]] = []
    if task.pair:
        for piece in pieces[count:]:
            match = _PAIR.fullmatch(piece)
            if match is None:
                return None
            pairs.append((match[1].strip(_QUOTES), match[2].strip(_QUOTES)))
        pieces = pieces[:count]
    if len(pieces) > count:
        pieces = _regrouped(pieces, task, asked)
    if len(pieces) != count or not all(pieces):
        return None
    return Item(tuple(pieces), tuple(pairs))


def _regrouped(pieces: list[str], task: Task, asked: Sequence[Asked]) -> list[str]:
    """Pieces joined again so that the label stands in its place; only for tasks with one label field."""
    if len(task.labels) != 1:
        return pieces
    names = {x.name for x in asked}
    places = [i for i, x in enumerate(pieces) if x in names]
    at, after = task.labels[0], len(task.fields) - task.labels[0] - 1
    places = [
        i
        for i in places
        if (i >= at) and len(pieces) - i - 1 >= after and (at or not i) and (after or i == len(pieces) - 1)
    ]
    if len(places) != 1:
        return pieces
    place = places[0]
    before = [", ".join(pieces[:place])] if at else []
    behind = [", ".join(pieces[place + 1 :])] if after else []
    return [*before, pieces[place], *behind]
