"""Which labels a row answers with."""

from __future__ import annotations

from functools import lru_cache

from kg2instruct.errors import Kg2InstructError
from kg2instruct.records import InstructionRow
from kg2instruct.render.asked import Asked, read_schema
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.rows import wording_lang
from kg2instruct.render.tasks import TASKS


def answered_labels(row: InstructionRow) -> list[str] | None:
    """The labels that a row answers with, under the records' own names; None where that cannot be told."""
    task, form = TASKS.get(row.task), FORMATS.get(row.format)
    if task is None or form is None:
        return None
    try:
        asked = _asked(row.task, row.schema)
        answer = form.parse(row.output, task, asked, wording_lang(row)).answer
    except Kg2InstructError:
        return None
    names = {x.names: x.key for x in asked if x.names != x.key}
    main = task.labels.index(task.main)
    return sorted({names.get(key, key)[main] for key in map(task.key, answer)})


@lru_cache(maxsize=10_000)
def _asked(task: str, schema: str) -> tuple[Asked, ...]:
    return read_schema(TASKS[task], schema)
