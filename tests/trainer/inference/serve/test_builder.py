"""Instructions from choices: every task, language and format; labels chosen and typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.records import Lang
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS
from trainer.inference.serve.builder import BUILT, Schemas, Wish, choose, instruction, templates, typed


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("task", BUILT)
def test_every_task_and_format_makes_an_instruction_with_its_labels(
    schemas: Schemas, task: str, lang: Lang
) -> None:
    names = schemas.names(task, lang)
    schema = next(iter(names.values()))
    labels = list(schemas.labels(schema, task, lang))[:3]
    asked = choose(schemas, schema, task, lang, labels)
    assert len(asked) == 3
    for output_format in FORMATS:
        text = instruction(Wish(task, lang, output_format, asked))
        assert all(x.name in text for x in asked)
        assert "$" not in text
        open_text = instruction(Wish(task, lang, output_format, ()))
        assert open_text
        assert labels[0] not in open_text


def test_wordings_differ_and_come_round() -> None:
    asked = (typed(TASKS["re"], "出生地"),)
    wish = Wish("re", "zh", "json", asked)
    count = len(templates(wish))
    texts = [instruction(Wish("re", "zh", "json", asked, wording)) for wording in range(count)]
    assert len(set(texts)) == count > 1
    assert all(not x.holds_text for x in templates(wish))


def test_definitions_stand_behind_their_labels(schemas: Schemas) -> None:
    (asked,) = choose(schemas, "person", "re", "zh", ["出生地"])
    assert asked.definition
    assert f"出生地：{asked.definition}" in instruction(Wish("re", "zh", "json", (asked,), definitions=True))


def test_topics_put_their_own_relations_first(schemas: Schemas) -> None:
    assert next(iter(schemas.labels("person", "re", "en"))) == "place of birth"


def test_labels_are_typed_with_their_parts() -> None:
    assert typed(TASKS["ner"], " 菜名 ").names == ("菜名",)
    assert typed(TASKS["spo"], "人物 → 出生地 → 城市").names == ("人物", "出生地", "城市")
    event = typed(TASKS["ee"], "裁员：裁员方、时间")
    assert (event.names, event.roles) == (("裁员",), ("裁员方", "时间"))
    assert typed(TASKS["kg"], "city (country, area)").roles == ("country", "area")
    for task, text in (("spo", "出生地"), ("ee", "裁员"), ("kg", "city:")):
        with pytest.raises(ConfigError, match="expected"):
            typed(TASKS[task], text)


def test_labels_of_ones_own_come_first(tmp_path: Path) -> None:
    file = tmp_path / "cooking.yaml"
    file.write_text("entities: [菜名]\nrelations: [配料]\n", encoding="utf-8")
    own = Schemas(file)
    assert next(iter(own.names("re", "zh").items())) == ("cooking.yaml", str(file))
    assert list(own.labels(str(file), "re", "zh")) == ["配料"]
    assert "cooking.yaml" not in own.names("spo", "zh")
    file.write_text("entites: [菜名]\n", encoding="utf-8")
    with pytest.raises(InputError, match="entites"):
        Schemas(file)
