"""The sample in the package: whole, consistent, of all topics, and written for this project."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kg2instruct.errors import UnknownName
from kg2instruct.sample import sample_paths

LANGS = ("zh", "en")
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
EXPORT = "{http://www.mediawiki.org/xml/export-0.11/}"
LINK = re.compile(r"\[\[([^\[\]|#]+)(?:#[^\[\]|]*)?(?:\|[^\[\]]*)?\]\]")
NOT_ARTICLES = re.compile(r"(?i)(file|category|wikipedia):")
RED_LINKS = {
    "zh": {"直辖市", "斯蒂芬·索维斯特", "罗纳德·罗斯", "黄浦江"},
    "en": {"Ronald Ross", "Stephen Sauvestre"},
}
PAGES = {"zh": 66, "en": 44}
TOPIC_PAGES = {"zh": 5, "en": 3}
# Broad classes that between them cover what the sample's pages are about.
TOPICS = {
    "Person": {"Q5"},
    "Geographic region": {"Q82794", "Q486972", "Q618123"},
    "Building": {"Q811979"},
    "Work": {"Q17537576"},
    "Organism": {"Q16521"},
    "Artefact": {"Q2424752", "Q220659"},
    "Natural science": {"Q79529", "Q65943", "Q17737"},
    "Organization": {"Q43229"},
    "Transport": {"Q42889", "Q1248784", "Q5503", "Q12284"},
    "Event": {"Q1190554"},
    "Astronomical object": {"Q6999"},
    "Medicine": {"Q12136", "Q12140"},
}


class SamplePage(NamedTuple):
    title: str
    ns: str
    redirect: str | None
    text: str

    @property
    def is_article(self) -> bool:
        return self.ns == "0" and self.redirect is None and not self.is_disambiguation

    @property
    def is_disambiguation(self) -> bool:
        return re.search(r"\{\{(disambig|消歧)", self.text) is not None


@cache
def pages(lang: str) -> tuple[SamplePage, ...]:
    root = ElementTree.parse(sample_paths(lang).wikipedia).getroot()
    found = []
    for page in root.iter(f"{EXPORT}page"):
        redirect = page.find(f"{EXPORT}redirect")
        found.append(
            SamplePage(
                title=page.findtext(f"{EXPORT}title", ""),
                ns=page.findtext(f"{EXPORT}ns", ""),
                redirect=None if redirect is None else redirect.get("title"),
                text=page.findtext(f"{EXPORT}revision/{EXPORT}text", ""),
            )
        )
    return tuple(found)


@cache
def entities() -> dict[str, dict[str, Any]]:
    lines = sample_paths("zh").wikidata.read_text(encoding="utf-8").splitlines()
    return {entity["id"]: entity for entity in map(json.loads, lines)}


@cache
def titles(lang: str) -> dict[str, str]:
    """Sitelink title to QID."""
    site = f"{lang}wiki"
    linked = [entity for entity in entities().values() if site in entity.get("sitelinks", {})]
    return {entity["sitelinks"][site]["title"]: entity["id"] for entity in linked}


def item_values(entity: dict[str, Any], prop: str) -> list[str]:
    statements = [s for s in entity["claims"].get(prop, []) if s["rank"] != "deprecated"]
    return [s["mainsnak"]["datavalue"]["value"]["id"] for s in statements if "datavalue" in s["mainsnak"]]


def classes(qid: str) -> set[str]:
    """The classes of an item, closed over P279; a class counts as its own member."""
    found: set[str] = set()
    queue = item_values(entities()[qid], "P31") + item_values(entities()[qid], "P279")
    while queue:
        found.add(name := queue.pop())
        queue += [above for above in item_values(entities()[name], "P279") if above not in found]
    return found


def snaks(entity: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for statements in entity["claims"].values():
        for statement in statements:
            found.append(statement["mainsnak"])
            found += [snak for values in statement.get("qualifiers", {}).values() for snak in values]
    return found


def named_ids(snak: dict[str, Any]) -> list[str]:
    """The entities that a snak speaks of: its value, unit or calendar, and its property."""
    value = snak.get("datavalue", {}).get("value")
    if not isinstance(value, dict):
        return [snak["property"]]
    uris = [str(value.get(key, "")) for key in ("unit", "calendarmodel", "globe")]
    ids = [uri.rpartition("/")[2] for uri in uris if uri.startswith("http")]
    return [snak["property"], *ids, *([value["id"]] if "id" in value else [])]


def capitalized(title: str) -> str:
    return title[:1].upper() + title[1:]


def runs(text: str, length: int = 25) -> set[str]:
    """All stretches of `length` characters between markup marks and line ends."""
    pieces = re.split(r"[\[\]{}|<>=\n]+", text)
    return {piece[i : i + length] for piece in pieces for i in range(len(piece) - length + 1)}


def real_text(lang: str) -> str:
    files = [SHARED / "gold" / lang / "pages.xml"]
    if lang == "zh":
        folder = SHARED / "data" / "zhwiki"
        files += [folder / "zhwiki_assembled.xml", folder / "extracted_wiki_00_first64.jsonl"]
    present = [file for file in files if file.exists()]
    if not present:
        pytest.skip("needs real pages in ../shared")
    return "\n".join(file.read_text(encoding="utf-8") for file in present)


@pytest.mark.parametrize("lang", LANGS)
def test_the_files_of_a_language_exist(lang: str) -> None:
    paths = sample_paths(lang)
    assert paths.wikipedia.is_file()
    assert paths.wikidata.is_file()


def test_an_unknown_language_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="known: en, zh"):
        sample_paths("de")


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_enough_pages_and_titles_are_unique(lang: str) -> None:
    assert sum(page.is_article for page in pages(lang)) >= PAGES[lang]
    assert max(Counter(page.title for page in pages(lang)).values()) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_redirects_a_disambiguation_page_and_a_project_page(lang: str) -> None:
    assert sum(page.redirect is not None for page in pages(lang)) >= 6
    assert any(page.is_disambiguation for page in pages(lang))
    assert any(page.ns != "0" for page in pages(lang))


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_has_an_entity(lang: str) -> None:
    missing = [page.title for page in pages(lang) if page.is_article and page.title not in titles(lang)]
    assert missing == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_its_pages(lang: str, topic: str) -> None:
    articles = [page.title for page in pages(lang) if page.is_article]
    found = [title for title in articles if classes(titles(lang)[title]) & TOPICS[topic]]
    assert len(found) >= TOPIC_PAGES[lang], found


@pytest.mark.parametrize("lang", LANGS)
def test_links_and_redirects_lead_somewhere_but_for_a_few(lang: str) -> None:
    known = {page.title for page in pages(lang)} | set(titles(lang))
    targets = {page.redirect for page in pages(lang) if page.redirect is not None}
    for page in pages(lang):
        targets |= {target.strip() for target in LINK.findall(page.text)}
    articles = {target for target in targets if not NOT_ARTICLES.match(target)}
    assert {target for target in articles if capitalized(target) not in known} == RED_LINKS[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_no_two_entities_share_a_sitelink(lang: str) -> None:
    site = f"{lang}wiki"
    links = [e["sitelinks"][site]["title"] for e in entities().values() if site in e.get("sitelinks", {})]
    assert len(links) == len(set(links))


def test_entity_ids_are_unique_and_lines_are_whole() -> None:
    lines = sample_paths("zh").wikidata.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(entities())
    for entity in entities().values():
        assert entity["type"] == ("property" if entity["id"].startswith("P") else "item")
        assert {"labels", "descriptions", "aliases", "claims", "lastrevid", "modified"} <= entity.keys()


def test_everything_a_claim_speaks_of_is_there() -> None:
    named = {name for entity in entities().values() for snak in snaks(entity) for name in named_ids(snak)}
    assert named - entities().keys() == set()


def test_snaks_have_the_type_of_their_property() -> None:
    for entity in entities().values():
        for snak in snaks(entity):
            assert snak["datatype"] == entities()[snak["property"]]["datatype"]
            assert ("datavalue" in snak) == (snak["snaktype"] == "value")


def test_claims_are_varied() -> None:
    statements = [s for e in entities().values() for group in e["claims"].values() for s in group]
    assert {s["rank"] for s in statements} == {"preferred", "normal", "deprecated"}
    assert {s["mainsnak"]["snaktype"] for s in statements} == {"value", "somevalue", "novalue"}
    assert any("P582" in s.get("qualifiers", {}) for s in statements)


def test_names_come_in_several_scripts() -> None:
    spoken = {name for entity in entities().values() for name in (*entity["labels"], *entity["aliases"])}
    assert {"zh", "zh-hans", "zh-hant", "zh-tw", "zh-hk", "en"} <= spoken


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_is_taken_from_real_pages(lang: str) -> None:
    real = real_text(lang)
    own = {run for page in pages(lang) for run in runs(page.text)}
    names = {run for title in titles(lang) for run in runs(title)}
    assert (own - names) & runs(real) == set()
