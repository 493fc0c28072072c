"""The input of the benchmarks: copies differ, agree with their entities, and are the same for a seed."""

import msgspec
import pytest

pytest.importorskip("psutil", reason="a development requirement of the benchmarks")

from benchmarks.entities import EntityMolds, own_items
from benchmarks.molds import Change, Names, TextMold

TEXT = """'''柏林'''（Berlin）是[[德国]]的首都，人口3,645,000。它始建于1237年。[[施普雷河]]流经柏林。很美。

施普雷河长400公里。

[[Category:柏林]]"""
NAMES = Names(["柏林", "Berlin", "施普雷河"])


def item(number, label, claims):
    return {
        "type": "item",
        "id": f"Q{number}",
        "labels": {"zh": {"language": "zh", "value": label}},
        "sitelinks": {"zhwiki": {"site": "zhwiki", "title": label}},
        "claims": claims,
    }


def claim(pid, number):
    value = {"entity-type": "item", "numeric-id": number, "id": f"Q{number}"}
    snak = {"property": pid, "datavalue": {"value": value, "type": "wikibase-entityid"}}
    return {"mainsnak": snak, "rank": "normal"}


def cast(copy, seed=1):
    return TextMold.of(TEXT, NAMES, "zh").cast(Change(copy, NAMES, seed))


def test_the_first_copy_is_the_text_itself():
    assert cast(0) == TEXT


def test_copies_differ_from_each_other_and_are_the_same_again_for_a_seed():
    copies = [cast(copy) for copy in range(20)]
    assert len(set(copies)) == 20
    assert copies == [cast(copy) for copy in range(20)]
    assert cast(3, seed=2) != cast(3)


def test_what_is_no_name_and_no_number_stays():
    text = cast(5)
    assert "[[德国]]的首都，人口3," in text
    assert "始建于" in text
    assert "'''柏林'''" not in text


def test_a_name_is_the_same_word_everywhere_in_a_copy_and_in_its_entities():
    change = Change(7, NAMES, 1)
    entities = [
        item(64, "柏林", {"P31": [claim("P31", 515)], "P206": [claim("P206", 1)]}),
        item(1, "施普雷河", {"P31": [claim("P31", 4022)]}),
        item(4022, "河流", {}),
    ]
    own = own_items(entities, {"柏林", "施普雷河"})
    assert set(own) == {64, 1}
    molds = EntityMolds(entities, own, NAMES)
    berlin, river = map(msgspec.json.decode, molds.lines(change))
    assert [msgspec.json.decode(line)["id"] for line in molds.shared()] == ["Q4022"]
    text = TextMold.of(TEXT, NAMES, "zh").cast(change)
    assert text.count(berlin["labels"]["zh"]["value"]) == 3
    assert text.count(river["labels"]["zh"]["value"]) == 2
    assert berlin["claims"]["P206"][0]["mainsnak"]["datavalue"]["value"]["id"] == river["id"] != "Q1"
    assert berlin["claims"]["P31"][0]["mainsnak"]["datavalue"]["value"]["id"] == "Q515"
