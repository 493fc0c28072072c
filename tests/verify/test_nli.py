"""A classifier of random weights that the tests make: batches, labels, the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from kg2instruct.cli.app import app
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example, Triple
from trainer.nli import batches, entailment_label, load_entailment

TEXTS = ["居里夫人出生于华沙。", "Marie Curie was born in Warsaw."]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_classifier(
    folder: Path, labels: tuple[str, ...] = ("contradiction", "neutral", "entailment")
) -> Path:
    """A BERT of two layers whose tokenizer knows single characters."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set("".join(TEXTS)))]
    tokens = Tokenizer(models.WordPiece({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokens.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_classifier(tmp_path_factory.mktemp("nli") / "tiny")


def test_scores_are_those_of_each_pair_alone_whatever_the_batches(classifier: Path) -> None:
    import torch

    pairs = [(TEXTS[n % 2][: 3 + n], TEXTS[n % 2][n:]) for n in range(9)] + [(TEXTS[0] * 9, "华沙。")]
    found = load_entailment(str(classifier), batch_tokens=40)(pairs)
    model = load_entailment(str(classifier))
    for (premise, hypothesis), score in zip(pairs, found, strict=True):
        inputs = model.tokenizer(
            premise, hypothesis, truncation="only_first", max_length=64, return_tensors="pt"
        )
        with torch.inference_mode():
            alone = model.model(**inputs).logits.softmax(-1)[0, 2].item()
        assert score == pytest.approx(alone, abs=1e-5)
    assert len(set(found)) > 5


def test_batches_hold_like_lengths_and_every_sequence_once() -> None:
    lengths = [3, 90, 5, 4, 4, 60, 5]
    found = list(batches(lengths, 20))
    assert sorted(n for batch in found for n in batch) == list(range(7))
    assert [len(batch) for batch in found] == [1, 1, 4, 1]
    assert all(len(b) == 1 or len(b) * max(lengths[n] for n in b) <= 20 for b in found)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (("contradiction", "neutral", "entailment"), 2),
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), 0),
        (("entailment", "not_entailment"), 0),
        (("non-entailment", "entailment"), 1),
    ],
)
def test_the_label_is_found_by_its_name(labels: tuple[str, ...], found: int) -> None:
    assert entailment_label("m", dict(enumerate(labels))) == found


def test_labels_without_names_and_folders_without_a_model_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LABEL_0, LABEL_1"):
        entailment_label("m", {0: "LABEL_0", 1: "LABEL_1"})
    with pytest.raises(InputError, match="no classifier"):
        load_entailment(str(tmp_path))


def records(folder: Path) -> Path:
    fact: dict[str, Any] = {"head_type": "人物", "tail_type": "地理地区", "head_qid": None, "tail_qid": None}
    one = Triple(
        head="居里夫人",
        head_start=0,
        relation="出生地",
        property="P19",
        tail="华沙",
        tail_start=7,
        via="wikidata",
        **fact,
    )
    write_jsonl(folder / "in.jsonl", [Example("1", "zh", "wikipedia", "人物", TEXTS[0], relation=(one,))] * 3)
    return folder / "in.jsonl"


def test_the_command_calibrates_scores_and_reports(classifier: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    claim = {
        "page": "p", "evidence": TEXTS[0], "head": "Q1", "property": "P19", "tail": "Q2",
        "head_text": "居里夫人", "tail_text": "华沙", "kind": "entity",
    }  # fmt: skip
    (gold / "gold.jsonl").write_text(json.dumps(claim) + "\n", "utf-8")
    files = {name: tmp_path / name for name in ("out.jsonl", "report.json", "thresholds.json")}
    command = ["verify", str(records(tmp_path)), "--out", str(files["out.jsonl"]), "--nli", str(classifier)]
    more = ["--calibrate", str(gold), "--thresholds", str(files["thresholds.json"])]
    result = CliRunner().invoke(app, [*command, *more, "--score-only", "--report", str(files["report.json"])])
    assert result.exit_code == 0, result.output
    done = list(read_jsonl(files["out.jsonl"], Example))
    assert len(done) == 3
    assert all(0 <= (x.score or 0) <= 1 and x.score is not None for e in done for x in e.relation)
    report = json.loads(files["report.json"].read_bytes())
    thresholds = json.loads(files["thresholds.json"].read_bytes())
    assert report["relations"]["P19"]["threshold"] == thresholds["default"]
    first = files["out.jsonl"].read_bytes()
    again = [*command, "--thresholds", str(files["thresholds.json"]), "--score-only", "--quiet"]
    assert CliRunner().invoke(app, again).exit_code == 0
    assert files["out.jsonl"].read_bytes() == first


def test_flags_of_inference_need_a_model(tmp_path: Path) -> None:
    command = ["verify", str(records(tmp_path)), "--out", str(tmp_path / "o.jsonl"), "--score-only"]
    assert "--nli" in str(CliRunner().invoke(app, command).exception)
