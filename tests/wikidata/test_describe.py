"""What `kb info` finds, and by what."""

from __future__ import annotations

from typing import Any

import pytest

from kg2instruct.errors import InputError
from kg2instruct.wikidata.describe import describe_entity
from kg2instruct.wikidata.store import Store


@pytest.fixture
def store(wikidata: Any) -> Store:
    return wikidata.store(
        wikidata.entity("Q64", {"zh": "柏林", "en": "Berlin"}, links={"zhwiki": "柏林"}),
        wikidata.entity(
            "P19", {"zh": "出生地", "en": "place of birth"}, aliases={"en": ["birthplace", "origin"]}
        ),
        wikidata.entity("P495", {"en": "origin"}),
        wikidata.entity("P64", {"en": "Berlin"}),
    )


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        ("Q64", "Q64"),
        ("p19", "P19"),
        ("http://www.wikidata.org/entity/Q64", "Q64"),
        ("https://www.wikidata.org/wiki/Property:P19", "P19"),
        ("柏林", "Q64"),
        (" berlin ", "Q64"),
        ("Place  of birth", "P19"),
        ("birthplace", "P19"),
        ("origin", "P495"),
    ],
)
def test_entities_are_found_by_id_address_title_and_name(store: Store, asked: str, id: str) -> None:
    assert describe_entity(store, asked).id == id


@pytest.mark.parametrize(
    "asked", ["Q1", f"Q{(1 << 31) + 64}", "P64646464646464646464", "Q0", "Berlim", "", "Q"]
)
def test_what_is_not_there_is_told(store: Store, asked: str) -> None:
    with pytest.raises(InputError, match="has no"):
        describe_entity(store, asked)


def test_the_folder_of_a_dataset_tells_where_its_knowledge_base_is(wikidata: Any) -> None:
    wikidata.store(wikidata.entity("Q64", {"zh": "柏林"}))
    wikidata.file(b'{"identity": {}}', "manifest.json")
    with pytest.raises(InputError, match=rf"not a store .*; its own is {wikidata.folder / 'kb'}"):
        Store.open(wikidata.folder)
