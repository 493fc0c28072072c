"""What the card says of a built dataset: how it was made, under which licences, and what is known to be wrong."""

from __future__ import annotations

from collections.abc import Mapping

from kg2instruct import __version__
from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.card import FIELDS, Card, CardSource, write_card
from kg2instruct.report.tally import with_prefix

_FUNNEL = ("pages read", "pages with an entity", "passages", "candidates", "triples")
_LANGUAGES = {"zh": "Chinese", "en": "English"}


def dataset_card(config: BuildConfig, rows: Mapping[str, int], counts: Mapping[str, int]) -> str:
    """README.md of a built dataset."""
    by_lang = with_prefix(counts, "rows of language: ")
    sources = [
        CardSource(
            name=f"{_LANGUAGES[lang]} Wikipedia",
            rows=by_lang.get(lang, sum(rows.values())),
            license="cc-by-sa-4.0",
            attribution="Wikipedia contributors; each record names its page and revision",
            url=f"https://{lang}.wikipedia.org",
        )
        for lang in config.lang
    ]
    facts = CardSource(
        name="Wikidata",
        rows=None,
        license="cc0-1.0",
        attribution="Wikidata contributors",
        url="https://www.wikidata.org",
    )
    return write_card(
        Card(
            title="Instructions for information extraction from Wikipedia and Wikidata",
            description=f"{sum(rows.values()):,} instruction rows made by distant supervision with kg2instruct "
            f"{__version__}: sentences of Wikipedia pages, aligned with the claims of Wikidata that they state, "
            "asked for in varied wordings and output formats.",
            rows=rows,
            languages=config.lang,
            tasks=config.render.tasks,
            sources=[*sources, facts],
            license="cc-by-sa-4.0",
            tags=("distant-supervision",),
            fields=f"{FIELDS} `aligned/` holds the records behind the rows: text, mentions with character offsets "
            "(end exclusive) and QIDs, triples with their properties, and the page and revision that each text comes "
            "from.",
            construction="The same again, from the same inputs: `kg2instruct build --config config.yaml --out DIR`. "
            f"Every random choice follows from the seed ({config.seed}) and the id of its record; a page stands in "
            "one split only. `stats.json` counts what was dropped and why.",
            noise="Triples are found, not annotated: a sentence may state less than the claim that was matched to it, "
            "and states facts that Wikidata lacks.",
            tables={
                "Rows by task": with_prefix(counts, "rows of task: "),
                "Rows by topic": with_prefix(counts, "rows of topic: "),
                "From pages to triples": {name: counts[name] for name in _FUNNEL if name in counts},
                "Why claims were not taken": with_prefix(counts, "dropped: "),
                "Pages and passages left out": with_prefix(counts, "left out: "),
            },
        )
    )
