"""Entities for pages that come without any: one for each page and each link target, with claims between them.

The claims are made up, so what is aligned is not true; the work is that of pages whose links all have entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from kg2instruct.records import Page

Entity = dict[str, Any]

_LINK = re.compile(r"\[\[([^\[\]|#:{}<>\n]{2,80})(?:#[^\[\]|]*)?(?:\|([^\[\]|{}<>\n']{2,60}))?\]\]")
_DATE = re.compile(r"[0-9]+(?:年|月|[0-9]日|s?$)|^[0-9 ]+$")
_YEAR = re.compile(r"(?<![0-9])(1[0-9]{3}|20[0-2][0-9])(?![0-9])")
_FIRST_ID = 150_000_000
_CLASSES = (5, 515, 6256, 7889, 3624078, 43229, 11424, 571, 16521, 4022, 8502, 3918)
_BETWEEN = [
    *(17, 19, 20, 22, 26, 36, 50, 57, 69, 86, 102, 108, 112, 131, 138, 140, 150, 159, 161, 166, 178, 190),
    *(276, 361, 463, 495, 527, 706, 737, 800),
]
_DATED = (569, 570, 571, 577, 580, 582, 585, 1619)


def link_entities(pages: Sequence[Page], lang: str, seed: int, known: Iterable[str]) -> list[Entity]:
    """Items for all pages and link targets that no title of `known` stands for yet."""
    rng = Random(f"{seed}:{lang}")
    anchors: dict[str, set[str]] = {}
    links: dict[str, list[str]] = {}
    for page in pages:
        anchors.setdefault(page.title, set())
        for match in _LINK.finditer(page.text):
            target = match[1].strip(" _")[:1].upper() + match[1].strip(" _")[1:].replace("_", " ")
            if target and not _DATE.search(target):
                anchors.setdefault(target, set()).add((match[2] or match[1]).strip())
                links.setdefault(page.title, []).append(target)
    known = set(known)
    ids = {title: _FIRST_ID + n for n, title in enumerate(sorted(anchors.keys() - known))}
    by_title = {page.title: page for page in pages}
    return [
        _entity(title, qid, anchors[title], links.get(title, ()), by_title.get(title), ids, lang, rng)
        for title, qid in ids.items()
    ]


def _entity(
    title: str,
    qid: int,
    names: set[str],
    targets: Sequence[str],
    page: Page | None,
    ids: dict[str, int],
    lang: str,
    rng: Random,
) -> Entity:
    label = re.sub(r" ?[(（][^()（）]*[)）]$", "", title) or title
    aliases = sorted(names - {label, title})[:3]
    claims: dict[str, list[Entity]] = {}
    is_notion = lang == "en" and any(name[:1].islower() for name in names)
    _add(claims, "P279" if is_notion else "P31", _item(rng.choice(_CLASSES)))
    others = list(targets) or rng.sample(sorted(ids), min(5, len(ids)))
    for target in sorted(rng.sample(others, min(len(others), max(4, len(others) // 3)))):
        if target in ids and target != title:
            _add(claims, f"P{rng.choice(_BETWEEN)}", _item(ids[target]))
    years = _YEAR.findall(page.text) if page else [str(rng.randrange(1600, 2024))]
    for pid in rng.sample(_DATED, 2):
        time = {
            "time": f"+{rng.choice(years or ['1900'])}-00-00T00:00:00Z",
            "timezone": 0,
            "before": 0,
            "after": 0,
            "precision": 9,
            "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
        }
        _add(claims, f"P{pid}", {"value": time, "type": "time"})
    return {
        "type": "item",
        "id": f"Q{qid}",
        "labels": {lang: {"language": lang, "value": label}},
        "aliases": {lang: [{"language": lang, "value": alias} for alias in aliases]},
        "claims": claims,
        "sitelinks": {f"{lang}wiki": {"site": f"{lang}wiki", "title": title, "badges": []}},
    }


def _item(qid: int) -> Entity:
    value = {"entity-type": "item", "numeric-id": qid, "id": f"Q{qid}"}
    return {"value": value, "type": "wikibase-entityid"}


def _add(claims: dict[str, list[Entity]], pid: str, value: Entity) -> None:
    snak = {"snaktype": "value", "property": pid, "datavalue": value, "datatype": _DATATYPES[value["type"]]}
    claims.setdefault(pid, []).append({"mainsnak": snak, "type": "statement", "rank": "normal"})


_DATATYPES = {"wikibase-entityid": "wikibase-item", "time": "time"}
