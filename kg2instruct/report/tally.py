"""What the report shows beside the funnel, counted record by record while a build runs."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping

from kg2instruct.records import Example, InstructionRow

# Sections of `stats.json` and what their counts are called in a tally.
SECTIONS = {
    "relations": "triples of relation: ",
    "topics": "records of topic: ",
    "entity_types": "mentions of type: ",
    "mentions": "mentions by: ",
    "templates": "rows of template: ",
    "text_lengths": "texts from length: ",
    "instruction_lengths": "instructions from length: ",
    "output_lengths": "outputs from length: ",
}
_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
_EDGES = (0, 5, *(int(x * scale) for scale in (10, 100, 1000, 10_000) for x in _ROUND), 100_000)


def length_bin(length: int) -> int:
    """The lower edge of a length's bin; edges are round numbers, about a fifth apart."""
    return _EDGES[bisect_right(_EDGES, length) - 1]


def count_example(example: Example, counts: Counter[str]) -> None:
    """Count a record: its topic and length in characters, its mentions, its relations."""
    counts[f"{SECTIONS['topics']}{example.cate or 'none'}"] += 1
    counts[f"{SECTIONS['text_lengths']}{length_bin(len(example.text))}"] += 1
    kinds, vias, relations = SECTIONS["entity_types"], SECTIONS["mentions"], SECTIONS["relations"]
    for mention in example.entity:
        counts[f"{kinds}{mention.entity_type or 'none'}"] += 1
        counts[vias + mention.via] += 1
    for triple in example.relation:
        counts[relations + triple.relation] += 1


def count_row(row: InstructionRow, counts: Counter[str]) -> None:
    """Count an instruction row: its template, and its lengths in characters."""
    counts[SECTIONS["templates"] + row.template] += 1
    counts[f"{SECTIONS['instruction_lengths']}{length_bin(len(row.instruction))}"] += 1
    counts[f"{SECTIONS['output_lengths']}{length_bin(len(row.output))}"] += 1


def with_prefix(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The counts of a tally whose names begin so, by the rest of the name."""
    return {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}


def sections(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """The sections of `stats.json`: names with the largest first, lengths in order."""
    found: dict[str, dict[str, int]] = {}
    for section, prefix in SECTIONS.items():
        part = with_prefix(counts, prefix)
        if section.endswith("_lengths"):
            found[section] = dict(sorted(part.items(), key=lambda item: int(item[0])))
        else:
            found[section] = dict(sorted(part.items(), key=lambda item: (-item[1], item[0])))
    return {section: part for section, part in found.items() if part}


def is_section(name: str) -> bool:
    """Whether a count of a tally belongs into a section of its own."""
    return name.startswith(tuple(SECTIONS.values()))
