"""Which labels a record is asked for, in which batches: positives, hard negatives, random ones.

Every batch that holds a label of the record is filled up to `split_num` with labels that it lacks, first those easily
confused with its own. The labels that are left over make batches without any answer; each batch with an answer draws
at most `negatives` of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from kg2instruct.render.asked import Asked
from kg2instruct.render.labels import Choice, LabelSchema, Pool
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.tasks import Task
from kg2instruct.render.wording import tokens_of

# Of the places for labels that a record lacks, the share that goes to easily confused ones.
HARD_SHARE = 0.5


def batches(
    task: Task,
    positive: Sequence[Choice],
    pool: Pool,
    schema: LabelSchema,
    options: RenderOptions,
    rng: Random,
) -> list[list[Choice]]:
    """Lists of labels, one for each instruction on a record whose own labels are `positive`."""
    size = _size(task, pool, options)
    if math.isinf(options.negatives):
        listed = {id(x) for x in pool.choices}
        everything = shuffled([*pool.choices, *(x for x in positive if id(x) not in listed)], rng)
        return _cut(everything, size, options)
    rate = _negative_rate(task, bool(positive), schema, options)
    if not positive:
        if rng.random() >= rate:
            return []
        return [sample(pool.choices, size, rng)]
    asked = _positive_batches(positive, pool, size, options, rng)
    expected = rate * len(asked)
    wanted = int(expected) + (rng.random() < expected - int(expected))
    if wanted:
        taken = {id(x) for batch in asked for x in batch}
        rest = [x for x in pool.choices if id(x) not in taken]
        if rest:
            rest = sample(rest, wanted * size, rng)
            asked += [rest[i : i + size] for i in range(0, len(rest), size)]
    return [part for batch in asked for part in _cut(batch, size, options)]


def _size(task: Task, pool: Pool, options: RenderOptions) -> int:
    size = task.split_num if options.split_num is None else options.split_num
    return min(size, len(pool.choices)) if size else len(pool.choices)


def _negative_rate(task: Task, answered: bool, schema: LabelSchema, options: RenderOptions) -> float:
    """Instructions without an answer that this record adds per instruction with one.

    Records without any answer get at most half of the allowance; the others what is left. Both follow from the
    share of records with an answer in the corpus; where it is unknown, records without an answer are left out.
    """
    share = schema.with_answer.get(task.name, 0.0)
    empty = min((1 - share) / share, options.negatives / 2) if share else 0.0
    if answered:
        return options.negatives - empty
    return empty * share / (1 - share) if share < 1 else 0.0


def _positive_batches(
    positive: Sequence[Choice], pool: Pool, size: int, options: RenderOptions, rng: Random
) -> list[list[Choice]]:
    own = shuffled(list(positive), rng)
    taken = {id(x) for x in own}
    result = []
    # A place is left for a label that the text lacks, or the question would give the answer away.
    step = max(1, size - 1)
    if len(own) <= size and len(pool.choices) <= size:
        step = size
    for i in range(0, len(own), step):
        batch = own[i : i + step]
        room = size - len(batch)
        if room and options.hard_negatives:
            confused = list({n: None for x in batch for n in x.hard})
            for n in _some(confused, max(1, round(room * HARD_SHARE)), rng):
                if id(pool.choices[n]) not in taken:
                    batch.append(pool.choices[n])
                    taken.add(id(pool.choices[n]))
        result.append(fill(batch, pool, size, taken, rng))
    return result


def fill(batch: list[Choice], pool: Pool, size: int, taken: set[int], rng: Random) -> list[Choice]:
    """The batch with random labels of the pool that no batch of the record has yet, in random order."""
    choices = pool.choices
    total = len(choices)
    tries = 0
    while len(batch) < size and len(taken) < total:
        tries += 1
        if tries > 4 * size:
            rest = [x for x in choices if id(x) not in taken]
            batch += sample(rest, size - len(batch), rng)
            taken.update(id(x) for x in batch)
            break
        choice = choices[int(rng.random() * total)]
        if id(choice) not in taken:
            taken.add(id(choice))
            batch.append(choice)
    return shuffled(batch, rng)


def _cut(batch: list[Choice], size: int, options: RenderOptions) -> list[list[Choice]]:
    """Batches of at most `size` labels and, by option, of at most so many tokens."""
    result: list[list[Choice]] = [[]]
    tokens = 0
    for choice in batch:
        cost = _cost(choice.asked) if options.schema_tokens else 0
        full = len(result[-1]) >= size or (options.schema_tokens and tokens + cost > options.schema_tokens)
        if full and result[-1]:
            result.append([])
            tokens = 0
        result[-1].append(choice)
        tokens += cost
    return [x for x in result if x]


def _cost(asked: Asked) -> int:
    return sum(tokens_of(x) + 1 for x in (*asked.names, *asked.roles))


def shuffled(items: list[Choice], rng: Random) -> list[Choice]:
    """The list itself, shuffled; half the time of `Random.shuffle`, which matters at this scale."""
    draw = rng.random
    for i in range(len(items) - 1, 0, -1):
        j = int(draw() * (i + 1))
        items[i], items[j] = items[j], items[i]
    return items


def sample(items: Sequence[Choice], count: int, rng: Random) -> list[Choice]:
    """At most `count` of the items in random order."""
    rest = list(items)
    draw, total = rng.random, len(rest)
    count = min(count, total)
    for i in range(count):
        j = i + int(draw() * (total - i))
        rest[i], rest[j] = rest[j], rest[i]
    return rest[:count]


def _some(numbers: list[int], count: int, rng: Random) -> list[int]:
    draw, total = rng.random, len(numbers)
    count = min(count, total)
    for i in range(count):
        j = i + int(draw() * (total - i))
        numbers[i], numbers[j] = numbers[j], numbers[i]
    return numbers[:count]
