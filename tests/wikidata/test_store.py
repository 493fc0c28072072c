"""What a store answers, by examples."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.lang.fold import fold
from kg2instruct.lang.values import Quantity, Text, Time
from kg2instruct.wikidata.records import Candidate, Claim
from kg2instruct.wikidata.store import Store


def time(text: str, precision: int, calendar: str = "Q1985727") -> dict[str, Any]:
    return {
        "time": text,
        "precision": precision,
        "calendarmodel": f"http://www.wikidata.org/entity/{calendar}",
    }


def test_the_label_follows_the_fallback_chain_of_a_simplified_reader(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q1", {"zh-hant": "臺北", "zh": "台北市", "zh-tw": "台北"}),
        wikidata.entity("Q2", {"zh-tw": "網路", "zh-hk": "網絡"}),
        wikidata.entity("Q3", {"zh-cn": "网络", "zh": "網絡"}),
    )
    assert [store.label(qid, "zh") for qid in (1, 2, 3)] == ["台北市", "網路", "网络"]


def test_variants_are_names_once_per_folded_form(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity(
            "Q1",
            {"zh-hans": "网络", "zh-hant": "網絡", "zh-tw": "網路"},
            aliases={"zh": ["网 络", "ＮＥＴ", "net"]},
        )
    )
    assert store.names(1, "zh") == ("网络", "網路", "网 络", "ＮＥＴ")


def test_both_languages_take_the_label_for_all_languages_last(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q1", {"mul": "Ada Lovelace"}, aliases={"mul": ["A. Lovelace"]}),
        wikidata.entity("Q2", {"mul": "B", "en": "A", "zh-mo": "甲"}),
    )
    for lang in ("en", "zh"):
        assert store.label(1, lang) == "Ada Lovelace"
        assert store.names(1, lang) == ("Ada Lovelace", "A. Lovelace")
        assert store.find_name(lang, "ada lovelace") == (Candidate(1, True),)
    assert (store.names(2, "en"), store.names(2, "zh")) == (("A", "B"), ("甲", "B"))


def test_an_entity_with_aliases_only_has_names_but_no_label(wikidata: Any) -> None:
    store = wikidata.store(wikidata.entity("Q1", aliases={"zh": ["别名"]}))
    assert store.label(1, "zh") is None
    assert store.names(1, "zh") == ("别名",)
    assert store.find_name("zh", "別名") == (Candidate(1, False),)


def test_labels_that_the_api_filled_in_from_other_languages_do_not_count(wikidata: Any) -> None:
    found = wikidata.entity("Q1", {"en": "Berlin"})
    found["labels"]["zh"] = {"language": "en", "value": "Berlin", "for-language": "zh"}
    assert wikidata.store(found).label(1, "zh") is None


def test_names_are_found_in_any_script_width_and_case_best_known_first(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q3", {"zh": "長城"}),
        wikidata.entity("Q2", {"zh": "长城"}, links={"zhwiki": "长城"}),
        wikidata.entity(
            "Q4", {"en": "Great Wall"}, aliases={"zh": ["長城"]}, links={"enwiki": "W", "dewiki": "W"}
        ),
        wikidata.entity("Q5", {"zh": "长城"}),
    )
    expected = (Candidate(4, False), Candidate(2, True), Candidate(3, True), Candidate(5, True))
    assert store.find_name("zh", "长城") == store.find_name("zh", "長城") == expected
    assert store.find_name("en", "ｇreat WALL") == (Candidate(4, True),)
    assert store.find_name("zh", "城") == ()


def test_titles_are_found_exactly_then_folded_when_unambiguous(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q1", links={"zhwiki": "台灣"}),
        wikidata.entity("Q2", links={"zhwiki": "ABC", "enwiki": "Iron Man (film)"}),
        wikidata.entity("Q3", links={"zhwiki": "Abc"}),
    )
    assert store.find_title("zh", "台湾") == store.find_title("zh", "台灣") == 1
    assert [store.find_title("zh", title) for title in ("ABC", "abc", "aBC", "AbC")] == [2, 3, 2, None]
    assert store.find_title("en", "iron_Man_(film)") == 2
    assert store.find_title("en", "Iron Man") is None
    assert store.title(2, "en") == "Iron Man (film)"


def test_claims_keep_rank_and_end_and_drop_deprecated_ones(wikidata: Any) -> None:
    ended = wikidata.statement("P35", 3) | {
        "qualifiers": {"P582": [wikidata.snak("P582", time("+2000-00-00T", 9))]}
    }
    begun = wikidata.statement("P35", 5) | {"qualifiers": {"P580": []}}
    store = wikidata.store(
        wikidata.entity(
            "Q1",
            {"zh": "国"},
            statements=[
                wikidata.statement("P35", 2, rank="preferred"),
                ended,
                wikidata.statement("P35", 4, rank="deprecated"),
                begun,
            ],
        )
    )
    assert store.claims(1) == (Claim(35, 2, preferred=True), Claim(35, 3, ended=True), Claim(35, 5))


def test_unknown_and_no_value_are_dropped_and_counted(wikidata: Any) -> None:
    some = {
        "mainsnak": {"snaktype": "somevalue", "property": "P22", "datatype": "wikibase-item"},
        "rank": "normal",
    }
    none = {"mainsnak": {"snaktype": "novalue", "property": "P40", "datatype": "time"}, "rank": "normal"}
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}, statements=[some, none]))
    assert store.claims(1) == ()
    assert store.manifest.read["read_without_value"] == 2


@pytest.mark.parametrize(
    ("written", "precision", "expected"),
    [
        ("+1889-04-20T00:00:00Z", 11, Time(1889, 4, 20, 11)),
        ("+1889-04-20T00:00:00Z", 9, Time(1889)),
        ("+1889-04-00T00:00:00Z", 10, Time(1889, 4, 0, 10)),
        ("+1889-04-20T10:20:30Z", 14, Time(1889, 4, 20, 11)),
        ("-0044-03-15T00:00:00Z", 11, Time(-44, 3, 15, 11)),
        ("-13798000000-00-00T00:00:00Z", 3, Time(-13798000000, 0, 0, 3)),
        ("+1701-01-01T00:00:00Z", 7, Time(1800, 0, 0, 7)),
        ("+1985-00-00T00:00:00Z", 8, Time(1980, 0, 0, 8)),
        ("+1889-00-00T00:00:00Z", 11, Time(1889)),
    ],
)
def test_times_keep_their_precision(wikidata: Any, written: str, precision: int, expected: Time) -> None:
    claim = wikidata.statement("P569", time(written, precision), "time")
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}, statements=[claim]))
    assert store.claims(1) == (Claim(569, expected),)


def test_julian_days_are_marked(wikidata: Any) -> None:
    claim = wikidata.statement("P569", time("+1643-01-04T00:00:00Z", 11, "Q1985786"), "time")
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}, statements=[claim]))
    assert store.claims(1) == (Claim(569, Time(1643, 1, 4, 11), julian=True),)


def test_quantities_have_amount_and_unit(wikidata: Any) -> None:
    entity = "http://www.wikidata.org/entity/"
    amounts = [
        {"amount": "+891.12", "unit": entity + "Q712226", "upperBound": "+892", "lowerBound": "+890"},
        {"amount": "-3", "unit": "1"},
        {"amount": "much", "unit": "1"},
    ]
    claims = [wikidata.statement("P2046", value, "quantity") for value in amounts]
    store = wikidata.store(wikidata.entity("Q1", {"zh": "城"}, statements=claims))
    assert [claim.value for claim in store.claims(1)] == [Quantity(891.12, 712226), Quantity(-3.0, 0)]


def test_texts_are_kept_and_identifiers_addresses_and_files_are_not(wikidata: Any) -> None:
    kinds = ["string", "external-id", "url", "commonsMedia", "math", "globe-coordinate", "unheard-of"]
    claims = [
        wikidata.statement(f"P{number}", f"text {number}", kind) for number, kind in enumerate(kinds, 1)
    ]
    claims.append(wikidata.statement("P1448", {"text": "Berlin", "language": "de"}, "monolingualtext"))
    store = wikidata.store(wikidata.entity("Q1", {"zh": "城"}, statements=claims))
    assert store.claims(1) == (Claim(1, Text("text 1")), Claim(1448, Text("Berlin", "de")))


def test_values_may_have_only_a_number_or_only_an_id(wikidata: Any) -> None:
    values: list[dict[str, Any]] = [
        {"entity-type": "item", "numeric-id": 7},
        {"entity-type": "item", "id": "Q8"},
    ]
    claims = [wikidata.statement("P17", value) for value in values]
    assert wikidata.store(wikidata.entity("Q1", {"zh": "城"}, statements=claims)).objects(1) == (7, 8)


def test_properties_have_names_type_and_inverse(wikidata: Any) -> None:
    inverse = wikidata.statement(
        "P1696", {"entity-type": "property", "numeric-id": 40, "id": "P40"}, "wikibase-property"
    )
    store = wikidata.store(
        wikidata.entity(
            "P22", {"zh": "父亲"}, aliases={"zh": ["爸爸"]}, datatype="wikibase-item", statements=[inverse]
        ),
        wikidata.entity("Q22", {"zh": "苏格兰"}),
    )
    assert (store.property_label(22, "zh"), store.property_names(22, "zh")) == ("父亲", ("父亲", "爸爸"))
    assert (store.datatype(22), store.inverse(22)) == ("wikibase-item", 40)
    assert (store.datatype(40), store.inverse(40)) == (None, None)
    assert store.find_name("zh", "父亲") == ()
    assert store.label(22, "zh") == "苏格兰"


def test_types_climb_through_cycles(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q1", {"zh": "柏林"}, statements=[wikidata.statement("P31", 10)]),
        wikidata.entity("Q10", {"zh": "城市"}, statements=[wikidata.statement("P279", 11)]),
        wikidata.entity("Q11", {"zh": "聚落"}, statements=[wikidata.statement("P279", 12)]),
        wikidata.entity("Q12", {"zh": "地方"}, statements=[wikidata.statement("P279", 10)]),
    )
    assert (store.classes(1), store.superclasses(10)) == ((10,), (11,))
    assert store.types(1) == store.ancestors(10) == store.ancestors(12) == {10, 11, 12}
    assert store.types(10) == frozenset()


def test_claims_are_found_from_their_value(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity(
            "Q5", {"zh": "甲"}, statements=[wikidata.statement("P17", 9), wikidata.statement("P27", 9)]
        ),
        wikidata.entity(
            "Q4", {"zh": "乙"}, statements=[wikidata.statement("P17", 9), wikidata.statement("P17", 9)]
        ),
    )
    assert store.incoming(9) == ((4, 17), (5, 17), (5, 27))
    assert (store.incoming(9, limit=2), store.incoming_count(9)) == (((4, 17), (5, 17)), 3)
    assert store.properties_between(5, 9) == (17, 27)
    assert store.properties_between(9, 5) == store.properties_between(4, 8) == ()


def test_redirects_are_followed_from_everywhere(wikidata: Any) -> None:
    store = wikidata.store(
        {"entity": "Q1", "redirect": "Q2"},
        {"entity": "Q2", "redirect": "Q3"},
        {"entity": "Q8", "redirect": "Q9"},
        {"entity": "Q9", "redirect": "Q8"},
        wikidata.entity("Q3", {"zh": "德国"}, links={"zhwiki": "德国"}),
        wikidata.entity("Q5", {"zh": "柏林"}, statements=[wikidata.statement("P17", 1)]),
    )
    assert store.label(1, "zh") == store.label(2, "zh") == "德国"
    assert (store.resolve(1), store.title(1, "zh"), store.popularity(2)) == (3, "德国", 1)
    assert store.objects(5) == (3,)
    assert store.incoming(1) == store.incoming(3) == ((5, 17),)
    assert store.properties_between(5, 1) == (17,)
    assert 8 not in store


def test_of_the_same_id_the_newest_revision_counts(wikidata: Any) -> None:
    def versions(*ages: dict[str, Any]) -> str | None:
        found = [wikidata.entity("Q1", {"zh": f"名{number}"}, **age) for number, age in enumerate(ages)]
        return wikidata.store(*found).label(1, "zh")

    assert versions({"lastrevid": 9}, {"lastrevid": 10}, {"lastrevid": 8}) == "名1"
    assert versions({"modified": "2020-01-02T00:00:00Z"}, {"modified": "2020-01-01T00:00:00Z"}) == "名0"
    assert versions({}, {}, {}) == "名2"
    assert versions({"lastrevid": 5}, {"modified": "2024-01-01T00:00:00Z"}) == "名0"


def test_kept_is_what_is_named_or_spoken_of_and_the_classes_above(wikidata: Any) -> None:
    entities = [
        wikidata.entity("Q1", {"zh": "柏林"}, statements=[wikidata.statement("P31", 10)]),
        wikidata.entity("Q10", {"fr": "ville"}, statements=[wikidata.statement("P279", 11)]),
        wikidata.entity("Q11", {"fr": "lieu"}, statements=[wikidata.statement("P279", 10)]),
        wikidata.entity("Q12", {"fr": "personne ne me connaît"}, statements=[wikidata.statement("P31", 13)]),
        wikidata.entity("Q13", {"fr": "moi non plus"}),
        wikidata.entity("Q14", {"fr": "avec page"}, links={"zhwiki": "页"}),
    ]
    store = wikidata.store(*entities)
    assert [qid for qid in range(20) if qid in store] == [1, 10, 11, 14]
    assert store.types(1) == {10, 11}
    everything = wikidata.store(*entities, keep_all=True)
    assert [qid for qid in range(20) if qid in everything] == [1, 10, 11, 12, 13, 14]


def test_the_dictionary_finds_the_longest_names_in_folded_text(wikidata: Any) -> None:
    store = wikidata.store(
        wikidata.entity("Q1", {"zh": "中國"}),
        wikidata.entity("Q2", {"zh": "中国人民大学"}),
        wikidata.entity("Q3", {"zh": "我"}),
        wikidata.entity("P3", {"zh": "位于"}),
    )
    names = store.dictionary("zh")
    text = "我在中國人民大學，位于中國"
    found = names.find(fold(text))
    assert [(text[start:end], names.candidates(name)[0].qid) for start, end, name in found] == [
        ("中國人民大學", 2),
        ("中國", 1),
    ]
    assert [names.name(name) for *_, name in found] == ["中国人民大学", "中国"]
    assert list(store.dictionary("en").find("nothing")) == []


def test_an_unknown_entity_has_nothing(wikidata: Any) -> None:
    store = wikidata.store(wikidata.entity("Q5", {"zh": "人"}))
    for qid in (1, 9, 2**31 - 1):
        assert qid not in store
        assert (store.claims(qid), store.names(qid, "zh"), store.label(qid, "en")) == ((), (), None)
        assert (store.objects(qid), store.incoming(qid), store.types(qid)) == ((), (), frozenset())


def test_a_language_that_was_not_asked_for_is_an_error(wikidata: Any) -> None:
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}), langs=("zh",))
    with pytest.raises(ConfigError, match="no language 'en'; it has zh"):
        store.label(1, "en")


def test_a_store_can_be_sent_to_another_process(wikidata: Any) -> None:
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}))
    assert pickle.loads(pickle.dumps(store)).label(1, "zh") == "人"


def test_other_folders_are_told_from_stores(wikidata: Any) -> None:
    store = wikidata.store(wikidata.entity("Q1", {"zh": "人"}))
    with pytest.raises(InputError, match="is not there"):
        Store.open(wikidata.folder / "nowhere")
    with pytest.raises(InputError, match="not a store, or its build was not finished"):
        Store.open(wikidata.folder)
    (store.folder / "columns" / "claim_key").write_bytes(b"12345")
    with pytest.raises(InputError, match="claim_key: 5 bytes"):
        Store.open(store.folder)
    manifest = store.folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version": 1', b'"version": 99'))
    with pytest.raises(InputError, match="version 99"):
        Store.open(store.folder)
    manifest.write_bytes(b"{")
    with pytest.raises(InputError, match="build the store again"):
        Store.open(store.folder)
