"""The dataset card: what is inside, how it was made, under which licences, and what is known to be wrong."""

from __future__ import annotations

from collections.abc import Mapping

from kg2instruct import __version__
from kg2instruct.config import BuildConfig

_FUNNEL = ("pages read", "pages with an entity", "passages", "candidates", "triples")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(config: BuildConfig, rows: Mapping[str, int], counts: Mapping[str, int]) -> str:
    """README.md of a built dataset, with the Hub's YAML header."""
    total = sum(rows.values())
    size = next((name for limit, name in _SIZES if total < limit), "1M<n<10M")
    languages = "\n".join(f"- {lang}" for lang in config.lang)
    splits = "\n".join(
        f"  - split: {split}\n    path: data/{split}-*.parquet" for split, count in rows.items() if count
    )
    return f"""---
language:
{languages}
license: cc-by-sa-4.0
task_categories:
- text-generation
- token-classification
tags:
- information-extraction
- named-entity-recognition
- relation-extraction
- instruction-tuning
- distant-supervision
size_categories:
- {size}
configs:
- config_name: default
  data_files:
{splits}
---

# Instructions for information extraction from Wikipedia and Wikidata

{total:,} instruction rows made by distant supervision with kg2instruct {__version__}: sentences of Wikipedia
pages, aligned with the claims of Wikidata that they state, asked for in varied wordings and output formats.

| split | rows |
| --- | --- |
{_table(rows)}

## Rows by task

| task | rows |
| --- | --- |
{_table(_with_prefix(counts, "rows of task: "))}

## Rows by topic

| topic | rows |
| --- | --- |
{_table(_with_prefix(counts, "rows of topic: "))}

## From pages to triples

| step | count |
| --- | --- |
{_table({name: counts[name] for name in _FUNNEL if name in counts})}

## Why claims were not taken

| reason | claims |
| --- | --- |
{_table(_with_prefix(counts, "dropped: "))}

## Pages and passages left out

| reason | count |
| --- | --- |
{_table(_with_prefix(counts, "left out: "))}

## Use

```python
from datasets import load_dataset

rows = load_dataset("path/or/name/of/this/dataset", split="train")
```

The same again, from the same inputs: `kg2instruct build --config config.yaml --out DIR`. Every random choice follows
from the seed ({config.seed}) and the id of its record; a page stands in one split only.

## Fields

`id`, `task`, `lang`, `source`, `cate` (topic), `instruction`, `input`, `output`, `schema` (the labels asked
for, as JSON), `template`, `format`. `aligned/` holds the records behind the rows: text, mentions with
character offsets (end exclusive) and QIDs, triples with their properties, and the page and revision that each
text comes from.

## Licences

Texts: Wikipedia contributors, CC BY-SA 4.0; each record names its page and revision. Facts: Wikidata, CC0.

## Known noise

Triples are found, not annotated: a sentence may state less than the claim that was matched to it, and states
facts that Wikidata lacks. `stats.json` counts what was dropped and why.
"""


def _with_prefix(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}


def _table(counts: Mapping[str, int]) -> str:
    return "\n".join(f"| {name} | {count:,} |" for name, count in counts.items())
