"""Instructions per second per core, against `json.dumps` of the same rows; memory over many records.

    python benchmarks/bench_render.py [--records 20000] [--memory 1000000]

The records are made up here: two to six entities and one to five relations on texts of 60 to 300 characters.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import resource
import time
from collections.abc import Iterator
from random import Random

import msgspec

from kg2instruct.records import Argument, Event, Example, Mention, Triple
from kg2instruct.render import LabelSchema, RenderOptions, render_examples

TYPES = ("人物", "地点", "组织", "作品", "时间", "产品")
RELATIONS = tuple(f"关系{x}" for x in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日月盈昃")
NAMES, WORDS = "金木水火土山川湖海云雨风雪星辰", "的了在是和与于年月日中大人上下来到说为这个不我们"
RUNS = [(task, "") for task in ("ner", "re", "spo", "ee", "eet", "eea", "kg")]
RUNS += [("re", "json"), ("re", "tuple"), ("re", "inline")]


def records(count: int, seed: int = 0) -> Iterator[Example]:
    """Made-up records with offsets."""
    rng = Random(seed)
    for number in range(count):
        names = ["".join(rng.choices(NAMES, k=rng.randint(2, 6))) for _ in range(rng.randint(2, 6))]
        text, places = "", []
        for name in names:
            text += "".join(rng.choices(WORDS, k=rng.randint(15, 50))) + "，"
            places.append(len(text))
            text += name
        kinds = [rng.choice(TYPES) for _ in names]
        mentions = tuple(
            Mention(name, kind, at, at + len(name))
            for name, kind, at in zip(names, kinds, places, strict=True)
        )
        triples = []
        for _ in range(rng.randint(1, 5)):
            one, other = rng.sample(range(len(names)), 2)
            head, tail = ((names[x], kinds[x], places[x], None) for x in (one, other))
            triples.append(Triple(*head, rng.choice(RELATIONS), None, *tail))
        event = Event("事件", names[0], places[0], (Argument("角色", names[1], places[1]),))
        yield Example(f"bench-{number}", "zh", "bench", None, text + "。", mentions, tuple(triples), (event,))


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument(
        "--memory", type=int, default=0, help="also render so many records and watch the memory"
    )
    options = parser.parse_args()
    examples = list(records(options.records))
    gc.freeze()  # the input is not what is measured
    schema = LabelSchema.from_examples(examples[:2000])
    print(f"{'task':6} {'format':10} {'rows/s':>9} {'us/row':>7} {'x json.dumps':>13}")
    for task, name in RUNS:
        chosen = RenderOptions(tasks=(task,))
        if name:
            chosen = dataclasses.replace(chosen, formats=(name,))
        list(render_examples(examples[:50], schema, chosen))
        count, spent, dumped = 0, 0.0, 0.0
        for at in range(0, len(examples), 500):
            start = time.process_time()
            rows = list(render_examples(examples[at : at + 500], schema, chosen))
            spent += time.process_time() - start
            plain = [msgspec.to_builtins(x) for x in rows]
            start = time.process_time()
            for row in plain:
                json.dumps(row)
            dumped += time.process_time() - start
            count += len(rows)
        speed = f"{count / spent:9.0f} {1e6 * spent / count:7.1f} {spent / dumped:13.2f}"
        print(f"{task:6} {name or 'all':10} {speed}")
    if options.memory:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        count = sum(1 for _ in render_examples(records(options.memory), schema, RenderOptions()))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{count} rows of {options.memory} records: {(after - before) / 1024:.1f} MB more than before")


if __name__ == "__main__":
    main()
