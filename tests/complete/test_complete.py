"""Files of records completed: by an endpoint, by a function, by a model on this machine; again and again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from kg2instruct.chat import CallOptions, Model, find_model
from kg2instruct.chat.limits import EndpointDownError
from kg2instruct.cli.app import app
from kg2instruct.complete import CompleteOptions, Summary
from kg2instruct.complete.questions import Desk
from kg2instruct.complete.run import complete_file
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example
from kg2instruct.schema import SchemaSet

SAID = [
    ("居里夫人", "配偶", "皮埃尔·居里"),
    ("居里夫人", "子女", "伊雷娜"),
    ("居里夫人", "出生地", "华沙"),
    ("她", "子女", "他"),
]


@pytest.fixture
def records(record: Example) -> list[Example]:
    """Nine records of which each text is another."""
    return [
        replace(record, id=f"r{n}", text=f"{record.text}{'。' * n}", relation=record.relation[:1])
        for n in range(9)
    ]


@pytest.fixture
def complete(schemas: SchemaSet, records: list[Example], tmp_path: Path) -> Callable[..., Summary]:
    """Complete the records into out.jsonl."""

    def run(calls: Any, *, model: Model | None = None, batch: int = 16, **options: Any) -> Summary:
        desk = Desk.of(CompleteOptions(**options), model or Model("m"), schemas)
        return complete_file(records, tmp_path / "out.jsonl", desk, calls, batch=batch)

    return run


def test_records_come_out_in_order_with_what_the_model_adds(
    complete: Any, records: list[Example], model_saying: Any, tmp_path: Path
) -> None:
    summary = complete(model_saying(SAID))
    done = list(read_jsonl(tmp_path / "out.jsonl", Example))
    assert [x.id for x in done] == [x.id for x in records]
    assert all(
        [(t.relation, t.tail, t.via, t.score) for t in x.relation]
        == [
            ("出生地", "华沙", "wikidata", 1.0),
            ("配偶", "皮埃尔·居里", "model", 1.0),
            ("子女", "伊雷娜", "model", 1.0),
        ]
        for x in done
    )
    assert summary.completed == 9
    assert summary.outcomes["added"] == 18


def test_all_relations_of_the_topic_are_asked_for_once_in_each_sample(
    complete: Any, schemas: SchemaSet, records: list[Example], model_saying: Any
) -> None:
    model = model_saying([])
    complete(model, samples=2, labels=50)
    own = [prompt for batch in model.batches for prompt in batch if records[0].text + "。" not in prompt]
    labels = schemas.labels("person", "zh")
    assert len(own) == 2 * math.ceil(len(labels) / 50)
    for label in labels:
        assert sum(label in prompt for prompt in own) >= 2


def test_relations_of_what_a_record_mentions_are_asked_for_where_wanted(
    complete: Any, schemas: SchemaSet, model_saying: Any
) -> None:
    narrow, wide = model_saying([]), model_saying([])
    complete(narrow, labels=500)
    complete(wide, labels=500, topics="mentioned")
    assert "首都" not in narrow.batches[0][0]
    assert all(label in wide.batches[0][0] for label in schemas.labels("place", "zh"))
    assert narrow.asked == wide.asked == 9


def test_of_a_record_without_mentions_the_types_are_asked_for_first(
    schemas: SchemaSet, record: Example, scripted: Any, tmp_path: Path
) -> None:
    def says(number: int, _: str) -> str:
        if number == 0:
            return '{"人物": ["居里夫人"], "组织": ["巴黎大学", "剑桥大学"]}'
        return '{"雇主": [{"head": "居里夫人", "tail": "巴黎大学"}]}'

    bare = replace(record, entity=(), relation=())
    desk = Desk.of(CompleteOptions(labels=500), Model("m"), schemas)
    complete_file([bare], tmp_path / "out.jsonl", desk, scripted(says))
    [done] = read_jsonl(tmp_path / "out.jsonl", Example)
    assert [(x.head_type, x.relation, x.tail_type) for x in done.relation] == [("人物", "雇主", "组织")]
    assert [(m.entity, m.via) for m in done.entity] == [("居里夫人", "model"), ("巴黎大学", "model")]


def test_what_the_record_has_is_not_told_to_the_model(complete: Any, model_saying: Any) -> None:
    model = model_saying([])
    complete(model)
    assert not any("Q7186" in prompt or '"head": "居里夫人"' in prompt for b in model.batches for prompt in b)


def test_no_question_is_computed_twice_and_the_bytes_are_the_same(
    complete: Any, scripted: Any, model_saying: Any, tmp_path: Path
) -> None:
    whole = model_saying(SAID)
    complete(whole, batch=4)
    expected = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl.journal").unlink()

    def breaking(number: int, prompt: str) -> str:
        if number >= 17:
            raise RuntimeError("killed")
        return str(whole.says(0, prompt))

    first, second = scripted(breaking), model_saying(SAID)
    with pytest.raises(RuntimeError, match="killed"):
        complete(first, batch=4)
    complete(second, batch=4)
    assert (tmp_path / "out.jsonl").read_bytes() == expected
    assert second.batches == whole.batches[len(first.batches) - 1 :]
    third = model_saying(SAID)
    complete(third, batch=4)
    assert third.asked == 0


def test_what_cannot_be_read_is_asked_again_and_then_counted(complete: Any, scripted: Any) -> None:
    model = scripted(lambda *_: "I cannot help with that")
    summary = complete(model, attempts=3, labels=200)
    assert model.asked == 9 * 3
    assert summary.unreadable_answers == 9
    assert summary.completed == 0


def test_records_that_the_cost_does_not_reach_for_stay_as_they_are(
    complete: Any, records: list[Example], endpoint: Any, tmp_path: Path
) -> None:
    endpoint.tokens = 2000
    calls = CallOptions(base_url=endpoint.url, concurrency=1, max_cost=0.2)
    summary = complete(calls, model=find_model("m", "2,20"), labels=200)
    assert 0 < endpoint.calls < 9
    assert sum(summary.not_done.values()) == 9 - endpoint.calls
    done = list(read_jsonl(tmp_path / "out.jsonl", Example))
    assert done[-1] == records[-1]


def test_the_command_asks_an_endpoint_once_for_each_question(
    records: list[Example], endpoint: Any, tmp_path: Path, model_saying: Any, schemas: SchemaSet
) -> None:
    questions = -(-len(schemas.topics["person"].relations) // CompleteOptions().labels)
    endpoint.says = lambda prompt: model_saying(SAID).says(0, prompt)
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(file, records)
    with file.open("ab") as lines:
        lines.write(b"{broken\n")
    command = ["complete", str(file), "--out", str(out), "--base-url", endpoint.url, "--model", "m"]
    told = CliRunner().invoke(app, [*command, "--dry-run", "--price", "1,2"])
    plan = json.loads(told.stdout)
    assert endpoint.calls == 0
    assert plan["calls"] == plan["items"] == 9
    assert plan["cost"] > 0
    result = CliRunner().invoke(app, [*command, "--price", "1,2", "--max-cost", "5"])
    assert result.exit_code == 0, result.output
    assert "is no Example record" in result.stderr
    first, calls = out.read_bytes(), endpoint.calls
    assert calls == 9 * questions
    result = CliRunner().invoke(app, command)
    assert (endpoint.calls, out.read_bytes()) == (calls, first)


def test_a_model_without_a_price_is_not_held_to_a_cost(endpoint: Any, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [])
    command = ["complete", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(
        app, [*command, "--model", "mine", "--base-url", endpoint.url, "--max-cost", "1"]
    )
    assert "--price" in str(result.exception)


def test_where_no_call_gets_through_the_run_is_an_error(records: list[Example], tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", records[:2])
    command = ["complete", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--model", "m"]
    result = CliRunner().invoke(app, [*command, "--base-url", "http://127.0.0.1:9/v1", "--tries", "1"])
    assert isinstance(result.exception, EndpointDownError)


def test_a_folder_that_is_not_there_is_no_model_of_an_endpoint(
    records: list[Example], tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "in.jsonl", records[:2])
    command = ["complete", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(app, [*command, "--model", str(tmp_path / "gone")])
    assert str(result.exception) == f"--model {tmp_path / 'gone'}: no such folder"


def test_a_model_on_this_machine_answers(records: list[Example], tmp_path: Path) -> None:
    folder = _tiny_model(tmp_path / "tiny")
    write_jsonl(tmp_path / "in.jsonl", records[:2])
    command = ["complete", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(
        app, [*command, "--model", str(folder), "--max-new-tokens", "4", "--labels", "200", "--attempts", "1"]
    )
    assert result.exit_code == 0, result.output
    assert "answered" in result.stderr
    done = list(read_jsonl(tmp_path / "out.jsonl", Example))
    assert [len(x.relation) for x in done] == [1, 1]


def _tiny_model(folder: Path) -> Path:
    """A Llama of a few thousand weights, with a tokenizer that knows bytes alone."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    torch.manual_seed(0)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        [], trainers.BpeTrainer(special_tokens=["<pad>", "</s>"], initial_alphabet=alphabet)
    )
    config = transformers.LlamaConfig(
        vocab_size=bpe.get_vocab_size(),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16384,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast
    fast(tokenizer_object=bpe, eos_token="</s>", pad_token="<pad>").save_pretrained(folder)
    return folder
