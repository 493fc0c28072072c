"""Hypotheses, thresholds, and files verified by a scorer that the tests make up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from kg2instruct.evaluate.intervals import wilson
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Example, Triple
from kg2instruct.schema import SchemaSet, load_schemas
from kg2instruct.verify.calibrate import Thresholds, best_threshold, calibrate
from kg2instruct.verify.entail import premise_of
from kg2instruct.verify.hypotheses import hypotheses
from kg2instruct.verify.rules import Rules
from kg2instruct.verify.run import verify_file

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    return load_schemas()


def triple(head: str, pid: str, tail: str, **fields: Any) -> Triple:
    plain: dict[str, Any] = {"relation": pid, "head_start": 0, "tail_start": 0, "via": "wikidata"}
    fields = plain | fields
    return Triple(
        head=head,
        head_type="人物",
        head_qid=None,
        property=pid,
        tail=tail,
        tail_type="地理地区",
        tail_qid=None,
        **fields,
    )


def example(text: str, *triples: Triple, lang: Any = "zh") -> Example:
    return Example("1", lang, "wikipedia", "人物", text, relation=triples)


def test_a_relation_is_put_in_several_ways(schemas: SchemaSet) -> None:
    assert hypotheses(triple("她", "P19", "华沙"), "zh", schemas)[:2] == [
        "她出生于华沙。",
        "华沙是她的出生地。",
    ]
    assert "① was born in ②." in hypotheses(triple("①", "P19", "②"), "en", schemas)


def test_an_article_fits_the_word_behind_it(schemas: SchemaSet) -> None:
    found = hypotheses(triple("She", "P106", "engineer"), "en", schemas)
    assert found[0] == "She is an engineer."


def test_a_relation_without_sentences_is_put_by_its_name_and_definition(schemas: SchemaSet) -> None:
    relation = schemas.relation(1303)  # instrument
    found = hypotheses(triple("他", "P1303", "钢琴", relation=relation.name["zh"]), "zh", schemas)
    assert found[0] == f"他的{relation.name['zh']}是钢琴。"
    assert relation.definition["zh"] in found[1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sentences_are_of_known_relations_and_name_both_ends(lang: str, schemas: SchemaSet) -> None:
    table = yaml.safe_load((ROOT / "schemas" / "hypotheses" / f"{lang}.yaml").read_text("utf-8"))
    other = "en" if lang == "zh" else "zh"
    assert set(table) == set(
        yaml.safe_load((ROOT / "schemas" / "hypotheses" / f"{other}.yaml").read_text("utf-8"))
    )
    for pid, sentences in table.items():
        assert all("①" in x and "②" in x for x in sentences), pid
        assert len(set(sentences)) == len(sentences)
        assert pid == "generic" or int(pid[1:]) in schemas.relations


def test_the_premise_goes_from_one_end_to_the_other() -> None:
    text = "第一句。居里夫人很有名。她生于华沙。最后一句。"
    one = example(text, triple("居里夫人", "P19", "华沙", head_start=4, tail_start=15))
    assert premise_of(one, one.relation[0]) == "居里夫人很有名。她生于华沙。"
    left_out = example("生于华沙。", triple("居里夫人", "P19", "华沙", head_start=None, tail_start=2))
    assert premise_of(left_out, left_out.relation[0]) == "居里夫人：生于华沙。"


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), max_size=20),
    st.sampled_from([1.0, 0.25]),
)
def test_no_other_threshold_has_a_better_f1(judged: list[tuple[float, bool]], weight: float) -> None:
    def f1(threshold: float) -> float:
        kept = [1 if right else weight for value, right in judged if value >= threshold]
        hit = sum(right for value, right in judged if value >= threshold)
        rights = sum(right for _, right in judged)
        return 2 * hit / (sum(kept) + rights) if rights else 0.0

    found = f1(best_threshold(judged, weight))
    assert all(found >= f1(x) - 1e-9 for x in (0.05, 0.2, 0.4, 0.6, 0.8))


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 0, 0, 1), (10, 10, 0.7225, 1), (0, 10, 0, 0.2775), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_wilson_s(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-4)


class WordScorer:
    """Entails what says that somebody was born, of premises that do."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.calls += 1
        return [0.9 if "生于" in premise and "生于" in said else 0.2 for premise, said in pairs]


