"""Which labels a record is asked for, in which batches: positives, hard negatives, random ones.

Every batch that holds a label of the record is filled up to `split_num` with labels that it lacks, first
some of those easily confused with its own. The labels that are left over make batches without any answer;
each batch with an answer draws at most `negatives` of them. What says the same as a label of the record from the
other end (follows, followed by) is no label that it lacks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from kg2instruct.render.asked import Asked
from kg2instruct.render.draws import Draws
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.pools import Choice, Pool
from kg2instruct.render.tasks import Task
from kg2instruct.render.tokens import tokens_of

# Of the places for labels that a record lacks, the share that goes to easily confused ones.
HARD_SHARE = 0.5


def batches(
    task: Task,
    positive: Sequence[Choice],
    pool: Pool,
    schema: LabelSchema,
    options: RenderOptions,
    rng: Draws,
) -> list[list[Choice]]:
    """Lists of labels, one for each instruction on a record whose own labels are `positive`."""
    size = task.split_num if options.split_num is None else options.split_num
    size = min(size, len(pool.choices)) if size else max(len(pool.choices), len(positive))
    if math.isinf(options.negatives):
        made = _everything(positive, pool, size, rng)
    else:
        rate = _negative_rate(task, bool(positive), schema, options)
        if positive:
            made = _with_answer(positive, pool, size, rate, options, rng)
        else:
            made = [fill([], pool, size, set(), rng)] if rng.random() < rate else []
    if options.schema_tokens:
        made = [part for batch in made for part in _within(batch, options.schema_tokens)]
    return made


def _everything(positive: Sequence[Choice], pool: Pool, size: int, rng: Draws) -> list[list[Choice]]:
    """All labels of the schema, and those of the record that it has only in kind."""
    choices = rng.shuffled([*pool.choices, *(x for x in positive if x.number < 0)])
    return [choices[i : i + size] for i in range(0, len(choices), size)]


def _negative_rate(task: Task, answered: bool, schema: LabelSchema, options: RenderOptions) -> float:
    """Instructions without an answer that this record adds per instruction with one.

    Records without any answer get at most half of the allowance; the others what is left. Both follow from
    the share of records with an answer in the corpus; where it is unknown, records without an answer are
    left out.
    """
    share = schema.with_answer.get(task.name, 0.0)
    empty = min((1 - share) / share, options.negatives / 2) if share else 0.0
    if answered:
        return options.negatives - empty
    return empty * share / (1 - share) if share < 1 else 0.0


def _with_answer(
    positive: Sequence[Choice],
    pool: Pool,
    size: int,
    rate: float,
    options: RenderOptions,
    rng: Draws,
) -> list[list[Choice]]:
    given = {x.number for x in positive}
    said = {n for x in positive for n in x.inverse} - given
    if size == len(pool.choices) >= len(positive):
        # All labels fit into one question; nothing is left for another.
        strangers = [x for x in positive if x.number < 0]
        return [rng.shuffled([*strangers, *(x for x in pool.choices if x.number not in said)])]
    own = rng.shuffled(list(positive))
    taken = given | said
    made = []
    # A place is left for a label that the text lacks, or the question would give the answer away.
    step = max(1, size - 1)
    for i in range(0, len(own), step):
        batch = own[i : i + step]
        if options.hard_negatives and (room := size - len(batch)):
            confused = [n for n in dict.fromkeys([n for x in batch for n in x.hard]) if n not in taken]
            for n in rng.some(confused, max(1, round(room * HARD_SHARE))):
                batch.append(pool.choices[n])
                taken.add(n)
        made.append(fill(batch, pool, size, taken, rng))
    allowed = rate * len(made)
    for _ in range(int(allowed) + (rng.random() < allowed - int(allowed))):
        batch = fill([], pool, size, taken, rng)
        if not batch:
            break
        made.append(batch)
    return made


def fill(batch: list[Choice], pool: Pool, size: int, taken: set[int], rng: Draws) -> list[Choice]:
    """The batch with random labels of the pool whose numbers are not `taken` yet, in random order."""
    choices, draw = pool.choices, rng.random
    total = len(choices)
    missing = size - len(batch)
    mixed = not batch  # what is drawn alone is in random order as it is
    if 2 * len(taken) > total:
        for n in rng.some([n for n in range(total) if n not in taken], missing):
            taken.add(n)
            batch.append(choices[n])
        return batch if mixed else rng.shuffled(batch)
    left = total - len(taken)
    while missing > 0 and left > 0:
        n = int(draw() * total)
        if n not in taken:
            taken.add(n)
            batch.append(choices[n])
            missing -= 1
            left -= 1
    return batch if mixed else rng.shuffled(batch)


def _within(batch: list[Choice], most: int) -> list[list[Choice]]:
    """The batch in parts of at most about so many tokens, each of at least one label."""
    parts: list[list[Choice]] = [[]]
    tokens = 0
    for choice in batch:
        cost = _cost(choice.asked)
        if parts[-1] and tokens + cost > most:
            parts.append([])
            tokens = 0
        parts[-1].append(choice)
        tokens += cost
    return parts


def _cost(asked: Asked) -> int:
    return sum(tokens_of(x) + 1 for x in (*asked.names, *asked.roles))
