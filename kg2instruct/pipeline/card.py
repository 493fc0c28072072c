"""The dataset card: README.md with the Hub's YAML header, for a dataset of any make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
_EXTRACTION = frozenset(("ner", "re", "spo", "ee", "eet", "eea", "kg"))
_TASK_TAGS = {"ner": "named-entity-recognition", "re": "relation-extraction", "ee": "event-extraction"}
_SHOWN = 200  # lines of a table
_USE = """```python
from datasets import load_dataset

rows = load_dataset("path/or/name/of/this/dataset", split="train")
```"""
FIELDS = """`id`, `task`, `lang`, `source`, `cate` (topic), `instruction`, `input`, `output`, `schema` (the labels \
asked for, as JSON), `template`, `format`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSource:
    """A source as the card names it; an empty licence is shown as unknown, `rows` of None as all."""

    name: str
    rows: int | None
    license: str = ""
    attribution: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card says. `tables` are titles with names and counts; texts are Markdown."""

    title: str
    description: str
    rows: Mapping[str, int]
    """Rows of each split."""
    languages: Sequence[str]
    tasks: Sequence[str]
    sources: Sequence[CardSource]
    license: str = ""
    fields: str = FIELDS
    construction: str
    noise: str
    tags: Sequence[str] = ()
    """Beside those that follow from the tasks."""
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def overall_license(license: str, sources: Sequence[CardSource]) -> str:
    """The licence of the whole: the one given, that of all sources, `other`; empty where one is unknown."""
    if license:
        return license
    found = sorted({source.license for source in sources if source.rows != 0})
    if not found or "" in found:
        return ""
    return found[0] if len(found) == 1 else "other"


def write_card(card: Card) -> str:
    """The card's text."""
    sections = [
        f"# {card.title}",
        card.description,
        _counted("split", card.rows, "rows"),
        f"## Use\n\n{_USE}",
        f"## Fields\n\n{card.fields}",
        "## Sources and licences",
        _sources(card.sources),
        f"## Construction\n\n{card.construction}",
        *(
            f"## {title}\n\n{_counted('', counts, 'count')}"
            for title, counts in card.tables.items()
            if counts
        ),
        f"## Known noise\n\n{card.noise}",
    ]
    return f"---\n{_header(card)}---\n\n" + "\n\n".join(section for section in sections if section) + "\n"


def _header(card: Card) -> str:
    total = sum(card.rows.values())
    licence = overall_license(card.license, card.sources)
    header: dict[str, Any] = {"pretty_name": card.title, "language": list(card.languages)}
    if licence:
        header["license"] = licence
    if licence == "other":
        header |= {"license_name": "licences-of-the-sources", "license_link": "README.md"}
    categories = ["text-generation"]
    if _EXTRACTION & set(card.tasks):
        categories.append("token-classification")
    header |= {
        "task_categories": categories,
        "tags": [
            "instruction-tuning",
            *(["information-extraction"] if len(categories) > 1 else []),
            *(_TASK_TAGS[task] for task in _TASK_TAGS if task in card.tasks),
            *card.tags,
        ],
        "size_categories": [next((name for limit, name in _SIZES if total < limit), "n>1T")],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"data/{split}-*.parquet"}
                    for split, count in card.rows.items()
                    if count
                ],
            }
        ],
    }
    return yaml.safe_dump(header, allow_unicode=True, sort_keys=False)


def _sources(sources: Sequence[CardSource]) -> str:
    lines = ["| source | rows | licence | attribution |", "| --- | ---: | --- | --- |"]
    for source in sources:
        name = f"[{_cell(source.name)}]({source.url})" if source.url else _cell(source.name)
        licence = _cell(source.license) or "unknown"
        rows = "all" if source.rows is None else f"{source.rows:,}"
        lines.append(f"| {name} | {rows} | {licence} | {_cell(source.attribution)} |")
    return "\n".join(lines)


def _counted(head: str, counts: Mapping[str, int], unit: str) -> str:
    shown = list(counts.items())
    lines = [f"| {head} | {unit} |", "| --- | ---: |"]
    lines += [f"| {_cell(name)} | {count:,} |" for name, count in shown[:_SHOWN]]
    if len(shown) > _SHOWN:
        lines.append(f"| … and {len(shown) - _SHOWN} more in `stats.json` | |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