def test_what_is_not_entailed_is_left_out_and_told(schemas: SchemaSet, tmp_path: Path) -> None:
    right = triple("她", "P19", "华沙", tail_start=3)
    wrong = triple("她", "P20", "巴黎", tail_start=9)
    scorer = WordScorer()
    done = verify_file(
        lambda: [example("她生于华沙，住在巴黎。", right, wrong)],
        tmp_path / "out.jsonl",
        schemas,
        rules=Rules(schemas),
        scorer=scorer,
        rejects=tmp_path / "rejects.jsonl",
    )
    [kept] = read_jsonl(tmp_path / "out.jsonl", Example)
    assert [(x.tail, x.score) for x in kept.relation] == [("华沙", 0.9)]
    [reject] = (tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()
    assert json.loads(reject)["reason"] == "not entailed"
    assert (done.kept, done.dropped, scorer.calls) == (1, {"not entailed": 1}, 1)
    assert done.to_json()["relations"]["P19"]["entailed"] == 1.0
    assert done.to_json()["relations"]["P20"]["dropped"] == {"not entailed": 1}


def test_scores_alone_leave_nothing_out(schemas: SchemaSet, tmp_path: Path) -> None:
    wrong = triple("她", "P20", "巴黎", tail_start=9)
    verify_file(
        lambda: [example("她生于华沙，住在巴黎。", wrong)],
        tmp_path / "out.jsonl",
        schemas,
        scorer=WordScorer(),
        score_only=True,
    )
    [kept] = read_jsonl(tmp_path / "out.jsonl", Example)
    assert [x.score for x in kept.relation] == [0.2]


def test_noise_is_the_share_that_no_witness_speaks_for(schemas: SchemaSet, tmp_path: Path) -> None:
    texts = [("甲生于华沙。", 1.0), ("乙生于里昂。", 0.0), ("丙生于柏林。", 0.0), ("丁爱过巴黎人。", 0.0)]
    examples = [
        example(text, triple(text[0], "P19", text[3:5], tail_start=3, score=score)) for text, score in texts
    ]
    done = verify_file(lambda: examples, tmp_path / "out.jsonl", schemas)
    figures = done.to_json()["relations"]["P19"]
    assert (figures["agreement"], figures["support"], figures["noise"]) == (0.25, 0.75, 0.25)
    assert figures["noise_low"] < 0.25 < figures["noise_high"]


def gold_folder(folder: Path, count: int) -> Path:
    lines = [
        {
            "page": "p", "evidence": f"第{n}个人生于城市{n}", "head": f"Q{n}", "property": "P19", "tail": f"Q9{n}",
            "head_text": f"第{n}个人", "tail_text": f"城市{n}", "kind": "entity",
        }
        for n in range(count)
    ]  # fmt: skip
    folder.mkdir()
    (folder / "gold.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
    return folder


def test_thresholds_are_chosen_on_gold_claims_and_kept_in_a_file(schemas: SchemaSet, tmp_path: Path) -> None:
    found = calibrate(gold_folder(tmp_path / "gold", 10), "zh", WordScorer(), schemas, "m")
    assert found.figures["right"] == 10
    assert found.figures["wrong"] == 30
    assert found.figures["f1"] == 1.0
    assert 0.2 < found.of("P20") < 0.9
    found.write(tmp_path / "t.json")
    assert Thresholds.read(tmp_path / "t.json") == found


def test_the_more_is_right_the_less_is_cut_off(schemas: SchemaSet, tmp_path: Path) -> None:
    gold = gold_folder(tmp_path / "gold", 10)

    def unsure(pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [0.6 if "2" in premise else 0.9 * ("生于" in said) + 0.05 for premise, said in pairs]

    strict = calibrate(gold, "zh", unsure, schemas, prior=0.2)
    lenient = calibrate(gold, "zh", unsure, schemas, prior=0.95)
    assert lenient.default < 0.6 < strict.default


def test_a_file_that_holds_no_thresholds_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("[]")
    with pytest.raises(InputError, match="not a file of thresholds"):
        Thresholds.read(tmp_path / "t.json")
    with pytest.raises(InputError, match="no gold"):
        calibrate(tmp_path, "zh", WordScorer(), load_schemas())
